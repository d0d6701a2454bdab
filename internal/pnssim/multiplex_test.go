package pnssim_test

import (
	"fmt"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const google = "fcm.googleapis.com"

// limit is the streams that a new connection to a host is let have.
func (f *fixture) limit(host string) uint32 {
	f.Helper()
	c := f.dialHTTP2(host)
	for len(c.limits) == 0 && c.read() {
	}
	if len(c.limits) == 0 {
		f.Fatal("the connection ends without a word")
	}
	return c.limits[0]
}

// FCM and Web Push take another limit for new connections, leave those that are
// open in good order, and go back to theirs at a reset.
func TestSetStreamsOfAnHTTPServer(t *testing.T) {
	t.Parallel()
	for svc, host := range map[pnssim.Service]string{pnssim.FCM: google, pnssim.Browser: "push.example"} {
		t.Run(string(svc), func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			if got := f.limit(host); got != 100 {
				t.Errorf("%d streams at first", got)
			}
			open := f.dialHTTP2(host)
			for len(open.limits) == 0 && open.read() {
			}
			if err := f.sim.SetStreams(svc, 3); err != nil {
				t.Fatal(err)
			}
			for open.away == nil && open.read() {
			}
			if open.away == nil {
				t.Error("the open connection is closed without a GOAWAY")
			}
			if got := f.limit(host); got != 3 || f.sim.State(svc).Streams != 3 {
				t.Errorf("%d streams, and the state says %d", got, f.sim.State(svc).Streams)
			}
			f.sim.ResetService(svc)
			if got := f.limit(host); got != 100 {
				t.Errorf("%d streams after a reset", got)
			}
			for _, n := range []int{0, 101} {
				if err := f.sim.SetStreams(svc, n); err == nil {
					t.Errorf("%d streams are taken", n)
				}
			}
		})
	}
	f := setup(t)
	if f.sim.SetStreams(pnssim.WNS, 1) == nil || f.sim.GoAway(pnssim.ADM, 0) == nil {
		t.Error("a service that speaks HTTP/1.1 has streams")
	}
	if st := f.sim.State(pnssim.WNS); st.Streams != 0 {
		t.Errorf("%+v", st)
	}
}

// FCM answers what it is asked, and goes away with the answer to the request
// after so many. The next one needs another connection.
func TestGoAwayOfAnHTTPServer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	push := func() {
		t.Helper()
		if status, _, text := f.fcmPush(access, `{"message":{"token":"fcm-device","data":{"a":"b"}}}`); status != 200 {
			t.Errorf("%d %s", status, text)
		}
	}
	f.goAway(pnssim.FCM, 0) // there is nobody
	push()
	conns := f.sim.Connections(pnssim.FCM)
	f.goAway(pnssim.FCM, 1)
	var after []int
	for range 4 {
		push()
		after = append(after, f.sim.Connections(pnssim.FCM)-conns)
	}
	if fmt.Sprint(after) != "[0 0 1 1]" {
		t.Errorf("connections after each push: %v", after)
	}
}
