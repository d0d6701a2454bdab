package pns

import (
	"context"
	"errors"
	"time"
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
}

// TokenDiagnosis is what an error of a TokenCache says of a credential: refused
// where the token endpoint does not accept it, with the endpoint's own words.
func TokenDiagnosis(err error, refused string) Diagnosis {
	var te *TokenError
	if errors.As(err, &te) && te.Failure == TokenRefused {
		return Diagnosis{Sentence: Reason(refused, te.Err.Error())}
	}
	return Diagnosis{Sentence: Reason("it could not be checked", err.Error())}
}
