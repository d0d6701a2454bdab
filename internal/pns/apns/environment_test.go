package apns

import (
	"strings"
	"testing"
)

func TestEnvironments(t *testing.T) {
	t.Parallel()
	const (
		prod, dev       = "https://api.push.apple.com:443", "https://api.sandbox.push.apple.com:443"
		prod2197, d2197 = "https://api.push.apple.com:2197", "https://api.sandbox.push.apple.com:2197"
	)
	for endpoint, want := range map[string][2]string{
		"":                               {prod, dev},
		"gateway.push.apple.com":         {prod, dev}, // Azure's default, also with a token
		"gateway.push.apple.com:2195":    {prod, dev},
		"gateway.sandbox.push.apple.com": {dev, prod},
		"api.push.apple.com":             {prod, dev},
		"https://api.push.apple.com:443/3/device":              {prod, dev},
		"https://api.push.apple.com:2197":                      {prod2197, d2197},
		"https://api.development.push.apple.com:443/3/device":  {dev, prod},
		"https://api.sandbox.push.apple.com:2197/3/device":     {d2197, prod2197},
		" HTTPS://API.Development.Push.Apple.com:443/3/device": {dev, prod},
		// Somebody's stand-in, whatever its name, is where it is.
		"https://127.0.0.1:8443/3/device":         {"https://127.0.0.1:8443", ""},
		"https://apns-sandbox.example/":           {"https://apns-sandbox.example:443", ""},
		"https://api.push.apple.com.example:8443": {"https://api.push.apple.com.example:8443", ""},
		"https://[::1]:8443":                      {"https://[::1]:8443", ""},
	} {
		origin, other, err := environments(endpoint)
		if err != nil || origin != want[0] || other != want[1] {
			t.Errorf("environments(%q) = %q, %q, %v; want %q", endpoint, origin, other, err, want)
		}
	}
}

func TestEnvironmentsRefused(t *testing.T) {
	t.Parallel()
	for endpoint, says := range map[string]string{
		"http://127.0.0.1:8080":               "https URL",
		"ftp://x":                             "https URL",
		"localhost":                           "https URL",
		"sandbox":                             "https URL",
		"https://":                            "not a URL",
		"https://a b/":                        "not a URL",
		"https://h/other/3/device":            "/3/device",
		"https://h/3/device?x=1":              "/3/device",
		"https://user:secret@h/3/device":      "/3/device",
		"https://h/3/device#x":                "/3/device",
		"https://evil.example/push.apple.com": "/3/device",
	} {
		if _, _, err := environments(endpoint); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("environments(%q): %v, want …%s…", endpoint, err, says)
		}
	}
}
