package api_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

const (
	messages = "/MyHub/messages?api-version=2020-06"
	apple    = `{"aps":{"alert":"Hi"}}`
	toast    = `<toast><visual><binding template="ToastText01"><text id="1">Hi</text></binding></visual></toast>`
	wnsURI   = "https://db5p.notify.windows.com/?token=abc"
)

// A key pair and a secret of the right lengths for Web Push: 65 bytes that
// begin with 4, and 16.
var (
	p256dh = "BA" + strings.Repeat("A", 85)
	secret = strings.Repeat("A", 22)
)

func (f *fixture) send(body string, headers ...string) got {
	f.t.Helper()
	return f.call(http.MethodPost, messages, body, headers...)
}

func TestSendFormats(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct {
		format, body string
		kind         hub.Kind
		platform     hub.Platform
	}{
		{"template", `{}`, hub.Template, 0},
		{"Template", `{"a":"b","n":4,"t":true,"z":null}`, hub.Template, 0},
		{"apple", apple, hub.Native, hub.APNs},
		{"APPLE", " \r\n\t{}", hub.Native, hub.APNs},
		{"gcm", `{"data":{}}`, hub.Native, hub.GCM},
		{"fcm", `{"data":{}}`, hub.Native, hub.GCM},
		{"fcmv1", `{"message":{}}`, hub.Native, hub.FCMV1},
		{"fcmV1", `{"message":{}}`, hub.Native, hub.FCMV1},
		{"FcmV1", `{"message":{}}`, hub.Native, hub.FCMV1},
		{" windows ", toast, hub.Native, hub.WNS},
		{"windowsphone", `<wp:Notification xmlns:wp="WPNotification"/>`, hub.Native, hub.MPNS},
		{"adm", `{"data":{}}`, hub.Native, hub.ADM},
		{"baidu", `{"title":"t"}`, hub.Native, hub.Baidu},
		{"browser", "any text", hub.Native, hub.Browser},
		{"xiaomi", `{"title":"t"}`, hub.Native, hub.Xiaomi},
	} {
		t.Run(c.format, func(t *testing.T) {
			f.send(c.body, "ServiceBusNotification-Format", c.format).want(201)
			n := f.dispatch.last(t)
			if n.Kind != c.kind || n.Platform != c.platform || string(n.Body) != c.body {
				t.Errorf("got kind %d platform %s body %q", n.Kind, n.Platform, n.Body)
			}
		})
	}
}

// The documentation calls the format optional for templates alone.
func TestSendWithoutFormat(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send(`{"greeting":"Hi"}`).want(201)
	if n := f.dispatch.last(t); n.Kind != hub.Template {
		t.Errorf("kind %d, want a template send", n.Kind)
	}
	// The Java client drops the header when it is given headers for Apple.
	f.send(apple).refused(400, `The HTTP header "ServiceBusNotification-Format" is missing. `+allowed)
}

const allowed = `Allowed values are "windows", "apple", "gcm", "fcmv1", "template", "adm", "baidu", "browser", "xiaomi", or "windowsphone".`

func TestSendKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.call(http.MethodPost, "/myhub/messages/?API-Version=2016-07", apple,
		"ServiceBusNotification-Format", "apple", "ServiceBusNotification-Tags", " a && (b || !c) ",
		"Content-Type", `application/json;charset="utf-8"`,
		"ServiceBusNotification-Apns-Expiry", "2030-01-02T03:04:05Z",
		"apns-priority", "10", "Apns-Push-Type", "alert", "X-Apns-Priority", "5", "X-Apns-Expiration", "\ufffd",
		"X-WNS-Type", "wns/raw", "X-Other", "x").want(201)
	got := f.dispatch.last(t)
	want := hub.Notification{
		ID: notificationID(1), HubID: got.HubID, Kind: hub.Native, Platform: hub.APNs, Body: []byte(apple),
		ContentType: `application/json;charset="utf-8"`,
		Headers: []hub.Header{
			{Name: "X-Apns-Priority", Value: "5"}, {Name: "apns-priority", Value: "10"}, {Name: "apns-push-type", Value: "alert"},
		},
		Expiry: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Tags: "a && (b || !c)", APIVersion: "2016-07",
		State: hub.Enqueued, EnqueuedAt: now,
	}
	if diff := cmp.Diff(want, got); diff != "" || got.HubID == 0 {
		t.Errorf("notification (-want +got):\n%s", diff)
	}
}

