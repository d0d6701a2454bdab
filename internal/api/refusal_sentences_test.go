package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// refusals are bodies, or whatever else a request has, with the sentence that
// refuses each.
type refusals map[string]string

func (all refusals) each(t *testing.T, ask func(f *fixture, given string) got, lead string) {
	t.Helper()
	t.Parallel()
	f := setup(t)
	for given, sentence := range all {
		t.Run(fmt.Sprintf("%.60s", sentence), func(t *testing.T) {
			g := ask(f, given)
			g.t = t
			g.refused(400, lead+sentence)
		})
	}
}

// many writes n members or elements, numbered where text has a %d.
func many(n int, text, separator string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(text, "%d", strconv.Itoa(i))
	}
	return strings.Join(all, separator)
}

func apnsHeader(name, value string) string {
	return description("AppleTemplate", `<DeviceToken>00AA</DeviceToken>`+jsonBody+`<ApnsHeaders><ApnsHeader><Header>`+name+`</Header><Value>`+value+`</Value></ApnsHeader></ApnsHeaders>`)
}

// Each mistake in a registration has its own sentence.
func TestRegistrationSentences(t *testing.T) {
	appleTemplate := func(inner string) string {
		return description("AppleTemplate", `<DeviceToken>00AA</DeviceToken>`+jsonBody+inner)
	}
	device := func(inner string) string { return description("Apple", `<DeviceToken>00AA</DeviceToken>`+inner) }
	browser := func(p256dh, auth string) string {
		return description("Browser", `<Endpoint>https://updates.push.services.mozilla.com/x</Endpoint><P256DH>`+p256dh+`</P256DH><Auth>`+auth+`</Auth>`)
	}
	refusals{
		description("Gcm", `<GcmRegistrationId>`+strings.Repeat("x", 4097)+`</GcmRegistrationId>`): "The PNS handle has 4097 bytes; at most 4096 are allowed.",
		description("Gcm", `<GcmRegistrationId>a b</GcmRegistrationId>`):                           "The PNS handle holds blanks or control characters.",
		description("Baidu", `<BaiduUserId>u</BaiduUserId>`):                                       "The Baidu handle is not valid: BaiduUserId, without a hyphen, and BaiduChannelId are expected.",
		description("Baidu", `<BaiduChannelId>c</BaiduChannelId>`):                                 "The Baidu handle is not valid: BaiduUserId, without a hyphen, and BaiduChannelId are expected.",
		description("Baidu", `<BaiduUserId>u-c</BaiduUserId>`):                                     "The Baidu handle is not valid: BaiduUserId, without a hyphen, and BaiduChannelId are expected.",
		description("Baidu", `<BaiduUserId>u-v</BaiduUserId><BaiduChannelId>c</BaiduChannelId>`):   "The Baidu handle is not valid: BaiduUserId, without a hyphen, and BaiduChannelId are expected.",
		description("Windows", `<ChannelUri>token</ChannelUri>`):                                   "The channel URI is not an absolute URI that begins with http:// or https://.",
		browser("AAAA", secret):                              "p256dh is not a public key of 65 bytes in base64url.",
		browser(p256dh, "AAAA"):                              "auth is not a secret of 16 bytes in base64url.",
		apnsHeader("apns x", ""):                             `The header "apns x" is not valid: its name has letters, digits, - and _, at most 120.`,
		apnsHeader("apns-x", "$(a"):                          "The header apns-x is not valid: Expression is $(a. A ) is missing after the property a.",
		apnsHeader("apns-x", "a\nb"):                         "The header apns-x is not valid: its value holds line ends.",
		apnsHeader("x", "y"):                                 "The header x is not valid: the names of Apple headers begin with apns-.",
		apnsHeader("apns-priority", "256"):                   `The priority "256" is not a number from 0 to 255.`,
		apnsHeader("apns-expiration", "soon"):                `The header apns-expiration is not a number of seconds: "soon".`,
		device(`<PushVariables>{"a b":"c"}</PushVariables>`): "A push variable is not valid: Property name is a b. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name.",
		device(`<PushVariables>{"a":"` + strings.Repeat("x", 8000) + `"}</PushVariables>`): "The push variables have 8001 bytes; at most 8000 are allowed.",
		device(`<PushVariables>[]</PushVariables>`):                                        "PushVariables is not a JSON object of strings.",
		device(`<Tags>` + strings.Repeat("x", 121) + `</Tags>`):                            "The tag '" + strings.Repeat("x", 40) + "…' has 121 characters; at most 120 are allowed.",
		device(`<Tags>a</Tags><Tags>b</Tags>`):                                             "AppleRegistrationDescription holds Tags more than once.",
		device(`<Tags><b/></Tags>`):                                                        "Tags holds the element b where a text is expected: escape the text, or put it in CDATA.",
		device(`<ExpirationTime>soon</ExpirationTime>`):                                    `ExpirationTime: "soon" is not a date, as in 2030-01-02T03:04:05Z.`,
		description("Windows", `<ChannelUri>`+wnsURI+`</ChannelUri><SecondaryTileName>`+strings.Repeat("x", 257)+`</SecondaryTileName>`): "The secondary tile's name has 257 bytes; at most 256 are allowed.",
		appleTemplate(`<TemplateName>$x</TemplateName>`):                                                                                           "The template name can not start with $.",
		appleTemplate(`<TemplateName>` + strings.Repeat("ä", 201) + `</TemplateName>`):                                                             "The template name has 201 characters; at most 200 are allowed.",
		appleTemplate(`<ApnsHeaders>` + many(51, `<ApnsHeader><Header>apns-%d</Header><Value>x</Value></ApnsHeader>`, "") + `</ApnsHeaders>`):      "The template has 51 headers; at most 50 are allowed.",
		appleTemplate(`<Expiry>$(a</Expiry>`):                                                                                                      "The expiry is not valid: Expression is $(a. A ) is missing after the property a.",
		appleTemplate(`<Expiry>soon</Expiry>`):                                                                                                     `The expiry is not valid: the expiry "soon" is neither a date nor 0.`,
		appleTemplate(`<Priority>x</Priority>`):                                                                                                    `The priority "x" is not a number from 0 to 255.`,
		description("WindowsTemplate", `<ChannelUri>`+wnsURI+`</ChannelUri><BodyTemplate>&lt;raw/&gt;</BodyTemplate><WnsHeaders/>`):                "The template needs the header X-WNS-Type: its root element is none of toast, tile, badge.",
		description("MpnsTemplate", `<ChannelUri>https://s.notify.live.net/x</ChannelUri><BodyTemplate>&lt;raw/&gt;</BodyTemplate><MpnsHeaders/>`): "The template needs the header X-NotificationClass: it is neither a toast nor a tile.",
		description("BaiduTemplate", `<BaiduUserId>u</BaiduUserId><BaiduChannelId>c</BaiduChannelId>`+jsonBody+`<MessageType>x</MessageType>`):     `The message type "x" is not a number.`,
		description("AppleTemplate", `<DeviceToken>00AA</DeviceToken><BodyTemplate>&lt;toast/&gt;</BodyTemplate>`):                                 "The body template is not valid: a JSON object is expected.",
		`<entry/>`:                "The entry has no content element with one registration description.",
		`<feed/>`:                 "The element feed is not a registration description of a known type.",
		`<!DOCTYPE a><entry/>`:    "The XML has a document type, which is not allowed.",
		`<entry/><entry/>`:        "The XML has more than one root element.",
		`<entry/>x`:               "The XML has text outside its root element.",
		``:                        "The XML has no element.",
		strings.Repeat("<a>", 33): "The XML has more than 32 levels.",
		`<entry ` + many(65, `a%d=""`, " ") + `/>`: "The XML has an element with more than 64 attributes.",
	}.each(t, func(f *fixture, body string) got { return f.call(http.MethodPut, registrations+"/1-2-3", body) }, "")
}

