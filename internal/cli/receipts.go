package cli

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// receipts prints what simulated devices receive. The push services do not
// wait for the terminal: what does not fit is counted.
type receipts struct {
	w    io.Writer
	in   chan pnssim.Received
	done chan struct{}

	mu      sync.Mutex
	dropped int
}

func newReceipts(w io.Writer) *receipts {
	r := &receipts{w: w, in: make(chan pnssim.Received, 4096), done: make(chan struct{})}
	go r.print()
	return r
}

func (r *receipts) add(x pnssim.Received) {
	select {
	case r.in <- x:
	default:
		r.mu.Lock()
		r.dropped++
		r.mu.Unlock()
	}
}

func (r *receipts) print() {
	defer close(r.done)
	for x := range r.in {
		fmt.Fprintln(r.w, receipt(x.At, x.Service, x.Handle, x.Header, x.Body))
		r.mu.Lock()
		n := r.dropped
		r.dropped = 0
		r.mu.Unlock()
		if n > 0 {
			fmt.Fprintf(r.w, "… and %d more, too fast to print\n", n)
		}
	}
}

// close prints what is left. Nothing is added any more.
func (r *receipts) close() {
	close(r.in)
	<-r.done
}

// receipt is one line: when, through which service, which device, what.
func receipt(at time.Time, svc pnssim.Service, handle string, header http.Header, body []byte) string {
	text := oneLine(body)
	if header.Get("Content-Encoding") != "" { // of a browser whose keys the simulator does not have
		text = fmt.Sprintf("(%d bytes, encrypted)", len(body))
	}
	return fmt.Sprintf("%s  %-7s  %s  %s", at.Format("15:04:05.000"), svc, short(handle), text)
}

// short keeps a handle's ends: enough to tell devices apart.
func short(handle string) string {
	const keep = 10
	if len(handle) <= 2*keep+1 {
		return handle
	}
	return handle[:keep] + "…" + handle[len(handle)-keep:]
}

// maxLine bounds how much of a body is shown.
const maxLine = 200

// oneLine shows a body on one line, whatever it holds.
func oneLine(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(b))
	if len(s) > maxLine {
		return s[:maxLine] + "…"
	}
	return s
}
