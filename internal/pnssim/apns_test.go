package pnssim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func (f *fixture) appleToken(change ...any) string {
	f.Helper()
	c := f.sim.APNsCredential()
	header := map[string]any{"alg": "ES256", "kid": c["KeyId"]}
	claims := map[string]any{"iss": c["AppId"], "iat": f.clock.Now().Unix()}
	key := c["Token"]
	for i := 0; i < len(change); i += 2 {
		switch change[i] {
		case "key":
			key = change[i+1].(string)
		case "kid":
			header["kid"] = change[i+1]
		default:
			claims[change[i].(string)] = change[i+1]
		}
	}
	return "bearer " + f.token(header, claims, key)
}

// bearerOf signs for a credential of Azure's form.
func (f *fixture) bearerOf(cred map[string]string) string {
	f.Helper()
	return "bearer " + f.token(map[string]any{"alg": "ES256", "kid": cred["KeyId"]}, map[string]any{"iss": cred["AppId"], "iat": f.clock.Now().Unix()}, cred["Token"])
}

const (
	apns  = "https://api.push.apple.com/3/device/"
	alert = `{"aps":{"alert":"x"}}`
	token = "00fc13adff785122"
)

func fate(text string) string { return fmt.Sprintf("%x00", text) }

func (f *fixture) apple(device, body string, headers ...string) (int, string) {
	f.Helper()
	if f.bearerAt != f.clock.Now() {
		f.bearer, f.bearerAt = f.appleToken(), f.clock.Now()
	}
	h := append([]string{"authorization", f.bearer, "apns-topic", f.sim.APNsCredential()["AppName"]}, headers...)
	status, _, text := f.post(apns+device, body, h...)
	return status, text
}

func TestAPNsAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		device, body string
		headers      []string
		status       int
		reason       string
	}{
		"live":                    {token, alert, nil, 200, ""},
		"no hex":                  {"xyz", alert, nil, 400, "BadDeviceToken"},
		"no token":                {"", alert, nil, 400, "MissingDeviceToken"},
		"gone":                    {fate("fate-gone."), alert, nil, 410, "Unregistered"},
		"malformed":               {fate("fate-malformed."), alert, nil, 400, "BadDeviceToken"},
		"foreign":                 {fate("fate-foreign."), alert, nil, 400, "DeviceTokenNotForTopic"},
		"throttled":               {fate("fate-throttled-1."), alert, nil, 429, "TooManyRequests"},
		"unavailable":             {fate("fate-unavailable."), alert, nil, 503, "ServiceUnavailable"},
		"error":                   {fate("fate-error."), alert, nil, 500, "InternalServerError"},
		"expired":                 {fate("fate-expired."), alert, nil, 410, "ExpiredToken"},
		"shutdown":                {fate("fate-shutdown."), alert, nil, 503, "Shutdown"},
		"refused":                 {fate("fate-refused."), alert, nil, 400, "PayloadEmpty"},
		"slow":                    {fate("fate-slow-1."), alert, nil, 200, ""},
		"a fate of others":        {fate("fate-blocked."), alert, nil, 200, ""},
		"too long":                {strings.Repeat("ab", 101), alert, nil, 400, "BadDeviceToken"},
		"no JSON":                 {token, `{"aps":`, nil, 400, "PayloadEmpty"},
		"white space":             {token, "  ", nil, 400, "PayloadEmpty"},
		"just small enough":       {token, `{"a":"` + strings.Repeat("x", 4096-8) + `"}`, nil, 200, ""},
		"not stored":              {token, alert, []string{"apns-expiration", "0"}, 200, ""},
		"negative expiration":     {token, alert, []string{"apns-expiration", "-1"}, 400, "BadExpirationDate"},
		"quiet background":        {token, alert, []string{"apns-push-type", "background", "apns-priority", "5"}, 200, ""},
		"of the sandbox":          {fate("fate-sandbox."), alert, nil, 400, "BadDeviceToken"},
		"empty":                   {token, "", nil, 400, "PayloadEmpty"},
		"no object":               {token, "[]", nil, 400, "PayloadEmpty"},
		"too large":               {token, `{"a":"` + strings.Repeat("x", 4096) + `"}`, nil, 413, "PayloadTooLarge"},
		"much too large":          {token, `{"a":"` + strings.Repeat("x", 40960) + `"}`, nil, 413, "PayloadTooLarge"},
		"bad priority":            {token, alert, []string{"apns-priority", "7"}, 400, "BadPriority"},
		"urgent background":       {token, alert, []string{"apns-push-type", "background", "apns-priority", "10"}, 400, "BadPriority"},
		"unknown type":            {token, alert, []string{"apns-push-type", "loud"}, 400, "InvalidPushType"},
		"topic does not fit type": {token, alert, []string{"apns-push-type", "voip"}, 400, "BadTopic"},
		"bad expiration":          {token, alert, []string{"apns-expiration", "soon"}, 400, "BadExpirationDate"},
		"long collapse id":        {token, alert, []string{"apns-collapse-id", strings.Repeat("x", 65)}, 400, "BadCollapseId"},
		"upper-case id":           {token, alert, []string{"apns-id", "AAAAAAAA-2222-8333-8444-555555555555"}, 400, "BadMessageId"},
		"a header twice":          {token, alert, []string{"apns-priority", "5", "apns-priority", "10"}, 400, "DuplicateHeaders"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.T = t
			status, text := f.apple(c.device, c.body, c.headers...)
			if n := f.sim.Requests(pnssim.APNs); n != 1 {
				t.Errorf("%d requests were counted", n)
			}
			var answer struct{ Reason string }
			if text != "" {
				if err := json.Unmarshal([]byte(text), &answer); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
			if status != c.status || answer.Reason != c.reason {
				t.Errorf("%d %q, want %d %q", status, text, c.status, c.reason)
			}
			if got := len(f.sim.Received(pnssim.APNs, c.device)); got == 1 != (c.status == 200) {
				t.Errorf("the device got %d pushes", got)
			}
		})
	}
}

func TestAPNsTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change []any
		reason string
	}{
		"another key":  {[]any{"key", "foreign"}, "InvalidProviderToken"},
		"another kid":  {[]any{"kid", "OTHERKEY00"}, "InvalidProviderToken"},
		"another team": {[]any{"iss", "OTHERTEAM0"}, "InvalidProviderToken"},
		"old":          {[]any{"iat", -3700}, "ExpiredProviderToken"},
		"of tomorrow":  {[]any{"iat", 3600}, "InvalidProviderToken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			for i := range c.change {
				if c.change[i] == "foreign" {
					c.change[i] = f.sim.ForeignAPNsCredential()["Token"]
				}
				if d, ok := c.change[i].(int); ok {
					c.change[i] = f.clock.Now().Unix() + int64(d)
				}
			}
			status, _, text := f.post(apns+token, alert, "authorization", f.appleToken(c.change...), "apns-topic", f.sim.APNsCredential()["AppName"])
			if status != 403 || !strings.Contains(text, c.reason) {
				t.Errorf("%d %s, want 403 %s", status, text, c.reason)
			}
		})
	}
	f := setup(t)
	if status, _, text := f.post(apns+token, alert, "apns-topic", "x"); status != 403 || !strings.Contains(text, "MissingProviderToken") {
		t.Errorf("without a token: %d %s", status, text)
	}
	if status, text := f.apple(token, alert); status != 200 {
		t.Errorf("with one: %d %s", status, text)
	}
	f.clock.Advance(time.Minute)
	if status, text := f.apple(token, alert); status != 429 || !strings.Contains(text, "TooManyProviderTokenUpdates") {
		t.Errorf("another one a minute later: %d %s", status, text)
	}
	f.clock.Advance(20 * time.Minute)
	if status, text := f.apple(token, alert); status != 200 {
		t.Errorf("another one 20 minutes later: %d %s", status, text)
	}
}