// A byte order mark is no part of JSON, and text of other sorts keeps its own.
func TestSendDropsAByteOrderMark(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const mark = "\ufeff"
	for format, c := range map[string]struct{ body, want string }{
		"apple":    {mark + apple, apple},
		"template": {mark + `{"a":"b"}`, `{"a":"b"}`},
		"":         {mark + `{"a":"b"}`, `{"a":"b"}`},
		"browser":  {mark + "x", mark + "x"},
	} {
		f.send(c.body, "ServiceBusNotification-Format", format).want(201)
		if got := string(f.dispatch.last(t).Body); got != c.want {
			t.Errorf("%s: %q, want %q", format, got, c.want)
		}
	}
	f.send(mark+"x", "ServiceBusNotification-Format", "windows", "X-WNS-Type", "wns/raw").want(201)
	if got := string(f.dispatch.last(t).Body); got != mark+"x" {
		t.Errorf("raw: %q", got)
	}
}

func TestSendPassesHeadersOn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	all := []string{
		"X-WNS-Type", "wns/toast", "X-WNS-Tag", "t", "X-WindowsPhone-Target", "toast", "X-NotificationClass", "2", "X-MessageID", "m",
		"X-Baidu-Message-Type", "1", "apns-topic", "a.b", "x-ms-version", "2020-06", "TTL", "60", "Urgency", "high", "Topic", "news",
	}
	for _, c := range []struct {
		format, body string
		want         []string
	}{
		{"apple", apple, []string{"apns-topic: a.b"}},
		{"windows", toast, []string{"X-Wns-Tag: t", "X-Wns-Type: wns/toast"}},
		{"windowsphone", "<a/>", []string{"X-Messageid: m", "X-Notificationclass: 2", "X-Windowsphone-Target: toast"}},
		{"baidu", "{}", []string{"X-Baidu-Message-Type: 1"}},
		{"browser", "{}", []string{"Topic: news", "Ttl: 60", "Urgency: high"}},
		{"gcm", "{}", nil},
		{"template", "{}", nil},
	} {
		t.Run(c.format, func(t *testing.T) {
			f.send(c.body, append([]string{"ServiceBusNotification-Format", c.format}, all...)...).want(201)
			var names []string
			for _, h := range f.dispatch.last(t).Headers {
				names = append(names, h.Name+": "+h.Value)
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSendReadsEveryExpiry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct{ name, text, want string }{
		{"ServiceBusNotification-Apns-Expiry", "1997-07-16T19:20+01:00", "1997-07-16T18:20:00Z"}, // the documentation's own
		{"ServiceBusNotification-Apns-Expiry", "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00Z"},
		{"ServiceBusNotification-Apns-Expiry", "01/02/2030 13:00:00", "2030-01-02T13:00:00Z"}, // .NET, invariant
		{"ServiceBusNotification-Apns-Expiry", "01/02/2030 01:00:00", "2030-01-02T01:00:00Z"}, // Java, on a clock of 12 hours
		{"ServiceBusNotification-ApnsExpiry", "2036-07-16T19:20+01:00", "2036-07-16T18:20:00Z"},
	} {
		t.Run(c.text, func(t *testing.T) {
			f.send(apple, "ServiceBusNotification-Format", "apple", c.name, c.text).want(201)
			if at := f.dispatch.last(t).Expiry.Format(time.RFC3339); at != c.want {
				t.Errorf("expiry %s, want %s", at, c.want)
			}
		})
	}
}

func TestSendToNobodyOrEverybody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for header, want := range map[string]string{
		"": "", "  ": "", "undefined": "undefined", "$InstallationId:{i-42}": "$InstallationId:{i-42}", "a||b": "a||b",
	} {
		f.send(apple, "ServiceBusNotification-Format", "apple", "ServiceBusNotification-Tags", header).want(201)
		if got := f.dispatch.last(t).Tags; got != want {
			t.Errorf("tags of %q: %q, want %q", header, got, want)
		}
	}
}

func TestSendDirect(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, c := range []struct{ name, query, format, body, handle string }{
		{"flag", "&direct", "apple", apple, "00AA"},
		{"flag with =", "&direct=", "gcm", "{}", "token-1"},
		{"flag with a value", "&direct=true", "fcmv1", "{}", "token-1"},
		{"flag first", "&x=1&DIRECT", "adm", "{}", "token-1"},
		{"the handle alone", "", "windows", toast, wnsURI},
		{"MPNS over plain HTTP", "&direct", "windowsphone", "<a/>", "http://db5.notify.live.net/x/01.00/abc"},
		{"browser", "&direct", "browser", "text", "https://updates.push.services.mozilla.com/wpush/v2/abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.call(http.MethodPost, messages+c.query, c.body, "ServiceBusNotification-Format", c.format,
				"ServiceBusNotification-DeviceHandle", c.handle, "ServiceBusNotification-Tags", "ignored &&",
				"P256DH", p256dh, "Auth", secret).want(201)
			want := []hub.DirectHandle{{Handle: c.handle}}
			if c.format == "browser" {
				want[0].Browser = &hub.BrowserKeys{P256DH: p256dh, Auth: secret}
			}
			n := f.dispatch.last(t)
			if diff := cmp.Diff(want, n.Direct); diff != "" || n.Tags != "" {
				t.Errorf("tags %q, direct (-want +got):\n%s", n.Tags, diff)
			}
		})
	}
}

