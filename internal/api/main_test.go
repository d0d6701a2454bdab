package api_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/seal"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{m}) }

// What every test's namespace has: two hubs with rules of each sort.
const (
	host = "push.example.net"

	fullKey      = "ZnVsbC1rZXktb2YtdGhlLXRlc3QtaHViLTAxMjM0NTY="
	secondKey    = "c2Vjb25kLWtleS1vZi10aGUtdGVzdC1odWItMDEyMzQ="
	listenKey    = "bGlzdGVuLWtleS1vZi10aGUtdGVzdC1odWItMDEyMzQ="
	sendKey      = "c2VuZC1rZXktb2YtdGhlLXRlc3QtaHViLTAxMjM0NTY="
	namespaceKey = "bmFtZXNwYWNlLWtleS1vZi10aGUtdGVzdC0wMTIzNDU="
)

// now is where every test's clock begins.
var now = time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)

// notificationID is the id that the recording dispatcher gives to the nth send.
func notificationID(n int) string {
	return fmt.Sprintf("NH-20250304050607000-0123456789abcdef0123456789abcdef-%02d", n)
}

// recorder stands where the pipeline does, and keeps what it is given.
type recorder struct {
	store store.Store

	mu      sync.Mutex
	sent    []hub.Notification
	results []dispatch.TestResult
	delays  []dispatch.Delay
	err     error
	panics  bool

	faultsErr error
	changed   []string // hub and platform of credentials
	deleted   []int64  // hubs
}

func (d *recorder) take(n *hub.Notification) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.panics {
		panic("the recorder was told to")
	}
	if d.err != nil {
		return d.err
	}
	n.ID, n.State, n.EnqueuedAt = notificationID(len(d.sent)+1), hub.Enqueued, now
	d.sent = append(d.sent, *n)
	return nil
}

func (d *recorder) Accept(ctx context.Context, n *hub.Notification) error {
	if err := d.take(n); err != nil {
		return err
	}
	return d.store.Update(ctx, store.Accept, func(tx store.Tx) error { return tx.InsertNotification(n) })
}

func (d *recorder) Schedule(ctx context.Context, n *hub.Notification) error {
	if err := d.take(n); err != nil {
		return err
	}
	n.State = hub.Scheduled
	return d.store.Update(ctx, store.Accept, func(tx store.Tx) error { return tx.InsertNotification(n) })
}

// Cancel knows what was scheduled.
func (d *recorder) Cancel(ctx context.Context, hubID int64, id string) (was hub.State, err error) {
	err = d.store.Update(ctx, store.Accept, func(tx store.Tx) error {
		n, err := tx.Notification(hubID, id)
		if err != nil {
			return err
		}
		was = n.State
		return tx.CancelNotification(hubID, id, now)
	})
	return was, err
}

func (d *recorder) TestSend(_ context.Context, n *hub.Notification) ([]dispatch.TestResult, error) {
	return d.results, d.take(n)
}

// Explain knows what was sent.
func (d *recorder) Explain(_ context.Context, hubID int64, id, device string) (dispatch.Explanation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.sent {
		if n.HubID == hubID && n.ID == id {
			return dispatch.Explanation{NotificationID: id, Device: device, EnqueuedAt: now, Verdict: "It is <so>."}, d.err
		}
	}
	return dispatch.Explanation{}, fmt.Errorf("explaining: %w", store.ErrNotFound)
}

// Delays knows what was sent.
func (d *recorder) Delays(_ context.Context, hubID int64, id string) ([]dispatch.Delay, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.sent {
		if n.HubID == hubID && n.ID == id {
			return d.delays, d.err
		}
	}
	return nil, fmt.Errorf("reading: %w", store.ErrNotFound)
}

func (d *recorder) CredentialChanged(_ context.Context, hubID int64, p hub.Platform) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changed = append(d.changed, fmt.Sprintf("%d %s", hubID, p))
	return d.err
}

func (d *recorder) HubDeleted(hubID int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deleted = append(d.deleted, hubID)
}

// Faults tells of two devices, one at a time.
func (d *recorder) Faults(_ context.Context, _ int64, id string, fn func([]dispatch.Fault) error) error {
	for _, f := range []dispatch.Fault{
		{At: now, Outcome: hub.ExpiredChannel, Platform: hub.WNS, Handle: "https://db3.notify.windows.com/?a=1&b=2", RegistrationID: "1-2-3"},
		{At: now, Outcome: hub.PnsUnreachable, Platform: hub.APNs, Handle: "00AA", InstallationID: "i"},
	} {
		if err := fn([]dispatch.Fault{f}); err != nil {
			return err
		}
	}
	return d.faultsErr
}

// last is the notification that was taken last.
func (d *recorder) last(t *testing.T) hub.Notification {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return d.sent[len(d.sent)-1]
}

func (d *recorder) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.sent)
}

// fixture is a whole API over a real store, served with TLS.
type fixture struct {
	t        *testing.T
	clock    *clock.Fake
	store    store.Store
	dispatch *recorder
	log      *bytes.Buffer
	server   *httptest.Server
	client   *http.Client
}

func setup(t *testing.T) *fixture { return setupWith(t, func(*api.Config) {}) }

