package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// When a channel expired, and by the answer to which notification, is told of what
// was noted then: other writes of the installation change nothing of it, also not
// a device that comes back.
func TestExplainAnExpiredChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.trusted(serviceOf(nh.FCMV1))
	in := nh.Installation{ID: "i", Platform: nh.FCMV1, PushChannel: "device:APA91b0"}
	put := func() {
		t.Helper()
		if err := w.client.PutInstallation(w.ctx, in); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Minute)
	}
	send := func() string {
		t.Helper()
		id := w.send(message())
		w.final(id)
		w.idle()
		w.clock.Advance(time.Minute)
		return id
	}
	put()
	reached := send()
	w.sim.SetFate(pnssim.FCM, in.PushChannel, pnssim.Fate{Kind: "gone"})
	at := w.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	ends := send()
	missed := send()
	if err := w.client.PatchInstallation(w.ctx, in.ID, new(nh.InstallationPatch).AddTags("more")); err != nil {
		t.Fatal(err)
	}
	how := "its push service had answered the notification " + ends + " with BadChannel"
	if got := w.one(missed, in.ID); got.Cause != "ChannelExpired" || got.Verdict != "The installation's channel had been marked as expired before the send, at "+at+": "+how+"." {
		t.Errorf("the send after it: %+v", got)
	}
	if got := w.one(reached, in.ID); got.Cause != "DeviceUnknown" || !strings.Contains(got.Verdict, "was marked as expired at "+at+", after the send had begun: "+how) {
		t.Errorf("the send before it: %+v", got)
	}
	if got := w.one(ends, in.ID); got.Cause != "HandleDead" {
		t.Errorf("the send that found it out: %+v", got)
	}

	w.clock.Advance(time.Hour)
	in.PushChannel = "device:APA91b1"
	put()
	if got := w.one(missed, in.ID); got.Cause != "RegisteredLater" || !says(&got, "registration", "had been marked as expired at "+at+", before the send ("+how+")") {
		t.Errorf("of a device that came back, the send that it missed: %+v", got)
	}
	if got := w.one(reached, in.ID); got.Cause != "RegisteredLater" || !strings.Contains(got.Verdict, "was marked as expired at "+at+", after the send had begun ("+how+"), and whether the send reached that is no longer known") {
		t.Errorf("of a device that came back, the send before: %+v", got)
	}
	if got := w.one(send(), in.ID); got.Cause != "Delivered" {
		t.Errorf("of a device that came back, the next send: %+v", got)
	}
}

// Of a channel that an earlier version marked, the last write of the installation
// is all that is known.
func TestExplainAChannelThatExpiredLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := serviceOf(nh.FCMV1)
	w.trusted(s)
	w.instal(s, "i", "", 1, "gone")
	w.clock.Advance(time.Second)
	w.final(w.send(message()))
	w.idle()
	w.clock.Advance(time.Minute)
	missed := w.send(message())
	w.final(missed)
	w.clock.Advance(time.Minute)
	w.forget("UPDATE installation SET ended_at = NULL, ended_by = '', ended_as = 0")
	if got := w.one(missed, "i"); got.Cause != "ChannelExpired" || !strings.Contains(got.Verdict, "when is no longer known") {
		t.Errorf("as it was marked: %+v", got)
	}
	if err := w.client.PatchInstallation(w.ctx, "i", new(nh.InstallationPatch).AddTags("more")); err != nil {
		t.Fatal(err)
	}
	if got := w.one(missed, "i"); got.Cause != "DeviceUnknown" || !strings.Contains(got.Verdict, "whether it was so before the send is no longer known") {
		t.Errorf("written since: %+v", got)
	}
}
