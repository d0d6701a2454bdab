package hubtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/hubtest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scope is a test of its own inside of another: it notes how it failed, and ends
// when end is called.
type scope struct {
	testing.TB
	ends  []func()
	fatal bool
}

func (s *scope) Cleanup(end func()) { s.ends = append(s.ends, end) }

func (s *scope) end() {
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
}

func (s *scope) Fatalf(string, ...any) {
	s.fatal = true
	runtime.Goexit()
}

// BenchmarkStart is what a test pays for its hub, from its start to its end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s := &scope{TB: b}
		hubtest.Start(s)
		s.end()
	}
}

// A mistake ends the test that made it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, mistake := range map[string]func(*hubtest.Hub){
		"no hub's name":          nil,
		"no platform":            func(h *hubtest.Hub) { h.Device("telex", "a") },
		"no platform's service":  func(h *hubtest.Hub) { h.StopService("") },
		"no handle":              func(h *hubtest.Hub) { h.DeviceAt(nh.APNs, "phone") },
		"no endpoint":            func(h *hubtest.Hub) { h.DeviceAt(nh.Browser, "http://push.example/a") },
		"no fate":                func(h *hubtest.Hub) { h.Device(nh.APNs, "a").SetFate("lost") },
		"another service's fate": func(h *hubtest.Hub) { h.Device(nh.APNs, "a").SetFate(hubtest.Flood) },
		"a fate too often":       func(h *hubtest.Hub) { h.Device(nh.APNs, "a").SetFate(hubtest.Error.Times(1001)) },
		"a fate without times":   func(h *hubtest.Hub) { h.Device(nh.APNs, "a").SetFate(hubtest.Gone.Times(2)) },
		"a tag that is none":     func(h *hubtest.Hub) { h.Device(nh.APNs, "a").Register("a b") },
		"a template that is none": func(h *hubtest.Hub) {
			h.Device(nh.APNs, "a").RegisterTemplate(`{"aps":`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scope{TB: t}
			ended := make(chan bool)
			go func() {
				returned := false
				defer func() { ended <- returned }()
				if mistake == nil {
					hubtest.StartWith(s, hubtest.Options{Name: "a/b"})
				} else {
					mistake(hubtest.Start(s))
				}
				returned = true
			}()
			if <-ended || !s.fatal {
				t.Error("the test went on")
			}
			s.end()
		})
	}
}

// Every word for a fate has a name here, and no name is without a word.
func TestFateNames(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, f := range []hubtest.Fate{
		hubtest.Live, hubtest.Gone, hubtest.Expired, hubtest.Malformed, hubtest.Foreign, hubtest.Replaced, hubtest.Refused, hubtest.Blocked,
		hubtest.Dropped, hubtest.Offline, hubtest.Kept, hubtest.Sandbox, hubtest.Hang, hubtest.Reset, hubtest.Redirect, hubtest.Flood, hubtest.Drip,
		hubtest.Throttled, hubtest.Full, hubtest.Unavailable, hubtest.Error, hubtest.Shutdown, hubtest.Gateway, hubtest.Slow(0), hubtest.Answer(500),
	} {
		word, _, _ := strings.Cut(string(f), "-")
		named[word] = true
	}
	for _, m := range pnssim.Meanings() {
		word, _, _ := strings.Cut(m.Word, "-")
		if !named[word] {
			t.Errorf("%s has no name", word)
		}
		delete(named, word)
	}
	if len(named) != 0 {
		t.Errorf("without a word: %v", named)
	}
}

// Clients that speak TLS alone are served on the same port.
func TestTLS(t *testing.T) {
	t.Parallel()
	hub := hubtest.Start(t)
	if cs := hub.TLSConnectionString(); !strings.HasPrefix(cs, "Endpoint=sb://127.0.0.1:") {
		t.Errorf("connection string %s", cs)
	}
	pem, err := os.ReadFile(hub.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	fromFile := x509.NewCertPool()
	if !fromFile.AppendCertsFromPEM(pem) || !fromFile.Equal(hub.RootCAs()) {
		t.Errorf("%s holds another authority than RootCAs:\n%s", hub.CAFile(), pem)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: fromFile}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client, err := nh.NewClientFromConnectionString(hub.TLSConnectionString(), hub.Name(), &nh.ClientOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Send(t.Context(), hi(), nil); err != nil {
		t.Error(err)
	}
}

// Whoever uses this package sees its own types, the SDK's and the standard
// library's.
func TestNoInternalTypes(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var look func(from string, r reflect.Type)
	look = func(from string, r reflect.Type) {
		if seen[r] || !strings.Contains(r.PkgPath(), "fanfare") && r.PkgPath() != "" {
			return
		}
		seen[r] = true
		if strings.Contains(r.PkgPath(), "/internal/") {
			t.Errorf("%s shows %s", from, r)
		}
		switch r.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Chan:
			look(from, r.Elem())
		case reflect.Struct:
			for f := range r.Fields() {
				if f.IsExported() {
					look(r.String()+"."+f.Name, f.Type)
				}
			}
		case reflect.Func:
			for in := range r.Ins() {
				look(from, in)
			}
			for out := range r.Outs() {
				look(from, out)
			}
		}
		for m := range r.Methods() {
			look(r.String()+"."+m.Name, m.Type)
		}
	}
	for _, r := range []reflect.Type{reflect.TypeFor[*hubtest.Hub](), reflect.TypeFor[*hubtest.Device](), reflect.TypeFor[hubtest.Options](), reflect.TypeFor[hubtest.Push](), reflect.TypeFor[hubtest.Fate]()} {
		look("", r)
	}
	if len(seen) < 20 {
		t.Errorf("%d types were seen: something is wrong with this test", len(seen))
	}
}

// The README shows the whole file of TestReminder.
func TestReadme(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := strings.Replace(string(source), "package hubtest_test\n", "package reminder\n", 1)
	if !strings.Contains(string(readme), "```go\n"+example+"```\n") {
		t.Error("README.md does not hold the example of readme_test.go")
	}
}
