package fcm

import (
	"context"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

// probe asks FCM to check a message and not to send it, to a registration token
// that it never gave out.
const probe = `{"validate_only":true,"message":{"token":"fanfare-credential-check"}}`

// Probe gets an access token and has FCM check a message. FCM looks at the
// project and what the account may do there before it looks at the message.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis {
	token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return pns.TokenDiagnosis(err, "Google does not take the service account "+c.cfg.email+
			": it was deleted, its key was revoked or is another's, or this machine's clock is wrong; download a new key file for it")
	}
	responses := make([]h2.Response, 1)
	c.sender.Do(ctx, []h2.Request{{Path: c.path, Fields: headers(token), Body: []byte(probe)}}, h2.Mode{}, responses)
	return c.cfg.diagnose(&responses[0], c.result(&responses[0], c.clock.Now(), false, false))
}

// diagnose says what the answer to a probe means.
func (c *config) diagnose(r *h2.Response, read pns.Result) pns.Diagnosis {
	if r.Err != nil {
		return pns.NotAsked("FCM", r.Err.Error())
	}
	trouble := "FCM neither took nor refused the service account " + c.email + ": try again later"
	switch read.Class {
	case pns.OK, pns.Drop, pns.Hold: // nothing is wrong but the registration token
		return pns.Diagnosis{OK: true, Sentence: fmt.Sprintf("FCM takes the service account %s for the project %s", c.email, c.project)}
	case pns.Credential:
		trouble = c.trouble(r.Status)
	}
	return pns.Diagnosis{Sentence: pns.Reason(trouble, read.Reason)}
}

// trouble says what is wrong with the credential.
func (c *config) trouble(status int) string {
	switch status {
	case 403:
		return fmt.Sprintf("the service account %s may not send in the project %s: it needs a role with cloudmessaging.messages.create, and the project the Firebase Cloud Messaging API", c.email, c.project)
	case 404:
		return fmt.Sprintf("FCM knows no project %s: see its id in the Firebase console", c.project)
	}
	return fmt.Sprintf("FCM does not take the access token that Google gave the service account %s", c.email)
}

var _ pns.Prober = (*connector)(nil)
