// Package azurite runs Azurite, Microsoft's emulator of Azure Storage, as a
// process for tests: the npm package at the version of its lock file.
package azurite

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed" // the package's lock file
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
)

//go:embed package.json
var manifest []byte

//go:embed package-lock.json
var lock []byte

// Server is a running Azurite, whose files are in its memory.
type Server struct {
	cmd   *exec.Cmd
	ended chan struct{}
	// Address is its scheme, host and port.
	Address string
}

var listens = regexp.MustCompile(`successfully listens on (http://\S+)`)

// Start installs Azurite, if it has not been before, and runs it on a port of
// its own until Close.
func Start(ctx context.Context) (*Server, error) {
	dir, err := install(ctx)
	if err != nil {
		return nil, fmt.Errorf("installing Azurite: %w", err)
	}
	cmd := exec.Command("node", filepath.Join(dir, "node_modules/azurite/dist/src/blob/main.js"),
		"--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Azurite: %w", err)
	}
	s := &Server{cmd: cmd, ended: make(chan struct{})}
	address, said := make(chan string, 1), ""
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := listens.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
			if len(said) < 4096 {
				said += lines.Text() + "\n"
			}
		}
		cmd.Wait() //nolint:errcheck // it is told to end
	}()
	select {
	case s.Address = <-address:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("azurite ended at once: %s", said)
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), s.Close())
	}
}

// Close ends Azurite and forgets its files.
func (s *Server) Close() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// install returns a folder with what the lock file names. It is kept in the
// user's cache: some 190 MB.
func install(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "fanfare-tests", fmt.Sprintf("azurite-%x", sha256.Sum256(lock)))
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "installing-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work) // unless it was renamed
	for name, text := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(work, name), text, 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	if err := os.Rename(work, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// Get reads a file under a signed URL; the caller closes it.
func Get(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("reading %s: the storage answered %s", req.URL.Path, resp.Status)
	}
	return resp.Body, nil
}
