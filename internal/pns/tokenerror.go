package pns

import (
	"errors"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// TokenFailure is why there is no access token.
type TokenFailure uint8

// The failures.
const (
	TokenUnreachable   TokenFailure = iota // no answer, or one that asks to come back
	TokenRefused                           // the endpoint does not accept our credential
	TokenNotUnderstood                     // the answer is no OAuth answer
)

// TokenError says why there is no access token. It holds no secret.
type TokenError struct {
	Failure    TokenFailure
	Status     int           // of the answer; 0: there was none
	RetryAfter time.Duration // what the endpoint asked for; 0: it did not
	Err        error
}

// Error is a sentence without a full stop.
func (e *TokenError) Error() string {
	what := "the token endpoint could not be reached"
	switch e.Failure {
	case TokenRefused:
		what = "the token endpoint refused the credential"
	case TokenNotUnderstood:
		what = "the token endpoint's answer was not understood"
	}
	if e.Status != 0 {
		return fmt.Sprintf("getting an access token: %s with %d: %v", what, e.Status, e.Err)
	}
	return fmt.Sprintf("getting an access token: %s: %v", what, e.Err)
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// TokenResult is what an error of a TokenCache means for every device of a
// batch: nothing was sent, and the whole service waits.
func TokenResult(err error) Result {
	r := Result{Class: Unsent, Outcome: hub.TokenProviderUnreachable, Service: true, Reason: Reason(err.Error())}
	var te *TokenError
	if !errors.As(err, &te) {
		return r
	}
	r.RetryAfter = te.RetryAfter
	switch te.Failure {
	case TokenRefused:
		r.Class, r.Outcome = Credential, hub.InvalidCredentials
	case TokenNotUnderstood:
		r.Class, r.Outcome = Credential, hub.TokenProviderInterfaceError
	}
	return r
}
