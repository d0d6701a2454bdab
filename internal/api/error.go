package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// problem is an error in the API's vocabulary: a status, and a sentence for
// the caller.
type problem struct {
	status     int
	detail     string
	allow      string // methods, with 405
	retryAfter string // whole seconds: the Java and Android clients read nothing else
	blobCode   string // where we answer as the blob service does: its code
}

func (p *problem) Error() string { return p.detail }

func badRequest(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf(format, args...)}
}

func tooLarge(limit int64) error {
	return &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("The request body has more than %d bytes.", limit)}
}

func methodNotAllowed(method, allow string) error {
	return &problem{
		status: http.StatusMethodNotAllowed, allow: allow,
		detail: fmt.Sprintf("The method %.20s is not supported here. Supported: %s.", method, allow),
	}
}

// Problems without a detail of their own. Azure says nothing of a registration
// that is missing.
var (
	errNoService      = &problem{status: http.StatusNotFound, detail: "No service is hosted at the specified address."}
	errNoRegistration = &problem{status: http.StatusNotFound}
	errNoInstallation = &problem{status: http.StatusNotFound, detail: "Installation not found"}
	errNoNotification = &problem{status: http.StatusNotFound, detail: "The notification is not known, or is no longer kept."}
	errNotScheduled   = &problem{status: http.StatusNotFound, detail: "The notification is not scheduled: it was sent, or is being sent."}
	errNoJob          = &problem{status: http.StatusNotFound, detail: "The job is not known, or is no longer kept."}
	errTooManyJobs    = &problem{status: http.StatusTooManyRequests, detail: "The hub has too many unfinished jobs. Wait for some to end.", retryAfter: "60"}
	errNoBlob         = &problem{status: http.StatusNotFound, detail: "The specified blob does not exist.", blobCode: "BlobNotFound"}
	errNoSuspect      = &problem{status: http.StatusNotFound, detail: "The handle is not a suspect."}
	errETagChanged    = &problem{status: http.StatusPreconditionFailed, detail: "The ETag does not match: the registration was changed since it was read."}
	errETagMalformed  = &problem{status: http.StatusPreconditionFailed, detail: `The ETag header is either missing or invalid. It should be "*", or a quoted ETag.`}
	errHubExists      = &problem{status: http.StatusConflict, detail: "SubCode=40900. Conflict."}
	errHubChanged     = &problem{status: http.StatusConflict, detail: "SubCode=40901. The hub was changed by another request meanwhile. Read it again."}
	errHubFixed       = &problem{status: http.StatusConflict, detail: "The hub is named in the server's configuration and can only be changed there."}
	errHubETag        = &problem{status: http.StatusPreconditionFailed, detail: "A hub has no ETag: If-Match: * replaces the hub, and without If-Match a new one is made."}
	errHubsFull       = &problem{status: http.StatusForbidden, detail: fmt.Sprintf("The namespace has %d hubs, which is as many as can be made here.", maxHubs)}
	errHubDisabled    = &problem{status: http.StatusForbidden, detail: "The hub is disabled."}
	errDirectTemplate = &problem{status: http.StatusBadRequest, detail: "A template cannot be sent directly: a device has templates through its registrations only."}
	errBusy           = &problem{status: http.StatusServiceUnavailable, detail: "The server is busy. Try again later.", retryAfter: "1"}
	errExamined       = &problem{status: http.StatusTooManyRequests, detail: "The hub is being examined already. Try again in a few seconds.", retryAfter: "5"}
	errInternal       = &problem{status: http.StatusInternalServerError, detail: "An internal error has occurred."}
)

// problemOf is the bridge from the vocabulary of the domain to the API's. What
// it does not know becomes a 500 that tells the caller nothing.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*auth.Error](err); ok {
		// 401 for a missing right too: the Java client takes 403 for a passing
		// trouble, and tries again.
		return &problem{status: http.StatusUnauthorized, detail: e.Error()}
	}
	if e, ok := errors.AsType[*hub.Invalid](err); ok {
		return &problem{status: http.StatusBadRequest, detail: e.Msg}
	}
	if e, ok := errors.AsType[*tagexpr.Error](err); ok {
		return &problem{status: http.StatusBadRequest, detail: "The tag expression is not valid: " + e.Error() + "."}
	}
	if e, ok := errors.AsType[*wire.DecodeError](err); ok {
		return &problem{status: http.StatusBadRequest, detail: e.Msg}
	}
	switch {
	case errors.Is(err, store.ErrPrecondition):
		return errETagChanged
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errBusy
	}
	return errInternal
}

// timeStamp is the form of the date in Azure's error details.
const timeStamp = "1/2/2006 3:04:05 PM"

// errorAnswer writes an error as every endpoint does, those with JSON bodies
// included. The clients' own logs show the detail, so it names the request.
func errorAnswer(p *problem, trackingID string, now time.Time) answer {
	if p.blobCode != "" {
		return reply(p.status, wire.AppendBlobError(nil, p.blobCode, p.detail), "Content-Type", "application/xml", "x-ms-error-code", p.blobCode)
	}
	detail := fmt.Sprintf("%s.TrackingId:%s,TimeStamp:%s", p.detail, trackingID, now.UTC().Format(timeStamp))
	return reply(p.status, wire.AppendError(nil, p.status, detail),
		"Content-Type", wire.ContentTypeXML, "Allow", p.allow, "Retry-After", p.retryAfter)
}
