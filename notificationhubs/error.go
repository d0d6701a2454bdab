package notificationhubs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// ResponseError is an answer that is not a success. Its text is for people, and
// may change.
type ResponseError struct {
	StatusCode int
	Code       int           // as the body says it; 0 if it says none
	Detail     string        // the service's own sentence; "" if there is none
	TrackingID string        // to be named to the operator of the hub; "" if there is none
	RetryAfter time.Duration // when to ask again; 0 if the answer does not say
	Method     string
	Path       string // without the query
}

// Error says what was asked, and what the service answered.
func (e *ResponseError) Error() string {
	s := fmt.Sprintf("notificationhubs: %s %s: %d", e.Method, e.Path, e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		s += " " + text
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.TrackingID != "" && !strings.Contains(e.Detail, e.TrackingID) {
		s += " (TrackingId " + e.TrackingID + ")"
	}
	return s
}

func responseError(req *http.Request, r *http.Response, body []byte) error {
	e := &ResponseError{
		StatusCode: r.StatusCode, TrackingID: r.Header.Get(wire.HeaderTrackingID), RetryAfter: retryAfter(r.Header),
		Method: req.Method, Path: req.URL.Path,
	}
	if code, detail, ok := wire.DecodeErrorBody(body); ok {
		e.Code, e.Detail = code, detail
	}
	if e.TrackingID == "" {
		// Azure's older front ends name it only here: …TrackingId:ID,TimeStamp:….
		_, rest, _ := strings.Cut(e.Detail, "TrackingId:")
		e.TrackingID, _, _ = strings.Cut(rest, ",")
	}
	return e
}

// notFound reports whether the service has no such thing.
func notFound(err error) bool {
	answered, ok := errors.AsType[*ResponseError](err)
	return ok && answered.StatusCode == http.StatusNotFound
}