func setupWith(t *testing.T, change func(*api.Config)) *fixture {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sealer)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, clock: clock.NewFake(now), store: s, dispatch: &recorder{store: s}, log: new(bytes.Buffer)}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	f.seed()
	jobs := job.New(job.Config{Store: s, Clock: f.clock, Storage: egress.AzureStorage(), Wake: func() {}}) // nobody works on them
	t.Cleanup(jobs.Close)
	cfg := api.Config{
		Store: s, Dispatch: f.dispatch, Jobs: jobs, Clock: f.clock, Limits: tagexpr.DefaultLimits,
		Log: slog.New(slog.NewJSONHandler(f.log, nil)),
	}
	change(&cfg)
	f.server = httptest.NewUnstartedServer(api.New(cfg))
	f.server.EnableHTTP2 = true
	f.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.server.StartTLS()
	t.Cleanup(f.server.Close)
	f.client = f.server.Client()
	return f
}

func (f *fixture) seed() {
	f.t.Helper()
	f.update(func(tx store.Tx) error {
		all := []hub.Rule{
			{Name: "Full", Rights: hub.Listen | hub.Send | hub.Manage, PrimaryKey: fullKey, SecondaryKey: secondKey},
			{Name: "Listen", Rights: hub.Listen, PrimaryKey: listenKey},
			{Name: "Send", Rights: hub.Send, PrimaryKey: sendKey},
		}
		for _, h := range []hub.Hub{
			{Name: "MyHub", Rules: all},
			{Name: "daily", Rules: all, RegistrationTTL: 24 * time.Hour},
		} {
			h.CreatedAt, h.UpdatedAt = now, now
			if err := tx.PutHub(&h); err != nil {
				return err
			}
		}
		return tx.PutNamespaceRules([]hub.Rule{{Name: "Root", Rights: hub.Manage, PrimaryKey: namespaceKey}})
	})
}

func (f *fixture) update(fn func(store.Tx) error) {
	f.t.Helper()
	if err := f.store.Update(f.t.Context(), store.Upkeep, fn); err != nil {
		f.t.Fatal(err)
	}
}

// token signs as the Full rule.
func (f *fixture) token() string { return f.tokenOf("Full", fullKey) }

func (f *fixture) tokenOf(name, key string) string {
	return wire.SignSAS("https://"+host+"/", name, key, f.clock.Now().Add(5*time.Minute))
}

// got is an answer.
type got struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call sends a request to a target in origin form. Without an Authorization
// among the headers it is signed by the Full rule.
func (f *fixture) call(method, target, body string, headers ...string) got {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.server.URL+target, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Host = host
	req.Header.Set("Authorization", f.token())
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return got{f.t, resp.StatusCode, resp.Header, string(b)}
}

// want fails unless the status is this one.
func (g got) want(status int) got {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("status %d, want %d; body %s", g.status, status, g.body)
	}
	return g
}

// refused fails unless the answer is an error of this status, whose detail
// begins with the sentence and a period, as Azure's do.
func (g got) refused(status int, sentence string) got {
	g.t.Helper()
	g.want(status)
	code, detail, ok := wire.DecodeErrorBody([]byte(g.body))
	if !ok || code != status {
		g.t.Fatalf("the body is not the error %d: %q", status, g.body)
	}
	meet(sentence)
	end := ".TrackingId:" + g.header.Get("TrackingId") + ",TimeStamp:3/4/2025 5:06:07 AM"
	if detail != sentence+end {
		g.t.Errorf("detail %q\n   want %q", detail, sentence+end)
	}
	if ct := g.header.Get("Content-Type"); ct != "application/xml; charset=utf-8" {
		g.t.Errorf("Content-Type %q", ct)
	}
	return g
}

// answerTimeout ends a test whose server waits for what never comes.
const answerTimeout = 30 * time.Second

// raw sends bytes as they are over one connection, and returns all that comes
// back until the server closes it.
func (f *fixture) raw(request string) string {
	f.t.Helper()
	c := f.dial()
	if _, err := io.WriteString(c, request); err != nil {
		f.t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

// dial opens a connection for HTTP/1.1, which ends with the test.
func (f *fixture) dial() net.Conn {
	f.t.Helper()
	cfg := f.client.Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	dialer := tls.Dialer{Config: cfg}
	c, err := dialer.DialContext(f.t.Context(), "tcp", f.server.Listener.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		f.t.Fatal(err)
	}
	return c
}

// busy is a store whose writes fail as on a full disk.
type busy struct{ store.Store }

func (busy) Update(context.Context, store.Class, func(store.Tx) error) error {
	return fmt.Errorf("committing: %w", store.ErrBusy)
}

func setupBusy(t *testing.T) *fixture {
	return setupWith(t, func(c *api.Config) { c.Store = busy{c.Store} })
}

// torn is a store whose nth read, counted from 1, fails.
type torn struct {
	store.Store
	nth   int64
	err   error
	reads *atomic.Int64
}

func (s torn) View(ctx context.Context, fn func(store.Reader) error) error {
	if s.reads.Add(1) == s.nth {
		return s.err
	}
	return s.Store.View(ctx, fn)
}

func itoa(n int) string { return strconv.Itoa(n) }
