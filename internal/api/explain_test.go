package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send("{}").want(201)
	const target = "/_fanfare/hubs/myhub/notifications/"
	g := f.call(http.MethodGet, target+notificationID(1)+"/explain?api-version=2020-06&device=https%3A%2F%2Fa.example%2F%3Ft%3Db%2Bc", "").want(200)
	want := `{"notificationId":"` + notificationID(1) + `","state":"","enqueuedAt":"2025-03-04T05:06:07Z","device":"https://a.example/?t=b+c","verdict":"It is \u003cso\u003e.","registrations":null}`
	if strings.TrimSpace(g.body) != want || g.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%v\n%s\nwant %s", g.header, g.body, want)
	}
	if strings.Contains(f.log.String(), "a.example") {
		t.Errorf("the log shows the handle: %s", f.log)
	}
}

func TestExplainRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send("{}").want(201)
	const noDevice = "The parameter device is missing or not valid: the id of an installation or a registration, a handle, or the id of a user is expected, of at most 4096 bytes."
	target := "/_fanfare/hubs/MyHub/notifications/" + notificationID(1) + "/explain"
	f.call(http.MethodGet, target, "").refused(400, noDevice)
	f.call(http.MethodGet, target+"?device=", "").refused(400, noDevice)
	f.call(http.MethodGet, target+"?device=a%00", "").refused(400, noDevice)
	f.call(http.MethodGet, target+"?device="+strings.Repeat("x", 4097), "").refused(400, noDevice)
	const unknown = "The notification is not known, or is no longer kept."
	f.call(http.MethodGet, "/_fanfare/hubs/MyHub/notifications/NH-0/explain?device=x", "").refused(404, unknown)
	f.call(http.MethodGet, "/_fanfare/hubs/daily/notifications/"+notificationID(1)+"/explain?device=x", "").refused(404, unknown) // another hub's
	f.call(http.MethodGet, "/_fanfare/hubs/nosuch/notifications/NH-0/explain?device=x", "").want(404)
	f.call(http.MethodGet, target+"?device=x", "", "Authorization", f.tokenOf("Send", sendKey)).
		refused(401, "Manage claim is required for this operation.")
	f.dispatch.err = errors.New("the disk is torn")
	f.call(http.MethodGet, target+"?device=x", "").refused(500, "An internal error has occurred.")
}
