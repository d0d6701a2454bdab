package api_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The files of testdata/exchange are conversations, each on one connection: a
// request after a line >>>, the answer it must get after a line <<<. In
// requests {token} is a fresh signature of the hub's rule, {root} one of the
// namespace's, and the lines of a multipart body get the ends of HTTP's. In both,
// {registration} is the registration id that the hub gave last, and {job} a job's;
// in answers {uuid} is any UUID, and {key} a rule's key that the hub made.
func TestExchanges(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/exchange/*.http")
	if err != nil || len(names) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".http"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			newConversation(t).run(string(b))
		})
	}
}

type conversation struct {
	t            *testing.T
	fixture      *fixture
	conn         net.Conn
	reader       *bufio.Reader
	registration string
	sent         string // every body so far
	job          string
}

func newConversation(t *testing.T) *conversation {
	t.Helper()
	f := setup(t)
	cfg := f.client.Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	dialer := tls.Dialer{Config: cfg}
	conn, err := dialer.DialContext(t.Context(), "tcp", f.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		t.Fatal(err)
	}
	return &conversation{t: t, fixture: f, conn: conn, reader: bufio.NewReader(conn)}
}

func (c *conversation) run(text string) {
	c.t.Helper()
	_, text, _ = strings.Cut(text, ">>>\n")
	for i, part := range strings.Split(text, "\n>>>\n") {
		request, want, ok := strings.Cut(part, "\n<<<\n")
		if !ok {
			c.t.Fatalf("exchange %d has no answer", i+1)
		}
		got := c.exchange(request)
		if want = strings.TrimRight(want, "\n"); got != want {
			c.t.Errorf("exchange %d\n got %s\nwant %s", i+1, got, want)
		}
	}
}

// exchange sends a request and returns the answer in the form of the files.
func (c *conversation) exchange(text string) string {
	c.t.Helper()
	text = strings.NewReplacer("{token}", c.fixture.token(), "{root}", c.fixture.tokenOf("Root", namespaceKey), "{registration}", c.registration, "{job}", c.job).Replace(text)
	head, body, _ := strings.Cut(text, "\n\n")
	head = strings.TrimRight(head, "\n")
	if strings.Contains(head, "\nContent-Type: multipart/") {
		body = strings.ReplaceAll(body, "\n", "\r\n")
	}
	c.sent += body
	if body != "" {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
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
	answer := keyForm.ReplaceAllStringFunc(dump(resp, b), func(key string) string {
		if strings.Contains(c.sent, key) || slices.Contains(fixtureKeys, key) {
			return key
		}
		return "{key}"
	})
	return c.normal(answer)
}

// dump writes an answer without what differs from run to run for good reasons:
// the date, and the length of bodies with ids in them.
func dump(resp *http.Response, body []byte) string {
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

var (
	uuidForm         = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	keyForm          = regexp.MustCompile(`[0-9A-Za-z+/]{43}=`)
	fixtureKeys      = []string{fullKey, secondKey, listenKey, sendKey}
	jobForm          = regexp.MustCompile(`\b[0-9]{19}[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	registrationForm = regexp.MustCompile(`\b[0-9]{1,19}-[0-9]{1,19}-[1-3]\b`)
)

func (c *conversation) normal(answer string) string {
	if id := jobForm.FindString(answer); id != "" {
		c.job = id
		answer = strings.ReplaceAll(answer, id, "{job}")
	}
	if id := registrationForm.FindString(answer); id != "" {
		c.registration = id
		answer = strings.ReplaceAll(answer, id, "{registration}")
	}
	if strings.Contains(answer, "0b9f7c1e-5a57-4a2f-9f0e-3c9a1d0d6b11") { // a client's own: it must come back
		return answer
	}
	return uuidForm.ReplaceAllString(answer, "{uuid}")
}
