package app

import (
	"context"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Diagnose tries a credential: its form, and then at its service, without
// sending anything to a device.
func Diagnose(ctx context.Context, cred hub.Credential, env pns.Env) pns.Diagnosis {
	if err := CheckCredential(cred); err != nil {
		return pns.Diagnosis{Sentence: err.Error()}
	}
	row := connectors[cred.Platform]
	if row.credential != cred.Platform {
		return pns.Diagnosis{OK: true, Instead: row.credential, Sentence: fmt.Sprintf("it is not used: %s is delivered with the credential of %s", cred.Platform, row.credential)}
	}
	c, err := row.build(cred, env)
	if err != nil {
		return pns.Diagnosis{Sentence: err.Error()}
	}
	defer c.Close()
	cert := certificateOf(cred)
	if cert == nil {
		return probe(ctx, c)
	}
	d := pns.Diagnosis{}
	if severity, text := doctor.Expiry(env.Clock.Now(), cert.NotAfter, doctor.Sending); severity == doctor.Failed {
		d.Sentence = text
	} else {
		d = probe(ctx, c)
	}
	d.NotAfter = cert.NotAfter
	return d
}

func probe(ctx context.Context, c pns.Connector) pns.Diagnosis {
	if p, ok := c.(pns.Prober); ok {
		return p.Probe(ctx)
	}
	return pns.Diagnosis{OK: true, Sentence: "the form is in order; this service offers no check, the first send shows whether it is taken"}
}
