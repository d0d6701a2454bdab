package gcm

import (
	"context"
	"errors"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
)

// connector translates, and leaves the rest to FCM v1.
type connector struct{ v1 pns.Connector }

// New builds a connector from the hub's FCM v1 credential, or says what is
// wrong with it.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	v1, err := fcm.New(cred, env)
	if err != nil {
		return nil, err
	}
	return &connector{v1}, nil
}

// Send translates the message once and sends it to each target.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	body, err := translate(b.Message.Body)
	if err != nil {
		pns.Fill(results, refusal(err))
		return
	}
	message := *b.Message
	message.Body = body
	batch := *b
	batch.Message = &message
	c.v1.Send(ctx, &batch, results)
}

// Probe tries the credential as FCM v1 does, whose connectors all can.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis { return c.v1.(pns.Prober).Probe(ctx) }

// Close gives up the connections.
func (c *connector) Close() { c.v1.Close() }

// refusal is what an error of translate means for every device.
func refusal(err error) pns.Result {
	r := pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat, Reason: pns.Reason(err.Error())}
	if errors.Is(err, errTooLarge) {
		r.Outcome = hub.InvalidNotificationSize
	}
	return r
}

var (
	_ pns.New    = New
	_ pns.Prober = (*connector)(nil)
)
