package egress_test

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

func operators(t *testing.T, entries ...string) egress.Storage {
	t.Helper()
	s, err := egress.ParseStorage(entries)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStorageCheck(t *testing.T) {
	t.Parallel()
	azure := egress.AzureStorage()
	own := operators(t, "https://minio.example:9000", "http://[fd00::1]")
	const no = "is not a storage that this server may use"
	for _, c := range []struct {
		name    string
		storage egress.Storage
		uri     string
		want    string // part of the sentence; "" is allowed
	}{
		{"an account", azure, "https://account.blob.core.windows.net/jobs?sig=x", ""},
		{"any letter case", azure, "HTTPS://Account.Blob.Core.Windows.NET:443/jobs", ""},
		{"http", azure, "http://account.blob.core.windows.net/jobs", no},
		{"another port", azure, "https://account.blob.core.windows.net:444/jobs", no},
		{"a longer label", azure, "https://evilblob.core.windows.net/jobs", no},
		{"the domain in front", azure, "https://account.blob.core.windows.net.evil.example/", no},
		{"a user", azure, "https://account.blob.core.windows.net@evil.example/", "user name"},
		{"loopback", azure, "http://127.0.0.1:10000/devstoreaccount1/jobs", no},
		{"relative", azure, "account.blob.core.windows.net/jobs", "not an absolute URI"},
		{"an emulator", azure.WithLoopback(), "http://127.0.0.1:10000/devstoreaccount1/jobs?sig=x", ""},
		{"an emulator by name, with TLS", azure.WithLoopback(), "https://localhost:10000/devstoreaccount1/jobs", ""},
		{"an emulator on IPv6", azure.WithLoopback(), "http://[::1]:10000/devstoreaccount1/jobs", ""},
		{"Azure beside the emulator", azure.WithLoopback(), "https://account.blob.core.windows.net/jobs", ""},
		{"a neighbour", azure.WithLoopback(), "http://192.168.0.1:10000/devstoreaccount1/jobs", no},
		{"the operator's", own, "https://minio.example:9000/jobs", ""},
		{"under the operator's", own, "https://a.minio.example:9000/jobs", ""},
		{"the operator's on another port", own, "https://minio.example/jobs", no},
		{"the operator's address", own, "http://[fd00::1]:80/jobs", ""},
		{"Azure, not named", own, "https://account.blob.core.windows.net/jobs", no},
		{"nothing is allowed", egress.Storage{}, "https://account.blob.core.windows.net/jobs", no},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.storage.Check(c.uri)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "jobs") {
				t.Errorf("the error shows the path: %v", err)
			}
		})
	}
}

func TestParseStorageRefuses(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"blob.core.windows.net": "not an absolute URI", "ftp://a.example": "neither http nor https",
		"https://a.example/path": "only a scheme", "https://a.example?x": "only a scheme", "https://u@a.example": "user name", "": "not an absolute URI",
	} {
		if _, err := egress.ParseStorage([]string{entry}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", entry, err, want)
		}
	}
}

// What a name leads to is judged when it is dialled, by the place that allows
// the name.
func TestStorageGuard(t *testing.T) {
	t.Parallel()
	const private = "10.0.0.7"
	named := operators(t, "https://minio.example")
	for _, c := range []struct {
		name    string
		storage egress.Storage
		addr    string
		leads   [4]byte
		want    string
	}{
		{"Azure's name, rebound", egress.AzureStorage(), "account.blob.core.windows.net:443", [4]byte{10, 0, 0, 7}, private + " is not an address on the public internet"},
		{"an operator's name, metadata", named, "minio.example:443", [4]byte{169, 254, 169, 254}, "link-local"},
		{"a name that nobody allows", named, "evil.example:443", [4]byte{8, 8, 8, 8}, "evil.example is not a storage"},
		{"an allowed name on another port", named, "minio.example:80", [4]byte{10, 0, 0, 7}, "is not a storage"},
		{"localhost, led astray", egress.AzureStorage().WithLoopback(), "localhost.localhost:80", [4]byte{10, 0, 0, 7}, private + " is not an address of this machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dial := c.storage.Guard(&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: answering(t, c.leads)}})
			conn, err := dial(t.Context(), "tcp4", c.addr)
			if err == nil {
				conn.Close()
				t.Fatal("dialling succeeded")
			}
			var refused *egress.Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want a refusal with %q", err, c.want)
			}
		})
	}
}

// An emulator on this machine is reached where it is allowed, and only there.
func TestStorageGuardReachesTheEmulator(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	entry := url.URL{Scheme: "http", Host: l.Addr().String()}
	for _, s := range []egress.Storage{egress.AzureStorage().WithLoopback(), operators(t, entry.String())} {
		conn, err := s.Guard(&net.Dialer{})(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	if conn, err := egress.AzureStorage().Guard(&net.Dialer{})(t.Context(), "tcp", l.Addr().String()); err == nil {
		conn.Close()
		t.Error("loopback was reached without being allowed")
	}
}

func TestStorageEqual(t *testing.T) {
	t.Parallel()
	parse := func(entries ...string) egress.Storage {
		s, err := egress.ParseStorage(entries)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	azure := egress.AzureStorage()
	if !azure.Equal(egress.AzureStorage()) || !parse("https://a", "http://b:1").Equal(parse("https://A:443", "http://b:1")) {
		t.Error("the same differs")
	}
	for _, other := range []egress.Storage{
		{}, azure.WithLoopback(), parse("https://blob.core.windows.net"), // by an operator: at private addresses too
		parse("http://a"), parse("https://b"), parse("https://a:444"), parse("https://a", "https://a"),
	} {
		if azure.Equal(other) || parse("https://a").Equal(other) {
			t.Errorf("%v is no other", other)
		}
	}
}