// Every 400 of a send. Nothing is given to the pipeline.
func TestSendRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const invalid = "The supplied notification payload is invalid. "
	deep := strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65)
	for _, c := range []struct {
		name, body string
		headers    string // name: value, separated by |
		sentence   string
	}{
		{"unknown format", apple, "ServiceBusNotification-Format: fcmlegacy",
			`The HTTP header "ServiceBusNotification-Format" has an invalid value: "fcmlegacy". ` + allowed},
		{"a dead format", apple, "ServiceBusNotification-Format: nokiax", `The HTTP header "ServiceBusNotification-Format" has an invalid value: "nokiax". ` + allowed},

		{"a JSON string, as the Python client makes of text", `"{\"aps\":{}}"`, "ServiceBusNotification-Format: apple", invalid + "A JSON object is expected."},
		{"an array", `[]`, "ServiceBusNotification-Format: gcm", invalid + "A JSON object is expected."},
		{"broken JSON", `{"aps":`, "ServiceBusNotification-Format: apple", invalid + "A JSON object is expected."},
		{"two objects", `{}{}`, "ServiceBusNotification-Format: adm", invalid + "A JSON object is expected."},
		{"empty", ``, "ServiceBusNotification-Format: apple", invalid + "The body is empty."},
		{"blank for a browser", "  ", "ServiceBusNotification-Format: browser", invalid + "The body is empty."},
		{"empty raw", "", "ServiceBusNotification-Format: windows|X-WNS-Type: wns/raw", invalid + "The body is empty."},

		{"text for WNS", "hello", "ServiceBusNotification-Format: windows", invalid + notXML},
		{"text for a WNS toast", "hello", "ServiceBusNotification-Format: windows|X-WNS-Type: wns/toast", invalid + notXML},
		{"an open element", "<toast>", "ServiceBusNotification-Format: windows", invalid + notXML},
		{"two elements", "<toast/><toast/>", "ServiceBusNotification-Format: windows", invalid + notXML},
		{"text after the element", "<toast/>x", "ServiceBusNotification-Format: windows", invalid + notXML},
		{"a DOCTYPE", `<!DOCTYPE a [<!ENTITY b "c">]><toast/>`, "ServiceBusNotification-Format: windows", invalid + notXML},
		{"an entity", `<toast>&b;</toast>`, "ServiceBusNotification-Format: windows", invalid + notXML},
		{"too deep", deep, "ServiceBusNotification-Format: windows", invalid + notXML},
		{"text for MPNS without a raw class", "hello", "ServiceBusNotification-Format: windowsphone|X-NotificationClass: 2", invalid + notXML},

		{"a template's property that is an object", `{"a":{}}`, "ServiceBusNotification-Format: template",
			invalid + `A flat JSON object of texts is expected: the property "a" is an object or an array: only text is allowed.`},

		{"dangling operator", apple, "ServiceBusNotification-Format: apple|ServiceBusNotification-Tags: a &&",
			"The tag expression is not valid: the expression ends where a tag or ( is expected (at position 5)."},
		{"open parenthesis", apple, "ServiceBusNotification-Format: apple|ServiceBusNotification-Tags: (a && b",
			"The tag expression is not valid: the parenthesis opened at position 1 is not closed (at position 8)."},
		{"too many tags", apple, "ServiceBusNotification-Format: apple|ServiceBusNotification-Tags: " + strings.Repeat("a && ", 6) + "a",
			"The tag expression is not valid: the expression has 7 tags; an expression with && or ! may have at most 6 (at position 31)."},

		{"expiry", apple, "ServiceBusNotification-Format: apple|ServiceBusNotification-Apns-Expiry: tomorrow",
			`The HTTP header "ServiceBusNotification-Apns-Expiry" has an invalid value: "tomorrow". A date such as 2030-01-02T03:04:05Z is expected.`},

		{"a direct template", `{}`, "ServiceBusNotification-Format: template|ServiceBusNotification-DeviceHandle: x",
			"A template cannot be sent directly: a device has templates through its registrations only."},
		{"a direct send to a browser without keys", `x`, "ServiceBusNotification-Format: browser|ServiceBusNotification-DeviceHandle: https://a.example.com/b",
			"A browser needs its endpoint, p256dh and auth."},
		{"a WNS channel elsewhere", toast, "ServiceBusNotification-Format: windows|ServiceBusNotification-DeviceHandle: https://evilnotify.windows.com/a",
			"The PNS handle is not valid: the channel URI does not point to https://notify.windows.com."},
		{"an MPNS channel elsewhere", "<a/>", "ServiceBusNotification-Format: windowsphone|ServiceBusNotification-DeviceHandle: http://169.254.169.254/",
			"The PNS handle is not valid: the channel URI does not point to https://notify.live.net, http://notify.live.net."},
		{"a browser at home", "x", "ServiceBusNotification-Format: browser|ServiceBusNotification-DeviceHandle: https://127.0.0.1/a|P256DH: " + p256dh + "|Auth: " + secret,
			"The PNS handle is not valid: 127.0.0.1 is not an address on the public internet."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []string
			for h := range strings.SplitSeq(c.headers, "|") {
				name, value, _ := strings.Cut(h, ": ")
				headers = append(headers, name, value)
			}
			f.send(c.body, headers...).refused(400, c.sentence)
		})
	}
	f.call(http.MethodPost, messages+"&direct", apple, "ServiceBusNotification-Format", "apple").
		refused(400, `A direct send needs the HTTP header "ServiceBusNotification-DeviceHandle".`)
	if n := f.dispatch.count(); n != 0 {
		t.Errorf("%d of the refused sends were accepted", n)
	}
}

