package notificationhubs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// apiVersion is the newest that Azure's own clients send.
const apiVersion = "2020-06"

// defaultUserAgent has the form of Azure's own clients.
const defaultUserAgent = "NHub/" + apiVersion + " (api-origin=FanfareGoSDK)"

// ClientOptions change how a Client works. The zero value is good.
type ClientOptions struct {
	// HTTPClient makes the requests; nil is one of the package's own, with a
	// time limit of a minute for each request. Redirects are not followed,
	// unless its CheckRedirect says so: a hub sends none, and a POST would
	// arrive as a GET.
	HTTPClient *http.Client
	// RootCAs are trusted instead of the system's, for instance the local
	// authority of fanfare dev. It cannot be given with an HTTPClient.
	RootCAs *x509.CertPool
	// Debug gets a dump of every request to the hub and of its answer, one Write
	// for each. The token, a browser's secret and what describes a hub are left
	// out, and so are the files of feedback; handles and payloads are not.
	Debug io.Writer
	// TestSend makes every send a test send: it waits for the outcome at up to
	// ten devices, which SendResult then holds.
	TestSend bool
	// Retry bounds how failed requests are tried again; nil is the default.
	Retry *RetryOptions
	// TokenLife is how long the tokens are good that the client signs; 0 is an
	// hour.
	TokenLife time.Duration
	// UserAgent is sent with every request; "" is the package's own.
	UserAgent string
}

// Client speaks to one hub, or below a NamespaceClient to its namespace. It is safe for concurrent use.
type Client struct {
	base      *url.URL // https://host[:port]/hub
	http      *http.Client
	debug     *dump // nil without ClientOptions.Debug
	testSend  bool
	retry     RetryOptions
	tokens    *tokenSource
	userAgent string
}

// NewClientFromConnectionString returns a client for a hub of the namespace
// that a connection string names. Its parts may come in any order; sb:// and
// https:// endpoints are reached through TLS, http:// ones are not. An error
// never shows the key.
func NewClientFromConnectionString(connectionString, hub string, o *ClientOptions) (*Client, error) {
	cs, err := wire.ParseConnectionString(connectionString)
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", err)
	}
	return newClient(cs, hub, o)
}

// NewClient returns a client for a hub at an endpoint (https://, http:// or
// sb://) with a rule's name and key.
func NewClient(endpoint, hub, keyName, key string, o *ClientOptions) (*Client, error) {
	if strings.Contains(endpoint+keyName+key, ";") {
		return nil, errors.New("notificationhubs: an endpoint and a rule's name and key hold no ;")
	}
	return NewClientFromConnectionString("Endpoint="+endpoint+";SharedAccessKeyName="+keyName+";SharedAccessKey="+key, hub, o)
}

func newClient(cs wire.ConnectionString, hub string, o *ClientOptions) (*Client, error) {
	if err := checkHubName(hub); err != nil {
		return nil, err
	}
	return newClientAt(cs, "/"+hub, o)
}

// checkHubName refuses what would name something else than a hub.
func checkHubName(hub string) error {
	if hub == "." || hub == ".." || hub == "" || strings.Contains(hub, "/") {
		return fmt.Errorf("notificationhubs: %q is not the name of a hub", hub)
	}
	return nil
}

// newClientAt returns a client for what is below a path: a hub, or the namespace.
func newClientAt(cs wire.ConnectionString, path string, o *ClientOptions) (*Client, error) {
	if o == nil {
		o = &ClientOptions{}
	}
	base := &url.URL{Scheme: "https", Host: cs.Endpoint.Host, Path: path}
	if cs.Endpoint.Scheme == "http" {
		base.Scheme = "http"
	}
	client, err := httpClient(o)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base: base, http: client, testSend: o.TestSend, retry: o.Retry.withDefaults(), userAgent: o.UserAgent,
		tokens: &tokenSource{resource: "https://" + base.Host + base.Path, keyName: cs.KeyName, key: cs.Key, life: o.TokenLife},
	}
	if o.Debug != nil {
		c.debug = &dump{w: o.Debug}
	}
	if c.userAgent == "" {
		c.userAgent = defaultUserAgent
	}
	if c.tokens.life <= 0 {
		c.tokens.life = time.Hour
	}
	return c, nil
}

func httpClient(o *ClientOptions) (*http.Client, error) {
	client := http.Client{Timeout: time.Minute}
	switch {
	case o.HTTPClient != nil && o.RootCAs != nil:
		return nil, errors.New("notificationhubs: RootCAs cannot be given with an HTTPClient: put them into its transport")
	case o.HTTPClient != nil:
		client = *o.HTTPClient
	case o.RootCAs != nil:
		t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		if std, ok := http.DefaultTransport.(*http.Transport); ok {
			t = std.Clone()
		}
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
		client.Transport = t
	}
	if client.CheckRedirect == nil {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &client, nil
}

// CloseIdleConnections closes the connections that no request uses at the
// moment; the client makes new ones when it needs them. It is for programs that
// make clients with RootCAs again and again, whose connections would otherwise
// stay for a minute and a half. Without RootCAs and HTTPClient, the connections
// are those of http.DefaultTransport.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }
