package notificationhubs_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

const (
	key     = "c2VjcmV0LWtleS10aGF0LW11c3QtbmV2ZXItc2hvdyE="
	outcome = `<NotificationOutcome xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Success>1</Success><Failure>0</Failure><Results><RegistrationResult><ApplicationPlatform>windows</ApplicationPlatform><PnsHandle>h</PnsHandle><RegistrationId>1-2-3</RegistrationId><Outcome>The Notification was successfully sent to the Push Notification System</Outcome></RegistrationResult></Results></NotificationOutcome>`
)

// recorder is a hub that notes what it is asked, and answers as it is told.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answer   func(n int, w http.ResponseWriter, r request)
}

type request struct {
	method, uri string
	header      http.Header
	body        string
}

func newRecorder(answer func(n int, w http.ResponseWriter, r request)) *recorder {
	rec := &recorder{answer: answer}
	rec.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		b, err := io.ReadAll(hr.Body)
		if err != nil {
			panic(err)
		}
		r := request{hr.Method, hr.RequestURI, hr.Header, string(b)}
		rec.mu.Lock()
		rec.requests = append(rec.requests, r)
		n := len(rec.requests)
		rec.mu.Unlock()
		rec.answer(n, w, r)
	}))
	rec.EnableHTTP2 = true
	rec.StartTLS()
	return rec
}

// accepted answers as a hub does that took a notification.
func accepted(_ int, w http.ResponseWriter, r request) {
	w.Header().Set("Location", "https://h.example/myhub/messages/NH-1?api-version=2020-06")
	w.Header().Set("TrackingId", "t-1")
	w.WriteHeader(http.StatusCreated)
	if strings.Contains(r.uri, "test") {
		io.WriteString(w, outcome) //nolint:errcheck // the client sees it
	}
}

func (rec *recorder) connectionString() string {
	return "Endpoint=sb://" + rec.Listener.Addr().String() + "/;SharedAccessKeyName=Full;SharedAccessKey=" + key
}

func (rec *recorder) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(rec.Certificate())
	return pool
}

func (rec *recorder) last() request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.requests[len(rec.requests)-1]
}

func setup(t *testing.T, o nh.ClientOptions, answer func(int, http.ResponseWriter, request)) (*nh.Client, *recorder) {
	t.Helper()
	rec := newRecorder(answer)
	t.Cleanup(rec.Close)
	o.RootCAs = rec.roots()
	if o.Retry == nil {
		o.Retry = &nh.RetryOptions{Attempts: 3, Base: time.Millisecond, Max: 5 * time.Millisecond}
	}
	c, err := nh.NewClientFromConnectionString(rec.connectionString(), "myhub", &o)
	if err != nil {
		t.Fatal(err)
	}
	return c, rec
}

const toast = `<toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>`

func TestSendRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n      *nh.Notification
		o      *nh.SendOptions
		format string
		header map[string]string
		body   string
	}{
		"toast":                     {nh.NewWindowsNotification(toast), nil, "windows", map[string]string{"X-WNS-Type": "wns/toast", "Content-Type": "application/xml"}, toast},
		"toast with attributes":     {nh.NewWindowsNotification(`<?xml version="1.0" encoding="utf-16"?><!-- c --><toast launch="x"/>`), nil, "windows", map[string]string{"X-WNS-Type": "wns/toast"}, ""},
		"tile":                      {nh.NewWindowsNotification(`<tile/>`), nil, "windows", map[string]string{"X-WNS-Type": "wns/tile"}, ""},
		"badge":                     {nh.NewWindowsNotification(`<badge value="1"/>`), nil, "windows", map[string]string{"X-WNS-Type": "wns/badge"}, ""},
		"raw":                       {nh.NewWindowsRawNotification([]byte("bytes")), nil, "windows", map[string]string{"X-WNS-Type": "wns/raw", "Content-Type": "application/octet-stream"}, "bytes"},
		"phone toast":               {nh.NewMPNSNotification(`<wp:Notification xmlns:wp="WPNotification"><wp:Toast/></wp:Notification>`), nil, "windowsphone", map[string]string{"X-WindowsPhone-Target": "toast", "X-NotificationClass": "2"}, ""},
		"phone tile":                {nh.NewMPNSNotification(`<wp:Notification xmlns:wp="WPNotification"><wp:Tile/></wp:Notification>`), nil, "windowsphone", map[string]string{"X-WindowsPhone-Target": "tile", "X-NotificationClass": "1"}, ""},
		"apple":                     {nh.NewAppleNotification(`{"aps":{}}`, &nh.AppleOptions{Expiry: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Priority: 5, PushType: "alert", CollapseID: "c"}), nil, "apple", map[string]string{"ServiceBusNotification-Apns-Expiry": "2030-01-02T03:04:05Z", "apns-priority": "5", "apns-push-type": "alert", "apns-collapse-id": "c", "Content-Type": "application/json;charset=utf-8"}, `{"aps":{}}`},
		"FCM v1":                    {nh.NewFCMV1Notification(`{"message":{}}`), nil, "fcmv1", nil, ""},
		"legacy FCM goes as gcm":    {nh.NewFCMNotification(`{"data":{}}`), nil, "gcm", nil, ""},
		"ADM":                       {nh.NewADMNotification(`{}`), nil, "adm", nil, ""},
		"Baidu":                     {nh.NewBaiduNotification(`{}`, 1), nil, "baidu", map[string]string{"X-Baidu-Message-Type": "1"}, ""},
		"browser":                   {nh.NewBrowserNotification(`{}`), nil, "browser", nil, ""},
		"Xiaomi":                    {nh.NewXiaomiNotification(`{}`), nil, "xiaomi", nil, ""},
		"template":                  {nh.NewTemplateNotification(map[string]string{"b": "2", "a": "1"}), nil, "template", nil, `{"a":"1","b":"2"}`},
		"a tag":                     {nh.NewADMNotification(`{}`), &nh.SendOptions{Tags: []string{"sports"}}, "adm", map[string]string{"ServiceBusNotification-Tags": "sports"}, ""},
		"a set of tags":             {nh.NewADMNotification(`{}`), &nh.SendOptions{Tags: []string{"a", "$UserId:{u}"}}, "adm", map[string]string{"ServiceBusNotification-Tags": "a || $UserId:{u}"}, ""},
		"an expression":             {nh.NewADMNotification(`{}`), &nh.SendOptions{Expression: "a && !b"}, "adm", map[string]string{"ServiceBusNotification-Tags": "a && !b"}, ""},
		"a built expression":        {nh.NewADMNotification(`{}`), &nh.SendOptions{To: nh.AnyTag("a", "b").And(nh.UserTag("u").Not()).Or(nh.InstallationTag("i"))}, "adm", map[string]string{"ServiceBusNotification-Tags": "((a || b) && !$UserId:{u}) || $InstallationId:{i}"}, ""},
		"everybody: no header":      {nh.NewADMNotification(`{}`), &nh.SendOptions{}, "adm", map[string]string{"ServiceBusNotification-Tags": ""}, ""},
		"a further header":          {nh.NewWindowsNotification(toast).SetHeader("X-WNS-Tag", "x"), nil, "windows", map[string]string{"X-WNS-Tag": "x"}, ""},
		"values without HTML marks": {nh.NewAppleNotification(map[string]any{"aps": "x"}, nil), nil, "apple", nil, `{"aps":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, accepted)
			sent, err := client.Send(t.Context(), c.n, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if sent.NotificationID != "NH-1" || sent.TrackingID != "t-1" {
				t.Errorf("%+v", sent)
			}
			r := rec.last()
			if r.method != "POST" || r.uri != "/myhub/messages?api-version=2020-06" || r.header.Get("ServiceBusNotification-Format") != c.format {
				t.Errorf("%+v", r)
			}
			for h, want := range c.header {
				if got := r.header.Get(h); got != want {
					t.Errorf("%s: %q, want %q", h, got, want)
				}
			}
			if c.body != "" && r.body != c.body {
				t.Errorf("body %s, want %s", r.body, c.body)
			}
			if auth := r.header.Get("Authorization"); !strings.HasPrefix(auth, "SharedAccessSignature sr=") || strings.Contains(auth, key) {
				t.Errorf("Authorization %q", auth)
			}
		})
	}
}

// What is wrong is told before anything is sent.
func TestSendRefuses(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	fine := nh.NewADMNotification(`{}`)
	for name, c := range map[string]struct {
		n    *nh.Notification
		o    *nh.SendOptions
		says string
	}{
		"no JSON":          {nh.NewAppleNotification("{", nil), nil, "not JSON"},
		"no encoding":      {nh.NewAppleNotification(func() {}, nil), nil, "payload"},
		"no toast":         {nh.NewWindowsNotification("<html/>"), nil, "none of toast, tile, badge"},
		"no phone toast":   {nh.NewMPNSNotification("<x/>"), nil, "neither a wp:Toast nor a wp:Tile"},
		"21 tags":          {fine, &nh.SendOptions{Tags: many}, "at most 20"},
		"an injected tag":  {fine, &nh.SendOptions{Tags: []string{"a || b"}}, "invalid tag"},
		"an injected node": {fine, &nh.SendOptions{To: nh.Tag("a && b")}, "invalid tag"},
		"an injected user": {fine, &nh.SendOptions{To: nh.UserTag("x} || a")}, "invalid tag"},
		"half an and":      {fine, &nh.SendOptions{To: nh.Tag("a").And(nh.TagExpression{})}, "empty tag expression"},
		"two choices":      {fine, &nh.SendOptions{Tags: []string{"a"}, Expression: "b"}, "give one of"},
	} {
		if _, err := client.Send(t.Context(), c.n, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want …%s…", name, err, c.says)
		}
	}
	if _, err := client.SendDirect(t.Context(), fine, nh.Device{}); err == nil {
		t.Error("a device without a handle was taken")
	}
	if len(rec.requests) != 0 {
		t.Errorf("%d requests were sent", len(rec.requests))
	}
}

func TestDirectAndTestSend(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	n := nh.NewBrowserNotification(`{}`)
	if _, err := client.SendDirect(t.Context(), n, nh.Device{Handle: "https://push.example/x", P256DH: "p", Auth: "a"}); err != nil {
		t.Fatal(err)
	}
	r := rec.last()
	if r.uri != "/myhub/messages?api-version=2020-06&direct=" || r.header.Get("ServiceBusNotification-DeviceHandle") != "https://push.example/x" ||
		r.header.Get("P256DH") != "p" || r.header.Get("Auth") != "a" {
		t.Errorf("%+v", r)
	}
	o, err := client.TestSend(t.Context(), n, nil)
	if err != nil || o.Success != 1 || len(o.Results) != 1 || o.Results[0].RegistrationID != "1-2-3" {
		t.Errorf("%+v, %v", o, err)
	}
}

// Errors in every form that the service has, and none shows the key.
func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status       int
		body, detail string
	}{
		"the service's":    {400, "<Error><Code>400</Code><Detail>An invalid tag.TrackingId:x</Detail></Error>", "An invalid tag.TrackingId:x"},
		"with a namespace": {404, `<Error xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Code>404</Code><Detail>Gone</Detail></Error>`, "Gone"},
		"without a body":   {403, "", ""},
		"a proxy's":        {400, "<html>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := setup(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, _ request) {
				w.Header().Set("TrackingId", "t-9")
				w.WriteHeader(c.status)
				io.WriteString(w, c.body) //nolint:errcheck // the client sees it
			})
			_, err := client.NotificationDetails(t.Context(), "NH-1")
			var e *nh.ResponseError
			if !errors.As(err, &e) || e.StatusCode != c.status || e.Detail != c.detail || e.TrackingID != "t-9" || e.Path != "/myhub/messages/NH-1" {
				t.Errorf("%+v", err)
			}
			if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "sig=") {
				t.Errorf("a secret in %q", err)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	status := func(codes ...int) func(int, http.ResponseWriter, request) {
		return func(n int, w http.ResponseWriter, r request) {
			if n <= len(codes) {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(codes[n-1])
				return
			}
			accepted(n, w, r)
		}
	}
	n := nh.NewADMNotification(`{}`)
	for name, c := range map[string]struct {
		answer   func(int, http.ResponseWriter, request)
		requests int
		fails    bool
	}{
		"busy, then not":               {status(503, 429), 3, false},
		"busy for too long":            {status(503, 503, 503), 3, true},
		"500: it may have been taken":  {status(500), 1, true},
		"400 is not a passing trouble": {status(400), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, c.answer)
			_, err := client.Send(t.Context(), n, nil)
			if (err != nil) != c.fails || len(rec.requests) != c.requests {
				t.Errorf("%d requests, %v", len(rec.requests), err)
			}
		})
	}
	client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, _ request) { w.WriteHeader([]int{500, 204}[n-1]) })
	if err := client.DeleteInstallation(t.Context(), "i"); err != nil || len(rec.requests) != 2 {
		t.Errorf("a call that may be repeated: %d requests, %v", len(rec.requests), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	client, _ = setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Attempts: 5, Base: time.Hour, Max: time.Hour}}, func(_ int, w http.ResponseWriter, _ request) {
		cancel()
		w.WriteHeader(503)
	})
	if _, err := client.Send(ctx, n, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends while it waits: %v", err)
	}
}

// The dump shows everything but the token.
func TestDebug(t *testing.T) {
	t.Parallel()
	var dump bytes.Buffer
	client, _ := setup(t, nh.ClientOptions{Debug: &dump, TestSend: true}, accepted)
	sent, err := client.Send(t.Context(), nh.NewWindowsNotification(toast), nil)
	if err != nil || sent.Outcome == nil || sent.Outcome.Success != 1 {
		t.Fatalf("%+v, %v", sent, err)
	}
	for _, want := range []string{"--- REQUEST ---", "POST https://", "test=", toast, "Authorization: [redacted]", "--- RESPONSE ---", "201", "<Success>1</Success>"} {
		if !strings.Contains(dump.String(), want) {
			t.Errorf("the dump is without %q:\n%s", want, &dump)
		}
	}
	if strings.Contains(dump.String(), "SharedAccessSignature") || strings.Contains(dump.String(), key) {
		t.Errorf("the dump shows the token:\n%s", &dump)
	}
}

func TestConnectionStrings(t *testing.T) {
	t.Parallel()
	for cs, fails := range map[string]bool{
		"Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=" + key:           false,
		"sharedaccesskey=" + key + ";ENDPOINT=http://h:80;SharedAccessKeyName=n;": false,
		"Endpoint=sb://h/;SharedAccessKey=" + key:                                 true,
		"Endpoint=ftp://h/;SharedAccessKeyName=n;SharedAccessKey=" + key:          true,
		"SharedAccessKey=" + key + "junk":                                         true,
	} {
		_, err := nh.NewClientFromConnectionString(cs, "hub", nil)
		if (err != nil) != fails {
			t.Errorf("%s: %v", cs, err)
		}
		if err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("the key is in %v", err)
		}
	}
	if _, err := nh.NewClient("sb://h/", "", "n", key, nil); err == nil {
		t.Error("a hub without a name was taken")
	}
}

// Many callers share one token.
func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	tokens := map[string]bool{}
	for _, r := range rec.requests {
		tokens[r.header.Get("Authorization")] = true
	}
	if len(tokens) != 1 {
		t.Errorf("%d tokens for one hub", len(tokens))
	}
}

// The SDK stands on the standard library and two packages of its own module.
func TestImportWeight(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/fanfare-hub/fanfare/"
	for p := range strings.FieldsSeq(string(out)) {
		own := strings.HasPrefix(p, module)
		allowed := p == module+"notificationhubs" || p == module+"internal/wire" || p == module+"internal/tagexpr"
		foreign := strings.Contains(strings.Split(p, "/")[0], ".") && !own
		if own && !allowed || foreign {
			t.Errorf("it imports %s", p)
		}
	}
}
