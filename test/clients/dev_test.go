package clients_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// dev is a fanfare dev.
type dev struct {
	ReadyFile string `json:"-"`
	CAFile    string `json:"caFile"`
}

// startDev runs fanfare dev until the test ends, and returns once it serves. It
// must say nothing on standard error, and end well.
func startDev(t *testing.T, binary string) dev {
	t.Helper()
	d := dev{ReadyFile: filepath.Join(t.TempDir(), "ready.json")}
	cmd := exec.Command(binary, "dev", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--ready-file", d.ReadyFile)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if err := <-ended; err != nil || stderr.Len() > 0 {
			t.Errorf("fanfare dev: %v\n%s", err, stderr.Bytes())
		}
	})
	for end := time.Now().Add(patience); ; {
		b, err := os.ReadFile(d.ReadyFile)
		if err == nil {
			if err := json.Unmarshal(b, &d); err != nil {
				t.Fatal(err)
			}
			return d
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("fanfare dev ended at once: %v", err)
		case <-time.After(10 * time.Millisecond): // it tells by a file alone
			if time.Now().After(end) {
				t.Fatal("fanfare dev does not serve")
			}
		}
	}
}
