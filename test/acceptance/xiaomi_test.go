package acceptance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// xiaomiGot returns the fields of the only push that a device got.
func (w *world) xiaomiGot(id string) (fields map[string]string) {
	w.Helper()
	got := w.sim.Received(pnssim.Xiaomi, id)
	if len(got) != 1 {
		w.Fatalf("%s got %d pushes", id, len(got))
	}
	if err := json.Unmarshal(got[0].Body, &fields); err != nil {
		w.Fatal(err)
	}
	return fields
}

// A native and a template device get every field of the sender's object.
func TestXiaomi(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Xiaomi, (*pnssim.Sim).XiaomiCredential))
	w.register(nh.Xiaomi, "xm+/=1", "a")
	_, err := w.client.CreateRegistration(w.ctx, nh.Registration{
		Platform: nh.Xiaomi, Handle: "xm+/=2", Tags: []string{"a"},
		Template: &nh.RegistrationTemplate{Body: `{"title":"$(a)","notify_id":"$(n)"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := nh.NewXiaomiNotification(`{"title":"t & u","description":"你好","payload":{"k":"a b%"},"restricted_package_name":"org.example.fanfare","extra":{"channel_id":"c"}}`)
	left := w.expire(n)
	w.counts(w.final(w.send(n, "a")), map[string]map[string]int64{"xiaomi": {"Success": 1}})
	want := map[string]string{
		"title": "t & u", "description": "你好", "payload": `{"k":"a b%"}`, "restricted_package_name": "org.example.fanfare",
		"extra.channel_id": "c", "time_to_live": strconv.FormatInt(left.Milliseconds(), 10),
	}
	if got := w.xiaomiGot("xm+/=1"); !maps.Equal(got, want) {
		t.Errorf("the native device got %v, want %v", got, want)
	}
	w.counts(w.final(w.send(nh.NewTemplateNotification(map[string]string{"a": "Hello", "n": "7"}), "a")), map[string]map[string]int64{"xiaomi": {"Success": 1}})
	want = map[string]string{"title": "Hello", "description": "Hello", "notify_id": "7"}
	if got := w.xiaomiGot("xm+/=2"); !maps.Equal(got, want) {
		t.Errorf("the template device got %v, want %v", got, want)
	}
	w.counts(w.final(w.send(nh.NewXiaomiNotification(`{"title":"t","topic":"everybody"}`), "a")), map[string]map[string]int64{"xiaomi": {"InvalidNotificationFormat": 1}})
	w.counts(w.final(w.send(nh.NewXiaomiNotification(`{"title":"t","restricted_package_name":"org.example.other"}`), "a")), map[string]map[string]int64{"xiaomi": {"WrongChannel": 1}})
}

// Of a request for many, the ids that Xiaomi names lose their registrations,
// the invalid one is held, and the others get their push once.
func TestXiaomiHandles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Xiaomi, (*pnssim.Sim).XiaomiCredential))
	const live = 20
	for i := range live {
		w.register(nh.Xiaomi, fmt.Sprintf("live%d", i), "a")
	}
	for _, id := range []string{"x-fate-gone.1", "x-fate-malformed.2", "x-fate-foreign.3"} {
		w.register(nh.Xiaomi, id, "a")
	}
	w.counts(w.final(w.send(nh.NewXiaomiNotification(`{"title":"t"}`), "a")), map[string]map[string]int64{"xiaomi": {"Success": live, "BadChannel": 3}})
	w.each(pnssim.Xiaomi, live)
	w.idle()
	if n := w.registered("a"); n != live+1 {
		t.Errorf("%d registrations are left, want %d", n, live+1)
	}
}

// An app that is throttled delays the whole request, which is tried again as it
// was when it is due.
func TestXiaomiThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Xiaomi, (*pnssim.Sim).XiaomiCredential))
	w.sim.SetFate(pnssim.Xiaomi, "b", pnssim.Fate{Kind: "throttled", Times: 1, RetryAfter: "90"})
	for _, id := range []string{"a", "b", "c"} {
		w.register(nh.Xiaomi, id, "a")
	}
	id := w.send(nh.NewXiaomiNotification(`{"title":"t"}`), "a")
	w.idle()
	w.advance(75 * time.Second)
	if n := w.sim.Count(pnssim.Xiaomi); n != 0 {
		t.Errorf("%d pushes came before the time that Xiaomi named", n)
	}
	w.advance(30 * time.Second)
	w.counts(w.final(id), map[string]map[string]int64{"xiaomi": {"Success": 3}})
	w.each(pnssim.Xiaomi, 3)
}

// A secret that Xiaomi does not know touches no handle; the right one delivers
// without waiting for the due time.
func TestXiaomiWrongSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(hub.Xiaomi, (*pnssim.Sim).ForeignXiaomiCredential))
	for _, id := range []string{"a", "b", "x-fate-gone."} {
		w.register(nh.Xiaomi, id, "a")
	}
	w.wrongCredential(nh.NewXiaomiNotification(`{"title":"t"}`), "xiaomi", 3, w.sim.XiaomiCredential(), map[string]int64{"Success": 2, "BadChannel": 1})
}
