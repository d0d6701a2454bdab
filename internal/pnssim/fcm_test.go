package pnssim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

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
		Token       string `json:"access_token"`
		Type        string `json:"token_type"`
		Life        int    `json:"expires_in"`
		Error       string
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		f.Fatalf("%s: %v", text, err)
	}
	if status == 200 && (answer.Type != "Bearer" || answer.Life != 3599) {
		f.Errorf("%s", text)
	}
	return status, answer.Token + strings.TrimSuffix(answer.Error+": "+answer.Description, ": ")
}

func TestGoogleTokens(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		change func(map[string]any)
		says   string
	}{
		"another account": {func(c map[string]any) { c["iss"] = "x@y" }, "invalid_grant: Invalid grant: account not found"},
		"another scope":   {func(c map[string]any) { c["scope"] = "x" }, "invalid_scope: "},
		"another aud":     {func(c map[string]any) { c["aud"] = "https://x/" }, "invalid_grant: Invalid JWT: Failed audience"},
		"two hours":       {func(c map[string]any) { c["exp"] = c["iat"].(int64) + 7200 }, "invalid_grant: Invalid JWT: Token must be a short-lived token"},
		"expired":         {func(c map[string]any) { c["exp"] = c["iat"].(int64) - 600; c["iat"] = c["iat"].(int64) - 1200 }, "invalid_grant: Invalid JWT: Token"},
		"of tomorrow":     {func(c map[string]any) { c["exp"] = c["iat"].(int64) + 90000; c["iat"] = c["iat"].(int64) + 86400 }, "invalid_grant: Invalid JWT: Token"},
		"no exp":          {func(c map[string]any) { delete(c, "exp") }, "invalid_grant: Invalid JWT: Token"},
		"no iat":          {func(c map[string]any) { delete(c, "iat") }, "invalid_grant: Invalid JWT: Token"},
		"another key":     {func(c map[string]any) { c["key"] = f.sim.ForeignFCMCredential()["PrivateKey"] }, "invalid_grant: Invalid JWT Signature."},
	} {
		if status, text := f.googleToken(c.change); status != 400 || !strings.HasPrefix(text, c.says) {
			t.Errorf("%s: %d %s, want %s", name, status, text, c.says)
		}
	}
	for form, says := range map[string]string{
		"grant_type=password": "unsupported_grant_type",
		"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x": "invalid_grant",
		"%": "unsupported_grant_type",
	} {
		status, _, text := f.post("https://oauth2.googleapis.com/token", form, "Content-Type", "application/x-www-form-urlencoded")
		if status != 400 || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s", form, status, text)
		}
	}
	if n := f.sim.TokenRequests(pnssim.FCM); n != 12 {
		t.Errorf("%d requests for a token were counted", n)
	}
	if status, _, _ := f.post("https://oauth2.googleapis.com/other", ""); status != 404 {
		t.Errorf("another path: %d", status)
	}
}

// fcmPush posts to the send endpoint with an access token.
func (f *fixture) fcmPush(access, body string) (int, http.Header, string) {
	f.Helper()
	return f.post(fcmSend, body, "Authorization", "Bearer "+access, "Content-Type", "application/json; charset=utf-8")
}

const fcmSend = "https://fcm.googleapis.com/v1/projects/fanfare-simulated/messages:send"

func fcmTo(token, more string) string { return `{"message":{"token":"` + token + `"` + more + `}}` }

func (f *fixture) fcmAccess() string {
	f.Helper()
	status, access := f.googleToken(nil)
	if status != 200 {
		f.Fatalf("%d %s", status, access)
	}
	return access
}

func TestFCMFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	for word, want := range map[string]struct {
		status int
		says   string
	}{
		"gone":        {404, `"errorCode":"UNREGISTERED"`},
		"expired":     {404, `"errorCode":"UNREGISTERED"`},
		"malformed":   {400, `"field":"message.token"`},
		"foreign":     {403, `"errorCode":"SENDER_ID_MISMATCH"`},
		"throttled":   {429, `"errorCode":"QUOTA_EXCEEDED"`},
		"unavailable": {503, `"errorCode":"UNAVAILABLE"`},
		"error":       {500, `"errorCode":"INTERNAL"`},
		"refused":     {400, `"field":"message.data[0].value"`},
		"gateway":     {502, "<html>"},
		"slow-1":      {200, `"name":"projects/fanfare-simulated/messages/`},
		"offline":     {200, `"name":"projects/fanfare-simulated/messages/`},
	} {
		handle := "dev-fate-" + word + "."
		status, h, text := f.fcmPush(access, fcmTo(handle, ""))
		if status != want.status || !strings.Contains(text, want.says) {
			t.Errorf("%s: %d %s, want %d %s", word, status, text, want.status, want.says)
		}
		if html := strings.HasPrefix(h.Get("Content-Type"), "text/html"); html != (word == "gateway") {
			t.Errorf("%s: %v", word, h)
		}
		if got := len(f.sim.Received(pnssim.FCM, handle)); got == 1 != (status == 200) {
			t.Errorf("%s: the device got %d pushes", word, got)
		}
		if status == 429 && h.Get("Retry-After") != "60" {
			t.Errorf("%s: %v", word, h)
		}
	}
	f.sim.SetFate(pnssim.FCM, "device-0001", pnssim.Fate{Kind: "unavailable", RetryAfter: "Wed, 21 Oct 2015 07:28:00 GMT"})
	if status, h, _ := f.fcmPush(access, fcmTo("device-0001", "")); status != 503 || h.Get("Retry-After") != "Wed, 21 Oct 2015 07:28:00 GMT" {
		t.Errorf("%d %v", status, h)
	}
}

func TestFCMAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	message := func(more string) string { return fcmTo("device-0001", more) }
	many := func(n int) string { return strings.Repeat("x", n) }
	const everything = `{"validate_only":false,"message":{"token":"device-0001","name":null,"data":{"a":"1"},"notification":{"title":"t","body":"b"},
		"android":{"collapse_key":"k","priority":"high","ttl":"3.5s","restricted_package_name":"p","direct_boot_ok":true,
			"notification":{"title_loc_args":["a"],"notification_count":3,"visibility":"PRIVATE","light_settings":{"color":{"red":1}}}},
		"apns":{"headers":{"apns-priority":"5"},"payload":{"aps":{"badge":[1,{}]}}},"webpush":{"notification":{"x":1}},
		"fcm_options":{"analytics_label":"l"}}}`
	for name, c := range map[string]struct {
		body   string
		status int
		says   string // of the message or the field
	}{
		"live":               {message(""), 200, ""},
		"everything":         {everything, 200, ""},
		"camel case":         {`{"validateOnly":false,"message":{"token":"device-0001","android":{"collapseKey":"k"}}}`, 200, ""},
		"validate only":      {`{"validate_only":true,"message":{"token":"device-0002"}}`, 200, ""},
		"to a topic":         {`{"message":{"topic":"news"}}`, 200, ""},
		"a full topic":       {`{"message":{"topic":"news","data":{"a":"` + many(2047) + `"}}}`, 200, ""},
		"too big for one":    {`{"message":{"topic":"news","data":{"a":"` + many(2048) + `"}}}`, 400, "Android message is too big"},
		"topic with prefix":  {`{"message":{"topic":"/topics/news"}}`, 400, "Malformed topic name field message.topic"},
		"topic of nothing":   {`{"message":{"topic":""}}`, 400, "Malformed topic name field message.topic"},
		"a condition":        {`{"message":{"condition":"'a' in topics && ('b' in topics || 'c' in topics)"}}`, 200, ""},
		"too big for many":   {`{"message":{"condition":"'a' in topics","data":{"a":"` + many(2048) + `"}}}`, 400, "Android message is too big"},
		"six topics":         {`{"message":{"condition":"'a' in topics` + strings.Repeat(" || 'b' in topics", 5) + `"}}`, 400, "Invalid condition expression provided. field message.condition"},
		"open parenthesis":   {`{"message":{"condition":"('a' in topics"}}`, 400, "Invalid condition expression provided."},
		"condition in prose": {`{"message":{"condition":"everybody"}}`, 400, "Invalid condition expression provided."},
		"no token":           {`{"message":{}}`, 400, "Recipient of the message is not set."},
		"no message":         {`{}`, 400, "Recipient of the message is not set."},
		"two targets":        {message(`,"topic":"t"`), 400, "oneof field 'target' is already set. Cannot set 'topic'"},
		"unknown member":     {message(`,"color":"red"`), 400, `Unknown name "color" at 'message': Cannot find field.`},
		"unknown at root":    {`{"registration_ids":["x"]}`, 400, `Unknown name "registration_ids": Cannot find field.`},
		"unknown below":      {message(`,"android":{"notification":{"sing":"x"}}`), 400, " field message.android.notification"},
		"data of a number":   {message(`,"data":{"b":"x","a":1}`), 400, `Invalid value at 'message.data[1].value' (TYPE_STRING), 1 field message.data[1].value`},
		"data of an object":  {message(`,"data":{"a":{}}`), 400, " field message.data[0].value"},
		"data of a list":     {message(`,"data":["a"]`), 400, " field message.data"},
		"title of a number":  {message(`,"notification":{"title":1}`), 400, `'message.notification.title' (TYPE_STRING), 1`},
		"list of numbers":    {message(`,"android":{"notification":{"title_loc_args":[1]}}`), 400, `title_loc_args[0]' (TYPE_STRING)`},
		"flag of a text":     {message(`,"android":{"direct_boot_ok":"yes"}`), 400, "TYPE_BOOL"},
		"reserved key":       {message(`,"data":{"from":"x"}`), 400, "Invalid data payload key: from"},
		"reserved prefix":    {message(`,"android":{"data":{"google.x":"x"}}`), 400, "Invalid data payload key: google.x"},
		"bad ttl":            {message(`,"android":{"ttl":"soon"}`), 400, " field message.android.ttl"},
		"ttl of a number":    {message(`,"android":{"ttl":3600}`), 400, " field message.android.ttl"},
		"long ttl":           {message(`,"android":{"ttl":"2419201s"}`), 400, " field message.android.ttl"},
		"longest ttl":        {message(`,"android":{"ttl":"2419200s"}`), 200, ""},
		"bad priority":       {message(`,"android":{"priority":"urgent"}`), 400, " field message.android.priority"},
		"just fits":          {message(`,"data":{"a":"` + many(4095) + `"}`), 200, ""},
		"too big":            {message(`,"data":{"a":"` + many(4096) + `"}`), 400, "Android message is too big"},
		"too big together":   {message(`,"data":{"a":"` + many(4000) + `"},"notification":{"body":"` + many(96) + `"}`), 400, "Android message is too big"},
		"too long to read":   {message(`,"data":{"a":"` + many(70_000) + `"}`), 413, ""},
		"short token":        {fcmTo("short", ""), 400, "not a valid FCM registration token field message.token"},
		"blank in token":     {fcmTo("device 00001", ""), 400, "not a valid FCM registration token field message.token"},
		"no JSON":            {`{"message":`, 400, "Invalid JSON payload received."},
		"two documents":      {message("") + "{}", 400, "Invalid JSON payload received."},
		"a list":             {`[]`, 400, "TYPE_MESSAGE"},
		"empty":              {``, 400, "Invalid JSON payload received."},
	} {
		status, _, text := f.fcmPush(access, c.body)
		var answer struct {
			Name  string
			Error struct {
				Code            int
				Message, Status string
				Details         []struct{ FieldViolations []struct{ Field string } }
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil && status != 413 {
			t.Errorf("%s: %q: %v", name, text, err)
		}
		says := answer.Error.Message
		for _, d := range answer.Error.Details {
			for _, v := range d.FieldViolations {
				says += " field " + v.Field
			}
		}
		if status != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%s: %d %s, want %d …%s…", name, status, text, c.status, c.says)
		}
		if status == 400 && (answer.Error.Code != 400 || answer.Error.Status != "INVALID_ARGUMENT") {
			t.Errorf("%s: %s", name, text)
		}
		if fake := strings.HasSuffix(answer.Name, "/fake_message_id"); status == 200 && (fake != (name == "validate only") || !strings.HasPrefix(answer.Name, "projects/fanfare-simulated/messages/")) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if n := len(f.sim.Received(pnssim.FCM, "device-0001")); n != 5 {
		t.Errorf("%d pushes were delivered, want 5", n)
	}
	if n := f.sim.Count(pnssim.FCM); n != 5 {
		t.Errorf("%d pushes were delivered in all, want 5: a dry run or a topic came through", n)
	}
}

func TestFCMAuthorization(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	const kind = "application/json"
	for name, c := range map[string]struct {
		to, auth, contentType string
		status                int
		says                  string
	}{
		"good":            {fcmSend, "Bearer " + access, kind, 200, "messages/"},
		"wrong token":     {fcmSend, "Bearer x", kind, 401, "UNAUTHENTICATED"},
		"no token":        {fcmSend, "", kind, 401, "UNAUTHENTICATED"},
		"other scheme":    {fcmSend, "key=" + access, kind, 401, "UNAUTHENTICATED"},
		"another project": {strings.Replace(fcmSend, "simulated", "other", 1), "Bearer " + access, kind, 403, "PERMISSION_DENIED"},
		"another path":    {fcmSend + "x", "Bearer " + access, kind, 404, "NOT_FOUND"},
		"a form":          {fcmSend, "Bearer " + access, "application/x-www-form-urlencoded", 400, "INVALID_ARGUMENT"},
		"no type":         {fcmSend, "Bearer " + access, "", 400, "INVALID_ARGUMENT"},
	} {
		if status, _, text := f.post(c.to, fcmTo("device-0001", ""), "Authorization", c.auth, "Content-Type", c.contentType); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.says)
		}
	}
	if n := f.sim.Requests(pnssim.FCM); n != 7 {
		t.Errorf("%d requests were counted, want 7: all but the other path", n)
	}
	f.clock.Advance(3598 * time.Second)
	if status, _, _ := f.fcmPush(access, fcmTo("device-0001", "")); status != 200 {
		t.Errorf("a second before the token's end: %d", status)
	}
	f.clock.Advance(time.Second)
	if status, _, _ := f.fcmPush(access, fcmTo("device-0001", "")); status != 401 {
		t.Errorf("at the token's end: %d", status)
	}
}

