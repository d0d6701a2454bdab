// Package blob reads and writes files in storage that speaks the REST API of
// Azure Blob Storage, under URLs with a shared access signature. A signature is
// never taken apart: the URL's query goes along as it came.
package blob

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

// The time limits of one request. A block or a part is a few MiB at most.
const (
	dialTimeout    = 10 * time.Second
	headerTimeout  = time.Minute
	requestTimeout = 2 * time.Minute
)

// version is the x-ms-version of every request: one that knows service,
// account and user-delegation signatures, and that emulators know too.
const version = "2019-12-12"

// Client makes single attempts: who tries again, and when, is the caller's to
// say. It is safe for concurrent use.
type Client struct{ http *http.Client }

// New returns a client that connects to the allowed storage and to nothing
// else. Redirects are not followed.
func New(allowed egress.Storage) *Client {
	return &Client{&http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DialContext:           allowed.Guard(&net.Dialer{Timeout: dialTimeout}),
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headerTimeout,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// In returns the URL of a file in a container: path, which may have several
// segments, is put below the container's, before the signature.
func In(container, path string) (string, error) {
	u, err := url.Parse(container)
	if err != nil {
		return "", errURL // the parser's error shows it, and with it the signature
	}
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + "/" + url.PathEscape(segment)
		u.Path = strings.TrimSuffix(u.Path, "/") + "/" + segment
	}
	return u.String(), nil
}
