package adm

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Probe gets an access token. ADM itself cannot be asked without a device.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis {
	if _, err := c.tokens.Fresh(ctx); err != nil {
		return pns.TokenDiagnosis(err, "Amazon does not take the client id "+c.config.client+" with this secret: copy both again from the app's security profile, for which Device Messaging must be enabled")
	}
	return pns.Diagnosis{OK: true, Sentence: "Amazon gives the client id " + c.config.client + " access tokens for messaging"}
}

var _ pns.Prober = (*connector)(nil)
