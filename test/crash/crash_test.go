// Package crash kills fanfare serve in the middle of a send, again and again,
// and counts what every device got. The push services live in the test's own
// process, so they see everything.
package crash_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // to read the count of perhaps repeated devices

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/seal"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
	"github.com/fanfare-hub/fanfare/test/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	devices = 20_000
	page    = 100
	window  = 2
	ruleKey = "Y3Jhc2gtdGVzdC1ydWxlLWtleS0wMTIzNDU2Nzg5MDE="
	// latency slows the send: some hundred pages, two at a time.
	latency = 15 * time.Millisecond
	// killsPerSend leaves room between two kills for work to be done.
	killsPerSend = 5
)

// kills is how many times the process is killed in all.
func kills(t *testing.T) int {
	text := os.Getenv("FANFARE_CRASH_KILLS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("FANFARE_CRASH_KILLS=%q is not a number of kills", text)
	}
	return n
}

func TestKill(t *testing.T) {
	binary := build(t)
	for left, send := kills(t), 1; left > 0; left, send = left-killsPerSend, send+1 {
		n := min(left, killsPerSend)
		t.Run(fmt.Sprintf("send %d, %d kills", send, n), func(t *testing.T) { killed(t, binary, n) })
	}
}

// build makes the command.
func build(t *testing.T) string {
	t.Helper()
	binary, err := serve.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// startServices starts push services that outlive the hub's processes, and end
// with the test.
func startServices(t *testing.T) (*pnssim.Sim, *arrivals) {
	t.Helper()
	a := &arrivals{seen: map[string]int{}, news: make(chan struct{})}
	sim, err := pnssim.Start(pnssim.Config{OnReceive: a.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, a
}

// killed makes one send to every device, and kills the process n times while
// between 1 and 99 % of them have got it.
func killed(t *testing.T, binary string, n int) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	sim, arrivals := startServices(t)
	sim.SetLatency(pnssim.APNs, latency)
	h := newHub(t, binary, sim)
	h.fill(ctx)
	h.start(ctx)
	sent, err := h.client.Send(ctx, nh.NewAppleNotification(`{"aps":{"alert":"Hi"}}`, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range killPoints(n) {
		if err := arrivals.wait(ctx, at); err != nil {
			t.Fatalf("waiting for %d devices: %v", at, err)
		}
		h.kill()
		got := arrivals.distinct()
		t.Logf("killed when %d of %d devices had got it", got, devices)
		if got < devices/100 || got > devices*99/100 {
			t.Fatalf("that is not between 1 and 99 %%: this kill does not count")
		}
		h.start(ctx)
	}
	d, err := h.client.WaitForNotification(ctx, sent.NotificationID)
	if err != nil {
		t.Fatal(err)
	}
	h.stop()
	second := arrivals.copies() - devices
	perhaps := h.perhapsTwice(ctx)
	bound := int64(window * page * n) // one range is held at a time
	t.Logf("second copies %d, perhaps twice %d, bound %d (window %d × page %d × %d takeovers)", second, perhaps, bound, window, page, n)
	if got := arrivals.distinct(); got != devices {
		t.Errorf("%d devices got it, want %d", got, devices)
	}
	if d.State != "Completed" || len(d.Outcomes) != 1 || len(d.Outcomes["apns"]) != 1 || d.Outcomes["apns"]["Success"] != devices {
		t.Errorf("telemetry %s %v, want %d Success", d.State, d.Outcomes, devices)
	}
	if int64(second) > perhaps || perhaps > bound {
		t.Errorf("second copies %d ≤ perhaps twice %d ≤ bound %d does not hold", second, perhaps, bound)
	}
}

// killPoints are numbers of devices, spread at random over the send with room
// for a window of pages after each.
func killPoints(n int) []int {
	const first, last = devices * 2 / 100, devices * 95 / 100
	share := (last - first) / n
	points := make([]int, n)
	for i := range points {
		points[i] = first + i*share + mathrand.IntN(share*3/4)
	}
	slices.Sort(points)
	return points
}

// arrivals counts what each device got.
type arrivals struct {
	mu   sync.Mutex
	seen map[string]int
	all  int
	news chan struct{}
}

func (a *arrivals) add(r pnssim.Received) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[r.Handle]++
	a.all++
	close(a.news)
	a.news = make(chan struct{})
}

func (a *arrivals) distinct() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seen)
}

func (a *arrivals) copies() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all
}

