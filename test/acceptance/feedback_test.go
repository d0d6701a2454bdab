package acceptance_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// told reads feedback, sorted by handle and without its times, which must be
// now.
func (w *world) told(list iter.Seq2[nh.Feedback, error]) (all []nh.Feedback) {
	w.Helper()
	for f, err := range list {
		if err != nil {
			w.Fatal(err)
		}
		if age := w.clock.Now().Sub(f.Time); age < 0 || age > time.Minute {
			w.Errorf("%s is of %v", f.Handle, f.Time)
		}
		f.Time = time.Time{}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b nh.Feedback) int { return strings.Compare(a.Handle, b.Handle) })
	return all
}

func (w *world) same(what string, got, want []nh.Feedback) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// A back-end is told of every handle that a send has made an end of, and of
// every device that the send did not reach; also after a restart.
func TestFeedback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.cfg.Hubs[0].Credentials = append(w.cfg.Hubs[0].Credentials, hub.Credential{Platform: hub.ADM, Properties: w.sim.ADMCredential()})
	})
	ids := map[string]string{}
	for _, fate := range []string{"gone", "malformed", "refused", "replaced", "live"} {
		ids[fate] = w.register(nh.ADM, kindle+"fate-"+fate+".1", "a").ID
	}
	i := nh.Installation{ID: "device-1", Platform: nh.ADM, PushChannel: kindle + "fate-gone.2", Tags: []string{"a"}}
	if err := w.client.PutInstallation(w.ctx, i); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second) // the service's word is newer than the registrations
	id := w.send(admMessage(), "a")
	d := w.final(id)
	w.counts(d, map[string]map[string]int64{"adm": {"Success": 2, "ExpiredChannel": 2, "BadChannel": 1, "InvalidNotificationFormat": 1}})
	w.idle()

	of := func(fate string, err nh.Outcome) nh.Feedback {
		return nh.Feedback{Error: err, Platform: nh.ADM, Handle: kindle + "fate-" + fate + ".1", RegistrationID: ids[fate], NotificationID: id}
	}
	gone2 := nh.Feedback{Error: "ExpiredChannel", Platform: nh.ADM, Handle: kindle + "fate-gone.2", InstallationID: "device-1", NotificationID: id}
	replaced := of("replaced", "ExpiredChannel")
	replaced.NewHandle = kindle + "replaced.1"
	feedback := []nh.Feedback{of("gone", "ExpiredChannel"), gone2, of("malformed", "BadChannel"), replaced}
	errors := []nh.Feedback{of("gone", "ExpiredChannel"), gone2, of("malformed", "BadChannel"), of("refused", "InvalidNotificationFormat")}
	w.same("feedback", w.told(w.client.Feedback(w.ctx)), feedback)
	w.same("the send's errors", w.told(w.client.NotificationErrors(w.ctx, d)), errors)

	w.stop()
	w.start()
	w.same("feedback after a restart", w.told(w.client.Feedback(w.ctx)), feedback)
	w.same("the send's errors after a restart", w.told(w.client.NotificationErrors(w.ctx, w.details(id))), errors)

	// A device that has another handle now is not told by it; and another send
	// has errors of its own.
	_, err := w.client.CreateOrUpdateRegistration(w.ctx, nh.Registration{ID: ids["refused"], Platform: nh.ADM, Handle: kindle + "other", Tags: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	w.same("the send's errors, a device having moved", w.told(w.client.NotificationErrors(w.ctx, w.details(id))), errors[:3])
	second := w.final(w.send(admMessage(), "a"))
	if second.PnsErrorDetailsURI != "" {
		t.Errorf("a send without errors has %s", second.PnsErrorDetailsURI)
	}

	// A direct send's handle is told, registered or not; feedback is of what was
	// registered.
	sent, err := w.client.SendDirect(w.ctx, admMessage(), nh.Device{Handle: kindle + "fate-gone.3"})
	if err != nil {
		t.Fatal(err)
	}
	direct := w.final(sent.NotificationID)
	w.idle()
	w.same("the direct send's errors", w.told(w.client.NotificationErrors(w.ctx, direct)),
		[]nh.Feedback{{Error: "ExpiredChannel", Platform: nh.ADM, Handle: kindle + "fate-gone.3", NotificationID: sent.NotificationID}})
	w.same("feedback after it", w.told(w.client.Feedback(w.ctx)), feedback)

	// After a week it is gone, with the sends.
	w.clock.Advance(8 * 24 * time.Hour)
	client, err := nh.NewClientFromConnectionString(w.connectionString(), hubName, &nh.ClientOptions{TokenLife: 30 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for left := true; left; {
		left = false
		for _, err := range client.Feedback(w.ctx) {
			if w.ctx.Err() != nil {
				t.Fatal(err)
			}
			left = true // also when a file that was listed is swept before it is read
		}
	}
}
