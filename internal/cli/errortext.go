package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// errorText is an error in words for people: what the hub answered comes first,
// and the names of packages are left out.
func errorText(err error) string {
	text := err.Error()
	if a, ok := errors.AsType[*nh.ResponseError](err); ok {
		text = strings.Replace(text, a.Error(), answerText(a), 1)
	}
	if errors.Is(err, context.Canceled) {
		text = strings.Replace(text, context.Canceled.Error(), "interrupted", 1)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		text = strings.Replace(text, context.DeadlineExceeded.Error(), "the time is over", 1)
	}
	return strings.ReplaceAll(text, "notificationhubs: ", "")
}

// answerText is an answer with the hub's sentence, without what Azure's form
// puts behind that.
func answerText(a *nh.ResponseError) string {
	text := fmt.Sprintf("%d %s", a.StatusCode, http.StatusText(a.StatusCode))
	if sentence := sentenceOf(a); sentence != "" {
		text += ": " + sentence
	}
	text += fmt.Sprintf(" (%s %s", a.Method, cmp.Or(a.Path, "/"))
	if a.TrackingID != "" {
		text += ", TrackingId " + a.TrackingID
	}
	return text + ")"
}

// sentenceOf is what the hub says, without .TrackingId:…,TimeStamp:….
func sentenceOf(a *nh.ResponseError) string {
	sentence, _, _ := strings.Cut(a.Detail, ".TrackingId:")
	return sentence
}

// hint tells what to do about an error that says only what has happened; "" is
// nothing.
func hint(err error) string {
	if a, ok := errors.AsType[advised](err); ok {
		return a.advice
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "--ca-file or FANFARE_CA_FILE names an authority to trust; fanfare dev prints where its own is"
	}
	if a, ok := errors.AsType[*nh.ResponseError](err); ok {
		return answerHint(a)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the Endpoint of the connection string names a host that is not known here"
	}
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the hub speaks plain HTTP there: the connection string then begins with Endpoint=http://"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing serves there: does the hub run? fanfare dev starts one for development"
	}
	return ""
}

// answerHint is hint for what a hub answered.
func answerHint(a *nh.ResponseError) string {
	sentence := sentenceOf(a)
	switch {
	case a.StatusCode == http.StatusUnauthorized && strings.HasPrefix(sentence, "InvalidSignature"):
		return "SharedAccessKeyName and SharedAccessKey of the connection string are those of no rule of this hub, or of its namespace where the command asks for that"
	case a.StatusCode == http.StatusNotFound && strings.HasPrefix(sentence, "No service is hosted"):
		return "no hub has this name there: fanfare hub list shows those there are"
	case a.StatusCode == http.StatusNotFound && sentence == "" && a.TrackingID != "" && strings.Contains(a.Path, "/registrations/"):
		// Azure says nothing of a registration that is missing, and so do we.
		return "the hub has no registration with this id: fanfare registration list shows those there are"
	case a.StatusCode == http.StatusConflict && strings.HasPrefix(sentence, "SubCode=40900"):
		return "a hub has this name already: fanfare hub update and fanfare hub set-credential change it"
	case a.StatusCode == http.StatusBadRequest && a.Detail == "" && a.TrackingID == "":
		// net/http's answer to plain HTTP on a port of TLS is no hub's.
		return "is it a hub, and does it speak TLS there? The connection string then begins with Endpoint=sb://"
	}
	return ""
}
