package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	idElement = regexp.MustCompile(`<RegistrationId>([^<]*)</RegistrationId>`)
	nextLink  = regexp.MustCompile(`<link rel="next" href="([^"]*)"/>`)
)

// ids are the registrations of a feed, in order.
func (g got) ids() []string {
	g.t.Helper()
	g.want(200)
	if !strings.HasPrefix(g.body, `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Registrations</title><id>`) {
		g.t.Fatalf("not a feed: %s", g.body)
	}
	var out []string
	for _, m := range idElement.FindAllStringSubmatch(g.body, -1) {
		out = append(out, m[1])
	}
	return out
}

func (f *fixture) apple(id string, tags ...string) {
	f.t.Helper()
	f.put(id, "Apple", `<Tags>`+strings.Join(tags, ",")+`</Tags><DeviceToken>00AA</DeviceToken>`).want(200)
}

func (f *fixture) get(target string, headers ...string) got {
	f.t.Helper()
	return f.call(http.MethodGet, target, "", headers...)
}

// Every client follows the token in its own way: the .NET and Java clients
// paste the header's value as it is, the JavaScript client escapes it once
// more, others follow the link.
func TestListPages(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var all []string
	for i := range 5 {
		all = append(all, fmt.Sprintf("id-%d", i))
		f.apple(all[i], "vip")
	}
	const token = "x-ms-continuationtoken"
	for name, follow := range map[string]func(first string, g got) string{
		".NET": func(first string, g got) string { return first + "&continuationtoken=" + g.header.Get(token) },
		"Java": func(first string, g got) string { return first + "&ContinuationToken=" + g.header.Get(token) },
		"JavaScript": func(first string, g got) string {
			return first + "&continuationtoken=" + url.QueryEscape(g.header.Get(token))
		},
		"the link": func(_ string, g got) string {
			m := nextLink.FindStringSubmatch(g.body)
			if m == nil {
				g.t.Fatalf("no link to the next page: %s", g.body)
			}
			return strings.TrimPrefix(strings.ReplaceAll(m[1], "&amp;", "&"), "https://"+host)
		},
	} {
		for _, first := range []string{
			"/MyHub/registrations?api-version=2020-06&$top=2", "/MyHub/registrations?api-version=2020-06&%24top=2",
			"/MyHub/tags/vip/registrations?$top=2&api-version=2020-06",
		} {
			t.Run(name+" "+first, func(t *testing.T) {
				var seen []string
				g := f.get(first)
				for pages := 1; ; pages++ {
					seen = append(seen, g.ids()...)
					linked := nextLink.MatchString(g.body)
					if linked != (g.header.Get(token) != "") {
						t.Fatalf("token %q, but link: %t", g.header.Get(token), linked)
					}
					if !linked {
						if pages != 3 {
							t.Errorf("%d pages, want 3", pages)
						}
						break
					}
					if e := url.QueryEscape(g.header.Get(token)); e != g.header.Get(token) {
						t.Errorf("the token changes when it is escaped: %s", e)
					}
					g = f.get(follow(first, g))
				}
				if diff := cmp.Diff(all, seen); diff != "" {
					t.Errorf("registrations (-want +got):\n%s", diff)
				}
			})
		}
	}
	t.Run("a page that holds just all", func(t *testing.T) {
		if g := f.get("/MyHub/registrations?$top=5"); len(g.ids()) != 5 || g.header.Get(token) != "" {
			t.Errorf("%d registrations, token %q", len(g.ids()), g.header.Get(token))
		}
	})
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 3 {
		f.apple(fmt.Sprintf("id-%d", i), "a")
	}
	for _, top := range []string{"0", "-1", "x", "1.5", "99999999999999999999"} {
		f.get("/MyHub/registrations?$top="+top).refused(400, fmt.Sprintf("$top is not a number from 1: %q.", top))
	}
	f.get("/MyHub/registrations?$skip=2").
		refused(400, "$skip is not supported: ask for the next page with the continuation token of the last.")
	if got := f.get("/MyHub/registrations?$skip=0&$top=5000").ids(); len(got) != 3 {
		t.Errorf("%v", got)
	}

	token := f.get("/MyHub/registrations?$top=1").header.Get("x-ms-continuationtoken")
	other := []byte(token)
	other[3] ^= 1
	for name, target := range map[string]string{
		"damaged":           "/MyHub/registrations?continuationtoken=" + string(other),
		"cut off":           "/MyHub/registrations?continuationtoken=" + token[:8],
		"another service's": "/MyHub/registrations?continuationtoken=MzEobik7Mg%3D%3D",
		"of another list":   "/MyHub/tags/a/registrations?continuationtoken=" + token,
		"of another hub":    "/daily/registrations?continuationtoken=" + token,
		"of no list":        "/MyHub/registrations?$filter=ChannelUri%20eq%20'a'&continuationtoken=" + token,
	} {
		t.Run(name, func(t *testing.T) {
			f.get(target).refused(400, "The continuation token is not valid for this list.")
		})
	}
	f.get("/MyHub/tags/a%00/registrations").refused(400, "The tag in the path is not valid: at most 512 bytes without control characters are allowed.")
}

