package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

const batches = "/MyHub/messages/$batch?api-version=2020-06&direct"

// batch sends a notification to handles. Headers are names and values by turns.
func (f *fixture) batch(b wire.Batch, headers ...string) got {
	f.t.Helper()
	body, contentType := wire.AppendBatch(nil, "b1", &b)
	return f.call(http.MethodPost, batches, string(body), append([]string{"Content-Type", contentType}, headers...)...)
}

// Each format, with the content type of the notification's own part.
func TestBatchFormats(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct {
		format, body, handle string
		platform             hub.Platform
	}{
		{"apple", apple, "00AA", hub.APNs}, {"gcm", `{"data":{}}`, "t", hub.GCM}, {"fcm", `{"data":{}}`, "t", hub.GCM}, {"fcmV1", `{"message":{}}`, "t", hub.FCMV1},
		{"windows", toast, wnsURI, hub.WNS}, {"windowsphone", "<a/>", "http://db5.notify.live.net/a", hub.MPNS}, {"adm", `{"data":{}}`, "t", hub.ADM},
		{"baidu", "{}", "1-2", hub.Baidu}, {"xiaomi", "{}", "t", hub.Xiaomi},
	} {
		t.Run(c.format, func(t *testing.T) {
			g := f.batch(wire.Batch{ContentType: "text/own", Body: []byte(c.body), Handles: []string{c.handle, " " + c.handle + "1 "}},
				"ServiceBusNotification-Format", c.format, "ServiceBusNotification-Tags", "ignored &&", "X-WNS-Type", "wns/toast", "apns-priority", "5").want(201)
			n := f.dispatch.last(t)
			if g.body != "" || g.header.Get("Location") != "https://"+host+"/MyHub/messages/"+n.ID+"?api-version=2020-06" {
				t.Errorf("answer %v", g)
			}
			second := hub.DirectHandle{Handle: c.handle + "1"}
			if c.format == "apple" {
				second.Invalid = "The device token is not valid: hexadecimal digits, an even number of them, are expected."
			}
			if diff := cmp.Diff([]hub.DirectHandle{{Handle: c.handle}, second}, n.Direct); diff != "" {
				t.Errorf("handles (-want +got):\n%s", diff)
			}
			if n.Platform != c.platform || n.Kind != hub.Native || string(n.Body) != c.body || n.ContentType != "text/own" || n.Tags != "" {
				t.Errorf("notification %+v", n)
			}
		})
	}
	if h := f.dispatch.sent[0].Headers; len(h) != 1 || h[0] != (hub.Header{Name: "apns-priority", Value: "5"}) {
		t.Errorf("headers of the request: %v", h)
	}
}

