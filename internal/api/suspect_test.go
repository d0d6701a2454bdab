package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func TestSuspectsInPages(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send(`{"aps":{}}`, "ServiceBusNotification-Format", "apple").want(201)
	hubID := f.dispatch.last(t).HubID
	f.update(func(tx store.Tx) error {
		_, err := tx.Suspect(hubID, hub.APNs, store.Dead{Handle: "BB"}, now)
		_, err2 := tx.Suspect(hubID, hub.APNs, store.Dead{Handle: "aa"}, now.Add(time.Minute))
		_, err3 := tx.Suspect(hubID, hub.WNS, store.Dead{Handle: "cc"}, now)
		return errors.Join(err, err2, err3)
	})
	const target = "/_fanfare/hubs/myhub/suspects/APNS"
	for query, want := range map[string]string{
		"":                  `{"platform":"apns","total":2,"suspects":[{"handle":"aa","since":"2025-03-04T05:07:07Z"},{"handle":"bb","since":"2025-03-04T05:06:07Z"}]}`,
		"?$top=1":           `{"platform":"apns","total":2,"suspects":[{"handle":"aa","since":"2025-03-04T05:07:07Z"}],"next":"aa"}`,
		"?$top=1&after=aa":  `{"platform":"apns","total":2,"suspects":[{"handle":"bb","since":"2025-03-04T05:06:07Z"}]}`,
		"?after=bb&$top=10": `{"platform":"apns","total":2,"suspects":[]}`,
	} {
		if g := f.call(http.MethodGet, target+query, "").want(200); strings.TrimSpace(g.body) != want {
			t.Errorf("%s: %s\nwant %s", query, g.body, want)
		}
	}
	f.call(http.MethodPost, target+"/clear", `{"handle":"Bb"}`).want(200)
	f.call(http.MethodPost, target+"/confirm", `{"all":true}`).want(200)
	if g := f.call(http.MethodGet, target, "").want(200); !strings.Contains(g.body, `"total":0`) {
		t.Errorf("after all are judged: %s", g.body)
	}
}

func TestSuspectsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const target = "/_fanfare/hubs/MyHub/suspects/"
	for _, c := range map[string]struct {
		method, path, body string
		status             int
		detail             string
	}{
		"a platform that is none":   {http.MethodGet, "telex", "", 400, `"telex" is not a platform. Platforms: apns, fcmv1, gcm, wns, mpns, adm, baidu, browser, xiaomi.`},
		"a page that is none":       {http.MethodGet, "apns?$top=0", "", 400, `$top is not a number from 1: "0".`},
		"nobody":                    {http.MethodPost, "apns/clear", `{}`, 400, `The body is not valid: {"handle": "…"} or {"all": true} is expected.`},
		"one and all":               {http.MethodPost, "apns/clear", `{"handle":"a","all":true}`, 400, `The body is not valid: {"handle": "…"} or {"all": true} is expected.`},
		"no JSON":                   {http.MethodPost, "apns/confirm", `all`, 400, `The body is not valid: {"handle": "…"} or {"all": true} is expected.`},
		"one that is not suspected": {http.MethodPost, "apns/confirm", `{"handle":"aa"}`, 404, "The handle is not a suspect."},
		"a verdict that is none":    {http.MethodPost, "apns/pardon", `{"all":true}`, 404, "No service is hosted at the specified address."},
		"another method":            {http.MethodDelete, "apns", "", 405, "The method DELETE is not supported here. Supported: GET."},
	} {
		f.call(c.method, target+c.path, c.body).refused(c.status, c.detail)
	}
	f.call(http.MethodGet, "/_fanfare/hubs/nosuch/suspects/apns", "").want(404)
	listen := f.tokenOf("Listen", listenKey)
	f.call(http.MethodGet, target+"apns", "", "Authorization", listen).want(401)
}
