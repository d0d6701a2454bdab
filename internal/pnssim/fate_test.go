package pnssim_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

func TestParseFate(t *testing.T) {
	t.Parallel()
	for handle, want := range map[string]pnssim.Fate{
		"fate-gone":             {Kind: "gone"},
		"x:fate-gone.7":         {Kind: "gone"},
		"fate-gone-er":          {},
		"fate-gonemore":         {},
		"fate-":                 {},
		"fate":                  {},
		"fate-throttled.":       {Kind: "throttled"},
		"fate-throttled-12.x":   {Kind: "throttled", Times: 12},
		"fate-throttled-12x":    {},
		"fate-throttled-999999": {},
		"fate-answer-10029.":    {Kind: "answer", Times: 10029},
		"fate-answer-200001":    {Kind: "answer", Times: 200001},
		"fate-answer-99999999":  {},
		"fate-slow.":            {Kind: "slow", Delay: 500 * time.Millisecond},
		"fate-slow-40.":         {Kind: "slow", Delay: 40 * time.Millisecond},
		"FATE-GONE.":            {},
		"fate-answer-403.":      {Kind: "answer", Times: 403},
		"fate-full-2":           {Kind: "full", Times: 2},
		"fate-replaced.1":       {Kind: "replaced"},
	} {
		if got := pnssim.ParseFate(pnssim.FCM, handle); !cmp.Equal(got, want) {
			t.Errorf("%q: %+v, want %+v", handle, got, want)
		}
		if got := pnssim.ParseFate(pnssim.WNS, "https://db5p.notify.windows.com/?token="+handle); !cmp.Equal(got, want) {
			t.Errorf("channel %q: %+v, want %+v", handle, got, want)
		}
		for _, token := range []string{hex.EncodeToString([]byte(handle)), strings.ToUpper(hex.EncodeToString([]byte(handle)))} {
			if got := pnssim.ParseFate(pnssim.APNs, token); !cmp.Equal(got, want) {
				t.Errorf("token of %q: %+v, want %+v", handle, got, want)
			}
		}
	}
	if got := pnssim.ParseFate(pnssim.APNs, "fate-gone."); got.Kind != "" {
		t.Errorf("a token that is not hexadecimal: %+v", got)
	}
	// The package's documentation gives this token.
	if got := pnssim.ParseFate(pnssim.APNs, "666174652d676f6e652e"); got.Kind != "gone" {
		t.Errorf("the documented token: %+v", got)
	}
}

func TestCountedFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	device := fate("fate-throttled-2.")
	for i, want := range []int{429, 429, 200, 200} {
		if status, text := f.apple(device, alert); status != want {
			t.Errorf("push %d: %d %s, want %d", i+1, status, text, want)
		}
	}
	f.sim.SetFate(pnssim.APNs, strings.ToUpper(device), pnssim.Fate{Kind: "gone"})
	if status, text := f.apple(device, alert); status != 410 {
		t.Errorf("after SetFate: %d %s", status, text)
	}
	f.sim.SetFate(pnssim.APNs, device, pnssim.Fate{})
	if status, text := f.apple(device, alert); status != 200 {
		t.Errorf("after it was set to live: %d %s", status, text)
	}
	f.sim.ClearFate(pnssim.APNs, device)
	for i, want := range []int{429, 429, 200} {
		if status, text := f.apple(device, alert); status != want {
			t.Errorf("after ClearFate, push %d: %d %s, want %d", i+1, status, text, want)
		}
	}
}

func FuzzParseFate(f *testing.F) {
	f.Add("fate-gone.")
	f.Add("x-fate-throttled-99999999999")
	f.Fuzz(func(t *testing.T, handle string) {
		for _, svc := range []pnssim.Service{pnssim.APNs, pnssim.FCM, pnssim.WNS, pnssim.MPNS, pnssim.ADM, pnssim.Baidu, pnssim.Xiaomi, pnssim.Browser} {
			if got := pnssim.ParseFate(svc, handle); got.Times < 0 || got.Times > 20_000 && got.Kind != "answer" || got.Times > 2_000_000 {
				t.Errorf("%q: %+v", handle, got)
			}
		}
	})
}
