package pnssim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a Sim and a plain HTTP client that every host leads to it.
type fixture struct {
	*testing.T
	sim    *pnssim.Sim
	clock  *clock.Fake
	client *http.Client

	bearer   string // the token of apple, made when the clock has moved
	bearerAt time.Time
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: clock.NewFake(time.Now())}
	var err error
	if f.sim, err = pnssim.Start(pnssim.Config{Clock: f.clock}); err != nil {
		t.Fatal(err)
	}
	f.client = f.newClient()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		if err := f.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) newClient() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: f.sim.Dial, TLSClientConfig: &tls.Config{RootCAs: f.sim.Roots()}, ForceAttemptHTTP2: true,
	}}
}

// post sends a request and returns the status, headers and body of its answer.
func (f *fixture) post(to, body string, headers ...string) (int, http.Header, string) {
	f.Helper()
	status, h, text, err := f.try(to, body, headers...)
	if err != nil {
		f.Fatal(err)
	}
	return status, h, text
}

func (f *fixture) try(to, body string, headers ...string) (int, http.Header, string, error) {
	f.Helper()
	req, err := http.NewRequestWithContext(f.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

// token signs a JWT with the standard library.
func (f *fixture) token(header, claims map[string]any, key string) string {
	f.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	if block, _ := pem.Decode([]byte(key)); block != nil {
		key = base64.StdEncoding.EncodeToString(block.Bytes)
	}
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		f.Fatal(err)
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		f.Fatal(err)
	}
	var sig []byte
	switch k := k.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			f.Fatal(err)
		}
		sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case *rsa.PrivateKey:
		if sig, err = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:]); err != nil {
			f.Fatal(err)
		}
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

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

func TestCountedFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	device := fate("fate-throttled-2.")
	for i, want := range []int{429, 429, 200, 200} {
		if status, text := f.apple(device, alert); status != want {
			t.Errorf("push %d: %d %s, want %d", i+1, status, text, want)
		}
	}
	f.sim.SetFate(pnssim.APNs, strings.ToUpper(device), pnssim.Fate{Kind: "gone"})
	if status, text := f.apple(device, alert); status != 410 {
		t.Errorf("after SetFate: %d %s", status, text)
	}
}

func (f *fixture) googleToken(change func(claims map[string]any)) (int, string) {
	f.Helper()
	c := f.sim.FCMCredential()
	now := f.clock.Now().Unix()
	claims := map[string]any{
		"iss": c["ClientEmail"], "scope": "https://www.googleapis.com/auth/firebase.messaging",
		"aud": "https://oauth2.googleapis.com/token", "iat": now, "exp": now + 3600,
	}
	key := c["PrivateKey"]
	if change != nil {
		change(claims)
	}
	if k, ok := claims["key"].(string); ok {
		key = k
		delete(claims, "key")
	}
	assertion := f.token(map[string]any{"alg": "RS256"}, claims, key)
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	status, _, text := f.post("https://oauth2.googleapis.com/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
		Error string
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		f.Fatalf("%s: %v", text, err)
	}
	return status, answer.Token + answer.Error
}

