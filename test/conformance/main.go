// Command conformance runs real clients' drivers against a real fanfare dev.
// Every check of theirs must pass.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fanfare-hub/fanfare/test/azurite"
)

func main() {
	shared := flag.String("shared", "../shared", "the folder that holds conformance/ and seeds/")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	if err := run(ctx, *shared); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, shared string) error {
	shared, err := filepath.Abs(shared)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(shared, "conformance")); err != nil {
		return fmt.Errorf("there is no %s: set SHARED to the folder that holds the drivers", filepath.Join(shared, "conformance"))
	}
	work, err := filepath.Abs(".conformance")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	container, stopStorage, err := startStorage(ctx)
	if err != nil {
		return err
	}
	defer stopStorage()
	hub, stop, err := startHub(ctx, work)
	if err != nil {
		return err
	}
	defer stop()
	node, err := mended(filepath.Join(shared, "conformance"), work)
	if err != nil {
		return err
	}
	results := map[string]bool{}
	for _, d := range drivers(shared, work, node, container) {
		began := time.Now()
		if err := d.run(ctx, hub, results); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		fmt.Printf("== %s: %.0f s\n", d.name, time.Since(began).Seconds())
	}
	return verdict(results)
}

// hubFacts is what fanfare dev writes once it serves.
type hubFacts struct {
	ConnectionString string `json:"connectionString"`
	Hub              string `json:"hub"`
	CAFile           string `json:"caFile"`
}

// startHub builds fanfare and runs fanfare dev on a data folder of its own.
func startHub(ctx context.Context, work string) (hubFacts, func(), error) {
	var facts hubFacts
	binary := filepath.Join(work, "fanfare")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/fanfare")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return facts, nil, fmt.Errorf("building fanfare: %w", err)
	}
	data, err := os.MkdirTemp(work, "data-")
	if err != nil {
		return facts, nil, err
	}
	ready := filepath.Join(data, "ready.json")
	cmd := exec.CommandContext(ctx, binary, "dev", "--data", data, "--listen", "127.0.0.1:0", "--ready-file", ready)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		return facts, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		<-ended
		if log.Len() > 0 {
			fmt.Printf("== fanfare dev said:\n%s", log.String())
		}
		os.RemoveAll(data)
	}
	for {
		b, err := os.ReadFile(ready)
		if err == nil {
			return facts, stop, json.Unmarshal(b, &facts)
		}
		select {
		case err := <-ended:
			return facts, nil, fmt.Errorf("fanfare dev ended at once: %w: %s", err, log.String())
		case <-ctx.Done():
			stop()
			return facts, nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// startStorage runs Azurite, and returns the signed URL of a container for jobs.
func startStorage(ctx context.Context) (container string, stop func(), err error) {
	storage, err := azurite.Start(ctx)
	if err != nil {
		return "", nil, err
	}
	stop = func() {
		if err := storage.Close(); err != nil {
			fmt.Println("== stopping Azurite:", err)
		}
	}
	if container, err = storage.Container(ctx, "jobs"); err != nil {
		stop()
		return "", nil, err
	}
	return container, stop, nil
}

// driver is one real client.
type driver struct {
	name    string
	dir     string   // where it runs
	prepare []string // a command before it, or none
	command []string
	env     []string
}

func drivers(shared, work, node, container string) []driver {
	conformance := filepath.Join(shared, "conformance")
	python := func(edition, document string) driver {
		return driver{
			name: "python-seed/" + edition, dir: conformance,
			command: []string{"python3", "python-seed/driver.py"},
			env:     []string{"CLIENT_SRC=" + filepath.Join(shared, "seeds", document), "PYTHONDONTWRITEBYTECODE=1"},
		}
	}
	npm := filepath.Join(work, "npm-notification-hubs")
	return []driver{
		python("000", "000_8ed4889e79564b00.txt"),
		python("001", "001_6c04a65bb4b7ec7b.txt"),
		{
			name: "npm-notification-hubs", dir: npm,
			prepare: []string{"npm", "install", "--no-audit", "--no-fund", "--loglevel=error"},
			command: []string{"node", node},
			env:     []string{"CLIENT_SRC=" + npm, "JOB_CONTAINER_URL=" + container},
		},
		{
			name: "jobs", dir: npm, command: []string{"node", filepath.Join(filepath.Dir(work), "test/conformance/jobs.mjs")},
			env: []string{"CLIENT_SRC=" + npm, "JOB_CONTAINER_URL=" + container},
		},
	}
}

// run runs the driver, prints what it prints, and notes each check's result.
func (d driver) run(ctx context.Context, hub hubFacts, results map[string]bool) error {
	fmt.Printf("== %s\n", d.name)
	if d.prepare != nil {
		if err := d.install(ctx); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, d.command[0], d.command[1:]...)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), d.env...)
	cmd.Env = append(cmd.Env, "HUB_CONNECTION_STRING="+hub.ConnectionString, "HUB_NAME="+hub.Hub, "CA_FILE="+hub.CAFile, "NODE_EXTRA_CA_CERTS="+hub.CAFile)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	finished := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Println(lines.Text())
		word, rest, _ := strings.Cut(lines.Text(), " ")
		name, _, _ := strings.Cut(rest, ":")
		switch {
		case word == "ok" || word == "FAIL":
			results[d.name+" "+name] = word == "ok"
		case strings.HasSuffix(lines.Text(), " failed"):
			finished = true
		}
	}
	if err := cmd.Wait(); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			return err
		}
	}
	if !finished {
		return errors.New("the driver did not come to its last line")
	}
	return nil
}

// install puts the client's package into a folder that can be written to.
func (d driver) install(ctx context.Context) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	source := filepath.Join(filepath.Dir(d.command[1]), "package.json")
	b, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, "package.json"), b, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, d.prepare[0], d.prepare[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, os.Stdout, os.Stderr
	return cmd.Run()
}

// verdict names the checks that failed.
func verdict(results map[string]bool) error {
	failed := 0
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if !results[name] {
			fmt.Println("failed:", name)
			failed++
		}
	}
	fmt.Printf("conformance: %d checks pass, %d fail\n", len(results)-failed, failed)
	if failed > 0 || len(results) == 0 {
		return errors.New("not every check passes")
	}
	return nil
}
