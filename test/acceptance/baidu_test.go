package acceptance_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// with adds a credential to the hub's own.
func with(p hub.Platform, properties func(*pnssim.Sim) map[string]string) func(*world) {
	return func(w *world) {
		h := &w.cfg.Hubs[0]
		h.Credentials = append(h.Credentials, hub.Credential{Platform: p, Properties: properties(w.sim)})
	}
}

// expire gives a notification about a minute, and returns how much exactly.
func (w *world) expire(n *nh.Notification) time.Duration {
	now := w.clock.Now()
	at := now.Add(time.Minute).UTC().Truncate(time.Second)
	n.SetHeader("ServiceBusNotification-Apns-Expiry", at.Format(time.RFC3339))
	return at.Sub(now)
}

// older is the simulated app through Baidu's older interface.
func older(s *pnssim.Sim) map[string]string {
	p := s.BaiduCredential()
	p["BaiduEndPoint"] = "https://channel.api.duapp.com/rest/2.0/channel/channel"
	return p
}

// A native and a template device get the very bytes, of the type that the
// sender or the template asks for, through both interfaces.
func TestBaidu(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		properties      func(*pnssim.Sim) map[string]string
		kind, expiresAs string
	}{
		"today's":       {(*pnssim.Sim).BaiduCredential, "msg_type", "msg_expires"},
		"the older one": {older, "message_type", "message_expires"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, with(hub.Baidu, c.properties))
			w.register(nh.Baidu, "11-22", "a")
			_, err := w.client.CreateRegistration(w.ctx, nh.Registration{
				Platform: nh.Baidu, Handle: "11-33", Tags: []string{"a"},
				Template: &nh.RegistrationTemplate{Body: `{"title":"$(a)","description":"$(b)"}`, MessageType: "1"},
			})
			if err != nil {
				t.Fatal(err)
			}
			const body = `{"title":"~t","description":"Hello & (good) 'bye'"}`
			n := nh.NewBaiduNotification(body, &nh.BaiduOptions{MessageType: nh.BaiduAlert})
			left := w.expire(n)
			w.counts(w.final(w.send(n, "a")), map[string]map[string]int64{"baidu": {"Success": 1}})
			got := w.sim.Received(pnssim.Baidu, "11-22")
			if len(got) != 1 || string(got[0].Body) != body || got[0].Header.Get(c.kind) != "1" || got[0].Header.Get(c.expiresAs) != strconv.Itoa(int(left/time.Second)) || got[0].Header.Get("device_type") != "3" {
				t.Errorf("the native device got %+v", got)
			}
			n = nh.NewTemplateNotification(map[string]string{"a": "Ti", "b": "Hel\"lo"})
			w.counts(w.final(w.send(n, "a")), map[string]map[string]int64{"baidu": {"Success": 1}})
			got = w.sim.Received(pnssim.Baidu, "11-33")
			if len(got) != 1 || string(got[0].Body) != `{"title":"Ti","description":"Hel\"lo"}` || got[0].Header.Get(c.kind) != "1" {
				t.Errorf("the template device got %+v", got)
			}
		})
	}
}

// Baidu's word about a handle removes its registration; a handle that it does
// not find is kept, and what passes is tried again when it is due.
func TestBaiduHandles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Baidu, (*pnssim.Sim).BaiduCredential))
	for _, channel := range []string{"22", "fate-gone.", "fate-expired.", "fate-foreign.", "fate-throttled-1.", "fate-error-2.", "fate-refused."} {
		w.register(nh.Baidu, "11-"+channel, "a")
	}
	id := w.send(nh.NewBaiduNotification(`{"a":1}`, &nh.BaiduOptions{MessageType: nh.BaiduMessage}), "a")
	w.idle()
	if d := w.details(id); d.Outcomes["baidu"]["Success"] != 1 || d.State != "Processing" {
		t.Errorf("at once: %+v", d)
	}
	throttled := func() int { return len(w.sim.Received(pnssim.Baidu, "11-fate-throttled-1.")) }
	w.advance(45 * time.Second)
	if n := throttled(); n != 0 {
		t.Errorf("the throttled device got %d pushes before the minute was over", n)
	}
	w.advance(2 * time.Minute)
	if n := throttled(); n != 1 {
		t.Errorf("the throttled device got %d pushes", n)
	}
	w.counts(w.final(id), map[string]map[string]int64{"baidu": {"Success": 3, "BadChannel": 2, "ExpiredChannel": 1, "InvalidNotificationFormat": 1}})
	w.idle()
	if n := w.registered("a"); n != 5 {
		t.Errorf("%d registrations are left, want all but the two that are gone", n)
	}
}

// A secret that Baidu does not know touches no handle; the right one delivers
// without waiting for the due time.
func TestBaiduWrongSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Baidu, (*pnssim.Sim).ForeignBaiduCredential))
	for _, channel := range []string{"22", "fate-gone.", "33"} {
		w.register(nh.Baidu, "11-"+channel, "a")
	}
	w.wrongCredential(nh.NewBaiduNotification(`{"a":1}`, &nh.BaiduOptions{MessageType: nh.BaiduMessage}), "baidu", 3, w.sim.BaiduCredential(), map[string]int64{"Success": 2, "BadChannel": 1})
}

// wrongCredential sends with the last of the hub's credentials, which is wrong,
// and then with the right one.
func (w *world) wrongCredential(n *nh.Notification, platform string, devices int, right map[string]string, want map[string]int64) {
	w.Helper()
	id := w.send(n, "a")
	w.idle()
	w.advance(5 * time.Minute)
	if d := w.details(id); d.State != "Processing" || len(d.Outcomes[nh.Platform(platform)]) != 0 {
		w.Errorf("with the wrong credential: %+v", d)
	}
	parked := false
	for _, task := range w.tasks() {
		parked = parked || task.reason != ""
	}
	if got := w.registered("a"); got != devices || !parked {
		w.Errorf("%d registrations are left, want %d; parked: %v", got, devices, parked)
	}
	w.stop()
	credentials := w.cfg.Hubs[0].Credentials
	credentials[len(credentials)-1].Properties = right
	w.start()
	w.counts(w.final(id), map[string]map[string]int64{platform: want})
}
