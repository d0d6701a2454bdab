package browser_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// The browser of RFC 8291 §5.
const (
	uaPublic  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	uaPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	uaAuth    = "BTBZMqHH6r4Tts7J_aSIgg"
)

var uaKeys = &hub.BrowserKeys{P256DH: uaPublic, Auth: uaAuth}

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRFC8291Example: §5 and appendix A give every input, and the whole body.
func TestRFC8291Example(t *testing.T) {
	t.Parallel()
	key, err := ecdh.P256().NewPrivateKey(unb64(t, vapidPrivate))
	if err != nil {
		t.Fatal(err)
	}
	salt := unb64(t, "DGv6ra1nlYgDCS1FRnbzlw")
	got, err := browser.Seal([]byte("When I grow up, I want to be a watermelon"), uaKeys, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	want := "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if diff := cmp.Diff(want, base64.RawURLEncoding.EncodeToString(got)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestKeysThatEncryptForNobody(t *testing.T) {
	t.Parallel()
	offCurve := base64.RawURLEncoding.EncodeToString(append([]byte{4}, bytes.Repeat([]byte{1}, 64)...))
	for name, keys := range map[string]*hub.BrowserKeys{
		"none": nil, "off the curve": {P256DH: offCurve, Auth: uaAuth}, "a short secret": {P256DH: uaPublic, Auth: "AAAA"},
	} {
		if _, err := browser.Seal(nil, keys, nil, nil); err == nil || strings.Contains(err.Error(), offCurve) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func headers(nameValues ...string) []hub.Header {
	var out []hub.Header
	for pair := range slices.Chunk(nameValues, 2) {
		out = append(out, hub.Header{Name: pair[0], Value: pair[1]})
	}
	return out
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) time.Time { return pnstest.Now.Add(d) }
	for name, c := range map[string]struct {
		headers             []hub.Header
		expiry              time.Time
		ttl, urgency, topic string
	}{
		"nothing said":               {ttl: "86400"},
		"an expiry":                  {expiry: in(90*time.Second + time.Millisecond), ttl: "90"},
		"a far expiry":               {expiry: in(60 * 24 * time.Hour), ttl: "2592000"},
		"an expiry that has passed":  {expiry: in(-time.Hour), ttl: "0"},
		"a TTL":                      {headers: headers("Ttl", " 60 "), ttl: "60"},
		"a TTL of nothing":           {headers: headers("TTL", "0"), ttl: "0"},
		"a TTL over the limit":       {headers: headers("ttl", "2592001"), ttl: "2592000"},
		"a TTL beyond all numbers":   {headers: headers("TTL", "99999999999999999999"), ttl: "2592000"},
		"a TTL before the expiry":    {headers: headers("TTL", "60"), expiry: in(time.Hour), ttl: "60"},
		"a TTL after the expiry":     {headers: headers("TTL", "7200"), expiry: in(time.Hour), ttl: "3600"},
		"empty ones":                 {headers: headers("TTL", "", "Urgency", " ", "Topic", ""), ttl: "86400"},
		"urgency and topic":          {headers: headers("Urgency", "Very-Low", "Topic", "news-of_2026"), ttl: "86400", urgency: "very-low", topic: "news-of_2026"},
		"the longest topic":          {headers: headers("Topic", strings.Repeat("a", 32)), ttl: "86400", topic: strings.Repeat("a", 32)},
		"headers of somebody else's": {headers: headers("Topic-Of-The-Day", "!", "Authorization", "x", "X-WNS-Type", "y"), ttl: "86400"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := http.Header{"Content-Type": {"application/octet-stream"}, "Content-Encoding": {"aes128gcm"}, "Ttl": {c.ttl}}
			if c.urgency != "" {
				want.Set("Urgency", c.urgency)
			}
			if c.topic != "" {
				want.Set("Topic", c.topic)
			}
			got, no := browser.Prepare(&pns.Message{Body: []byte("x"), Headers: c.headers, Expiry: c.expiry}, pnstest.Now)
			if no != nil {
				t.Fatalf("refused: %+v", *no)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessagesThatAreNotSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body    int
		headers []hub.Header
		outcome hub.Outcome // Success: allowed
	}{
		"the largest":        {3993, nil, hub.Success},
		"one byte more":      {3994, nil, hub.InvalidNotificationSize},
		"an empty one":       {0, nil, hub.Success},
		"a TTL in words":     {1, headers("TTL", "soon"), hub.InvalidNotificationFormat},
		"a negative TTL":     {1, headers("TTL", "-1"), hub.InvalidNotificationFormat},
		"an unknown urgency": {1, headers("Urgency", "urgent"), hub.InvalidNotificationFormat},
		"a long topic":       {1, headers("Topic", strings.Repeat("a", 33)), hub.InvalidNotificationFormat},
		"a topic in words":   {1, headers("Topic", "two words"), hub.InvalidNotificationFormat},
		"an injected header": {1, headers("Topic", "a\r\nb"), hub.InvalidNotificationFormat},
	} {
		_, no := browser.Prepare(&pns.Message{Body: bytes.Repeat([]byte("x"), c.body), Headers: c.headers}, pnstest.Now)
		switch {
		case no == nil && c.outcome != hub.Success:
			t.Errorf("%s: allowed", name)
		case no != nil && (no.Class != pns.Body || no.Outcome != c.outcome || no.Reason == ""):
			t.Errorf("%s: %+v, want %s", name, *no, c.outcome)
		}
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add("TTL", "60")
	f.Add("Urgency", "high")
	f.Add("Topic", "a\r\nb")
	f.Fuzz(func(t *testing.T, name, value string) {
		got, no := browser.Prepare(&pns.Message{Headers: []hub.Header{{Name: name, Value: value}}}, pnstest.Now)
		if no != nil {
			return
		}
		for name, values := range got {
			if len(values) != 1 || strings.ContainsAny(values[0], "\r\n\x00 ") {
				t.Errorf("%s: %q", name, values)
			}
		}
	})
}
