package pnssim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestParseWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		svc  pnssim.Service
		word string
		want pnssim.Fate
		says string // of the error; "": none
	}{
		{pnssim.APNs, "live", pnssim.Fate{}, ""},
		{pnssim.APNs, "gone", pnssim.Fate{Kind: "gone"}, ""},
		{pnssim.APNs, "throttled", pnssim.Fate{Kind: "throttled"}, ""},
		{pnssim.APNs, "throttled-1000", pnssim.Fate{Kind: "throttled", Times: 1000}, ""},
		{pnssim.APNs, "slow", pnssim.Fate{Kind: "slow", Delay: 500 * time.Millisecond}, ""},
		{pnssim.APNs, "slow-10000", pnssim.Fate{Kind: "slow", Delay: 10 * time.Second}, ""},
		{pnssim.ADM, "answer-418", pnssim.Fate{Kind: "answer", Times: 418}, ""},
		{pnssim.Xiaomi, "answer-10029", pnssim.Fate{Kind: "answer", Times: 10029}, ""},
		{pnssim.Baidu, "answer-1", pnssim.Fate{Kind: "answer", Times: 1}, ""},
		{pnssim.APNs, "", pnssim.Fate{}, "there are error, expired, foreign, gone, hang, live, malformed"},
		{pnssim.APNs, "Gone", pnssim.Fate{}, `"Gone" is no fate of apns`},
		{pnssim.APNs, "fate-gone", pnssim.Fate{}, "is no fate of apns"},
		{pnssim.APNs, "answer-403", pnssim.Fate{}, "is no fate of apns"},
		{pnssim.FCM, "shutdown", pnssim.Fate{}, "is no fate of fcm"},
		{"telex", "gone", pnssim.Fate{}, "is no fate of telex"},
		{pnssim.APNs, "gone-1", pnssim.Fate{}, "gone has no number"},
		{pnssim.APNs, "live-1", pnssim.Fate{}, "live has no number"},
		{pnssim.APNs, "throttled-", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled-0", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled-1001", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled--1", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled-+1", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled-1x", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "throttled-99999999999999999999", pnssim.Fate{}, "from 1 to 1000"},
		{pnssim.APNs, "slow-10001", pnssim.Fate{}, "up to 10000 milliseconds"},
		{pnssim.APNs, "slow-1s", pnssim.Fate{}, "up to 10000 milliseconds"},
		{pnssim.ADM, "answer", pnssim.Fate{}, "a code from 200 to 599"},
		{pnssim.ADM, "answer-199", pnssim.Fate{}, "a code from 200 to 599"},
		{pnssim.ADM, "answer-10029", pnssim.Fate{}, "a code from 200 to 599"},
		{pnssim.Baidu, "answer-0", pnssim.Fate{}, "a code from 1 to 999999"},
		{pnssim.Baidu, "answer-1000000", pnssim.Fate{}, "a code from 1 to 999999"},
	} {
		got, err := pnssim.ParseWord(c.svc, c.word)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || !cmp.Equal(got, c.want) {
			t.Errorf("%s %q: %+v, %v; want %+v, %q", c.svc, c.word, got, err, c.want, c.says)
		}
	}
}

// answers push to a device of each service, and say what came of it as far as
// it does not change from push to push.
func (f *fixture) answers() map[pnssim.Service]func(handle string) string {
	fcm, wns, adm := f.fcmAccess(), f.wnsAccess(), f.admAccess()
	return map[pnssim.Service]func(string) string{
		pnssim.APNs: func(handle string) string { return fmt.Sprint(f.apple(handle, alert)) },
		pnssim.FCM: func(handle string) string {
			status, _, _ := f.fcmPush(fcm, fcmTo(handle, ""))
			return fmt.Sprint(status)
		},
		pnssim.WNS: func(handle string) string {
			status, h := f.toast(handle, wns)
			return fmt.Sprint(status, h.Get("X-WNS-Status"))
		},
		pnssim.MPNS: func(handle string) string {
			status, h := f.phoneToast(handle)
			return fmt.Sprint(status, triple(h))
		},
		pnssim.ADM: func(handle string) string {
			status, _, text := f.adm(handle, adm, `{"data":{"a":"b"}}`)
			return fmt.Sprint(status, text)
		},
		pnssim.Baidu: func(handle string) string {
			status, code, _ := f.baidu(baiduRequest{"channel_id": strings.TrimPrefix(handle, "1-")})
			return fmt.Sprint(status, code)
		},
		pnssim.Xiaomi: func(handle string) string {
			form := url.Values{"registration_id": {handle}, "title": {"t"}, "description": {"d"}}
			status, _, text := f.post(xiaomiV3, form.Encode(), "Authorization", "key="+f.sim.XiaomiCredential()["appSecret"], "Content-Type", "application/x-www-form-urlencoded")
			var says struct{ Code int }
			json.Unmarshal([]byte(text), &says) //nolint:errcheck // a page of HTML has no code
			return fmt.Sprint(status, says.Code)
		},
		pnssim.Browser: func(handle string) string {
			status, _, _ := f.webPush(f.subscribeAt(handle), "x")
			return fmt.Sprint(status)
		},
	}
}

