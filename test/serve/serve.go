// Package serve runs fanfare serve as a process that tests may kill.
package serve

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
)

// Build builds fanfare into a folder, and returns the binary's name. It is
// called from a package two levels below the repository's root.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "fanfare")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "../../cmd/fanfare").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building fanfare: %w\n%s", err, out)
	}
	return binary, nil
}

// Process is fanfare serve, now and then running.
type Process struct {
	Binary string
	Config string // the name of its configuration file
	cmd    *exec.Cmd
	log    *watched
}

var serving = regexp.MustCompile(`msg=serving address=(\S+)`)

// Start runs the process, and returns its address once it serves.
func (p *Process) Start(ctx context.Context) (address string, err error) {
	p.log = &watched{found: make(chan string, 1)}
	cmd := exec.Command(p.Binary, "serve", "--config", p.Config)
	cmd.Stderr = p.log
	if err := cmd.Start(); err != nil {
		return "", err
	}
	p.cmd = cmd
	select {
	case address = <-p.log.found:
		return address, nil
	case <-ctx.Done():
		return "", fmt.Errorf("it does not serve: %w: %s", ctx.Err(), p.log)
	}
}

// Running reports whether the process was started, and neither killed nor
// stopped since.
func (p *Process) Running() bool { return p.cmd != nil }

// Kill is kill -9.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	p.cmd.Wait() //nolint:errcheck // it was killed
	p.cmd = nil
	return err
}

// Stop is SIGTERM, after which the process must end well; it returns how long
// that took.
func (p *Process) Stop() (took time.Duration, err error) {
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	if err = p.cmd.Wait(); err != nil {
		err = fmt.Errorf("%w: %s", err, p.log)
	}
	p.cmd = nil
	return time.Since(began), err
}

// Log is what the process has written since Start.
func (p *Process) Log() string { return p.log.String() }

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// PeakMemory is the largest resident size that the process has had, in bytes,
// as Linux tells it.
func (p *Process) PeakMemory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	m := peak.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("there is no VmHWM in %q", text)
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kb << 10, err
}

// Fill writes n registrations of a hub straight into a database that no process
// has open: the next one finds them when it starts.
func Fill(ctx context.Context, database string, masterKey []byte, hubName string, n int, registration func(i int) hub.Registration) error {
	sealer, err := seal.New(masterKey)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
		return err
	}
	s, err := sqlite.Open(ctx, database, sealer)
	if err != nil {
		return err
	}
	h := hub.Hub{Name: hubName}
	err = s.Update(ctx, store.Upkeep, func(tx store.Tx) error { return tx.PutHub(&h) })
	const slice = 250
	for from := 0; from < n && err == nil; from += slice {
		err = s.Update(ctx, store.Upkeep, func(tx store.Tx) error {
			for i := from; i < min(n, from+slice); i++ {
				r := registration(i)
				if err := tx.PutRegistration(h.ID, &r, nil, time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		s.Close() //nolint:errcheck // the first error says more
		return err
	}
	return s.Close()
}

// watched is the process's log; it tells the address once.
type watched struct {
	mu    sync.Mutex
	text  bytes.Buffer
	found chan string
	told  bool
}

// Write takes a part of the log.
func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if m := serving.FindSubmatch(w.text.Bytes()); m != nil && !w.told {
		w.told = true
		w.found <- string(m[1])
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
