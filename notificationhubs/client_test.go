package notificationhubs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"strings"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestConnectionStrings(t *testing.T) {
	t.Parallel()
	for cs, says := range map[string]string{
		"Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=" + key:                           "",
		"sharedaccesskey=" + key + "; ENDPOINT=http://h:80 ;;SharedAccessKeyName=n;EntityPath=x;": "",
		"Endpoint=sb://h/;SharedAccessKey=" + key:                                                 "SharedAccessKeyName=… is missing",
		"Endpoint=ftp://h/;SharedAccessKeyName=n;SharedAccessKey=" + key:                          "none of sb://, https://, http://",
		"Endpoint=sb://h/;SharedAccessKeyName=n;" + key[:40]:                                      "has no =",
		key: "is missing",
		"":  "Endpoint=… is missing",
	} {
		_, err := nh.NewClientFromConnectionString(cs, "hub", nil)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want …%s…", cs, err, says)
		}
		if err != nil && strings.Contains(err.Error(), key[:40]) {
			t.Errorf("the key is in %v", err)
		}
	}
}

func TestNewClient(t *testing.T) {
	t.Parallel()
	if _, err := nh.NewClient("https://h:8443", "hub", "n", key, nil); err != nil {
		t.Error(err)
	}
	for name, c := range map[string][3]string{
		"no hub":            {"sb://h/", "", "n"},
		"a path":            {"sb://h/", "a/b", "n"},
		"a step":            {"sb://h/", "..", "n"},
		"a part in a name":  {"sb://h/", "hub", "n;Endpoint=sb://x/"},
		"a part in a place": {"sb://h/;EntityPath=x", "hub", "n"},
	} {
		if _, err := nh.NewClient(c[0], c[1], c[2], key, nil); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	both := &nh.ClientOptions{HTTPClient: http.DefaultClient, RootCAs: x509.NewCertPool()}
	if _, err := nh.NewClient("sb://h/", "hub", "n", key, both); err == nil {
		t.Error("RootCAs were taken that an HTTPClient would not use")
	}
	client, err := nh.NewClient("sb://h/", "hub", "n", key, nil)
	if text := fmt.Sprintf("%+v %#v", client, client); err != nil || strings.Contains(text, key) {
		t.Errorf("the key is in %s", text)
	}
}

// The scheme of the endpoint says how the hub is reached; its port is kept.
func TestProtocols(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scheme, proto string
		start         func(*recorder)
	}{
		"TLS, HTTP/2":   {"sb", "HTTP/2.0", func(r *recorder) { r.StartTLS() }},
		"TLS, HTTP/1.1": {"https", "HTTP/1.1", func(r *recorder) { r.EnableHTTP2 = false; r.StartTLS() }},
		"plain":         {"http", "HTTP/1.1", func(r *recorder) { r.Start() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder(accepted)
			c.start(rec)
			defer rec.Close()
			o := &nh.ClientOptions{}
			if rec.TLS != nil {
				o.RootCAs = rec.roots()
			}
			client := newClient(t, strings.Replace(rec.connectionString(), "sb://", c.scheme+"://", 1), o)
			if _, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), nil); err != nil {
				t.Fatal(err)
			}
			if proto := rec.last().proto; proto != c.proto {
				t.Errorf("%s, want %s", proto, c.proto)
			}
		})
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "NHub/2020-06 (api-origin=FanfareGoSDK)", "mine/1": "mine/1"} {
		client, rec := setup(t, nh.ClientOptions{UserAgent: given}, accepted)
		if _, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), nil); err != nil {
			t.Fatal(err)
		}
		if got := rec.last().header.Get("User-Agent"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Followed, the redirect of a POST would arrive as a GET, and its 200 would
// pass for an accepted notification.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := func(n int, w http.ResponseWriter, r request) {
		if n == 1 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		}
	}
	rec := newRecorder(elsewhere)
	rec.StartTLS()
	defer rec.Close()
	own := rec.Client()
	client := newClient(t, rec.connectionString(), &nh.ClientOptions{HTTPClient: own})
	_, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), nil)
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusFound || len(rec.all()) != 1 {
		t.Errorf("%d requests, %v", len(rec.all()), err)
	}
	if own.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestUntrustedHub(t *testing.T) {
	t.Parallel()
	rec := newRecorder(accepted)
	rec.StartTLS()
	defer rec.Close()
	client := newClient(t, rec.connectionString(), &nh.ClientOptions{RootCAs: x509.NewCertPool()})
	_, err := client.NotificationDetails(t.Context(), "NH-1")
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok || len(rec.all()) != 0 {
		t.Errorf("%d requests, %v", len(rec.all()), err)
	}
}

// The SDK stands on the standard library and two packages of its own module.
func TestImportWeight(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/fanfare-hub/fanfare/"
	for p := range strings.FieldsSeq(string(out)) {
		own := strings.HasPrefix(p, module)
		allowed := p == module+"notificationhubs" || p == module+"internal/wire" || p == module+"internal/tagexpr"
		foreign := strings.Contains(strings.Split(p, "/")[0], ".") && !own
		if own && !allowed || foreign {
			t.Errorf("it imports %s", p)
		}
	}
}

// A client without idle connections makes a new one for its next request.
func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	rec := newRecorder(accepted)
	rec.Start()
	t.Cleanup(rec.Close)
	cs := strings.Replace(rec.connectionString(), "sb://", "http://", 1)
	namespace, err := nh.NewNamespaceClientFromConnectionString(cs, &nh.ClientOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := namespace.Client("MyHub")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		reused bool
		after  func()
	}{{false, func() {}}, {true, client.CloseIdleConnections}, {false, namespace.CloseIdleConnections}, {false, client.CloseIdleConnections}} {
		reused := false
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
		if err := send(ctx, client); err != nil || reused != c.reused {
			t.Errorf("request %d: on a connection that was used %t, want %t; %v", i, reused, c.reused, err)
		}
		c.after()
	}
}