// Each mistake in an installation has its own sentence.
func TestInstallationSentences(t *testing.T) {
	of := func(members string) string {
		return `{"installationId":"i","platform":"apns","pushChannel":"00AA",` + members + `}`
	}
	tiles := func(members string) string {
		return `{"installationId":"i","platform":"wns","pushChannel":"` + wnsURI + `","secondaryTiles":{` + members + `}}`
	}
	refusals{
		`{"installationId":"i","platform":"baidu","pushChannel":"u"}`: "The Baidu handle is not valid: userId-channelId is expected.",
		of(`"userId":"a b"`): `userId "a b" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`,
		of(`"templates":{` + many(100, `"t%d":{"body":"{}"}`, ",") + `},"tags":[` + many(100, `"t%d"`, ",") + `]`): "The installation stands for 10302 registrations and tags: every template carries the device's tags again. At most 10000 are allowed.",
		of(`"templates":{` + many(101, `"t%d":{"body":"{}"}`, ",") + `}`):                                          "There are 101 templates; at most 100 are allowed.",
		of(`"templates":{"":{"body":"{}"}}`):                                                                       "A template needs a name.",
		of(`"templates":{"t":{"body":"x"}}`):                                                                       "templates/t: Failed to deserialize the body template: a JSON object or an XML element is expected",
		of(`"tags":[` + many(501, `"t%d"`, ",") + `]`):                                                             "There are 501 tags; at most 500 are allowed.",
		tiles(many(21, `"t%d":{"pushChannel":"`+wnsURI+`"}`, ",")):                                                 "There are 21 secondary tiles; at most 20 are allowed.",
		tiles(`"":{"pushChannel":"` + wnsURI + `"}`):                                                               "A secondary tile's id has 1 to 256 bytes.",
		tiles(`"t":{}`): "secondaryTiles/t: The PNS handle is missing.",
	}.each(t, func(f *fixture, body string) got { return f.putInstallation("i", body) }, "Installation validation failed with following error(s):\n\n")
}

