package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fanfare-hub/fanfare/internal/egress"
)

// Error is an attempt that failed. Its text is for whoever runs the job, and
// never holds the URL: the query opens an account.
type Error struct {
	// Status is 0 if there was no answer.
	Status int
	// Temporary: the same request may succeed later.
	Temporary bool
	// RetryAfter is how long the storage asks to be left alone; 0 if it does not.
	RetryAfter time.Duration
	reason     string
	err        error
}

func (e *Error) Error() string { return e.reason }

func (e *Error) Unwrap() error { return e.err }

// explained says what the commonest refusals mean to whoever made the URL.
var explained = map[int]string{
	http.StatusForbidden:          "the URL's signature is wrong, has expired, or lacks a right",
	http.StatusUnauthorized:       "the URL's signature is wrong",
	http.StatusNotFound:           "there is no such container or file",
	http.StatusPreconditionFailed: "the file was changed while it was read",
}

// refusal is the error for an answer that is no success. The status text and
// the code are all that is taken from it: its body may show the signature.
func refusal(doing string, resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode, Temporary: temporary(resp.StatusCode), RetryAfter: retryAfter(resp.Header.Get("Retry-After"))}
	said := strconv.Itoa(resp.StatusCode)
	if code := resp.Header.Get("x-ms-error-code"); plain(code) {
		said += " " + code
	}
	e.reason = fmt.Sprintf("%s: the storage answered %s", doing, said)
	if why := meaning(resp); why != "" {
		e.reason += ": " + why
	}
	return e
}

// meaning is what a refusal means. Storage hides what it has from a URL without
// a signature: it answers 401, 403, 404 or 409, depending on the account.
func meaning(resp *http.Response) string {
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
		if !resp.Request.URL.Query().Has("sig") {
			return "the URL has no signature, which is sig in its query; in a shell, the URL must stand in quotes"
		}
	}
	return explained[resp.StatusCode]
}

func temporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// maxRetryAfter bounds what a storage may ask for.
const maxRetryAfter = 10 * time.Minute

func retryAfter(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRetryAfter)
}

// maxCode bounds an error code that is shown; Azure's have up to 40 letters.
const maxCode = 80

func plain(code string) bool {
	return code != "" && len(code) <= maxCode && !strings.ContainsFunc(code, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// failure is the error for a request without a whole answer. What ends the
// caller's own ctx is no error of the storage.
func failure(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the URL
	}
	e := &Error{Temporary: true, reason: fmt.Sprintf("%s: %v", doing, err), err: err}
	if _, refused := errors.AsType[*egress.Refused](err); refused {
		e.Temporary = false
	}
	return e
}

// strange is the error for an answer that no blob storage gives.
func strange(doing, format string, args ...any) *Error {
	return &Error{Status: http.StatusOK, reason: doing + ": " + fmt.Sprintf(format, args...)}
}