func TestAPNsTopics(t *testing.T) {
	t.Parallel()
	f := setup(t)
	bundle, bearer := f.sim.APNsCredential()["AppName"], f.appleToken()
	large := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	for name, c := range map[string]struct {
		topic, pushType, body string
		status                int
		reason                string
	}{
		"none":                {"", "", alert, 400, "MissingTopic"},
		"another app's":       {"org.example.else", "", alert, 400, "TopicDisallowed"},
		"a name that begins":  {bundle + "s", "", alert, 400, "TopicDisallowed"},
		"voip":                {bundle + ".voip", "voip", large(5120), 200, ""},
		"voip, too large":     {bundle + ".voip", "voip", large(5121), 413, "PayloadTooLarge"},
		"voip, without type":  {bundle + ".voip", "", large(4097), 413, "PayloadTooLarge"},
		"live activity":       {bundle + ".push-type.liveactivity", "liveactivity", alert, 200, ""},
		"widgets":             {bundle + ".push-type.widgets", "widgets", alert, 200, ""},
		"push to talk":        {bundle + ".voip-ptt", "pushtotalk", alert, 200, ""},
		"another type's":      {bundle + ".voip", "pushtotalk", alert, 400, "BadTopic"},
		"a certificate's own": {bundle, "mdm", alert, 400, "InvalidPushType"},
	} {
		headers := []string{"authorization", bearer}
		if c.topic != "" {
			headers = append(headers, "apns-topic", c.topic)
		}
		if c.pushType != "" {
			headers = append(headers, "apns-push-type", c.pushType)
		}
		if status, _, text := f.post(apns+token, c.body, headers...); status != c.status || !strings.Contains(text, c.reason) {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.reason)
		}
	}
}

func TestAPNsIDs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const id = "123e4567-e89b-42d3-a456-426614174000"
	headers := []string{"authorization", f.appleToken(), "apns-topic", f.sim.APNsCredential()["AppName"]}
	_, h, text := f.post(apns+token, alert, append(headers, "apns-id", id)...)
	if h.Get("apns-id") != id || h.Get("apns-unique-id") != "" || text != "" {
		t.Errorf("%v %q", h, text)
	}
	if _, h, _ = f.post(apns+token, alert, headers...); len(h.Get("apns-id")) != len(id) {
		t.Errorf("no id was made: %v", h)
	}
	got := f.sim.Received(pnssim.APNs, token)
	if len(got) != 2 || got[0].ID != id || got[1].ID != h.Get("apns-id") || got[0].Header.Get("Apns-Topic") == "" || got[0].Header.Get("Authorization") != "" {
		t.Errorf("%+v", got)
	}
	if _, h, _ = f.post(apns+fate("fate-gone."), alert, append(headers, "apns-id", id)...); h.Get("apns-id") != id {
		t.Errorf("a refusal: %v", h)
	}
}

func TestAPNsPaths(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if status, _, text := f.post("https://api.push.apple.com/2/device/"+token, alert); status != 404 || text != `{"reason":"BadPath"}` {
		t.Errorf("%d %s", status, text)
	}
	resp, err := f.client.Get(apns + token)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 405 {
		t.Errorf("GET: %d", resp.StatusCode)
	}
}

func TestAPNsGoneSince(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetFate(pnssim.APNs, token, pnssim.Fate{Kind: "gone", Since: time.UnixMilli(1_700_000_000_123)})
	if _, text := f.apple(token, alert); text != `{"reason":"Unregistered","timestamp":1700000000123}` {
		t.Error(text)
	}
	want := fmt.Sprintf(`{"reason":"ExpiredToken","timestamp":%d}`, f.clock.Now().UnixMilli())
	if _, text := f.apple(fate("fate-expired."), alert); text != want {
		t.Errorf("%s, want %s", text, want)
	}
}

