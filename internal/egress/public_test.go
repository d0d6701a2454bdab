package egress_test

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

func TestCheckPublicURL(t *testing.T) {
	t.Parallel()
	const private = "not an address on the public internet"
	tests := []struct{ raw, want string }{
		{"https://fcm.googleapis.com/fcm/send/abc", ""},
		{"https://updates.push.services.mozilla.com/wpush/v2/gAAAA", ""},
		{"https://web.push.apple.com/QGuQ", ""},
		{"https://push.example:8443/x", ""},
		{"https://push.example./x", ""},
		{"https://8.8.8.8/x", ""},
		{"https://[2606:4700::1111]/x", ""},
		{"https://[64:ff9b::808:808]/x", ""},

		{"http://fcm.googleapis.com/x", "not https"},
		{"wss://fcm.googleapis.com/x", "not https"},
		{"https://u@fcm.googleapis.com/x", "user name"},
		{"fcm.googleapis.com/x", "not an absolute URI"},
		{"https://push.example:1/x", ""},
		{"https://push.example:65535/x", ""},
		{"https://push.example:0/x", "port is none"},
		{"https://push.example:65536/x", "port is none"},
		{"https://[2606:4700::1111]:65536/x", "port is none"},
		{"https://xn--bcher-kva.example/x", ""},
		{"https://bücher.example/x", "not ASCII"},
		{"https://①27.0.0.1/x", "not ASCII"},
		{"https://127。0。0。1/x", "not ASCII"},
		{"https://%EF%BC%91%32%37.0.0.1/x", "not a URI"},
		{"https://%EF%BC%91.0.0.1/x", "not ASCII"},

		{"https://0.0.0.0/", private},
		{"https://10.1.2.3/", private},
		{"https://100.64.0.1/", private},
		{"https://100.127.255.255/", private},
		{"https://100.128.0.1/", ""},
		{"https://127.0.0.1:8443/", private},
		{"https://127.255.255.254/", private},
		{"https://169.254.169.254/latest/meta-data", private},
		{"https://172.16.0.1/", private},
		{"https://172.31.255.255/", private},
		{"https://172.32.0.1/", ""},
		{"https://192.0.2.1/", private},
		{"https://192.168.1.1/", private},
		{"https://198.18.0.1/", private},
		{"https://203.0.113.9/", private},
		{"https://224.0.0.1/", private},
		{"https://255.255.255.255/", private},
		{"https://[::]/", private},
		{"https://[::1]/", private},
		{"https://[::ffff:127.0.0.1]/", private},
		{"https://[::ffff:10.0.0.1]/", private},
		{"https://[::ffff:8.8.8.8]/", ""},
		{"https://[::7f00:1]/", private},
		{"https://[64:ff9b::7f00:1]/", private},
		{"https://[64:ff9b::a00:1]/", private},
		{"https://[64:ff9b:1::808:808]/", private},
		{"https://[2002:7f00:1::]/", private},
		{"https://[2001:0:4136:e378::]/", private},
		{"https://[2001:db8::1]/", private},
		{"https://[fc00::1]/", private},
		{"https://[fdff::1]/", private},
		{"https://[fe80::1]/", private},
		{"https://[fe80::1%25eth0]/", private},
		{"https://[2606:4700::1111%25eth0]/", private},
		{"https://[fec0::1]/", private},
		{"https://[ff02::1]/", private},

		{"https://localhost/", "under localhost"},
		{"https://LOCALHOST./", "under localhost"},
		{"https://a.localhost:99/", "under localhost"},
		{"https://printer.local/", "under local,"},
		{"https://metadata.google.internal/", "under internal"},
		{"https://router.home.arpa/", "under home.arpa"},
		{"https://intranet/", "no domain"},
		{"https://127.0.0.1./", private},
		{"https://127.0.0.1../", "not a host name"},
		{"https://[::ffff:7f00:1]/", private},
		{"https://[0:0:0:0:0:ffff:169.254.169.254]/", private},
		{"https://[::ffff:0:127.0.0.1]/", private},
		{"https://[64:ff9b::192.168.0.1]/", private},
		{"https://localhost.localdomain/", "under localdomain"},
		{"https://ip6-localhost/", "no domain"},
		{"https://0/", "unusual form"},
		{"https://017700000001/", "unusual form"},
		{"https://0x7f.0.0.1/", "unusual form"},
		{"https://127.0.0.0x1/", "unusual form"},
		{"https://0300.0250.1.1/", "unusual form"},
		{"https://169.254.43518/", "unusual form"},
		{"https://2130706433./", "unusual form"},
		{"https://127.0.0.1.nip.io/", ""}, // a name, which is judged when it is dialled
		{"https://2130706433/", "unusual form"},
		{"https://0x7f000001/", "unusual form"},
		{"https://127.1/", "unusual form"},
		{"https://0177.0.0.0x1/", "unusual form"},
		{"https://push..example/", "not a host name"},
		{"https://./", "not a host name"},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			t.Parallel()
			checkSentence(t, egress.CheckPublicURL(tt.raw), tt.want)
		})
	}
}

func FuzzCheckPublicURL(f *testing.F) {
	for _, s := range []string{"https://push.example/", "https://[::ffff:10.0.0.1]/", "https://127.1/", "https://", "https://a%2e/"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, raw string) {
		_ = egress.CheckPublicURL(raw) // nothing makes it panic
	})
}
