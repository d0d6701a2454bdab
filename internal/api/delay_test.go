package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
)

func TestDelays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send("{}").want(201)
	target := "/_fanfare/hubs/myhub/notifications/" + notificationID(1) + "/delays"
	if g := f.call(http.MethodGet, target, "").want(200); strings.TrimSpace(g.body) != "[]" {
		t.Errorf("nothing is waited for: %s", g.body)
	}
	f.dispatch.delays = []dispatch.Delay{{Platform: "apns", Whole: true, Until: now.Add(time.Second), Reason: "refused"}, {Platform: "wns", Until: now, Reason: "r"}}
	g := f.call(http.MethodGet, target, "", "Authorization", f.tokenOf("Send", sendKey)).want(200)
	const want = `[{"platform":"apns","whole":true,"until":"2025-03-04T05:06:08Z","reason":"refused"},{"platform":"wns","until":"2025-03-04T05:06:07Z","reason":"r"}]`
	if strings.TrimSpace(g.body) != want || g.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%v\n%s\nwant %s", g.header, g.body, want)
	}
	const unknown = "The notification is not known, or is no longer kept."
	f.call(http.MethodGet, strings.Replace(target, "myhub", "daily", 1), "").refused(404, unknown) // another hub's
	f.call(http.MethodGet, target, "", "Authorization", f.tokenOf("Listen", listenKey)).refused(401, "Send claim is required for this operation.")
	f.dispatch.err = errors.New("the disk is torn")
	f.call(http.MethodGet, target, "").refused(500, "An internal error has occurred.")
}