func TestGoogleTokens(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, change := range map[string]func(map[string]any){
		"another account": func(c map[string]any) { c["iss"] = "x@y" },
		"another scope":   func(c map[string]any) { c["scope"] = "x" },
		"another aud":     func(c map[string]any) { c["aud"] = "https://x/" },
		"two hours":       func(c map[string]any) { c["exp"] = c["iat"].(int64) + 7200 },
		"expired":         func(c map[string]any) { c["exp"] = c["iat"].(int64) - 600; c["iat"] = c["iat"].(int64) - 1200 },
		"another key":     func(c map[string]any) { c["key"] = f.sim.ForeignFCMCredential()["PrivateKey"] },
	} {
		if status, text := f.googleToken(change); status != 400 || text != "invalid_grant" {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}

func TestFCMAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	status, access := f.googleToken(nil)
	if status != 200 {
		t.Fatalf("%d %s", status, access)
	}
	to := "https://fcm.googleapis.com/v1/projects/" + f.sim.FCMCredential()["ProjectId"] + "/messages:send"
	message := func(token, more string) string { return `{"message":{"token":"` + token + `"` + more + `}}` }
	for name, c := range map[string]struct {
		to, body, auth string
		status         int
		says           string
	}{
		"live":             {to, message("device-0001", ""), access, 200, "messages/"},
		"validate only":    {to, `{"validate_only":true,"message":{"token":"device-0002"}}`, access, 200, "fake_message_id"},
		"gone":             {to, message("dev-fate-gone.", ""), access, 404, "UNREGISTERED"},
		"malformed":        {to, message("dev-fate-malformed.", ""), access, 400, "message.token"},
		"foreign":          {to, message("dev-fate-foreign.", ""), access, 403, "SENDER_ID_MISMATCH"},
		"throttled":        {to, message("dev-fate-throttled.", ""), access, 429, "QUOTA_EXCEEDED"},
		"unavailable":      {to, message("dev-fate-unavailable.", ""), access, 503, "UNAVAILABLE"},
		"error":            {to, message("dev-fate-error.", ""), access, 500, "INTERNAL"},
		"refused":          {to, message("dev-fate-refused.", ""), access, 400, "INVALID_ARGUMENT"},
		"no token":         {to, `{"message":{}}`, access, 400, "Recipient"},
		"two targets":      {to, message("device-0001", `,"topic":"t"`), access, 400, "Recipient"},
		"unknown member":   {to, message("device-0001", `,"color":"red"`), access, 400, "color"},
		"data of a number": {to, message("device-0001", `,"data":{"a":1}`), access, 400, "data"},
		"reserved key":     {to, message("device-0001", `,"data":{"from":"x"}`), access, 400, "from"},
		"bad ttl":          {to, message("device-0001", `,"android":{"ttl":"soon"}`), access, 400, "ttl"},
		"too big":          {to, message("device-0001", `,"data":{"a":"`+strings.Repeat("x", 4096)+`"}`), access, 400, "too big"},
		"wrong bearer":     {to, message("device-0001", ""), "x", 401, "UNAUTHENTICATED"},
		"another project":  {strings.Replace(to, "fanfare-simulated", "other", 1), message("device-0001", ""), access, 403, "PERMISSION_DENIED"},
		"another path":     {to + "x", message("device-0001", ""), access, 404, "NOT_FOUND"},
	} {
		status, _, text := f.post(c.to, c.body, "Authorization", "Bearer "+c.auth)
		if status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s, want %d …%s…", name, status, text, c.status, c.says)
		}
	}
	if n := f.sim.Count(pnssim.FCM); n != 1 {
		t.Errorf("%d pushes were delivered, want 1", n)
	}
	f.clock.Advance(time.Hour)
	if status, _, _ := f.post(to, message("device-0001", ""), "Authorization", "Bearer "+access); status != 401 {
		t.Errorf("after an hour: %d", status)
	}
	for _, word := range []string{"hang", "reset"} {
		ctx, cancel := context.WithCancel(t.Context())
		if word == "hang" {
			cancel()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(message("dev-fate-"+word+".", ""))))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := f.client.Do(req)
		if err == nil && word == "hang" {
			resp.Body.Close()
			t.Errorf("%s: %d", word, resp.StatusCode)
		} else if err == nil {
			resp.Body.Close()
		}
		cancel()
	}
}

func TestWNSAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.sim.WNSCredential()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c["PackageSid"]}, "client_secret": {c["SecretKey"]}, "scope": {"notify.windows.com"}}
	get := func(host string, v url.Values) (int, string) {
		t.Helper()
		status, _, text := f.post(host, v.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		var answer struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return status, answer.Token
	}
	status, access := get("https://login.live.com/accesstoken.srf", form)
	if status != 200 || access == "" {
		t.Fatalf("%d %q", status, access)
	}
	wrong := url.Values{"grant_type": {"client_credentials"}, "client_id": {c["PackageSid"]}, "client_secret": {"x"}, "scope": {"notify.windows.com"}}
	if status, _ := get("https://login.live.com/accesstoken.srf", wrong); status != 400 {
		t.Errorf("a wrong secret: %d", status)
	}
	const channel = "https://db5p.notify.windows.com/?token="
	for name, x := range map[string]struct {
		channel, body, kind, contentType, auth string
		status                                 int
		header, value                          string
	}{
		"live":         {"a", "<toast/>", "wns/toast", "text/xml", access, 200, "X-WNS-Status", "received"},
		"raw":          {"a", "bytes", "wns/raw", "application/octet-stream", access, 200, "X-WNS-Status", "received"},
		"gone":         {"fate-gone.", "<toast/>", "wns/toast", "text/xml", access, 410, "", ""},
		"malformed":    {"fate-malformed.", "<toast/>", "wns/toast", "text/xml", access, 404, "", ""},
		"foreign":      {"fate-foreign.", "<toast/>", "wns/toast", "text/xml", access, 403, "", ""},
		"throttled":    {"fate-throttled.", "<toast/>", "wns/toast", "text/xml", access, 200, "X-WNS-Status", "channelthrottled"},
		"refused":      {"fate-refused.", "<toast/>", "wns/toast", "text/xml", access, 200, "X-WNS-Status", "dropped"},
		"unavailable":  {"fate-unavailable.", "<toast/>", "wns/toast", "text/xml", access, 503, "Retry-After", "30"},
		"error":        {"fate-error.", "<toast/>", "wns/toast", "text/xml", access, 500, "", ""},
		"no type":      {"a", "<toast/>", "", "text/xml", access, 400, "", ""},
		"another root": {"a", "<tile/>", "wns/toast", "text/xml", access, 400, "", ""},
		"not XML":      {"a", "<toast>", "wns/toast", "text/xml", access, 400, "", ""},
		"content type": {"a", "<toast/>", "wns/toast", "application/xml", access, 400, "", ""},
		"too large":    {"a", strings.Repeat("x", 5001), "wns/raw", "application/octet-stream", access, 413, "", ""},
		"no bearer":    {"a", "<toast/>", "wns/toast", "text/xml", "x", 401, "", ""},
		"no channel":   {"", "<toast/>", "wns/toast", "text/xml", access, 404, "", ""},
	} {
		status, h, _ := f.post(channel+x.channel, x.body, "X-WNS-Type", x.kind, "Content-Type", x.contentType, "Authorization", "Bearer "+x.auth)
		if status != x.status || x.header != "" && h.Get(x.header) != x.value || h.Get("X-WNS-Msg-ID") == "" {
			t.Errorf("%s: %d %v", name, status, h)
		}
	}
	if got := f.sim.Received(pnssim.WNS, channel+"a"); len(got) != 2 || got[0].Header.Get("Authorization") != "" {
		t.Errorf("the channel got %d pushes", len(got))
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if status, _ := f.apple(token, alert); status != 200 {
		t.Fatal(status)
	}
	f.sim.StopService(pnssim.APNs)
	if _, _, _, err := f.try(apns+token, alert); err == nil {
		t.Error("a stopped service answers")
	}
	if _, err := f.sim.Dial(t.Context(), "tcp", "api.push.apple.com:443"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a stopped service: %v", err)
	}
	if status, _ := f.googleToken(nil); status != 200 {
		t.Errorf("another service: %d", status)
	}
	f.sim.StartService(pnssim.APNs)
	if status, _ := f.apple(token, alert); status != 200 {
		t.Errorf("started again: %d", status)
	}
}

func TestHoldAndWait(t *testing.T) {
	t.Parallel()
	f := setup(t)
	release := f.sim.Hold(pnssim.APNs)
	answered := make(chan int, 1)
	go func() {
		status, _, _, err := f.try(apns+token, alert, "authorization", f.appleToken(), "apns-topic", f.sim.APNsCredential()["AppName"])
		if err != nil {
			t.Error(err)
		}
		answered <- status
	}()
	if got, err := f.sim.Wait(t.Context(), pnssim.APNs, token, 1); err != nil || string(got[0].Body) != alert || got[0].Environment != "production" {
		t.Errorf("%+v, %v", got, err)
	}
	select {
	case status := <-answered:
		t.Errorf("answered %d while it was held", status)
	default:
	}
	release()
	if status := <-answered; status != 200 {
		t.Errorf("answered %d", status)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.sim.Wait(ended, pnssim.APNs, token, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzParseFate(f *testing.F) {
	f.Add("fate-gone.")
	f.Add("x-fate-throttled-99999999999")
	f.Fuzz(func(t *testing.T, handle string) {
		for _, svc := range []pnssim.Service{pnssim.APNs, pnssim.FCM, pnssim.WNS} {
			if got := pnssim.ParseFate(svc, handle); got.Times < 0 || got.Times > 20_000 {
				t.Errorf("%q: %+v", handle, got)
			}
		}
	})
}
