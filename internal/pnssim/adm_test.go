package pnssim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const (
	amazonToken = "https://api.amazon.com/auth/O2/token"
	admURL      = "https://api.amazon.com/messaging/registrations/"
)

// amazonToken asks for a token with a form that is right but for change.
func (f *fixture) amazonToken(change ...string) (int, string) {
	f.Helper()
	c := f.sim.ADMCredential()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c["ClientId"]}, "client_secret": {c["ClientSecret"]}, "scope": {"messaging:push"}}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	status, h, text := f.post(amazonToken, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if h.Get("X-Amzn-RequestId") == "" {
		f.Error("no X-Amzn-RequestId")
	}
	return status, text
}

func (f *fixture) admAccess() string {
	f.Helper()
	status, text := f.amazonToken()
	var answer struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
		Scope string `json:"scope"`
		Type  string `json:"token_type"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || answer.Token == "" || answer.Life != 3600 || answer.Scope != "messaging:push" || answer.Type != "bearer" {
		f.Fatalf("%d %s: %v", status, text, err)
	}
	return answer.Token
}

func admHeaders(access string) []string {
	return []string{
		"Authorization", "Bearer " + access, "Content-Type", "application/json", "Accept", "application/json",
		"X-Amzn-Type-Version", "com.amazon.device.messaging.ADMMessage@1.0", "X-Amzn-Accept-Type", "com.amazon.device.messaging.ADMSendResult@1.0",
	}
}

// adm pushes to a registration and returns the status, the headers and what the
// answer's body says.
func (f *fixture) adm(id, access, body string) (int, http.Header, string) {
	f.Helper()
	status, h, text := f.post(admURL+url.PathEscape(id)+"/messages", body, admHeaders(access)...)
	if h.Get("X-Amzn-RequestId") == "" {
		f.Error("no X-Amzn-RequestId")
	}
	var answer struct{ RegistrationID, Reason string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil && status != 502 {
		f.Errorf("%d %s: %v", status, text, err)
	}
	return status, h, answer.RegistrationID + answer.Reason
}

func TestAmazonTokens(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		change []string
		status int
		says   string
	}{
		"good":          {nil, 200, `"expires_in":3600`},
		"wrong secret":  {[]string{"client_secret", f.sim.ForeignADMCredential()["ClientSecret"]}, 401, "invalid_client"},
		"wrong app":     {[]string{"client_id", "amzn1.x"}, 401, "invalid_client"},
		"wrong grant":   {[]string{"grant_type", "password"}, 400, "unsupported_grant_type"},
		"another scope": {[]string{"scope", "profile"}, 400, "invalid_scope"},
	} {
		if status, text := f.amazonToken(c.change...); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.says)
		}
	}
	if n := f.sim.TokenRequests(pnssim.ADM); n != 5 {
		t.Errorf("%d requests for a token were counted", n)
	}
}

func TestADMFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.admAccess()
	for word, want := range map[string]struct {
		status           int
		says, retryAfter string // says "=": the id itself
	}{
		"gone":        {400, "Unregistered", ""},
		"expired":     {400, "Unregistered", ""},
		"malformed":   {400, "InvalidRegistrationId", ""},
		"foreign":     {400, "InvalidRegistrationId", ""},
		"refused":     {400, "InvalidData", ""},
		"throttled":   {429, "MaxRateExceeded", "60"},
		"unavailable": {503, "ServiceUnavailable", "30"},
		"error":       {500, "InternalServerError", ""},
		"gateway":     {502, "", ""},
		"answer-401":  {401, "AccessTokenExpired", ""},
		"answer-413":  {413, "MessageTooLarge", ""},
		"answer-418":  {418, "", ""},
		"slow-1":      {200, "=", ""},
		"offline":     {200, "=", ""},
		"replaced":    {200, "amzn1/replaced.1", ""},
	} {
		id := "amzn1/fate-" + word + ".1"
		if want.says == "=" {
			want.says = id
		}
		status, h, says := f.adm(id, access, `{"data":{"a":"b"}}`)
		if status != want.status || says != want.says || h.Get("Retry-After") != want.retryAfter {
			t.Errorf("%s: %d %q %v, want %+v", word, status, says, h, want)
		}
		if got := len(f.sim.Received(pnssim.ADM, id)); got == 1 != (want.status == 200) {
			t.Errorf("%s: the device got %d pushes", word, got)
		}
	}
	f.sim.SetFate(pnssim.ADM, "a", pnssim.Fate{Kind: "replaced"})
	if _, _, says := f.adm("a", access, `{"data":{"a":"b"}}`); says != "a.replaced" {
		t.Errorf("the new id is %q", says)
	}
	f.sim.SetFate(pnssim.ADM, "b", pnssim.Fate{Kind: "throttled", RetryAfter: "garbage"})
	if _, h, _ := f.adm("b", access, `{"data":{"a":"b"}}`); h.Get("Retry-After") != "garbage" {
		t.Errorf("%v", h)
	}
}

func TestADMMessages(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.admAccess()
	large := func(n int) string { return `{"data":{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}}` }
	sent := 0
	for name, c := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"data": {`{"data":{"a":"1","b":"2"}}`, 200, "amzn1"},
		// printf 'a:1,b:2' | openssl md5 -binary | base64
		"a checksum":            {`{"data":{"b":"2","a":"1"},"md5":"Xvb142mSeo7pSjdDDASyeA=="}`, 200, "amzn1"},
		"a wrong checksum":      {`{"data":{"a":"1"},"md5":"Xvb142mSeo7pSjdDDASyeA=="}`, 400, "InvalidChecksum"},
		"a checksum's type":     {`{"data":{"a":"1"},"md5":1}`, 400, "InvalidChecksum"},
		"all members":           {`{"data":{"a":"1"},"consolidationKey":"k","expiresAfter":2678400,"priority":"high"}`, 200, "amzn1"},
		"a key alone":           {`{"data":{},"consolidationKey":"k"}`, 200, "amzn1"},
		"a notification alone":  {`{"notification":{"title":"t"}}`, 200, "amzn1"},
		"nothing":               {`{"data":{}}`, 400, "InvalidData"},
		"a number":              {`{"data":{"a":1}}`, 400, "InvalidData"},
		"null":                  {`{"data":{"a":null}}`, 400, "InvalidData"},
		"not JSON":              {`{`, 400, "InvalidData"},
		"a list":                {`[]`, 400, "InvalidData"},
		"a long key":            {`{"data":{},"consolidationKey":"` + strings.Repeat("k", 65) + `"}`, 400, "InvalidConsolidationKey"},
		"a key that is no text": {`{"data":{},"consolidationKey":1}`, 400, "InvalidConsolidationKey"},
		"no life":               {`{"data":{"a":"1"},"expiresAfter":0}`, 400, "InvalidExpiration"},
		"too long a life":       {`{"data":{"a":"1"},"expiresAfter":2678401}`, 400, "InvalidExpiration"},
		"a life in a text":      {`{"data":{"a":"1"},"expiresAfter":"60"}`, 400, "InvalidExpiration"},
		"largest":               {large(6144), 200, "amzn1"},
		"too large":             {large(6145), 413, "MessageTooLarge"},
		"too large to read":     {large(70_000), 413, "MessageTooLarge"},
	} {
		if status, _, says := f.adm("amzn1", access, c.body); status != c.status || says != c.says {
			t.Errorf("%s: %d %s, want %d %s", name, status, says, c.status, c.says)
		}
		if c.status == 200 {
			sent++
		}
	}
	got := f.sim.Received(pnssim.ADM, "amzn1")
	if len(got) != sent {
		t.Fatalf("the device got %d pushes, want %d", len(got), sent)
	}
	if got[0].Header.Get("Authorization") != "" || got[0].Conn == 0 || got[0].ID == "" {
		t.Errorf("%+v", got[0])
	}
}

func TestADMRequests(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access, google := f.admAccess(), f.fcmAccess()
	good := admHeaders(access)
	push := func(to string, headers ...string) (int, string) {
		t.Helper()
		status, _, text := f.post(to, `{"data":{"a":"b"}}`, headers...)
		return status, text
	}
	for name, to := range map[string]string{
		"no id": admURL + "/messages", "two segments": admURL + "a/b/messages", "no end": admURL + "a", "another path": "https://api.amazon.com/messages",
	} {
		if status, _ := push(to, good...); status != 404 {
			t.Errorf("%s: %d", name, status)
		}
	}
	for i := 2; i < len(good); i += 2 {
		changed := append([]string{}, good...)
		changed[i+1] += "x"
		if status, text := push(admURL+"a/messages", changed...); status != 400 || !strings.Contains(text, "InvalidType") {
			t.Errorf("another %s: %d %s", good[i], status, text)
		}
	}
	for name, token := range map[string]string{"no token": "", "a wrong token": "x", "Google's token": google} {
		if status, _, says := f.adm("a", token, `{"data":{"a":"b"}}`); status != 401 || says != "AccessTokenExpired" {
			t.Errorf("%s: %d %s", name, status, says)
		}
	}
	f.sim.SetQuota(pnssim.ADM, 1)
	for i, want := range []int{200, 429} {
		if status, h, _ := f.adm("a", access, `{"data":{"a":"b"}}`); status != want || (h.Get("Retry-After") != "") != (want == 429) {
			t.Errorf("push %d: %d, want %d", i+1, status, want)
		}
	}
	f.sim.SetQuota(pnssim.ADM, 0)
	f.clock.Advance(time.Hour)
	if status, _, _ := f.adm("a", access, `{"data":{"a":"b"}}`); status != 401 {
		t.Errorf("an hour later: %d", status)
	}
}

func TestADMBrokenAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	headers := admHeaders(f.admAccess())
	if status, _, _, err := f.try(admURL+"fate-reset./messages", `{"data":{"a":"b"}}`, headers...); err == nil {
		t.Errorf("reset: %d and a whole answer", status)
	}
	if status, _, _, err := f.try(admURL+"fate-reset./messages", `{"data":{"a":"b"}}`, headers...); status != 200 || err != nil {
		t.Errorf("reset, again: %d %v", status, err)
	}
}
