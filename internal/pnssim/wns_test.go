package pnssim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const (
	liveToken  = "https://login.live.com/accesstoken.srf"
	entraToken = "https://login.microsoftonline.com/some-tenant/oauth2/v2.0/token"
	channel    = "https://db5p.notify.windows.com/?token="
)

// microsoftToken asks for a token with a form that is right but for change.
func (f *fixture) microsoftToken(endpoint, scope string, change ...string) (int, string) {
	f.Helper()
	c := f.sim.WNSCredential()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c["PackageSid"]}, "client_secret": {c["SecretKey"]}, "scope": {scope}}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	status, _, text := f.post(endpoint, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	return status, text
}

func (f *fixture) wnsAccess() string {
	f.Helper()
	status, text := f.microsoftToken(liveToken, "notify.windows.com")
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || answer.Token == "" {
		f.Fatalf("%d %s: %v", status, text, err)
	}
	return answer.Token
}

// toast pushes to a channel.
func (f *fixture) toast(uri, access string, headers ...string) (int, http.Header) {
	f.Helper()
	status, h, _ := f.post(uri, "<toast/>", append([]string{"X-WNS-Type", "wns/toast", "Content-Type", "text/xml", "Authorization", "Bearer " + access}, headers...)...)
	return status, h
}

func TestMicrosoftTokens(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		endpoint, scope string
		change          []string
		status          int
		says            string
	}{
		"live":              {liveToken, "notify.windows.com", nil, 200, `"expires_in":86400`},
		"Entra":             {entraToken, "https://wns.windows.com/.default", nil, 200, `"expires_in":"86399"`},
		"live's at Entra":   {entraToken, "notify.windows.com", nil, 400, "invalid_scope"},
		"Entra's at live":   {liveToken, "https://wns.windows.com/.default", nil, 400, "invalid_scope"},
		"wrong secret":      {liveToken, "notify.windows.com", []string{"client_secret", f.sim.ForeignWNSCredential()["SecretKey"]}, 400, "invalid_client"},
		"wrong app":         {liveToken, "notify.windows.com", []string{"client_id", "ms-app://S-1"}, 400, "invalid_client"},
		"wrong grant":       {liveToken, "notify.windows.com", []string{"grant_type", "password"}, 400, "unsupported_grant_type"},
		"another path":      {"https://login.live.com/other", "notify.windows.com", nil, 404, ""},
		"Entra's path":      {"https://login.live.com/t/oauth2/v2.0/token", "notify.windows.com", nil, 404, ""},
		"live's path there": {"https://login.microsoftonline.com/accesstoken.srf", "https://wns.windows.com/.default", nil, 404, ""},
	} {
		if status, text := f.microsoftToken(c.endpoint, c.scope, c.change...); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.says)
		}
	}
	if n := f.sim.TokenRequests(pnssim.WNS); n != 7 {
		t.Errorf("%d requests for a token were counted", n)
	}
}

func TestWNSFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	for word, want := range map[string]struct {
		status                               int
		says, connection, reason, retryAfter string
	}{
		"gone":        {410, "", "", "The channel has expired", ""},
		"expired":     {410, "", "", "The channel has expired", ""},
		"blocked":     {410, "", "", "Domain Blocked", ""},
		"malformed":   {404, "", "", "The channel URI is not valid", ""},
		"foreign":     {403, "", "", "The channel belongs to another app", ""},
		"throttled":   {200, "channelthrottled", "connected", "", ""},
		"unavailable": {503, "", "", "The server is busy", "30"},
		"error":       {500, "", "", "An internal failure", ""},
		"gateway":     {502, "", "", "Bad Gateway", ""},
		"refused":     {400, "", "", "The payload is not one that the client takes", ""},
		"dropped":     {200, "dropped", "connected", "", ""},
		"offline":     {200, "dropped", "disconnected", "", ""},
		"slow-1":      {200, "received", "connected", "", ""},
		"shutdown":    {200, "received", "connected", "", ""},
	} {
		uri := channel + "fate-" + word + ".1"
		status, h := f.toast(uri, access, "X-WNS-RequestForStatus", "true")
		if status != want.status || h.Get("X-WNS-Status") != want.says || h.Get("X-WNS-DeviceConnectionStatus") != want.connection ||
			h.Get("X-WNS-Error-Description") != want.reason || h.Get("Retry-After") != want.retryAfter {
			t.Errorf("%s: %d %v, want %+v", word, status, h, want)
		}
		if got := len(f.sim.Received(pnssim.WNS, uri)); got == 1 != (want.says == "received") {
			t.Errorf("%s: the device got %d pushes", word, got)
		}
	}
	f.sim.SetFate(pnssim.WNS, channel+"b", pnssim.Fate{Kind: "throttled", RetryAfter: "120"})
	if _, h := f.toast(channel+"b", access); h.Get("X-WNS-Status") != "channelthrottled" || h.Get("X-WNS-CONTINUE-AFTER") != "120" || h.Get("X-WNS-DeviceConnectionStatus") != "" {
		t.Errorf("%v", h)
	}
}

func TestWNSAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	large := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		body, kind, contentType string
		headers                 []string
		status                  int
	}{
		"toast":                 {"<toast/>", "wns/toast", "text/xml", nil, 200},
		"toast of a charset":    {`<?xml version="1.0" encoding="utf-16"?><toast a="b"/>`, "wns/toast", "text/xml; charset=utf-8", nil, 200},
		"tile":                  {"<tile><visual/></tile>", "wns/tile", "text/xml", []string{"X-WNS-Cache-Policy", "cache", "X-WNS-Tag", "tag1", "X-WNS-TTL", "60"}, 200},
		"badge":                 {"<badge/>", "wns/badge", "text/xml", nil, 200},
		"raw":                   {"bytes", "wns/raw", "application/octet-stream", nil, 200},
		"largest":               {large(5000), "wns/raw", "application/octet-stream", nil, 200},
		"too large":             {large(5001), "wns/raw", "application/octet-stream", nil, 413},
		"too large to read":     {large(70_000), "wns/raw", "application/octet-stream", nil, 413},
		"no type":               {"<toast/>", "", "text/xml", nil, 400},
		"unknown type":          {"<toast/>", "wns/loud", "text/xml", nil, 400},
		"another root":          {"<tile/>", "wns/toast", "text/xml", nil, 400},
		"not XML":               {"<toast>", "wns/toast", "text/xml", nil, 400},
		"no document":           {"", "wns/toast", "text/xml", nil, 400},
		"content type":          {"<toast/>", "wns/toast", "application/xml", nil, 400},
		"content type of raw":   {"bytes", "wns/raw", "text/xml", nil, 400},
		"long tag":              {"<tile/>", "wns/tile", "text/xml", []string{"X-WNS-Tag", large(17)}, 400},
		"odd group":             {"<tile/>", "wns/tile", "text/xml", []string{"X-WNS-Group", "a b"}, 400},
		"cache policy":          {"<tile/>", "wns/tile", "text/xml", []string{"X-WNS-Cache-Policy", "maybe"}, 400},
		"cache policy of toast": {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-Cache-Policy", "no-cache"}, 400},
		"type in capitals":      {"<toast/>", "WNS/Toast", "text/xml", nil, 400},
		"priority":              {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-PRIORITY", "4"}, 200},
		"no such priority":      {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-PRIORITY", "5"}, 400},
		"priority in words":     {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-PRIORITY", "high"}, 400},
		"status or not":         {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-RequestForStatus", "yes"}, 400},
		"TTL":                   {"<tile/>", "wns/tile", "text/xml", []string{"X-WNS-TTL", "-1"}, 400},
		"popup, on the desktop": {"<toast/>", "wns/toast", "text/xml", []string{"X-WNS-SuppressPopup", "true"}, 400},
	} {
		headers := append([]string{"X-WNS-Type", c.kind, "Content-Type", c.contentType, "Authorization", "Bearer " + access}, c.headers...)
		status, h, _ := f.post(channel+"a", c.body, headers...)
		if status != c.status || (h.Get("X-WNS-Status") == "received") != (status == 200) || (h.Get("X-WNS-Error-Description") == "") != (status == 200) {
			t.Errorf("%s: %d %v, want %d", name, status, h, c.status)
		}
		if id := h.Get("X-WNS-Msg-ID"); len(id) != 16 || h.Get("X-WNS-Debug-Trace") == "" || h.Get("MS-CV") == "" {
			t.Errorf("%s: %v", name, h)
		}
	}
	got := f.sim.Received(pnssim.WNS, channel+"a")
	if len(got) != 7 {
		t.Fatalf("the channel got %d pushes", len(got))
	}
	if got[0].Header.Get("Authorization") != "" || got[0].Conn == 0 || len(got[0].ID) != 16 {
		t.Errorf("%+v", got[0])
	}
	// The same channel, in the forms that clients write.
	for _, uri := range []string{"https://DB5P.notify.windows.com/?token=a", "https://db5p.notify.windows.com:443/?token=a", "https://db5p.notify.windows.com?token=a"} {
		if n := len(f.sim.Received(pnssim.WNS, uri)); n != 7 {
			t.Errorf("%s got %d pushes", uri, n)
		}
	}
}

// A device that is off gets the last tile, badge and raw notification that may be
// cached, for as long as they are good, and a toast where the service keeps those.
func TestWNSOffline(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	push := func(uri, body, kind string, headers ...string) string {
		t.Helper()
		contentType := "text/xml"
		if kind == "wns/raw" {
			contentType = "application/octet-stream"
		}
		_, h, _ := f.post(uri, body, append([]string{"X-WNS-Type", kind, "Content-Type", contentType, "Authorization", "Bearer " + access, "X-WNS-RequestForStatus", "true"}, headers...)...)
		return h.Get("X-WNS-Status") + " " + h.Get("X-WNS-DeviceConnectionStatus")
	}
	const stored, lost = "received disconnected", "dropped disconnected"
	off, keeps := channel+"fate-offline.1", channel+"fate-kept.1"
	for _, c := range []struct {
		uri, body, kind string
		headers         []string
		want            string
	}{
		{off, "<toast/>", "wns/toast", nil, lost},
		{off, "<tile>1</tile>", "wns/tile", nil, stored},
		{off, "<tile>2</tile>", "wns/tile", []string{"X-WNS-Cache-Policy", "cache"}, stored},
		{off, "<tile>3</tile>", "wns/tile", []string{"X-WNS-Cache-Policy", "no-cache"}, lost},
		{off, "<badge/>", "wns/badge", []string{"X-WNS-TTL", "60"}, stored},
		{off, "raw", "wns/raw", nil, lost},
		{off, "cached", "wns/raw", []string{"X-WNS-Cache-Policy", "cache"}, stored},
		{keeps, "<toast>1</toast>", "wns/toast", nil, stored},
		{keeps, "<toast>2</toast>", "wns/toast", nil, stored},
	} {
		if got := push(c.uri, c.body, c.kind, c.headers...); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.body, c.headers, got, c.want)
		}
	}
	if n := f.sim.Count(pnssim.WNS); n != 0 {
		t.Errorf("%d pushes have reached devices that are off", n)
	}
	f.clock.Advance(time.Minute)
	for uri, want := range map[string]string{off: "<tile>2</tile> cached", keeps: "<toast>2</toast>"} {
		if err := f.sim.SetFate(pnssim.WNS, uri, pnssim.Fate{}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range f.sim.Received(pnssim.WNS, uri) {
			got = append(got, string(r.Body))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s got %q, want %s", uri, got, want)
		}
	}
}

func TestWNSChannelsAndTokens(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access, google := f.wnsAccess(), f.fcmAccess()
	for name, c := range map[string]struct {
		uri, access string
		status      int
	}{
		"good":            {channel + "a", access, 200},
		"another host":    {"https://wns2-am3p.notify.windows.com/?token=a", access, 200},
		"no channel":      {channel, access, 404},
		"wrong token":     {channel + "a", "x", 401},
		"no token":        {channel + "a", "", 401},
		"Google's token":  {channel + "a", google, 401},
		"without a query": {"https://db5p.notify.windows.com/", access, 404},
	} {
		if status, h := f.toast(c.uri, c.access); status != c.status {
			t.Errorf("%s: %d %v, want %d", name, status, h, c.status)
		}
	}
	f.clock.Advance(24 * time.Hour)
	if status, _ := f.toast(channel+"a", access); status != 401 {
		t.Errorf("a day later: %d", status)
	}
}

func TestWNSFraming(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	do := func(method string, body io.Reader) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, channel+"a", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+access)
		req.Header.Set("X-WNS-Type", "wns/toast")
		req.Header.Set("Content-Type", "text/xml")
		req.Header.Set("MS-CV", "abc.1")
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	// A reader of unknown length goes out in chunks.
	if resp := do(http.MethodPost, io.LimitReader(strings.NewReader("<toast/>"), 8)); resp.StatusCode != 411 {
		t.Errorf("chunked: %s", resp.Status)
	}
	if resp := do(http.MethodPut, strings.NewReader("<toast/>")); resp.StatusCode != 405 {
		t.Errorf("PUT: %s", resp.Status)
	}
	if resp := do(http.MethodPost, strings.NewReader("<toast/>")); resp.StatusCode != 200 || resp.ProtoMajor != 1 || resp.Header.Get("MS-CV") != "abc.1" {
		t.Errorf("%s by %s: %v", resp.Status, resp.Proto, resp.Header)
	}
}

func TestWNSBrokenAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	push := func() (int, error) {
		status, _, _, err := f.try(channel+"fate-reset.", "<toast/>", "X-WNS-Type", "wns/toast", "Content-Type", "text/xml", "Authorization", "Bearer "+access)
		return status, err
	}
	if status, err := push(); err == nil {
		t.Errorf("reset: %d and a whole answer", status)
	}
	if status, err := push(); status != 200 || err != nil {
		t.Errorf("reset, again: %d %v", status, err)
	}
}

func TestWNSQuota(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.wnsAccess()
	f.sim.SetQuota(pnssim.WNS, 1)
	for i, want := range []int{200, 406} {
		if status, h := f.toast(channel+"a", access); status != want || (h.Get("Retry-After") != "") != (want == 406) {
			t.Errorf("push %d: %d %v, want %d", i+1, status, h, want)
		}
	}
}
