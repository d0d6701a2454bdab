package acceptance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// failing gives the first n devices of an audience a fate for ever.
func (w *world) failing(svc pnssim.Service, handle func(int) string, n int, kind string) {
	w.Helper()
	for i := range n {
		w.sim.SetFate(svc, handle(i), pnssim.Fate{Kind: kind, Times: 10_000})
	}
}

// Whole pages whose devices fail for their own sakes keep nobody waiting: others
// are sounded, and what they are answered is believed. The clock stands.
func TestAPageThatFailsForItself(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"error", "unavailable"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small(outagePage, outageWindow))
			const sick = outagePage * outageWindow
			for i := range outageSize {
				w.register(nh.FCMV1, fcmToken(i), "a")
			}
			w.failing(pnssim.FCM, fcmToken, sick, kind)
			id := w.send(message(), "a")
			w.idle()
			if got := w.details(id).Outcomes["fcmv1"]["Success"]; got != outageSize-sick {
				t.Errorf("%d devices are reached at once, want %d; %+v", got, outageSize-sick, w.tasks())
			}
			if lines := w.log.lines("a push service fails"); len(lines) != 0 {
				t.Errorf("the log takes it for an outage: %s", lines)
			}
			w.advance(31 * time.Minute)
			w.counts(w.final(id), map[string]map[string]int64{"fcmv1": {"Success": outageSize - sick, "AbandonedNotificationMessages": sick}})
		})
	}
}

// After an outage, a device that fails for itself does not keep the service down.
func TestOneThatFailsForItselfAfterAnOutage(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"error", "throttled", "unavailable", "hang"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) {
				small(outagePage, outageWindow)(w)
				w.cfg.Dispatch.RequestTimeout = 200 * time.Millisecond
			})
			for i := range outageSize {
				w.register(nh.FCMV1, fcmToken(i), "a")
			}
			w.sim.StopService(pnssim.FCM)
			id := w.send(message(), "a")
			w.idle()
			w.failing(pnssim.FCM, fcmToken, 1, kind)
			w.sim.StartService(pnssim.FCM)
			for range 10 {
				w.advance(time.Minute)
			}
			if got := w.details(id).Outcomes["fcmv1"]["Success"]; got != outageSize-1 {
				t.Errorf("ten minutes after the outage %d devices are reached, want %d; %+v", got, outageSize-1, w.tasks())
			}
		})
	}
}

// Devices of a list, too: those of a direct send to many handles.
func TestOneOfAListThatFailsForItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var handles []string
	for i := range outagePage {
		handles = append(handles, fcmToken(i))
	}
	w.sim.StopService(pnssim.FCM)
	r, err := w.client.SendDirectBatch(w.ctx, message(), handles)
	if err != nil {
		t.Fatal(err)
	}
	w.idle()
	w.failing(pnssim.FCM, fcmToken, 2, "error")
	w.sim.StartService(pnssim.FCM)
	for range 10 {
		w.advance(time.Minute)
	}
	if got := w.details(r.NotificationID).Outcomes["fcmv1"]["Success"]; got != outagePage-2 {
		t.Errorf("%d devices are reached, want %d; %+v", got, outagePage-2, w.tasks())
	}
}

// MPNS refuses channels that were opened for another certificate's name as it
// refuses a wrong certificate. Others are reached, and nothing waits.
func TestMPNSChannelsOfOthers(t *testing.T) {
	t.Parallel()
	w := phones(t, (*pnssim.Sim).MPNSCredential, small(outagePage, outageWindow))
	channel := func(i int) string { return fmt.Sprintf("%sc%03d", phone, i) }
	const foreign = outagePage * outageWindow
	for i := range outageSize {
		w.register(nh.MPNS, channel(i), "a")
	}
	w.failing(pnssim.MPNS, channel, foreign, "foreign")
	id := w.send(nh.NewMPNSNotification(phoneToast), "a")
	w.counts(w.final(id), map[string]map[string]int64{"mpns": {"Success": outageSize - foreign, "InvalidCredentials": foreign}})
	w.idle()
	if n := w.registered("a"); n != outageSize {
		t.Errorf("%d registrations are left of %d", n, outageSize)
	}
}

// A topic that the sender chose, and Apple does not take, is the fault of that
// notification. The next one is delivered.
func TestASendersWrongTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 3 {
		w.register(nh.APNs, apnsToken(i), "a")
	}
	disallowed := &pnssim.Answer{Status: 400, Body: `{"reason":"TopicDisallowed"}`}
	for i := range 3 {
		w.sim.SetFate(pnssim.APNs, apnsToken(i), pnssim.Fate{Answer: disallowed})
	}
	topic := w.sim.APNsCredential()["AppName"] + ".voip"
	id := w.send(alert().SetHeader("apns-topic", topic).SetHeader("apns-push-type", "voip"), "a")
	w.counts(w.final(id), map[string]map[string]int64{"apns": {"InvalidNotificationFormat": 3}})
	for i := range 3 {
		w.sim.SetFate(pnssim.APNs, apnsToken(i), pnssim.Fate{})
	}
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"Success": 3}})
}

// The log says once that a push service fails, why and until when its devices
// wait, and once that it is over.
func TestAnOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small(outagePage, outageWindow))
	w.audience(outageSize)
	w.sim.StopService(pnssim.APNs)
	ids := []string{w.send(hello(), "a"), w.send(hello(), "a")}
	w.idle()
	w.advance(time.Minute)
	lines := w.log.lines("level=WARN", "a push service fails")
	if len(lines) != 1 || len(w.log.lines("a push service fails", "hub=myhub platform=apns reason=", "next=", "fanfare doctor")) != 1 {
		t.Errorf("the log says %q", lines)
	}
	w.sim.StartService(pnssim.APNs)
	w.advance(2 * time.Minute)
	for _, id := range ids {
		w.final(id)
	}
	w.idle()
	if lines := w.log.lines("level=INFO", "a push service answers again", "hub=myhub platform=apns after="); len(lines) != 1 {
		t.Errorf("its end is logged as %q", lines)
	}
}