// What cannot be read as an installation is told without the sentence that
// stands before what is not valid.
func TestInstallationsThatCannotBeRead(t *testing.T) {
	refusals{
		`{"installationId":1}`:                   "the installation's installationId cannot be a JSON number",
		`{} {}`:                                  "the installation is not JSON: invalid character '{' after top-level value",
		`{`:                                      "the installation is not JSON: unexpected end of JSON input",
		`[]`:                                     "the installation is not a JSON object",
		strings.Repeat(`{"a":`, 17):              "the installation nests deeper than 16",
		`{"expirationTime":"soon"}`:              `expirationTime: "soon" is not a date, as in 2030-01-02T03:04:05Z`,
		`{"pushChannel":{},"platform":"wns"}`:    `pushChannel is not a text, which the platform "wns" needs`,
		`{"pushChannel":1,"platform":"browser"}`: "pushChannel is not an object with endpoint, p256dh and auth",
	}.each(t, func(f *fixture, body string) got { return f.putInstallation("i", body) }, "")
}

// Whether an id is valid, the hub says of the path's too.
func TestInstallationIDSentence(t *testing.T) {
	t.Parallel()
	setup(t).putInstallation("a%20b", `{"installationId":"a b","platform":"apns","pushChannel":"00AA"}`).
		refused(400, "Installation validation failed with following error(s):\n\ninstallationId \"a b\" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.")
}

