package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

func TestJudgeService(t *testing.T) {
	t.Parallel()
	var (
		ok        = pns.Result{Class: pns.OK}
		dead      = pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
		down      = pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true}
		busy      = pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true, RetryAfter: time.Minute}
		broken    = pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
		quick     = pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Second}
		slow      = pns.Result{Class: pns.Retry, Outcome: hub.Throttled, RetryAfter: time.Hour}
		channel   = pns.Result{Class: pns.Retry, Outcome: hub.ChannelThrottled}
		timedOut  = pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}
		refusesUs = pns.Result{Class: pns.Credential, Outcome: hub.InvalidToken, Service: true}
		mismatch  = pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true, Doubt: true}
		ours      = *pns.Refused(hub.BadChannel, "no URL")
		oneApple  = pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials}
	)
	const no = -1 // the answer does not speak of the service
	tests := []struct {
		name  string
		probe bool
		works bool // others are known to be answered
		in    []pns.Result
		want  []time.Duration // what the service wants to be waited for
	}{
		{name: "nothing"},
		{name: "one device, service down", in: []pns.Result{down}, want: []time.Duration{0}},
		{name: "one device, server error", in: []pns.Result{broken}, want: []time.Duration{no}},
		{name: "one device, no answer", in: []pns.Result{timedOut}, want: []time.Duration{no}},
		{name: "a 503 among answers", in: []pns.Result{ok, down, ok}, want: []time.Duration{no, no, no}},
		{name: "a 503 beside a dead handle", in: []pns.Result{down, dead}, want: []time.Duration{no, no}},
		{name: "errors for all", in: []pns.Result{broken, broken, timedOut}, want: []time.Duration{0, 0, 0}},
		{name: "down for all", in: []pns.Result{down, down}, want: []time.Duration{0, 0}},
		{name: "down for all, and a wait", in: []pns.Result{busy, broken}, want: []time.Duration{time.Minute, 0}},
		{name: "each its own wait", in: []pns.Result{slow, quick, slow}, want: []time.Duration{time.Second, time.Second, time.Second}},
		{name: "one of them none", in: []pns.Result{slow, broken}, want: []time.Duration{0, 0}},
		{name: "a throttled channel among errors", in: []pns.Result{broken, channel}, want: []time.Duration{no, no}},
		{name: "our credential among answers", in: []pns.Result{ok, refusesUs}, want: []time.Duration{no, 0}},
		{name: "one device's credential among errors", in: []pns.Result{broken, oneApple}, want: []time.Duration{no, no}},
		{name: "one device's credential beside errors for all", in: []pns.Result{broken, oneApple, broken}, want: []time.Duration{0, no, 0}},
		{name: "our credential among errors", in: []pns.Result{broken, refusesUs, broken}, want: []time.Duration{no, 0, no}},
		{name: "our own answers alone", in: []pns.Result{ours, ours}, want: []time.Duration{no, no}},
		{name: "our own beside one that is down", in: []pns.Result{ours, down}, want: []time.Duration{no, 0}},
		{name: "our own beside one server error", in: []pns.Result{broken, ours}, want: []time.Duration{no, no}},
		{name: "our own beside errors for all", in: []pns.Result{broken, ours, broken}, want: []time.Duration{0, no, 0}},
		{name: "one device, refused in doubt", in: []pns.Result{mismatch}, want: []time.Duration{0}},
		{name: "refused in doubt among answers", in: []pns.Result{ok, mismatch}, want: []time.Duration{no, no}},
		{name: "refused in doubt, others answered", works: true, in: []pns.Result{mismatch, mismatch}, want: []time.Duration{no, no}},
		{name: "errors for all, others answered", works: true, in: []pns.Result{broken, down, timedOut}, want: []time.Duration{no, no, no}},
		{name: "our credential, others answered", works: true, in: []pns.Result{refusesUs}, want: []time.Duration{0}},
		{name: "a probe that fails", probe: true, in: []pns.Result{broken}, want: []time.Duration{0}},
		{name: "a probe that is answered", probe: true, in: []pns.Result{dead}, want: []time.Duration{no}},
		{name: "a probe that is not sent", probe: true, in: []pns.Result{ours}, want: []time.Duration{no}},
		{name: "a probe whose credential is refused", probe: true, in: []pns.Result{oneApple}, want: []time.Duration{no}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := page{probe: tt.probe, devices: make([]device, len(tt.in)+1)}
			p.devices[len(tt.in)].settled = true // and has no result
			results := make([]answer, len(p.devices))
			for i := range tt.in {
				results[i].Result = tt.in[i]
			}
			judgeService(&p, results, tt.works)
			var got []time.Duration
			for _, r := range results[:len(tt.in)] {
				if r.Service {
					got = append(got, r.RetryAfter)
				} else {
					got = append(got, no)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}
