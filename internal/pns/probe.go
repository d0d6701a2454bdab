package pns

import (
	"context"
	"errors"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Prober is a connector that can try its credential at the service without
// sending anything to a device.
type Prober interface {
	// Probe asks the service until ctx ends. A connector that was made for it
	// takes no access token from a cache.
	Probe(ctx context.Context) Diagnosis
}

// Diagnosis is what a service says of a credential.
type Diagnosis struct {
	OK       bool
	Sentence string    // what is in order, or what is wrong and what to do; holds no secret
	NotAfter time.Time // of a certificate; zero: there is none
	// Instead is the platform whose credential is used in this one's place; zero:
	// this one is used.
	Instead hub.Platform
}

// NotAsked is the diagnosis where a service gave no answer, and why.
func NotAsked(service, why string) Diagnosis {
	return Diagnosis{Sentence: Reason(service+" could not be asked, see whether this machine may connect to it", why)}
}

// TokenDiagnosis is what an error of a TokenCache says of a credential: refused
// where the token endpoint does not accept it, with the endpoint's own words.
func TokenDiagnosis(err error, refused string) Diagnosis {
	var te *TokenError
	known := errors.As(err, &te)
	what := "it could not be checked, see whether this machine may connect to it"
	switch {
	case known && te.Failure == TokenRefused:
		return Diagnosis{Sentence: Reason(refused, te.Err.Error())}
	case known && te.Failure == TokenNotUnderstood:
		what = "it could not be checked, see whether a proxy answers in the service's place"
	case known && te.Status != 0:
		what = "it could not be checked, try again later"
	}
	return Diagnosis{Sentence: Reason(what, err.Error())}
}