func TestFCMQuota(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	f.sim.SetQuota(pnssim.FCM, 2)
	for i, want := range []int{200, 200, 429, 429} {
		if status, h, text := f.fcmPush(access, fcmTo("device-0001", "")); status != want || (h.Get("Retry-After") != "") != (want == 429) {
			t.Errorf("push %d: %d %s, want %d", i+1, status, text, want)
		}
	}
	f.clock.Advance(time.Minute)
	if status, _, _ := f.fcmPush(access, fcmTo("device-0001", "")); status != 200 {
		t.Errorf("a minute later: %d", status)
	}
	f.sim.SetQuota(pnssim.FCM, 0)
	for range 3 {
		if status, _, _ := f.fcmPush(access, fcmTo("device-0001", "")); status != 200 {
			t.Errorf("without a quota: %d", status)
		}
	}
}

func TestFCMBrokenAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	access := f.fcmAccess()
	do := func(ctx context.Context, word string) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, fcmSend, strings.NewReader(fcmTo("dev-fate-"+word+".", "")))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+access)
		req.Header.Set("Content-Type", "application/json")
		resp, err := f.client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Errorf("it came by HTTP/%d", resp.ProtoMajor)
		}
		_, err = io.ReadAll(resp.Body)
		return resp.StatusCode, err
	}
	if status, err := do(t.Context(), "reset"); err == nil {
		t.Errorf("reset: %d and a whole answer", status)
	}
	if status, err := do(t.Context(), "reset"); status != 200 || err != nil {
		t.Errorf("reset, again: %d %v", status, err)
	}
	before := f.sim.Requests(pnssim.FCM)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := do(ctx, "hang")
		ended <- err
	}()
	// Pushes to another device show when the first one was read.
	for sent := 0; f.sim.Requests(pnssim.FCM) < before+sent+1; sent++ {
		if _, err := do(t.Context(), "live"); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("hang: %v", err)
	}
}

