package wns

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Probe gets an access token. WNS itself cannot be asked without a channel of a
// device.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis {
	if _, err := c.tokens.Fresh(ctx); err != nil {
		return pns.TokenDiagnosis(err, "Microsoft does not take the app "+c.cfg.client+" with this secret: copy both again from the app's registration, or make a new secret")
	}
	return pns.Diagnosis{OK: true, Sentence: "Microsoft gives the app " + c.cfg.client + " access tokens for WNS"}
}

var _ pns.Prober = (*connector)(nil)