func TestAPNsEnvironments(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetFate(pnssim.APNs, "ee"+token, pnssim.Fate{Kind: "sandbox"})
	for _, host := range []string{"api.sandbox.push.apple.com", "api.development.push.apple.com:2197"} {
		push := func(device string, cred map[string]string) (int, http.Header, string) {
			return f.post("https://"+host+"/3/device/"+device, alert, "authorization", f.bearerOf(cred), "apns-topic", cred["AppName"])
		}
		f.reconnect()
		status, h, text := push(fate("fate-sandbox."), f.sim.APNsCredential())
		if status != 200 || h.Get("apns-unique-id") == "" || h.Get("apns-unique-id") == h.Get("apns-id") {
			t.Errorf("%s: %d %v %s", host, status, h, text)
		}
		f.reconnect()
		if status, _, text := push(token, f.sim.SandboxAPNsCredential()); status != 400 || text != `{"reason":"BadDeviceToken"}` {
			t.Errorf("%s, a device of production: %d %s", host, status, text)
		}
		f.reconnect()
		if status, _, text := push("ee"+token, f.sim.SandboxAPNsCredential()); status != 200 {
			t.Errorf("%s, a device that was set: %d %s", host, status, text)
		}
	}
	for _, r := range f.sim.Everything() {
		if r.Environment != "sandbox" {
			t.Errorf("%+v", r)
		}
	}
	cred := f.sim.SandboxAPNsCredential()
	if status, _, text := f.post(apns+token, alert, "authorization", f.bearerOf(cred), "apns-topic", cred["AppName"]); status != 403 || text != `{"reason":"BadEnvironmentKeyIdInToken"}` {
		t.Errorf("a key of the sandbox in production: %d %s", status, text)
	}
}

// One team for each connection.
func TestAPNsTeams(t *testing.T) {
	t.Parallel()
	f := setup(t)
	other := f.sim.OtherAPNsCredential()
	if status, text := f.apple(token, alert); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	push := func(topic string) (int, string) {
		status, _, text := f.post(apns+token, alert, "authorization", f.bearerOf(other), "apns-topic", topic)
		return status, text
	}
	if status, text := push(other["AppName"]); status != 403 || text != `{"reason":"InvalidProviderToken"}` {
		t.Errorf("on the first one's connection: %d %s", status, text)
	}
	f.reconnect()
	if status, text := push(f.sim.APNsCredential()["AppName"]); status != 400 || text != `{"reason":"TopicDisallowed"}` {
		t.Errorf("with the other's topic: %d %s", status, text)
	}
	f.reconnect()
	if status, text := push(other["AppName"]); status != 200 {
		t.Errorf("on its own: %d %s", status, text)
	}
}

func TestAPNsTokenForms(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cred := f.sim.APNsCredential()
	claims := map[string]any{"iss": cred["AppId"], "iat": f.clock.Now().Unix()}
	good := f.token(map[string]any{"alg": "ES256", "kid": cred["KeyId"]}, claims, cred["Token"])
	unsigned := good[:strings.LastIndex(good, ".")+1]
	for name, bearer := range map[string]string{
		"no scheme":      good,
		"other scheme":   "basic " + good,
		"empty":          "bearer ",
		"no signature":   "bearer " + unsigned,
		"not a token":    "bearer x",
		"other alg":      "bearer " + f.token(map[string]any{"alg": "RS256", "kid": cred["KeyId"]}, claims, f.sim.FCMCredential()["PrivateKey"]),
		"alg none":       "bearer " + f.token(map[string]any{"alg": "none", "kid": cred["KeyId"]}, claims, cred["Token"]),
		"no kid":         "bearer " + f.token(map[string]any{"alg": "ES256"}, claims, cred["Token"]),
		"kid is a list":  "bearer " + f.token(map[string]any{"alg": "ES256", "kid": []int{1}}, claims, cred["Token"]),
		"no iat":         "bearer " + f.token(map[string]any{"alg": "ES256", "kid": cred["KeyId"]}, map[string]any{"iss": cred["AppId"]}, cred["Token"]),
		"other's claims": "bearer " + f.token(map[string]any{"alg": "ES256", "kid": f.sim.OtherAPNsCredential()["KeyId"]}, claims, f.sim.OtherAPNsCredential()["Token"]),
	} {
		want := "InvalidProviderToken"
		if name == "no scheme" || name == "other scheme" || name == "empty" {
			want = "MissingProviderToken"
		}
		if status, _, text := f.post(apns+token, alert, "authorization", bearer, "apns-topic", cred["AppName"]); status != 403 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s, want %s", name, status, text, want)
		}
	}
}
