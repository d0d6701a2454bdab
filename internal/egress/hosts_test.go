package egress_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

func TestHostListCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		list egress.HostList
		uri  string
		want string // part of the sentence; "" is allowed
	}{
		{"a region", egress.WNSHosts, "https://db3.notify.windows.com/?token=AQQ%2fbb", ""},
		{"a region of two labels", egress.WNSHosts, "https://wns2-by3p.notify.windows.com/?token=x", ""},
		{"the domain itself", egress.WNSHosts, "https://notify.windows.com/?token=x", ""},
		{"any letter case", egress.WNSHosts, "HTTPS://DB3.Notify.Windows.COM/?token=x", ""},
		{"the standard port", egress.WNSHosts, "https://db3.notify.windows.com:443/", ""},
		{"http", egress.WNSHosts, "http://db3.notify.windows.com/?token=x", "does not point to"},
		{"another port", egress.WNSHosts, "https://db3.notify.windows.com:8443/", "port 8443"},
		{"the port of the other scheme", egress.WNSHosts, "https://db3.notify.windows.com:80/", "port 80"},
		{"a longer label", egress.WNSHosts, "https://evilnotify.windows.com/", "does not point to"},
		{"the domain in front", egress.WNSHosts, "https://notify.windows.com.evil.example/", "does not point to"},
		{"the domain as a path", egress.WNSHosts, "https://evil.example/notify.windows.com", "does not point to"},
		{"the domain as a user", egress.WNSHosts, "https://notify.windows.com@evil.example/", "user name"},
		{"a user at the domain", egress.WNSHosts, "https://u:p@db3.notify.windows.com/", "user name"},
		{"the domain behind a backslash", egress.WNSHosts, `https://evil.example\.notify.windows.com/`, "not a URI"},
		{"a line break", egress.WNSHosts, "https://db3.notify.windows.com/\r\nHost: evil", "not a URI"},
		{"a null byte in the host", egress.WNSHosts, "https://evil.example%00.notify.windows.com/", "not a URI"},
		{"a fragment in the host", egress.WNSHosts, "https://evil.example#.notify.windows.com/", "does not point to"},
		{"an address", egress.WNSHosts, "https://127.0.0.1/?h=.notify.windows.com", "does not point to"},
		{"relative", egress.WNSHosts, "db3.notify.windows.com/?token=x", "not an absolute URI"},
		{"no host", egress.WNSHosts, "https:///x", "not an absolute URI"},
		{"empty", egress.WNSHosts, "", "not an absolute URI"},
		{"too long", egress.WNSHosts, "https://db3.notify.windows.com/?token=" + strings.Repeat("x", 5000), "at most 4096"},
		{"a Windows Phone channel", egress.MPNSHosts, "http://sn1.notify.live.net/throttledthirdparty/01.00/AAE", ""},
		{"an authenticated Windows Phone channel", egress.MPNSHosts, "https://s.notify.live.net/u/1/x", ""},
		{"the other service's", egress.MPNSHosts, "https://db3.notify.windows.com/", "does not point to"},
		{"ftp", egress.MPNSHosts, "ftp://sn1.notify.live.net/", "does not point to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkSentence(t, tt.list.Check(tt.uri), tt.want)
		})
	}
}

func TestErrorsDoNotHoldTheURI(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"https://evil.example/?token=hunter2", "hunter2", "https://u:hunter2@notify.windows.com/", "https://x/\x00hunter2",
	} {
		if err := egress.WNSHosts.Check(uri); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("WNSHosts.Check(%q) = %v: want an error without the URI", uri, err)
		}
	}
}

func checkSentence(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("allowed; want %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("error %q; want %q in it", err, want)
	}
}

func FuzzHostListCheck(f *testing.F) {
	for _, s := range []string{
		"https://db3.notify.windows.com/?token=x", "https://notify.windows.com@evil/", "https://[::1]/.notify.windows.com", "//", "https://a.notify.windows.com:0443/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if egress.WNSHosts.Check(uri) != nil {
			return
		}
		rest, ok := strings.CutPrefix(strings.ToLower(uri), "https://")
		host, _, _ := strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host, "?")
		host, _, _ = strings.Cut(host, "#")
		host = strings.TrimSuffix(host, ":443")
		host = strings.TrimSuffix(host, ":")
		if !ok || "."+host != ".notify.windows.com" && !strings.HasSuffix(host, ".notify.windows.com") {
			t.Errorf("Check(%q) allows another host", uri)
		}
	})
}
