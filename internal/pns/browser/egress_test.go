package browser_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

func refuseAll(_ context.Context, network, _ string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: network, Err: pnstest.ErrNoNetwork}
}

// guarded returns a connector that dials for itself, with names at addrs.
func guarded(t *testing.T, addrs ...[4]byte) pns.Connector {
	t.Helper()
	env := pnstest.Start(t, http.NotFoundHandler())
	env.Dial, env.Dialer = nil, pnstest.Names(t, addrs...)
	return pnstest.Connect(t, browser.New, credential(), env)
}

// A name can be public when it is registered, and lead elsewhere when it is
// dialled; also from one send to the next.
func TestANameThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	for _, addr := range [][4]byte{{10, 0, 0, 7}, {127, 0, 0, 1}, {169, 254, 169, 254}, {192, 168, 1, 1}} {
		for name, list := range map[string][][4]byte{
			"at the first look-up":  {addr},
			"at the second look-up": {{8, 8, 8, 8}, addr},
		} {
			t.Run(name+" "+net.IP(addr[:]).String(), func(t *testing.T) {
				t.Parallel()
				c := guarded(t, list...)
				b := batch("https://rebind.push.example/secret")
				if len(list) == 2 {
					if r := pnstest.Send(t, c, b)[0]; r.Class != pns.Unsent || !strings.Contains(r.Reason, pnstest.ErrNoNetwork.Error()) {
						t.Errorf("a public address: %+v", r)
					}
				}
				r := pnstest.Send(t, c, b)[0]
				if r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Service || r.Again != pns.No || !r.Unasked || !r.Astray {
					t.Errorf("%+v", r)
				}
				if want := "connecting: " + net.IP(addr[:]).String() + " is not an address on the public internet"; r.Reason != want {
					t.Errorf("reason %q, want %q", r.Reason, want)
				}
			})
		}
	}
}

// A refusal of ours is no sign of life of Web Push, and says so.
func TestARefusedAddressBesideAnOutage(t *testing.T) {
	t.Parallel()
	c := guarded(t, [4]byte{8, 8, 8, 8})
	got := pnstest.Send(t, c, batch("https://a.push.example/1", "https://private.push.example/1", "https://b.push.example/1"))
	for i, want := range []pns.Class{pns.Unsent, pns.Body, pns.Unsent} {
		if r := got[i]; r.Class != want || r.Unasked != (want == pns.Body) {
			t.Errorf("target %d: %+v", i, r)
		}
	}
}

// What is refused at registration is refused at send too: direct sends have no
// registration, and rules may have been laxer when a row was written.
func TestEndpointsThatAreNotPublic(t *testing.T) {
	t.Parallel()
	c, _ := reach(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a request to %s", r.Host) }))
	all := []string{
		"http://push.example/1", "https://127.0.0.1/1", "https://[::1]/1", "https://169.254.169.254/1", "https://10.0.0.1/1",
		"https://localhost/1", "https://printer.local/1", "https://u:p@push.example/1", "https://2130706433/1", "push.example/1", "",
		"https://push.example/\r\nHost: evil.example", "https://intranet/1",
	}
	for i, r := range pnstest.Send(t, c, batch(all...)) {
		if r.Class != pns.Body || r.Outcome != hub.BadChannel || r.Service || !r.Unasked || !r.Astray || r.Reason == "" {
			t.Errorf("%q: %+v", all[i], r)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c, _ := reach(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "push.example" {
				t.Errorf("%d: a request to %s", status, r.Host)
			}
			w.Header().Set("Location", "https://10.0.0.1/latest/meta-data")
			w.WriteHeader(status)
		}))
		if r := pnstest.Send(t, c, batch("https://push.example/1"))[0]; r.Class != pns.Body || r.Outcome != hub.PnsInterfaceError || r.Service || r.Unasked || !r.Astray ||
			!strings.HasPrefix(r.Reason, fmt.Sprint(status)) || !strings.HasSuffix(r.Reason, ": a redirect, which is not followed") {
			t.Errorf("%d: %+v", status, r)
		}
	}
}
