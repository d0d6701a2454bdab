package hub_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

const (
	jsonBody  = `{"aps":{"alert":"{'Hi ' + $(nick)}"}}`
	toastBody = `<toast><visual><binding template="ToastText01"><text id="1">$(msg)</text></binding></visual></toast>`
	phoneBody = `<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>$(msg)</wp:Text1></wp:Toast></wp:Notification>`
)

func headers(pairs ...string) []hub.Header {
	var out []hub.Header
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, hub.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// The headers are those that the .NET SDK derives; tiles are called token there.
func TestComplete(t *testing.T) {
	t.Parallel()
	tile := strings.ReplaceAll(phoneBody, "Toast", "Tile")
	for _, c := range []struct {
		name     string
		platform hub.Platform
		body     string
		given    []hub.Header
		want     []hub.Header
	}{
		{"toast", hub.WNS, toastBody, nil, headers("X-WNS-Type", "wns/toast")},
		{"tile", hub.WNS, "<tile/>", headers("X-WNS-Tag", "t"), headers("X-WNS-Tag", "t", "X-WNS-Type", "wns/tile")},
		{"badge", hub.WNS, `<badge value="#(n)"/>`, nil, headers("X-WNS-Type", "wns/badge")},
		{"given in another case", hub.WNS, toastBody, headers("x-wns-type", "wns/raw"), headers("x-wns-type", "wns/raw")},
		{"given, but empty", hub.WNS, toastBody, headers("x-wns-type", ""), headers("x-wns-type", "wns/toast")},
		{"another root", hub.WNS, "<raw><toast/></raw>", nil, nil},
		{"JSON", hub.WNS, `{"a":"<toast/>"}`, nil, nil},
		{"phone toast", hub.MPNS, phoneBody, nil, headers("X-WindowsPhone-Target", "toast", "X-NotificationClass", "2")},
		{"phone tile", hub.MPNS, tile, nil, headers("X-WindowsPhone-Target", "token", "X-NotificationClass", "1")},
		{"phone toast with a target", hub.MPNS, phoneBody, headers("X-WindowsPhone-Target", "toast"),
			headers("X-WindowsPhone-Target", "toast", "X-NotificationClass", "2")},
		{"phone toast with a delayed class", hub.MPNS, phoneBody, headers("X-NotificationClass", "12"),
			headers("X-NotificationClass", "12", "X-WindowsPhone-Target", "toast")},
		{"phone raw", hub.MPNS, `<raw><Toast/></raw>`, headers("X-NotificationClass", "3"), headers("X-NotificationClass", "3")},
		{"phone without a child", hub.MPNS, `<Notification/>`, nil, nil},
		{"apple", hub.APNs, jsonBody, nil, nil},
	} {
		b := &hub.TemplateBody{Body: c.body, Headers: c.given}
		b.Complete(c.platform)
		if diff := cmp.Diff(c.want, b.Headers); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		b.Complete(c.platform)
		if diff := cmp.Diff(c.want, b.Headers); diff != "" {
			t.Errorf("%s, done twice: %s", c.name, diff)
		}
	}
}

func TestTemplateBodyValidate(t *testing.T) {
	t.Parallel()
	const wantsJSON = "The body template is not valid: a JSON object is expected."
	wnsType, class := headers("X-WNS-Type", "wns/toast"), headers("X-NotificationClass", "2")
	for _, c := range []struct {
		name     string
		platform hub.Platform
		body     hub.TemplateBody
		refuse   string
	}{
		{"apple", hub.APNs, hub.TemplateBody{Body: jsonBody, Name: "greet"}, ""},
		{"apple XML", hub.APNs, hub.TemplateBody{Body: toastBody}, wantsJSON},
		{"fcm XML", hub.FCMV1, hub.TemplateBody{Body: toastBody}, wantsJSON},
		{"browser XML", hub.Browser, hub.TemplateBody{Body: toastBody}, wantsJSON},
		{"an array", hub.GCM, hub.TemplateBody{Body: `["$(a)"]`}, "Failed to deserialize the body template: a JSON object or an XML element is expected"},
		{"empty", hub.GCM, hub.TemplateBody{}, "Failed to deserialize the body template: it is empty"},
		{"reserved expression", hub.GCM, hub.TemplateBody{Body: `{"a":"$body"}`}, "Expression is $body. Expression type '$body' is not supported."},

		{"wns", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: wnsType}, ""},
		{"wns JSON, for raw", hub.WNS, hub.TemplateBody{Body: jsonBody, Headers: headers("X-WNS-Type", "wns/raw")}, ""},
		{"wns type by expression", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: headers("X-WNS-Type", "$(type)")}, ""},
		{"wns declared as UTF-16", hub.WNS, hub.TemplateBody{Body: `<?xml version="1.0" encoding="utf-16"?>` + toastBody, Headers: wnsType}, ""},
		{"wns without a type", hub.WNS, hub.TemplateBody{Body: "<raw/>"},
			"The template needs the header X-WNS-Type: its root element is none of toast, tile, badge."},
		{"wns with an empty type", hub.WNS, hub.TemplateBody{Body: "<raw/>", Headers: headers("X-WNS-Type", "")},
			"The template needs the header X-WNS-Type: its root element is none of toast, tile, badge."},
		{"mpns", hub.MPNS, hub.TemplateBody{Body: phoneBody, Headers: class}, ""},
		{"mpns without a class", hub.MPNS, hub.TemplateBody{Body: "<raw/>", Headers: headers("X-WindowsPhone-Target", "toast")},
			"The template needs the header X-NotificationClass: it is neither a toast nor a tile."},

		{"name of 200 characters", hub.APNs, hub.TemplateBody{Body: jsonBody, Name: strings.Repeat("ü", 200)}, ""},
		{"name with a blank", hub.APNs, hub.TemplateBody{Body: jsonBody, Name: "Template Name"}, ""},
		{"name of 201 characters", hub.APNs, hub.TemplateBody{Body: jsonBody, Name: strings.Repeat("ü", 201)},
			"The template name has 201 characters; at most 200 are allowed."},
		{"name of a system tag", hub.APNs, hub.TemplateBody{Body: jsonBody, Name: "$UserId:{x}"}, "The template name can not start with $."},

		{"apple headers", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-push-type", "alert", "APNS-Priority", "10", "apns-expiration", "1700000000", "apns-collapse-id", "$(id)")}, ""},
		{"apple headers by expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-priority", "$(p)", "apns-expiration", "{'1' + $(x)}")}, ""},
		{"apple headers that are empty", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-priority", "", "apns-expiration", "")}, ""},
		{"apple header of another service", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("X-WNS-Type", "wns/raw")},
			"The header X-WNS-Type is not valid: the names of Apple headers begin with apns-."},
		{"apple priority beyond a byte", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("Apns-Priority", "256")}, `The priority "256" is not a number from 0 to 255.`},
		{"apple priority as a constant expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-priority", "{'high'}")}, `The priority "high" is not a number from 0 to 255.`},
		{"apple expiration", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-expiration", "tomorrow")},
			`The header apns-expiration is not a number of seconds: "tomorrow".`},
		{"header expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Headers: headers("apns-topic", "$x")},
			"The header apns-topic is not valid: Expression is $x. An expression has three characters at least."},
		{"header without a name", hub.GCM, hub.TemplateBody{Body: jsonBody, Headers: headers("", "x")},
			`The header "" is not valid: its name has letters, digits, - and _, at most 120.`},
		{"header name with a line end", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: headers("X-WNS-Type", "wns/toast", "X-A\r\nB", "x")},
			`The header "X-A\r\nB" is not valid: its name has letters, digits, - and _, at most 120.`},
		{"header name with a control character", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: headers("X-A\x11", "x")},
			`The header "X-A\x11" is not valid: its name has letters, digits, - and _, at most 120.`},
		{"header value with a line end", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: headers("X-WNS-Type", "wns/toast\r\nX-B: c")},
			"The header X-WNS-Type is not valid: its value holds line ends."},
		{"50 headers", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: append(headers(strings.Split(strings.Repeat("X-A,b,", 49), ",")[:98]...), wnsType...)}, ""},
		{"51 headers", hub.WNS, hub.TemplateBody{Body: toastBody, Headers: append(headers(strings.Split(strings.Repeat("X-A,b,", 50), ",")[:100]...), wnsType...)},
			"The template has 51 headers; at most 50 are allowed."},

		{"priority", hub.APNs, hub.TemplateBody{Body: jsonBody, Priority: "5"}, ""},
		{"priority by expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Priority: "$(p)"}, ""},
		{"priority that is none", hub.APNs, hub.TemplateBody{Body: jsonBody, Priority: "-1"}, `The priority "-1" is not a number from 0 to 255.`},
		{"expiry", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "2030-01-01T00:00:00Z"}, ""},
		{"expiry for one attempt", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "0"}, ""},
		{"expiry by expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "$(when)"}, ""},
		{"expiry as a constant expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "{'2030-01-01'}"}, ""},
		{"expiry that is none", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "1"}, `The expiry is not valid: the expiry "1" is neither a date nor 0.`},
		{"expiry with a bad expression", hub.APNs, hub.TemplateBody{Body: jsonBody, Expiry: "$(a"},
			"The expiry is not valid: Expression is $(a. A ) is missing after the property a."},
		{"message type", hub.Baidu, hub.TemplateBody{Body: jsonBody, MessageType: "1"}, ""},
		{"message type that is none", hub.Baidu, hub.TemplateBody{Body: jsonBody, MessageType: "toast"}, `The message type "toast" is not a number.`},
	} {
		refused(t, c.name, c.body.Validate(c.platform), c.refuse)
	}
}