func TestListByTag(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.apple("one", "vip:de", "News")
	f.apple("two", "news")
	f.apple("three", "a#b@c.d")
	f.call(http.MethodPut, "/MyHub/installations/i-42", `{"installationId":"i-42","userId":"u.7","platform":"apns","pushChannel":"00AA","tags":["vip"],`+
		`"templates":{"My Greeting":{"body":"{\"a\":\"$(b)\"}","tags":["t"]}}}`).want(200)
	for _, c := range []struct {
		tag  string // as it stands in the path
		want int
	}{
		{"vip:de", 1}, {"vip%3Ade", 1}, {"NEWS", 2}, {"a%23b@c.d", 1}, {"nobody", 0},
		{"$InstallationId:%7Bi-42%7D", 2}, {"%24InstallationId%3A%7Bi-42%7D", 2}, {"$userid:%7BU.7%7D", 2},
		{"vip", 2}, {"t", 1}, {"My%20Greeting", 1},
	} {
		t.Run(c.tag, func(t *testing.T) {
			g := f.get("/MyHub/tags/" + c.tag + "/registrations?api-version=2020-06")
			if got := g.ids(); len(got) != c.want {
				t.Errorf("%d registrations, want %d: %s", len(got), c.want, g.body)
			}
			self := `<link rel="self" href="https://` + host + "/MyHub/tags/" + c.tag + `/registrations?api-version=2020-06"/>`
			if !strings.Contains(g.body, self) {
				t.Errorf("no %s in %s", self, g.body)
			}
		})
	}
	// An entry's id is below the list's own path, before the query.
	if g := f.get("/MyHub/tags/vip:de/registrations/?a=1&$top=9"); !strings.Contains(g.body, "<id>https://"+host+"/MyHub/tags/vip:de/registrations/one?a=1&amp;$top=9</id>") {
		t.Errorf("body %s", g.body)
	}
	derived := f.get("/MyHub/tags/t/registrations")
	if want := "<Tags>$InstallationId:{i-42},$UserId:{u.7},vip,t,My Greeting</Tags>"; !strings.Contains(derived.body, want) {
		t.Errorf("body %s, want %s", derived.body, want)
	}
}