// Each word that a service knows changes what becomes of a push, and no other
// word does.
func TestWords(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	handles := map[pnssim.Service]string{
		pnssim.APNs: token, pnssim.FCM: "dPhone1:APA91bSimulated", pnssim.WNS: "https://db5p.notify.windows.com/?token=1", pnssim.MPNS: plainPhone + "1",
		pnssim.ADM: "amzn1", pnssim.Baidu: "1-2", pnssim.Xiaomi: "x1", pnssim.Browser: "https://push.example/1",
	}
	answers := f.answers()
	same := []string{"live", "slow", "hang", "reset", "flood", "drip"} // show in the time, the length or the end of an answer
	var every []string
	for _, svc := range pnssim.Services() {
		every = append(every, pnssim.Words(svc)...)
	}
	slices.Sort(every)
	for _, svc := range pnssim.Services() {
		push := func(kind string) string {
			fate := pnssim.Fate{Kind: kind}
			if kind == "answer" {
				fate.Times = 418
			}
			if err := f.sim.SetFate(svc, handles[svc], fate); err != nil {
				t.Fatal(err)
			}
			before := f.sim.Count(svc)
			answer := answers[svc](handles[svc])
			got := f.sim.Count(svc) - before
			f.sim.SetFate(svc, handles[svc], pnssim.Fate{Kind: "gone"}) // what waits is not handed over
			return fmt.Sprint(answer, " got ", got)
		}
		usual := push("")
		if !strings.HasSuffix(usual, " got 1") {
			t.Fatalf("%s: a live device: %s", svc, usual)
		}
		for _, word := range slices.Compact(slices.Clone(every)) {
			if slices.Contains(same, word) {
				continue
			}
			if got, known := push(word), slices.Contains(pnssim.Words(svc), word); known == (got == usual) {
				t.Errorf("%s: %s: %s, a live device %s; among its words: %v", svc, word, got, usual, known)
			}
		}
		for _, word := range same[:4] {
			if !slices.Contains(pnssim.Words(svc), word) {
				t.Errorf("%s does not know %s", svc, word)
			}
		}
	}
}

func TestCheckHandle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		svc    pnssim.Service
		handle string
		good   bool
	}{
		{pnssim.APNs, token, true},
		{pnssim.APNs, strings.ToUpper(token), true},
		{pnssim.APNs, "00fg", false},
		{pnssim.APNs, "00f", false},
		{pnssim.APNs, "", false},
		{pnssim.FCM, "dPhone1:APA91b-_", true},
		{pnssim.FCM, "dPhone1\nAPA91b", false},
		{pnssim.FCM, "dPhone1\xffAPA91b", false},
		{pnssim.FCM, "dPhone1", false},
		{pnssim.FCM, "dPhone1 APA91b", false},
		{pnssim.FCM, long(4096), true},
		{pnssim.FCM, long(4097), false},
		{pnssim.WNS, "https://db5p.notify.windows.com/?token=AwY%2fA", true},
		{pnssim.WNS, "http://db5p.notify.windows.com/?token=AwY%2fA", false},
		{pnssim.WNS, phone + "a", false},
		{pnssim.WNS, "AwY", false},
		{pnssim.MPNS, phone + "a", true},
		{pnssim.MPNS, plainPhone + "a", true},
		{pnssim.MPNS, "https://db5p.notify.windows.com/?token=A", false},
		{pnssim.MPNS, "ftp://sn1.notify.live.net/a", false},
		{pnssim.Browser, "https://push.example/1", true},
		{pnssim.Browser, "https:///1", false},
		{pnssim.Browser, "http://push.example/1", false},
		{pnssim.Browser, "https://push.example:port/1", false},
		{pnssim.Baidu, "11-22", true},
		{pnssim.Baidu, "-22", true},
		{pnssim.Baidu, "22", false},
		{pnssim.Xiaomi, "d//igwEh", true},
		{pnssim.ADM, "amzn1.adm-registration.v3.Y29t", true},
	} {
		if err := pnssim.CheckHandle(c.svc, c.handle); (err == nil) != c.good {
			t.Errorf("%s %.50q: %v", c.svc, c.handle, err)
		}
	}
}

func FuzzParseWord(f *testing.F) {
	f.Add("apns", "throttled-3")
	f.Add("adm", "answer-403")
	f.Add("fcm", "slow-200")
	f.Add("browser", "live")
	f.Fuzz(func(t *testing.T, service, word string) {
		svc := pnssim.Service(service)
		got, err := pnssim.ParseWord(svc, word)
		if err != nil {
			return
		}
		if again, err := pnssim.ParseWord(svc, got.String()); err != nil || !cmp.Equal(again, got) {
			t.Errorf("%s %q is %+v, which is said as %q, which is %+v, %v", svc, word, got, got, again, err)
		}
		if inHandle := pnssim.ParseFate(pnssim.FCM, "fate-"+word+"."); !cmp.Equal(inHandle, got) {
			t.Errorf("%q is %+v, in a handle %+v", word, got, inHandle)
		}
	})
}