const notXML = "One XML element is expected, or raw text with the header that says so."

func TestSendTakesRawText(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.send("raw bytes", "ServiceBusNotification-Format", "windows", "X-WNS-Type", "wns/RAW").want(201)
	for _, class := range []string{"3", "13", "23", "31"} {
		f.send("raw bytes", "ServiceBusNotification-Format", "windowsphone", "X-NotificationClass", class).want(201)
	}
}

// Azure's limit holds whether the length is told beforehand or not, and the
// body is not read to its end.
func TestSendRefusesLongBodies(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const limit = 64 << 10
	fits := `{"a":"` + strings.Repeat("x", limit-8) + `"}`
	f.send(fits, "ServiceBusNotification-Format", "apple").want(201)
	f.send(fits+" ", "ServiceBusNotification-Format", "apple").refused(413, "The request body has more than 65536 bytes.")

	head := "POST " + messages + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + f.token() + "\r\nServiceBusNotification-Format: apple\r\n"
	t.Run("told beforehand, and never sent", func(t *testing.T) {
		answer := f.raw(head + "Expect: 100-continue\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 413 ") {
			t.Errorf("answer %q", answer)
		}
	})
	t.Run("told beforehand, and withheld", func(t *testing.T) {
		answer := f.raw(head + "Content-Length: 100000\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 413 ") || !strings.Contains(answer, "Connection: close") {
			t.Errorf("answer %q", answer)
		}
	})
	t.Run("in chunks", func(t *testing.T) {
		chunk := strings.Repeat("x", limit+1)
		answer := f.raw(head + "Transfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(chunk)), 16) + "\r\n" + chunk + "\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 413 ") || !strings.Contains(answer, "Connection: close") {
			t.Errorf("answer %q", answer)
		}
	})
	if n := f.dispatch.count(); n != 1 {
		t.Errorf("%d sends were accepted, want 1", n)
	}
}