// Each mistake in an operation has its own sentence, which names the operation.
func TestPatchSentences(t *testing.T) {
	const paths = "/pushChannel, /userId, /tags, /tags/{tag}, /pushVariables, /pushVariables/{name}, /templates, /templates/{name} and what is in it, " +
		"/secondaryTiles, /secondaryTiles/{id} and what is in it, and /expirationTime"
	for _, c := range []struct{ op, path, value, sentence string }{
		{"move", "/tags", `"x"`, "the op is none of add, remove, replace."},
		{"add", "/tags", `null`, "it has no value."},
		{"add", "tags", `"x"`, "the path does not begin with /."},
		{"add", "/~2", `"x"`, "the path has a ~ that neither 0 nor 1 follows."},
		{"add", "/tags//x", `"x"`, "the path has an empty part."},
		{"add", "/none", `"x"`, "the path is unknown; there are " + paths + "."},
		{"add", "/templates/t/none", `"x"`, "the path is unknown; there are in a template /body, /headers, /headers/{name}, /expiry, /tags and /tags/{tag}."},
		{"add", "/secondaryTiles/t/none", `"x"`, "the path is unknown; there are in a secondary tile /pushChannel, /tags, /tags/{tag}, /templates, and /templates/{name} and what is in it."},
		{"remove", "/tags/a/b", `null`, "the path is unknown: nothing is in a tag."},
		{"add", "/pushVariables/a/b", `"x"`, "the path is unknown: nothing is in a push variable."},
		{"replace", "/platform", `"wns"`, "it cannot be changed: put another installation."},
		{"replace", "/pushChannelExpired", `"false"`, "the push service alone says whether a channel has expired; a channel that is written is alive."},
		{"remove", "/templates/t/body", `null`, "a template needs its body."},
		{"remove", "/pushChannel", `null`, "a device needs its channel."},
		{"remove", "/secondaryTiles/t/pushChannel", `null`, "a device needs its channel."},
		{"replace", "/templates/none/body", `"x"`, "there is no template of this name."},
		{"add", "/userId", `1`, "the value is not a text."},
		{"add", "/templates/t", `[]`, "the value is neither an object nor a text that holds one."},
		{"add", "/templates/t", `{"body":1}`, "the value is not an object with a template's body, headers, expiry and tags."},
		{"add", "/pushVariables", `{"a":1}`, `push variable "a": the value is not a text.`},
		{"add", "/expirationTime", `"soon"`, "the value is not a date such as 2030-01-02T03:04:05Z."},
		{"add", "/tags/a", `"x"`, "a tag is added to /tags, with the tag as the value."},
		{"add", "/tags", `[1]`, "the value is neither a tag nor an array of tags."},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.putInstallation("i", patched).want(200)
			f.patchInstallation("i", `[{"op":"add","path":"/tags","value":"new"},{"op":"add","path":"/userId","value":"new"},{"op":`+quote(c.op)+`,"path":`+quote(c.path)+`,"value":`+c.value+`}]`).
				refused(400, fmt.Sprintf("The operation at index 2 of the patch (%q %q) is not valid: %s", c.op, c.path, c.sentence))
			if got := f.installation("MyHub", "i"); got["userId"] != "u" || len(got["tags"].([]any)) != 2 {
				t.Errorf("something was written: %v", got)
			}
		})
	}
}

// So have patches that are no list of operations, or too much of one.
func TestPatchesThatCannotBeRead(t *testing.T) {
	lots := func(text string) string { return `[` + many(2001, text, ",") + `]` }
	headers, err := json.Marshal("{" + many(2001, `"h%d":"x"`, ",") + "}")
	if err != nil {
		t.Fatal(err)
	}
	refusals{
		`{}`:  "the patch is not a JSON array",
		`[1]`: "The patch is not valid: an array of objects with op, path and value is expected.",
		`[` + many(1001, `{"op":"add","path":"/tags","value":"x"}`, ",") + `]`:                                                                                                                           "The patch has 1001 operations; at most 1000 are allowed.",
		`[{"op":"add","path":"/tags","value":` + lots(`"t%d"`) + `},{"op":"remove","path":"/tags/x"}]`:                                                                                                   `The operation at index 1 of the patch ("remove" "/tags/x") is not valid: there are more than 2000 tags.`,
		`[{"op":"add","path":"/templates/t","value":{"body":"{}"}},{"op":"add","path":"/templates/t/headers","value":` + string(headers) + `},{"op":"add","path":"/templates/t/headers/x","value":"x"}]`: `The operation at index 2 of the patch ("add" "/templates/t/headers/x") is not valid: there are more than 2000 headers.`,
	}.each(t, func(f *fixture, body string) got {
		f.putInstallation("i", patched).want(200)
		return f.patchInstallation("i", body)
	}, "")
}

// Each mistake in a batch's parts has its own sentence.
func TestBatchSentences(t *testing.T) {
	part := func(name, body string) string {
		return "--b\r\nContent-Disposition: inline; name=" + name + "\r\n\r\n" + body + "\r\n"
	}
	message := part("notification", apple)
	refusals{
		message:                             "Could not find a part of the multipart content: devices, as Content-Disposition: inline; name=devices.",
		strings.Repeat(part("x", ""), 11):   "The multipart content has more than 10 parts.",
		message + message:                   "The multipart content has the part notification twice.",
		message + part("devices", "x"):      "The part devices is not a JSON array of texts (at byte 0).",
		message + part("devices", `["a",]`): "The part devices is not a JSON array of texts (at byte 5).",
	}.each(t, func(f *fixture, body string) got {
		return f.call(http.MethodPost, batches, body, "Content-Type", "multipart/mixed; boundary=b", "ServiceBusNotification-Format", "apple")
	}, "")
}

