package notificationhubs

import (
	"fmt"
	"net/http"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// ResponseError is an answer that is not a success.
type ResponseError struct {
	StatusCode int
	Code       int    // as the body says it; 0 if it says none
	Detail     string // the service's own sentence; "" if there is none
	TrackingID string // to be named to the operator of the hub
	Method     string
	Path       string // without the query
}

// Error says what was asked, and what the service answered.
func (e *ResponseError) Error() string {
	s := fmt.Sprintf("notificationhubs: %s %s: %d %s", e.Method, e.Path, e.StatusCode, http.StatusText(e.StatusCode))
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

func responseError(r *http.Response, body []byte) error {
	e := &ResponseError{
		StatusCode: r.StatusCode, TrackingID: r.Header.Get(wire.HeaderTrackingID),
		Method: r.Request.Method, Path: r.Request.URL.Path,
	}
	if code, detail, ok := wire.DecodeErrorBody(body); ok {
		e.Code, e.Detail = code, detail
	}
	return e
}
