package pnssim_test

import (
	"crypto/ecdh"
	"encoding/base64"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// The message of RFC 8291 §5, with the keys of its browser.
func TestRFC8291Example(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t}
	key, err := ecdh.P256().NewPrivateKey(f.unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	body := f.unb64("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	got, err := pnssim.OpenRecord(key, f.unb64("BTBZMqHH6r4Tts7J_aSIgg"), body)
	if err != nil || string(got) != "When I grow up, I want to be a watermelon" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWebPushRecords(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sub, other := f.subscribe("push.example"), f.subscribe("push.example")
	mixed := pnssim.Subscription{Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: other.Auth}
	good := f.sealer()
	for _, c := range []struct {
		name   string
		body   string
		status int
	}{
		{"good", good.seal(f, "x", sub), 201},
		{"the same again", good.seal(f, "x", sub), 400},
		{"the same salt", (&sealer{good.salt, f.sealer().key, 4096, "\x02"}).seal(f, "x", sub), 400},
		{"the same key", (&sealer{f.sealer().salt, good.key, 4096, "\x02"}).seal(f, "x", sub), 400},
		{"padded", (&sealer{f.sealer().salt, f.sealer().key, 4096, "\x02\x00\x00"}).seal(f, "x", sub), 201},
		{"not the last record", (&sealer{f.sealer().salt, f.sealer().key, 4096, "\x01"}).seal(f, "x", sub), 400},
		{"no delimiter", (&sealer{f.sealer().salt, f.sealer().key, 4096, ""}).seal(f, "", sub), 400},
		{"a small record size", (&sealer{f.sealer().salt, f.sealer().key, 18, "\x02"}).seal(f, "xx", sub), 400},
		{"the smallest record", (&sealer{f.sealer().salt, f.sealer().key, 18, "\x02"}).seal(f, "x", sub), 201},
		{"for another browser", f.sealer().seal(f, "x", other), 400},
		{"with another's secret", f.sealer().seal(f, "x", mixed), 400},
		{"the largest", f.sealer().seal(f, long(3993), sub), 201},
		{"one byte more", f.sealer().seal(f, long(3994), sub), 413},
		{"far too large", long(70_000), 413},
		{"no record", "hello", 400},
		{"a key off the curve", long(16) + "\x00\x00\x10\x00\x41\x04" + long(64) + long(20), 400},
		{"no sealed part", f.sealer().seal(f, "x", sub)[:86], 400},
	} {
		if status, _, text := f.webPushBody(sub.Endpoint, c.body); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, text, c.status)
		}
	}
	if n := len(f.sim.Received(pnssim.Browser, sub.Endpoint)); n != 4 {
		t.Errorf("%d pushes arrived, want 4", n)
	}
}

func FuzzOpenRecord(f *testing.F) {
	key, err := ecdh.P256().NewPrivateKey([]byte(long(32)))
	if err != nil {
		f.Fatal(err)
	}
	body, err := base64.RawURLEncoding.DecodeString("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(long(200)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if plain, err := pnssim.OpenRecord(key, []byte(long(16)), body); err == nil && len(plain) > len(body) {
			t.Errorf("%x", body)
		}
	})
}
