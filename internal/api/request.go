package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// request is a request that found its route, its hub and its rule.
type request struct {
	*http.Request
	w     http.ResponseWriter // only to bound the body: see body
	path  path
	query query
	route route
	hub   hub.Hub
	rule  hub.Rule
	now   time.Time // the one time of everything that the request writes
}

// parameter returns a segment of the path by its name in the route's pattern.
func (r *request) parameter(name string) string { return r.route.parameter(name, r.path.segments) }

// maxID bounds the ids in paths, in bytes.
const maxID = 512

// id returns the {id} of the path. Clients choose ids of any shape, so only
// what could not be shown again in XML and headers is refused.
func (r *request) id() (string, error) {
	id := r.parameter("id")
	if len(id) > maxID || !printable(id) {
		return "", badRequest("The id in the path is not valid: at most %d bytes without control characters are allowed.", maxID)
	}
	return id, nil
}

// body reads a body of at most limit bytes. A longer one is refused without
// being read whole, and its connection closed.
func (r *request) body(limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, r.refuseBody(limit)
	}
	b, err := io.ReadAll(http.MaxBytesReader(r.w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, r.refuseBody(limit)
	case err != nil:
		return nil, badRequest("The request body ended early.")
	}
	return b, nil
}

// refuseBody is the error for a body that is too long. On a connection that goes
// on, net/http would wait for more of it before it answers.
func (r *request) refuseBody(limit int64) error {
	r.w.Header().Set("Connection", "close")
	return tooLarge(limit)
}

// apiVersion is the client's, or the newest for those that lose their query.
func (r *request) apiVersion() string {
	if v := r.query.get("api-version"); v != "" {
		return v
	}
	return "2020-06"
}

// origin is how the caller reached us: scheme, host and port.
func (r *request) origin() string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// url returns the request's own address with further segments, which must not
// need escaping, and its own query: the form of Azure's ids and links.
func (r *request) url(further ...string) string {
	return withQuery(r.origin()+strings.Join(append([]string{r.path.String()}, further...), "/"), r.query.raw)
}

func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	return address + "?" + query
}