// Each mistake in a tag expression has its own sentence.
func TestTagExpressionSentences(t *testing.T) {
	refusals{
		"a & b":                        "a single & means nothing: write && (at position 3).",
		"caf\xe9":                      "the expression is not UTF-8 (at position 4).",
		strings.Repeat("x", 121):       "a tag of 121 characters; at most 120 are allowed (at position 1).",
		"$UserId:{a":                   "$UserId:{… is not closed: } is missing (at position 1).",
		strings.Repeat("x", 8001):      "the expression has 8001 bytes; at most 8000 are allowed (at position 8001).",
		strings.Repeat("!", 101) + "a": "parentheses and ! nest deeper than 100 (at position 102).",
		"()":                           ") without a tag before it, or without its ( (at position 2).",
		"a b":                          `"b" follows without && or || before it (at position 3).`,
	}.each(t, func(f *fixture, tags string) got { return f.send("{}", "ServiceBusNotification-Tags", tags) }, "The tag expression is not valid: ")
}

// Each mistake in a token has its own sentence.
func TestTokenSentences(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for token, sentence := range map[string]string{
		"Bearer x": "The Authorization header does not begin with SharedAccessSignature.",
		"SharedAccessSignature " + strings.Repeat("x", 16<<10): "The token has more than 16384 characters.",
		"SharedAccessSignature sr=a&sr=a":                      "The token is not a list of sr=, sig=, se= and skn=, each once.",
		"SharedAccessSignature sr=a&sig=AAAA&se=1":             "The token has no skn=.",
		"SharedAccessSignature sr=%zz&sig=AAAA&se=1&skn=Full":  "The token's sr= is not escaped as a URI is.",
		"SharedAccessSignature sr=a&sig=AAAA&se=1&skn=%zz":     "The token's skn= is not escaped as a URI is.",
		"SharedAccessSignature sr=a&sig=A&se=1&skn=Full":       "The token's sig= is not base64.",
		"SharedAccessSignature sr=a&sig=AAAA&se=soon&skn=Full": "The token's se= is not a number of seconds since 1970.",
	} {
		f.send("{}", "Authorization", token).refused(401, "MalformedToken: "+sentence)
	}
}

// Each mistake in the form of a job or a hub has its own sentence.
func TestJobSentences(t *testing.T) {
	const needed = `<Type>ExportRegistrations</Type><OutputContainerUri>` + jobURL + `</OutputContainerUri>`
	properties := func(pairs string) string {
		return jobEntry(needed + `<InputProperties xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays">` + pairs + `</InputProperties>`)
	}
	const pair = `<d3p1:KeyValueOfstringstring><d3p1:Key>k%d</d3p1:Key><d3p1:Value>v</d3p1:Value></d3p1:KeyValueOfstringstring>`
	refusals{
		properties(many(33, pair, "")): "InputProperties has 33 entries; at most 32 are allowed.",
		properties(strings.Replace(pair, ">v<", ">"+strings.Repeat("v", 1025)+"<", 1)): "InputProperties has a name or a value with more than 1024 bytes.",
		jobEntry(needed + `<Progress>101</Progress>`):                                  `Progress is not a number from 0 to 100: "101".`,
	}.each(t, func(f *fixture, body string) got { return f.call(http.MethodPost, "/MyHub/jobs", body) }, "The supplied notificationhub job payload is invalid. ")
}

func TestHubSentences(t *testing.T) {
	credential := func(properties string) string {
		return hubBody("<ApnsCredential><Properties>" + properties + "</Properties></ApnsCredential>")
	}
	property := func(name string) string { return "<Property><Name>" + name + "</Name><Value>x</Value></Property>" }
	refusals{
		`<entry/>`:               "The entry has no content element with one NotificationHubDescription.",
		`<feed/>`:                "An entry with a NotificationHubDescription is expected, not a feed.",
		`<x/>`:                   "A NotificationHubDescription is expected, not the element x.",
		credential(property("")): "ApnsCredential holds a Property without a Name.",
		credential(property("AppId") + property("AppId")): `ApnsCredential holds the Property "AppId" more than once.`,
	}.each(t, func(f *fixture, body string) got { return f.manage(http.MethodPut, "/shop", body) }, "")
}
