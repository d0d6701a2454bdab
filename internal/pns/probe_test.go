package pns_test

import (
	"errors"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// What the endpoint refuses is the credential's fault; all else says nothing
// of it.
func TestTokenDiagnosis(t *testing.T) {
	t.Parallel()
	cause := errors.New("invalid_grant: account not found")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"refused":        {&pns.TokenError{Failure: pns.TokenRefused, Status: 400, Err: cause}, "Google does not take it: invalid_grant: account not found"},
		"unreachable":    {&pns.TokenError{Failure: pns.TokenUnreachable, Status: 503, Err: errors.New("no reason given")}, "it could not be checked, try again later: getting an access token: the token endpoint could not be reached with 503: no reason given"},
		"no answer":      {&pns.TokenError{Failure: pns.TokenUnreachable, Err: errors.New("no such host")}, "it could not be checked, see whether this machine may connect to it: getting an access token: the token endpoint could not be reached: no such host"},
		"not understood": {&pns.TokenError{Failure: pns.TokenNotUnderstood, Status: 200, Err: errors.New("no JSON")}, "it could not be checked, see whether a proxy answers in the service's place: getting an access token: the token endpoint's answer was not understood with 200: no JSON"},
		"something else": {errors.New("odd"), "it could not be checked, see whether this machine may connect to it: odd"},
	} {
		if d := pns.TokenDiagnosis(c.err, "Google does not take it"); d.OK || d.Sentence != c.want {
			t.Errorf("%s: %+v, want %q", name, d, c.want)
		}
	}
}
