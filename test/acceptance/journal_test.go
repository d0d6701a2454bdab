package acceptance_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// journal keeps what a hub logs, a line for each record.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// lines returns those that hold every one of the texts.
func (j *journal) lines(texts ...string) (out []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
next:
	for line := range strings.Lines(j.text.String()) {
		for _, t := range texts {
			if !strings.Contains(line, t) {
				continue next
			}
		}
		out = append(out, line)
	}
	return out
}