// The .NET client fails on its whole list for one kind that it does not know,
// the Java client on Xiaomi.
func TestListLeavesOutWhatClientsCannotRead(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var all []string
	for _, k := range kinds() {
		f.put(k.kind, k.kind, k.inner).want(200)
		all = append(all, k.kind)
	}
	without := func(beginnings ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(id string) bool {
			return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(id, b) })
		})
	}
	for _, c := range []struct {
		agent string
		want  []string
	}{
		{"NHub/2020-06 (api-origin=DotNetSdk; os=Unix)", without("Browser", "Xiaomi")},
		{"NHub/2020-06 (api-origin=JavaSDK;)", without("Xiaomi")},
		{"azsdk-js-notification-hubs/2.1.0", all},
		{"", all},
	} {
		for _, top := range []string{"1", "2", "3", "7", "100"} {
			t.Run(c.agent+" by "+top, func(t *testing.T) {
				var seen []string
				token := ""
				for range 100 {
					g := f.get("/MyHub/registrations?$top="+top+"&continuationtoken="+token, "User-Agent", c.agent)
					seen = append(seen, g.ids()...)
					if token = g.header.Get("x-ms-continuationtoken"); token == "" {
						break
					}
				}
				if diff := cmp.Diff(c.want, seen); diff != "" {
					t.Errorf("registrations (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// Even where hidden kinds fill page after page, a list ends and misses nothing.
func TestListBehindManyHidden(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 25 {
		f.put(fmt.Sprintf("x-%d", i), "Xiaomi", `<XiaomiRegistrationId>x</XiaomiRegistrationId>`).want(200)
	}
	f.apple("last")
	var seen []string
	token := ""
	for range 20 {
		g := f.get("/MyHub/registrations?$top=1&continuationtoken="+token, "User-Agent", "api-origin=DotNetSdk")
		seen = append(seen, g.ids()...)
		if token = g.header.Get("x-ms-continuationtoken"); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"last"}, seen); diff != "" || token != "" {
		t.Errorf("token %q, registrations (-want +got):\n%s", token, diff)
	}
}

// Each client names a handle in its own way.
func TestListByHandle(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, k := range kinds() {
		f.put(k.kind, k.kind, k.inner).want(200)
	}
	const endpoint = "https://updates.push.services.mozilla.com/wpush/v2/abc"
	for _, c := range []struct{ client, filter, kind string }{
		{".NET and Java, for every platform", "ChannelUri eq '00AABB'", "Apple"},
		{".NET and Java, for every platform", "ChannelUri eq 'g:1'", "Gcm"},
		{".NET and Java, for every platform", "ChannelUri eq 'f:1'", "FcmV1"},
		{".NET and Java, for every platform", "ChannelUri eq '" + wnsURI + "'", "Windows"},
		{".NET and Java, for every platform", "ChannelUri eq 'http://db5.notify.live.net/x/01.00/abc'", "Mpns"},
		{".NET and Java, for every platform", "ChannelUri eq '11-22'", "Baidu"},
		{".NET and Java, for every platform", "ChannelUri eq 'x-1'", "Xiaomi"},
		{"JavaScript", "DeviceToken eq '00AABB'", "Apple"},
		{"JavaScript", "GcmRegistrationId eq 'g:1'", "Gcm"},
		{"JavaScript", "FcmV1RegistrationId eq 'f:1'", "FcmV1"},
		{"JavaScript", "AdmRegistrationId eq 'amzn1.adm-registration.v2.x'", "Adm"},
		{"JavaScript, escaped twice", "ChannelUri eq '" + url.QueryEscape(wnsURI) + "'", "Windows"},
		{"JavaScript", "Endpoint eq '" + url.QueryEscape(endpoint) + "' and P256DH eq '" + p256dh + "' and Auth eq '" + secret + "'", "Browser"},
		{"Android", "BaiduUserId-BaiduChannelId eq '11-22'", "Baidu"},
		{"both halves", "BaiduChannelId eq '22' AND baiduuserid EQ '11'", "Baidu"},
		{"iOS", "deviceToken eq '00AABB'", "Apple"},
		{"blanks", "  devicetoken   eq   '00aabb'  ", "Apple"},
		{"nobody's", "ChannelUri eq 'nobody'", ""},
		{"another browser's keys", "Endpoint eq '" + endpoint + "' and P256DH eq 'x' and Auth eq 'y'", ""},
	} {
		t.Run(c.client+" "+c.filter, func(t *testing.T) {
			var want []string
			if c.kind != "" {
				want = []string{c.kind, c.kind + "Template"}
			}
			for _, name := range []string{"$filter", "%24filter"} {
				g := f.get("/MyHub/registrations?api-version=2020-06&" + name + "=" + url.QueryEscape(c.filter))
				if diff := cmp.Diff(want, g.ids()); diff != "" {
					t.Errorf("registrations (-want +got):\n%s", diff)
				}
				// The .NET client asks again for ever while there is a token.
				if token := g.header.Get("x-ms-continuationtoken"); token != "" {
					t.Errorf("token %q for a list that is whole", token)
				}
			}
		})
	}
}

func TestListByHandleRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const end = ". Supported: ChannelUri eq 'handle', and the other names of a handle."
	for _, c := range []struct{ filter, why string }{
		{"BaiduChannelId eq 2' and BaiduUserId eq '1'", "a value in single quotes is expected"}, // the JavaScript client's
		{"ChannelUri", "a property, eq and a value are expected"},
		{"ChannelUri ne 'a'", "a property, eq and a value are expected"},
		{" ", "a property, eq and a value are expected"},
		{"ChannelUri eq 'a", "the closing quote is missing"},
		{"ChannelUri eq 'a''", "the closing quote is missing"},
		{"ChannelUri eq 'a' or ChannelUri eq 'b'", "and is expected between conditions"},
		{"ChannelUri eq 'a' and", "and is expected between conditions"},
		{"ChannelUri eq 'a' and ", "a property, eq and a value are expected"},
		{"ChannelUri eq 'a' and ChannelUri eq 'b'", "a property is empty, or is there twice"},
		{"ChannelUri eq ''", "a property is empty, or is there twice"},
		{"Tags eq 'a'", "a property is not known"},
		{"BaiduUserId eq '1'", "BaiduUserId and BaiduChannelId are needed both"},
		{"BaiduUserId eq '1' and BaiduChannelId eq '2' and ChannelUri eq 'x'", "a handle is there twice"},
		{"P256DH eq 'a'", "a handle is needed"},
		{"ChannelUri eq '" + strings.Repeat("x", 9000) + "'", "it is too long"},
	} {
		t.Run(c.why, func(t *testing.T) {
			f.get("/MyHub/registrations?$filter="+url.QueryEscape(c.filter)).refused(400, "The $filter is not supported: "+c.why+end)
		})
	}
}

func TestListOfEmptyHub(t *testing.T) {
	t.Parallel()
	f := setup(t)
	g := f.get("/MyHub/registrations/?api-version=2020-06")
	if got := g.ids(); got != nil {
		t.Errorf("ids %v", got)
	}
	const address = "https://" + host + "/MyHub/registrations?api-version=2020-06"
	want := `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Registrations</title><id>` + address +
		`</id><updated>2025-03-04T05:06:07Z</updated><link rel="self" href="` + address + `"/></feed>`
	if g.body != want || g.header.Get("Content-Type") != "application/atom+xml; type=feed; charset=utf-8" {
		t.Errorf("%s %s\nwant %s", g.header.Get("Content-Type"), g.body, want)
	}
}
