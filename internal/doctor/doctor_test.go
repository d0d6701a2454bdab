package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func creds(platforms ...hub.Platform) (all []hub.Credential) {
	for _, p := range platforms {
		all = append(all, hub.Credential{Platform: p})
	}
	return all
}

// says is a Try that answers from a table.
func says(answers map[hub.Platform]pns.Diagnosis) Try {
	return func(_ context.Context, c hub.Credential) pns.Diagnosis { return answers[c.Platform] }
}

// Findings come in the order of the credentials; a certificate that ends soon
// is one of its own, unless the diagnosis speaks of it.
func TestExamine(t *testing.T) {
	t.Parallel()
	soon, past := now.Add(3*day), now.Add(-day)
	d := New(clock.NewFake(now), says(map[hub.Platform]pns.Diagnosis{
		hub.APNs:  {OK: true, Sentence: "taken", NotAfter: soon},
		hub.FCMV1: {OK: true, Sentence: "taken"},
		hub.WNS:   {Sentence: "refused"},
		hub.MPNS:  {Sentence: "it expired", NotAfter: past},
	}))
	r, err := d.Examine(t.Context(), "h", creds(hub.APNs, hub.FCMV1, hub.WNS, hub.MPNS))
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Hub: "h", At: now, Severity: Failed, Findings: []Finding{
		{About: "apns", Text: "taken", NotAfter: soon},
		{About: "apns", Severity: Warning, Text: "the certificate expires on 2026-11-28, within 7 days: it is time for a new one", NotAfter: soon},
		{About: "fcmv1", Text: "taken"},
		{About: "wns", Severity: Failed, Text: "refused"},
		{About: "mpns", Severity: Failed, Text: "it expired", NotAfter: past},
	}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A report's severity is that of its worst finding.
func TestSeverity(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]Severity{40 * day: OK, 20 * day: Notice, 5 * day: Warning, time.Hour: Urgent} {
		d := New(clock.NewFake(now), says(map[hub.Platform]pns.Diagnosis{
			hub.APNs: {OK: true, NotAfter: now.Add(left)}, hub.MPNS: {OK: true, NotAfter: now.Add(50 * day)},
		}))
		if r, err := d.Examine(t.Context(), "h", creds(hub.APNs, hub.MPNS)); err != nil || r.Severity != want {
			t.Errorf("%v: %+v, %v", left, r, err)
		}
	}
	d := New(clock.NewFake(now), says(nil))
	r, err := d.Examine(t.Context(), "h", nil)
	if err != nil || r.Severity != Warning || len(r.Findings) != 1 || r.Findings[0].About != AboutHub {
		t.Errorf("without credentials: %+v, %v", r, err)
	}
}

func TestReportJSON(t *testing.T) {
	t.Parallel()
	var r Report
	r.At = now
	r.Add(Finding{About: "apns", Text: "taken"}, Finding{About: AboutListener, Severity: Urgent, Text: "x", NotAfter: now})
	got, err := json.Marshal(r)
	const want = `{"at":"2026-11-25T12:00:00Z","severity":"urgent","findings":[{"about":"apns","severity":"ok","text":"taken"},{"about":"listener","severity":"urgent","text":"x","notAfter":"2026-11-25T12:00:00Z"}]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

// All services together are asked a few at a time, whatever the hubs; a hub by
// one caller, in whatever letters.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		release := make(chan struct{})
		d := New(clock.NewFake(now), func(context.Context, hub.Credential) pns.Diagnosis {
			asked.Add(1)
			<-release
			return pns.Diagnosis{OK: true}
		})
		for i := range 2 {
			go func() {
				r, err := d.Examine(t.Context(), fmt.Sprint("hub", i), creds(hub.APNs, hub.FCMV1, hub.WNS))
				if err != nil || r.Severity != OK || len(r.Findings) != 3 {
					t.Errorf("%+v, %v", r, err)
				}
			}()
		}
		synctest.Wait()
		if n := asked.Load(); n != atOnce {
			t.Errorf("%d services were asked at once, want %d", n, atOnce)
		}
		for _, name := range []string{"HUB0", "hub1"} {
			if _, err := d.Examine(t.Context(), name, nil); !errors.Is(err, ErrBusy) {
				t.Errorf("%s was examined twice at a time: %v", name, err)
			}
		}
		close(release)
		synctest.Wait()
		if _, err := d.Examine(t.Context(), "hub0", nil); err != nil || asked.Load() != 6 {
			t.Errorf("afterwards: %v; %d services were asked", err, asked.Load())
		}
	})
}

// A service that hangs is given up, and holds up no other; where all hang, those
// whose turn never comes are told of too.
func TestHangingServices(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, c hub.Credential) pns.Diagnosis {
		if c.Platform == hub.FCMV1 {
			return pns.Diagnosis{OK: true}
		}
		<-ctx.Done()
		return pns.Diagnosis{Sentence: "no answer"}
	}
	synctest.Test(t, func(t *testing.T) {
		d := New(clock.NewFake(now), hang)
		began := time.Now()
		r, err := d.Examine(t.Context(), "h", creds(hub.FCMV1, hub.WNS))
		if err != nil || r.Findings[0].Severity != OK || r.Findings[1].Severity != Failed || time.Since(began) != probeTime {
			t.Errorf("%+v, %v after %v", r, err, time.Since(began))
		}
		began = time.Now()
		many := slices.Repeat(creds(hub.WNS), 5*atOnce)
		r, err = d.Examine(t.Context(), "h", many)
		texts := map[string]int{}
		for _, f := range r.Findings {
			texts[f.Text]++
		}
		if err != nil || texts["no answer"] != 4*atOnce || len(texts) != 2 || time.Since(began) != hubTime {
			t.Errorf("%v, %v after %v", texts, err, time.Since(began))
		}
	})
}

// A caller that has gone gets its own error, and leaves the hub free.
func TestACallerThatGoes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d := New(clock.NewFake(now), func(ctx context.Context, _ hub.Credential) pns.Diagnosis {
		cancel()
		<-ctx.Done()
		return pns.Diagnosis{}
	})
	if _, err := d.Examine(ctx, "h", creds(hub.APNs, hub.WNS)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := d.Examine(t.Context(), "h", nil); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
