package pnssim_test

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const (
	phone      = "https://db3.notify.live.net/unthrottledthirdparty/01.00/"
	plainPhone = "http://sn1.notify.live.net/throttledthirdparty/01.00/"
	phoneToast = `<?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Hi</wp:Text1></wp:Toast></wp:Notification>`
	phoneTile  = `<Notification xmlns="WPNotification"><Tile/></Notification>`
)

// phoneClient shows the certificate of a credential.
func (f *fixture) phoneClient(credential map[string]string) {
	f.Helper()
	file, err := base64.StdEncoding.DecodeString(credential["MpnsCertificate"])
	if err != nil {
		f.Fatal(err)
	}
	key, leaf, err := pkcs12.Decode(file, credential["CertificateKey"])
	if err != nil {
		f.Fatal(err)
	}
	f.reconnect()
	f.client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}
}

// phoneToast pushes to a channel; headers are added.
func (f *fixture) phoneToast(uri string, headers ...string) (int, http.Header) {
	f.Helper()
	status, h, _ := f.post(uri, phoneToast, append([]string{"X-WindowsPhone-Target", "toast", "X-NotificationClass", "2", "Content-Type", "text/xml"}, headers...)...)
	return status, h
}

// triple is the three headers of every answer.
func triple(h http.Header) string {
	return h.Get("X-NotificationStatus") + " " + h.Get("X-SubscriptionStatus") + " " + h.Get("X-DeviceConnectionStatus")
}

const (
	phoneGot = "Received Active Connected"
	phoneNA  = "N/A N/A N/A"
)

func TestMPNSAuthentication(t *testing.T) {
	t.Parallel()
	f := setup(t)
	check := func(who, uri string, status int, says string) {
		t.Helper()
		if got, h := f.phoneToast(uri); got != status || triple(h) != says {
			t.Errorf("%s: %d %s, want %d %s", who, got, triple(h), status, says)
		}
	}
	check("in the clear", plainPhone+"a", 200, phoneGot)
	check("no certificate", phone+"a", 401, phoneNA)
	f.phoneClient(f.sim.ForeignMPNSCredential())
	check("an unknown certificate", phone+"a", 403, phoneNA)
	f.phoneClient(f.sim.MPNSCredential())
	check("the app's certificate", phone+"a", 200, phoneGot)
	check("the app's certificate, in the clear", plainPhone+"a", 200, phoneGot)
	f.clock.Advance(366 * 24 * time.Hour)
	check("an expired certificate", phone+"a", 403, phoneNA)
}

func TestMPNSPlainConnections(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if status, _ := f.phoneToast(plainPhone + "a"); status != 200 {
		t.Fatalf("%d", status)
	}
	if n := f.sim.Connections(pnssim.MPNS); n != 1 {
		t.Errorf("%d connections were counted", n)
	}
	got := f.sim.Received(pnssim.MPNS, plainPhone+"a")
	if len(got) != 1 || got[0].Conn == 0 || string(got[0].Body) != phoneToast || len(f.sim.Received(pnssim.MPNS, "https"+plainPhone[4:]+"a")) != 0 {
		t.Errorf("the channel got %+v", got)
	}
	// Only MPNS is spoken to without TLS.
	for _, uri := range []string{"http://db5p.notify.windows.com/?token=a", "http://api.push.apple.com/3/device/00", "http://evil.example/"} {
		if status, _ := f.phoneToast(uri); status != 404 {
			t.Errorf("%s: %d", uri, status)
		}
	}
	f.sim.StopService(pnssim.MPNS)
	f.client.CloseIdleConnections()
	if _, _, _, err := f.try(plainPhone+"a", phoneToast); err == nil {
		t.Error("a stopped service answered")
	}
	f.sim.StartService(pnssim.MPNS)
	if status, _ := f.phoneToast(plainPhone + "a"); status != 200 {
		t.Errorf("started again: %d", status)
	}
}

func TestMPNSFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for word, want := range map[string]struct {
		status int
		says   string
	}{
		"gone":        {404, "Dropped Expired Disconnected"},
		"expired":     {404, "Dropped Expired Disconnected"},
		"malformed":   {400, phoneNA},
		"refused":     {400, phoneNA},
		"foreign":     {401, phoneNA},
		"throttled":   {406, "Dropped Active Connected"},
		"full":        {200, "QueueFull Active Disconnected"},
		"dropped":     {200, "Suppressed Active Connected"},
		"offline":     {412, "Dropped Active InActive"},
		"unavailable": {503, phoneNA},
		"error":       {500, phoneNA},
		"gateway":     {502, phoneNA},
		"answer-413":  {413, phoneNA},
		"answer-405":  {405, phoneNA},
		"answer-7":    {500, phoneNA},
		"slow-1":      {200, phoneGot},
		"replaced":    {200, phoneGot},
	} {
		uri := plainPhone + "fate-" + word + ".1"
		status, h := f.phoneToast(uri)
		if status != want.status || triple(h) != want.says || h.Get("X-MessageID") == "" {
			t.Errorf("%s: %d %v, want %+v", word, status, h, want)
		}
		if got := len(f.sim.Received(pnssim.MPNS, uri)); got == 1 != (want.says == phoneGot) {
			t.Errorf("%s: the device got %d pushes", word, got)
		}
	}
	for i, want := range []string{"QueueFull Active Disconnected", phoneGot} {
		if _, h := f.phoneToast(plainPhone + "fate-full-1.2"); triple(h) != want {
			t.Errorf("full, push %d: %s", i+1, triple(h))
		}
	}
	f.sim.SetFate(pnssim.MPNS, plainPhone+"b", pnssim.Fate{Kind: "unavailable", RetryAfter: "120"})
	if _, h := f.phoneToast(plainPhone + "b"); h.Get("Retry-After") != "120" {
		t.Errorf("%v", h)
	}
}

func TestMPNSAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	large := func(n int) string { return strings.Repeat("x", n) }
	const xmlType = "text/xml"
	sent := 0
	for name, c := range map[string]struct {
		body, target, class, contentType string
		headers                          []string
		status                           int
	}{
		"toast":                {phoneToast, "toast", "2", xmlType, nil, 200},
		"toast of a charset":   {phoneToast, "toast", "12", "text/xml; charset=utf-8", nil, 200},
		"tile":                 {phoneTile, "token", "21", xmlType, nil, 200},
		"raw":                  {"bytes", "", "3", xmlType, nil, 200},
		"raw, the last class":  {"bytes", "", "31", xmlType, nil, 200},
		"largest":              {large(3072), "", "3", xmlType, nil, 200},
		"too large":            {large(3073), "", "3", xmlType, nil, 413},
		"too large to read":    {large(70_000), "", "3", xmlType, nil, 413},
		"large headers":        {"x", "", "3", xmlType, []string{"X-MessageID", large(1024)}, 400},
		"no class":             {phoneToast, "toast", "", xmlType, nil, 400},
		"class 0":              {"x", "", "0", xmlType, nil, 400},
		"class 32":             {"x", "", "32", xmlType, nil, 400},
		"a toast's class":      {phoneTile, "token", "2", xmlType, nil, 400},
		"raw with a target":    {phoneToast, "toast", "3", xmlType, nil, 400},
		"a toast without one":  {phoneToast, "", "2", xmlType, nil, 400},
		"Azure's word, tile":   {phoneTile, "tile", "1", xmlType, nil, 400},
		"another content type": {phoneToast, "toast", "2", "application/xml", nil, 400},
		"a tile for a toast":   {phoneTile, "toast", "2", xmlType, nil, 400},
		"another name space":   {"<Notification><Toast/></Notification>", "toast", "2", xmlType, nil, 400},
		"not well formed":      {phoneToast + "<", "toast", "2", xmlType, nil, 400},
		"no document":          {"", "toast", "2", xmlType, nil, 400},
	} {
		headers := append([]string{"Content-Type", c.contentType}, c.headers...)
		if c.target != "" {
			headers = append(headers, "X-WindowsPhone-Target", c.target)
		}
		if c.class != "" {
			headers = append(headers, "X-NotificationClass", c.class)
		}
		status, h, _ := f.post(plainPhone+"a", c.body, headers...)
		if status != c.status || triple(h) != map[bool]string{true: phoneGot, false: phoneNA}[c.status == 200] {
			t.Errorf("%s: %d %s, want %d", name, status, triple(h), c.status)
		}
		if c.status == 200 {
			sent++
		}
	}
	if got := len(f.sim.Received(pnssim.MPNS, plainPhone+"a")); got != sent {
		t.Errorf("the channel got %d pushes, want %d", got, sent)
	}
	if status, h := f.phoneToast("http://sn1.notify.live.net/"); status != 400 || triple(h) != phoneNA {
		t.Errorf("no channel: %d %v", status, h)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, plainPhone+"a", strings.NewReader(phoneToast))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body) //nolint:errcheck // it is empty
	resp.Body.Close()
	if resp.StatusCode != 405 || triple(resp.Header) != phoneNA {
		t.Errorf("PUT: %s", resp.Status)
	}
}

// The message's id comes back; how long the class lets it wait is recorded.
func TestMPNSBatchingIsRecorded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	want := map[string]time.Duration{"3": 0, "13": 450 * time.Second, "20": 450 * time.Second, "23": 900 * time.Second, "31": 900 * time.Second}
	for class := range want {
		_, h, _ := f.post(plainPhone+"a", "x", "X-NotificationClass", class, "Content-Type", "text/xml", "X-MessageID", "id-"+class)
		if h.Get("X-MessageID") != "id-"+class {
			t.Errorf("class %s: %v", class, h)
		}
	}
	for _, r := range f.sim.Received(pnssim.MPNS, plainPhone+"a") {
		class := r.Header.Get("X-NotificationClass")
		if r.Batching != want[class] || r.ID != "id-"+class {
			t.Errorf("class %s: %+v", class, r)
		}
		delete(want, class)
	}
	if len(want) > 0 {
		t.Errorf("the device did not get %v", want)
	}
}

func TestMPNSBrokenAnswersAndQuota(t *testing.T) {
	t.Parallel()
	f := setup(t)
	headers := []string{"X-NotificationClass", "3", "Content-Type", "text/xml"}
	if status, _, _, err := f.try(plainPhone+"fate-reset.", "x", headers...); err == nil {
		t.Errorf("reset: %d and a whole answer", status)
	}
	if status, _, _, err := f.try(plainPhone+"fate-reset.", "x", headers...); status != 200 || err != nil {
		t.Errorf("reset, again: %d %v", status, err)
	}
	f.sim.SetQuota(pnssim.MPNS, 1)
	for i, want := range []string{phoneGot, "Dropped Active Connected"} {
		if status, h := f.phoneToast(plainPhone + "a"); triple(h) != want || (status == 406) != (i == 1) {
			t.Errorf("push %d: %d %s, want %s", i+1, status, triple(h), want)
		}
	}
}
