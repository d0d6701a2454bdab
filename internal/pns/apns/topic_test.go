package apns

import (
	"encoding/asn1"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// A certificate is for its own topics. What it does not open would be refused
// as a wrong credential, which one sender's push type must not become.
func TestTopicsOfACertificate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, app string
		topics    []string // of the certificate
		given     []string // headers of the message
		topic     string   // "": refused
	}{
		{"an alert", "a.b", []string{"a.b", "a.b.voip"}, nil, "a.b"},
		{"VoIP", "a.b", []string{"a.b", "a.b.voip"}, []string{"apns-push-type: voip"}, "a.b.voip"},
		{"a VoIP certificate", "a.b.voip", []string{"a.b.voip"}, []string{"apns-push-type: voip"}, "a.b.voip"},
		{"one of an app called so", "a.b.voip", []string{"a.b.voip", "a.b.voip.voip"}, []string{"apns-push-type: voip"}, "a.b.voip.voip"},
		{"a VoIP certificate for the app", "a.b", []string{"a.b.voip"}, []string{"apns-push-type: voip"}, "a.b.voip"},
		{"for tokens alone", "a.b", []string{"a.b", "a.b.voip"}, []string{"apns-push-type: liveactivity"}, ""},
		{"for tokens alone, in full", "a.b", []string{"a.b"}, []string{"apns-topic: a.b.location-query"}, ""},
		{"an alert to a VoIP certificate", "a.b", []string{"a.b.voip"}, nil, ""},
		{"one that does not say", "a.b", nil, []string{"apns-push-type: liveactivity"}, "a.b.push-type.liveactivity"},
	} {
		cfg := &config{bundleID: c.app, certificate: &certificate{topics: c.topics}}
		p, refused := prepare(&pns.Message{Body: []byte(`{}`), Headers: headers(c.given...)}, cfg)
		if refused != nil {
			if c.topic != "" || refused.Class != pns.Body || refused.Outcome != hub.InvalidNotificationFormat || refused.Service {
				t.Errorf("%s: %+v", c.name, *refused)
			}
			continue
		}
		if !slices.Contains(p.fields, h2.Field{Name: "apns-topic", Value: c.topic}) {
			t.Errorf("%s: %v, want %q", c.name, p.fields, c.topic)
		}
	}
}

func TestListedTopics(t *testing.T) {
	t.Parallel()
	text := func(tag byte, s string) string { return string([]byte{tag, byte(len(s))}) + s }
	sequence := func(members ...string) string { return text(0x30, strings.Join(members, "")) }
	for name, c := range map[string]struct {
		der  string
		want []string
	}{
		"two with their kinds": {sequence(text(0x0c, "a.b"), sequence(text(0x0c, "app")), text(0x0c, "a.b.voip"), sequence(text(0x0c, "voip"))), []string{"a.b", "a.b.voip"}},
		"no kinds":             {sequence(text(0x0c, "a.b")), []string{"a.b"}},
		"none":                 {sequence(), nil},
		"of another type":      {sequence(text(0x16, "a.b")), nil},
		"no sequence":          {text(0x0c, "a.b"), nil},
		"more behind it":       {sequence(text(0x0c, "a.b")) + "\x05\x00", nil},
		"cut":                  {sequence(text(0x0c, "a.b"))[:4], nil},
		"nothing":              {"", nil},
	} {
		if got := listedTopics([]byte(c.der)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzListedTopics(f *testing.F) {
	f.Add([]byte("\x30\x0c\x0c\x03a.b\x30\x05\x0c\x03app"))
	f.Add(asn1.NullBytes)
	f.Fuzz(func(t *testing.T, der []byte) {
		size := 0
		for _, topic := range listedTopics(der) {
			size += len(topic)
		}
		if size > len(der) {
			t.Errorf("%d bytes of topics in %d", size, len(der))
		}
	})
}

// The service's alerts about a certificate are told from those about the rest,
// and from our own.
func TestCertificateRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"tls: bad certificate": true, "tls: unsupported certificate": true, "tls: revoked certificate": true, "tls: expired certificate": true,
		"tls: unknown certificate": true, "tls: unknown certificate authority": true, "tls: access denied": true, "tls: certificate required": true,
		"tls: handshake failure": false, "tls: internal error": false, "tls: protocol version not supported": false,
	} {
		if got := certificateRefused(&net.OpError{Op: "remote error", Err: errors.New(text)}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, err := range []error{errors.New("bad certificate"), &net.OpError{Op: "local error", Err: errors.New("tls: bad certificate")}, &net.OpError{Op: "read", Err: errors.New("certificate")}} {
		if certificateRefused(err) {
			t.Errorf("%v", err)
		}
	}
}