// wait returns as soon as n devices got it.
func (a *arrivals) wait(ctx context.Context, n int) error {
	for {
		a.mu.Lock()
		reached, news := len(a.seen) >= n, a.news
		a.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// process is fanfare serve, and its hub's client.
type process struct {
	*testing.T
	serve.Process
	dir    string
	master []byte
	client *nh.Client
}

func newHub(t *testing.T, binary string, sim *pnssim.Sim) *process {
	t.Helper()
	p := &process{T: t, dir: t.TempDir(), master: make([]byte, seal.KeySize)}
	rand.Read(p.master) //nolint:errcheck // never fails
	p.Process = serve.Process{Binary: binary, Config: filepath.Join(p.dir, "fanfare.yaml")}
	cred := sim.APNsCredential()
	p.write("ca.pem", sim.CAPEM())
	p.write("key.p8", []byte(cred["Token"]))
	p.write("fanfare.yaml", fmt.Appendf(nil, `listen: 127.0.0.1:0
data: data
master_key: %s
hubs:
  - name: myhub
    rules: [{name: Full, rights: [manage], primary_key: %s}]
    apns: {key_file: key.p8, key_id: %s, team_id: %s, bundle_id: %s}
push_services: {dial: %q, ca_file: ca.pem}
dispatch: {page: %d, window: %d}
`, base64.StdEncoding.EncodeToString(p.master), ruleKey, cred["KeyId"], cred["AppId"], cred["AppName"], sim.Addr(), page, window))
	t.Cleanup(func() {
		if p.Running() {
			p.kill()
		}
	})
	return p
}

func (p *process) write(name string, b []byte) {
	p.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), b, 0o600); err != nil {
		p.Fatal(err)
	}
}

// fill writes the registrations straight into the database: the process finds
// them when it starts.
func (p *process) fill(ctx context.Context) {
	p.Helper()
	err := serve.Fill(ctx, filepath.Join(p.dir, "data", "fanfare.db"), p.master, "myhub", devices, func(i int) hub.Registration {
		return hub.Registration{ID: hub.NewRegistrationID(), Platform: hub.APNs, Handle: fmt.Sprintf("%064x", i+1), UpdatedAt: time.Now()}
	})
	if err != nil {
		p.Fatal(err)
	}
}

// start runs the process and waits until it serves.
func (p *process) start(ctx context.Context) {
	p.Helper()
	addr, err := p.Start(ctx)
	if err != nil {
		p.Fatal(err)
	}
	cs := "Endpoint=http://" + addr + "/;SharedAccessKeyName=Full;SharedAccessKey=" + ruleKey
	if p.client, err = nh.NewClientFromConnectionString(cs, "myhub", nil); err != nil {
		p.Fatal(err)
	}
}

// kill is kill -9.
func (p *process) kill() {
	p.Helper()
	if err := p.Kill(); err != nil {
		p.Fatal(err)
	}
}

// stop is SIGTERM, after which it must end well and soon.
func (p *process) stop() {
	p.Helper()
	if took, err := p.Stop(); err != nil || took > 10*time.Second {
		p.Errorf("SIGTERM: %v after %v", err, took)
	}
}

// perhapsTwice reads the hub's own count.
func (p *process) perhapsTwice(ctx context.Context) (n int64) {
	p.Helper()
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(p.dir, "data", "fanfare.db"))+"?mode=ro")
	if err != nil {
		p.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT perhaps_twice FROM notification").Scan(&n); err != nil {
		p.Fatal(err)
	}
	return n
}