// One handle among many that nothing can be sent to has an outcome of its own;
// those that lead elsewhere than to their push service are among them.
func TestBatchKeepsInvalidHandlesApart(t *testing.T) {
	t.Parallel()
	f := setup(t)
	handles := []string{wnsURI, "https://10.0.0.1/a", "x", "", wnsURI, strings.Repeat("x", 5000), "a b"}
	f.batch(wire.Batch{Body: []byte(toast), Handles: handles}, "ServiceBusNotification-Format", "windows", "X-WNS-Type", "wns/toast").want(201)
	var invalid []string
	for i, h := range f.dispatch.last(t).Direct {
		if h.Handle != handles[i] {
			t.Errorf("handle %d is %s", i, h.Handle)
		}
		invalid = append(invalid, h.Invalid)
	}
	want := []string{"", "The PNS handle is not valid: the channel URI does not point to https://notify.windows.com.",
		"The channel URI is not an absolute URI that begins with http:// or https://.", "The PNS handle is missing.", "",
		"The PNS handle has 5000 bytes; at most 4096 are allowed.", "The PNS handle holds blanks or control characters."}
	if diff := cmp.Diff(want, invalid); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A thousand of the longest handles fit.
func TestBatchOfMany(t *testing.T) {
	t.Parallel()
	f := setup(t)
	b := wire.Batch{Body: []byte(`{"message":{}}`)}
	for i := range wire.MaxBatch {
		b.Handles = append(b.Handles, fmt.Sprintf("%04096d", i))
	}
	f.batch(b, "ServiceBusNotification-Format", "fcmv1").want(201)
	if n := f.dispatch.last(t); len(n.Direct) != wire.MaxBatch || n.Direct[999].Handle != b.Handles[999] || n.Direct[999].Invalid != "" {
		t.Errorf("%d handles", len(n.Direct))
	}
}

func TestBatchRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	one := []string{"00AA"}
	for name, c := range map[string]struct {
		body     string
		handles  []string
		format   string
		sentence string
	}{
		"a template": {`{}`, one, "template", "A template cannot be sent directly: a device has templates through its registrations only."},
		"browsers": {"x", []string{"https://updates.push.services.mozilla.com/wpush/v2/abc"}, "browser",
			`A batch cannot be sent to browsers: a handle alone does not encrypt. Send to each directly, with the HTTP headers "ServiceBusNotification-DeviceHandle", "P256DH" and "Auth".`},
		"an unknown format": {"{}", one, "nokiax", `The HTTP header "ServiceBusNotification-Format" has an invalid value: "nokiax". ` + allowed},
		"no format":         {apple, one, "", `The HTTP header "ServiceBusNotification-Format" is missing. ` + allowed},
		"a payload":         {"[]", one, "apple", "The supplied notification payload is invalid. A JSON object is expected."},
		"no payload":        {"", one, "apple", "The supplied notification payload is invalid. The body is empty."},
		"too many handles":  {apple, make([]string, 1001), "apple", "The part devices names more than 1000 handles: send to them in several batches."},
		"no handles":        {apple, []string{}, "apple", "The part devices names no handle."},
	} {
		t.Run(name, func(t *testing.T) {
			f.batch(wire.Batch{Body: []byte(c.body), Handles: c.handles}, "ServiceBusNotification-Format", c.format).refused(400, c.sentence)
		})
	}
	f.call(http.MethodPost, batches, apple, "ServiceBusNotification-Format", "apple", "Content-Type", "application/json").
		refused(400, "The Content-Type of a batch is multipart/mixed with a boundary of at most 200 characters.")
	f.batch(wire.Batch{Body: []byte(apple), Handles: one}, "ServiceBusNotification-Format", "apple", "ServiceBusNotification-Apns-Expiry", "tomorrow").
		refused(400, `The HTTP header "ServiceBusNotification-Apns-Expiry" has an invalid value: "tomorrow". A date such as 2030-01-02T03:04:05Z is expected.`)
	long := `{"a":"` + strings.Repeat("x", 64<<10) + `"}`
	f.batch(wire.Batch{Body: []byte(long), Handles: one}, "ServiceBusNotification-Format", "apple").refused(413, "The notification has more than 65536 bytes.")
	f.call(http.MethodPost, batches, strings.Repeat("x", 65536+5<<20+1), "ServiceBusNotification-Format", "apple", "Content-Type", "multipart/mixed; boundary=b").
		refused(413, "The request body has more than 5308416 bytes.")
	if n := f.dispatch.count(); n != 0 {
		t.Errorf("%d of the refused batches were accepted", n)
	}
	small := setupWith(t, func(c *api.Config) { c.MaxBody = 10 })
	small.batch(wire.Batch{Body: []byte(apple), Handles: one}, "ServiceBusNotification-Format", "apple").refused(413, "The notification has more than 10 bytes.")
}

// A batch by its path alone, escaped or not, in any case; the flag test has no
// document to ask for.
func TestBatchPaths(t *testing.T) {
	t.Parallel()
	f := setup(t)
	body, contentType := wire.AppendBatch(nil, "b1", &wire.Batch{Body: []byte(apple), Handles: []string{"00AA", "00BB"}})
	for i, target := range []string{"/MyHub/messages/$batch", "/myhub/Messages/%24batch/?direct=", "/MyHub/messages/$BATCH?direct=true&test&api-version=2015-08"} {
		g := f.call(http.MethodPost, target, string(body), "Content-Type", contentType, "ServiceBusNotification-Format", "apple").want(201)
		if n := f.dispatch.last(t); g.body != "" || f.dispatch.count() != i+1 || len(n.Direct) != 2 || n.Test {
			t.Errorf("%s: %+v, %+v", target, g, n)
		}
	}
	f.call(http.MethodDelete, "/MyHub/messages/$batch", "").refused(405, "The method DELETE is not supported here. Supported: GET, POST.")
}