func FuzzFCMMessage(f *testing.F) {
	for _, s := range []string{
		fcmTo("device-0001", ""), fcmTo("device-0001", `,"data":{"a":"b"},"android":{"ttl":"1s"}`),
		`{"message":{"apns":{"payload":[[[]]]}}}`, `{"message":null}`, `[`, `{"message":{"data":{"a":{"b":1}}}}`, `null`, `{"a":1}{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		token, status := pnssim.ParseFCM(body)
		if status != 0 && status != 400 {
			t.Errorf("%q: status %d", body, status)
		}
		if status == 0 && !json.Valid(body) {
			t.Errorf("%q is no JSON, and was taken", body)
		}
		if status == 0 && token != "" && !bytes.Contains(body, []byte("message")) && !bytes.Contains(body, []byte(`\u`)) {
			t.Errorf("%q: there is no message with the token %q", body, token)
		}
	})
}

// An account that was deleted gets no access token; one that may not send in
// its project gets one that opens nothing.
func TestGoogleAccounts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	as := func(cred map[string]string) func(map[string]any) {
		return func(claims map[string]any) { claims["iss"], claims["key"] = cred["ClientEmail"], cred["PrivateKey"] }
	}
	if status, text := f.googleToken(as(f.sim.RevokedFCMCredential())); status != 400 || text != "invalid_grant: Invalid grant: account not found" {
		t.Errorf("deleted: %d %s", status, text)
	}
	status, access := f.googleToken(as(f.sim.UnauthorizedFCMCredential()))
	if status != 200 {
		t.Fatalf("%d %s", status, access)
	}
	status, _, text := f.post("https://fcm.googleapis.com/v1/projects/"+f.sim.FCMCredential()["ProjectId"]+"/messages:send",
		`{"message":{"token":"x"}}`, "Authorization", "Bearer "+access, "Content-Type", "application/json")
	if status != 403 || !strings.Contains(text, "PERMISSION_DENIED") || strings.Contains(text, "FcmError") {
		t.Errorf("without permission: %d %s", status, text)
	}
}