// A caller that sends its whole body before it reads sees why it was refused,
// however it was: the connection is not reset under what it sends.
func TestRefusedBodiesAreTakenIn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	good, long := f.token(), strings.Repeat("x", 100_000)
	for name, c := range map[string]struct{ version, authorization, headers, body, status string }{
		"too long":                         {"1.1", good, "", long, "413"},
		"too long, on its last connection": {"1.1", good, "Connection: close\r\n", long, "413"},
		"too long, by HTTP/1.0":            {"1.0", good, "", long, "413"},
		"not signed, by the Ruby client":   {"1.1", "x", "Connection: close\r\n", long, "401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := f.dial()
			fmt.Fprintf(conn, "POST %s HTTP/%s\r\nHost: %s\r\nAuthorization: %s\r\n%sContent-Length: %d\r\n\r\n",
				messages, c.version, host, c.authorization, c.headers, len(c.body))
			answer := bufio.NewReader(conn)
			if _, err := answer.Peek(1); err != nil { // it is refused before its body is there
				t.Fatal(err)
			}
			for rest := c.body; rest != ""; {
				n := min(len(rest), 10_000)
				if _, err := io.WriteString(conn, rest[:n]); err != nil {
					t.Fatalf("%d bytes are left to send: %v", len(rest), err)
				}
				rest = rest[n:]
			}
			got, err := io.ReadAll(answer)
			if err != nil || !strings.HasPrefix(string(got), "HTTP/"+c.version+" "+c.status+" ") || !strings.HasSuffix(string(got), "</Error>") {
				t.Errorf("answer %q, %v", got, err)
			}
		})
	}
}

func TestSendLimitIsConfigurable(t *testing.T) {
	t.Parallel()
	f := setupWith(t, func(c *api.Config) { c.MaxBody = 10 })
	f.send(`{"a":"bcdefgh"}`, "ServiceBusNotification-Format", "apple").refused(413, "The request body has more than 10 bytes.")
}

func TestSendBodyThatEndsEarly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	answer := f.raw("POST " + messages + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + f.token() +
		"\r\nServiceBusNotification-Format: apple\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	const sentence = "The request body ended early."
	if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || !strings.Contains(answer, "<Detail>"+sentence+".TrackingId:") {
		t.Errorf("answer %q", answer)
	}
	meet(sentence)
}

