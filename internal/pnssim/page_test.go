package pnssim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// numbers are those of a page's pushes.
func numbers(p pnssim.Page) string {
	out := []int64{}
	for _, r := range p.Pushes {
		out = append(out, r.Number)
	}
	return fmt.Sprint(out, " more ", p.More, " last ", p.Last)
}

func TestPushes(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{History: 2})
	const other = "ab" + token
	for _, device := range []string{token, other, token, token} { // the first is dropped
		f.apple(device, alert)
	}
	f.phoneToast(plainPhone + "a") // 5
	for _, c := range []struct {
		q    pnssim.Query
		want string
	}{
		{pnssim.Query{Limit: 10}, "[2 3 4 5] more false last 5"},
		{pnssim.Query{Limit: 4}, "[2 3 4 5] more false last 5"},
		{pnssim.Query{Limit: 2}, "[2 3] more true last 5"},
		{pnssim.Query{Limit: 2, After: 3}, "[4 5] more false last 5"},
		{pnssim.Query{Limit: 2, After: 5}, "[] more false last 5"},
		{pnssim.Query{Limit: 2, After: 1 << 40}, "[] more false last 5"},
		{pnssim.Query{Service: pnssim.MPNS, Limit: 1}, "[5] more false last 5"},
		{pnssim.Query{Service: pnssim.APNs, Limit: 3}, "[2 3 4] more false last 5"},
		{pnssim.Query{Service: pnssim.APNs, Limit: 1, After: 2}, "[3] more true last 5"},
		{pnssim.Query{Service: pnssim.APNs, Handle: strings.ToUpper(token), Limit: 9}, "[3 4] more false last 5"},
		{pnssim.Query{Service: pnssim.APNs, Handle: token, Limit: 1}, "[3] more true last 5"},
		{pnssim.Query{Service: pnssim.APNs, Handle: token, Limit: 1, After: 3}, "[4] more false last 5"},
		{pnssim.Query{Service: pnssim.FCM, Handle: token, Limit: 9}, "[] more false last 5"},
	} {
		if got := numbers(f.sim.Pushes(c.q)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.q, got, c.want)
		}
	}
	for number, want := range map[int64]bool{0: false, 1: false, 2: true, 5: true, 6: false, -1: false} {
		if r, ok := f.sim.Push(number); ok != want || ok && r.Number != number {
			t.Errorf("push %d: %+v, %v", number, r, ok)
		}
	}
	f.sim.Reset()
	f.apple(token, alert)
	if got := numbers(f.sim.Pushes(pnssim.Query{Limit: 9})); got != "[6] more false last 6" {
		t.Errorf("after Reset: %s", got)
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.apple(token, alert)
	f.phoneToast(plainPhone + "a")
	q := pnssim.Query{Service: pnssim.APNs, After: 1, Limit: 2}
	type result struct {
		page pnssim.Page
		err  error
	}
	ended := make(chan result, 1)
	go func() {
		p, err := f.sim.Await(t.Context(), q, 2)
		ended <- result{p, err}
	}()
	for range 2 {
		f.apple(token, alert)
	}
	if r := <-ended; r.err != nil || numbers(r.page) != "[3 4] more false last 4" {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := f.sim.Await(ctx, q, 3); !errors.Is(err, context.Canceled) || numbers(p) != "[3 4] more false last 4" {
		t.Errorf("given up: %s, %v", numbers(p), err)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	f := setup(t)
	dead := fate("fate-gone.")
	f.apple("ab"+token, alert)
	f.apple(strings.ToUpper(token), alert)
	f.apple(token, alert)
	f.apple(dead, alert) // gets nothing
	f.phoneToast(plainPhone + "fate-slow-1.")
	f.sim.SetFate(pnssim.Xiaomi, "x", pnssim.Fate{Kind: "throttled", Times: 2})
	f.sim.SetFate(pnssim.APNs, token, pnssim.Fate{})
	walk := func(svc pnssim.Service, limit int) (all []string) {
		for after, more := "", true; more; {
			var page []pnssim.Device
			page, more = f.sim.Devices(svc, after, limit)
			if len(page) > limit {
				t.Fatalf("%d devices, at most %d were asked for", len(page), limit)
			}
			for _, d := range page {
				last := int64(0)
				if d.Last != nil {
					last = d.Last.Number
				}
				all = append(all, fmt.Sprint(d.Key(), " ", d.Pushes, " ", last, " ", d.Fate, " ", d.Set))
				after = d.Key()
			}
		}
		return all
	}
	want := []string{
		"apns/" + token + " 2 3 live true",
		"apns/ab" + token + " 1 1 live false",
		"mpns/" + plainPhone + "fate-slow-1. 1 4 slow-1 false",
		"xiaomi/x 0 0 throttled-2 true",
	}
	if token > "ab" {
		want[0], want[1] = want[1], want[0]
	}
	for _, limit := range []int{1, 2, 3, 4, 9} {
		if got := walk("", limit); !slices.Equal(got, want) {
			t.Errorf("%d at a time:\n%s\nwant\n%s", limit, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if got := walk(pnssim.APNs, 1); !slices.Equal(got, want[:2]) {
		t.Errorf("of one service: %q", got)
	}
	if got := walk(pnssim.FCM, 1); got != nil {
		t.Errorf("of a service without any: %q", got)
	}
}

func TestResetService(t *testing.T) {
	t.Parallel()
	f := setupWith(t, pnssim.Config{Latency: time.Millisecond})
	f.apple(token, alert)
	f.phoneToast(plainPhone + "a")
	for _, svc := range []pnssim.Service{pnssim.APNs, pnssim.MPNS} {
		f.sim.SetFate(svc, "x", pnssim.Fate{Kind: "gone"})
		f.sim.SetLatency(svc, 2*time.Millisecond)
		f.sim.SetQuota(svc, 7)
		f.sim.StopService(svc)
	}
	if err := f.sim.SetStreams(pnssim.APNs, 3); err != nil {
		t.Fatal(err)
	}
	mpns := f.sim.State(pnssim.MPNS)
	f.sim.ResetService(pnssim.APNs)
	want := pnssim.State{Service: pnssim.APNs, Latency: time.Millisecond, Streams: 1000}
	got := f.sim.State(pnssim.APNs)
	got.Open = 0 // those that StopService has closed end in their own time
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := f.sim.State(pnssim.MPNS); got.Requests != mpns.Requests || !got.Stopped || got.Quota != 7 || got.Latency != 2*time.Millisecond || got.Received != 1 {
		t.Errorf("the other service: %+v", got)
	}
	if got := numbers(f.sim.Pushes(pnssim.Query{Limit: 9})); got != "[2] more false last 2" {
		t.Errorf("pushes: %s", got)
	}
	if page, _ := f.sim.Devices("", "", 9); len(page) != 2 || page[0].Service != pnssim.MPNS || page[1].Service != pnssim.MPNS {
		t.Errorf("devices: %+v", page)
	}
}

func TestTooManyFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 100_000 {
		if err := f.sim.SetFate(pnssim.FCM, fmt.Sprint(i), pnssim.Fate{Kind: "gone"}); err != nil {
			t.Fatalf("fate %d: %v", i, err)
		}
	}
	if err := f.sim.SetFate(pnssim.ADM, "1", pnssim.Fate{}); !errors.Is(err, pnssim.ErrTooManyFates) {
		t.Errorf("one more: %v", err)
	}
	if err := f.sim.SetFate(pnssim.FCM, "1", pnssim.Fate{}); err != nil {
		t.Errorf("one of them: %v", err)
	}
	f.sim.ClearFate(pnssim.FCM, "2")
	if err := f.sim.SetFate(pnssim.ADM, "1", pnssim.Fate{}); err != nil {
		t.Errorf("after one was cleared: %v", err)
	}
}
