package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The files of testdata/exchange are conversations of our own making, each on
// one connection: see parseExchanges for their form, and compare for how answers
// are held. Those whose name begins with busy- are had with a hub that cannot
// write.
func TestExchanges(t *testing.T) {
	t.Parallel()
	for name, all := range readExchanges(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newConversation(t, strings.HasPrefix(name, "busy-"))
			for _, e := range all {
				got := c.exchange(e.request)
				if where := compare(e.answer, got, c.bound); where != "" {
					t.Errorf("exchange %q %s\n got %s\nwant %s", e.name, where, got, e.answer)
				}
			}
		})
	}
}

// readExchanges reads all files, by their names without extension.
func readExchanges(t *testing.T) map[string][]exchange {
	t.Helper()
	names, err := filepath.Glob("testdata/exchange/*.http")
	if err != nil || len(names) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	all := map[string][]exchange{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimSuffix(filepath.Base(name), ".http")
		if all[name], err = parseExchanges(string(b)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}

type conversation struct {
	t       *testing.T
	fixture *fixture
	conn    net.Conn
	reader  *bufio.Reader
	bound   map[string]string // what placeholders stand for
}

func newConversation(t *testing.T, busy bool) *conversation {
	t.Helper()
	open := setup
	if busy {
		open = setupBusy
	}
	f := open(t)
	conn := f.dial()
	return &conversation{t: t, fixture: f, conn: conn, reader: bufio.NewReader(conn), bound: map[string]string{}}
}

// exchange sends a request, and returns the answer and what was accepted, in the
// form of the files.
func (c *conversation) exchange(text string) string {
	c.t.Helper()
	head, body, _ := strings.Cut(c.filled(text), "\n\n")
	head = strings.TrimRight(head, "\n")
	if strings.Contains(head, "\nContent-Type: multipart/") {
		body = strings.ReplaceAll(body, "\n", "\r\n")
	}
	if body != "" {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	before := c.fixture.dispatch.count()
	if _, err := io.WriteString(c.conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body); err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := answerText(resp, b)
	if c.fixture.dispatch.count() > before {
		got += acceptedMark + acceptedText(c.fixture.dispatch.last(c.t))
	}
	if _, detail, ok := wire.DecodeErrorBody(b); ok {
		meet(detail)
	}
	return got
}

// filled puts signatures, and what answers named before, into a request.
func (c *conversation) filled(text string) string {
	for name, value := range c.bound {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	target := strings.Fields(text)[1]
	m := tokenForm.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	token, ok := c.fixture.tokenLike(m[2], target)
	if !ok {
		c.t.Fatalf("no such token: %s", m[0])
	}
	return strings.Replace(text, m[0], m[1]+token, 1)
}

// answerText writes an answer without what differs from run to run for good
// reasons: the date, and the length of bodies with ids in them.
func answerText(resp *http.Response, body []byte) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
	resp.Header.Del("Date")
	if len(body) > 0 {
		resp.Header.Del("Content-Length")
	}
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, v := range resp.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	b.WriteByte('\n')
	b.Write(body)
	return strings.TrimRight(b.String(), "\n")
}

// acceptedText writes what a send was understood as.
func acceptedText(n hub.Notification) string {
	var b strings.Builder
	line := func(name string, value any, there bool) {
		if there {
			fmt.Fprintf(&b, "%s: %v\n", name, value)
		}
	}
	line("kind", "template", n.Kind == hub.Template)
	line("platform", n.Platform, n.Kind == hub.Native)
	line("tags", n.Tags, n.Tags != "")
	for _, d := range n.Direct {
		line("device", d.Handle, true)
		if d.Browser != nil {
			line("keys", d.Browser.P256DH+" "+d.Browser.Auth, true)
		}
		line("invalid", d.Invalid, d.Invalid != "")
	}
	for _, h := range n.Headers {
		line("header", h.Name+" "+h.Value, true)
	}
	line("content type", n.ContentType, n.ContentType != "")
	line("expiry", n.Expiry.Format(time.RFC3339), !n.Expiry.IsZero())
	line("scheduled", n.ScheduledAt.Format(time.RFC3339), !n.ScheduledAt.IsZero())
	line("api-version", n.APIVersion, true)
	b.WriteString("\n" + string(n.Body))
	return strings.TrimRight(b.String(), "\n")
}