// A test send gets its document always: with a flag of any form, and together
// with direct.
func TestTestSend(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.dispatch.results = []dispatch.TestResult{
		{Platform: hub.APNs, Kind: hub.Native, Handle: "00AA", RegistrationID: "1-2-3", Outcome: hub.Success},
		{Platform: hub.WNS, Kind: hub.Template, Handle: wnsURI, RegistrationID: "4-5-6", Outcome: hub.ExpiredChannel},
		{Platform: hub.FCMV1, Kind: hub.Native, Handle: "tok", Outcome: hub.PnsUnreachable},
	}
	const document = `<NotificationOutcome xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
		`<Success>1</Success><Failure>2</Failure><Results>` +
		`<RegistrationResult><ApplicationPlatform>apple</ApplicationPlatform><PnsHandle>00AA</PnsHandle><RegistrationId>1-2-3</RegistrationId><Outcome>The Notification was successfully sent to the Push Notification System</Outcome></RegistrationResult>` +
		`<RegistrationResult><ApplicationPlatform>windows</ApplicationPlatform><PnsHandle>` + wnsURI + `</PnsHandle><RegistrationId>4-5-6</RegistrationId><Outcome>The Push Notification System handle for the registration is invalid</Outcome></RegistrationResult>` +
		`<RegistrationResult><ApplicationPlatform>fcmv1</ApplicationPlatform><PnsHandle>tok</PnsHandle><RegistrationId></RegistrationId><Outcome>PnsUnreachable</Outcome></RegistrationResult>` +
		`</Results></NotificationOutcome>`
	for i, flag := range []string{"&test", "&test=", "&test=true", "&TEST=1", "&direct&test", "&test&direct=true"} {
		t.Run(flag, func(t *testing.T) {
			headers := []string{"ServiceBusNotification-Format", "apple"}
			if strings.Contains(flag, "direct") {
				headers = append(headers, "ServiceBusNotification-DeviceHandle", "00AA")
			}
			g := f.call(http.MethodPost, messages+flag, apple, headers...).want(201)
			if g.body != document {
				t.Errorf("body\n%s\nwant\n%s", g.body, document)
			}
			if want := fmt.Sprintf("https://%s/MyHub/messages/%s?api-version=2020-06", host, notificationID(i+1)); g.header.Get("Location") != want {
				t.Errorf("Location %q, want %q", g.header.Get("Location"), want)
			}
		})
	}
	for _, flag := range []string{"&test=false", "&test=0", "&test=False"} {
		if g := f.call(http.MethodPost, messages+flag, apple, "ServiceBusNotification-Format", "apple").want(201); g.body != "" {
			t.Errorf("%s was taken for a test send", flag)
		}
	}
}

// Disk full or locked: no 201.
func TestSendWhenTheStoreIsBusy(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.dispatch.err = fmt.Errorf("accepting: %w", store.ErrBusy)
	for _, target := range []string{messages, messages + "&test"} {
		g := f.call(http.MethodPost, target, apple, "ServiceBusNotification-Format", "apple")
		g.refused(503, "The server is busy. Try again later.")
		if after := g.header.Get("Retry-After"); after != "1" {
			t.Errorf("Retry-After %q, want whole seconds: 1", after)
		}
		if g.header.Get("Location") != "" {
			t.Error("a send that was not accepted has a Location")
		}
	}
}

// What is wrong inside is for the log, not for the caller.
func TestSendInternalError(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.dispatch.err = errors.New("the disk said secret things")
	f.send(apple, "ServiceBusNotification-Format", "apple").refused(500, "An internal error has occurred.")
	f.server.Close()
	if log := f.log.String(); !strings.Contains(log, "the disk said secret things") || !strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the log does not have the cause: %s", log)
	}
}
