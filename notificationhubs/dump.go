package notificationhubs

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
)

// signature is what opens a storage account in the URLs of jobs and feedback.
var signature = regexp.MustCompile(`([?&;]sig=)[^&<>"'\]\s]+`)

// dump writes what goes over the wire, as the debug option of Azure's how-to
// for other back-ends does. A nil dump writes nothing.
type dump struct {
	mu sync.Mutex // callers' writers need not be safe for concurrent use
	w  io.Writer
}

func (d *dump) request(r *http.Request, body []byte) {
	if d != nil {
		d.write("REQUEST", r.Method+" "+r.URL.String(), r.Header, body)
	}
}

func (d *dump) response(r *http.Response, body []byte) {
	if d != nil {
		d.write("RESPONSE", r.Status, r.Header, body)
	}
}

func (d *dump) write(what, first string, h http.Header, body []byte) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "--- %s ---\n%s\n", what, first)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if name == "Authorization" || name == "Auth" {
				value = "[redacted]"
			}
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(&b, "\n%s\n--- END %s ---\n", signature.ReplaceAll(body, []byte("${1}[redacted]")), what)
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.w.Write(b.Bytes()) // a dump that nobody can read fails no request
}
