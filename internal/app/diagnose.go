package app

import (
	"context"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Diagnose tries a credential: its form, and then at its service, without
// sending anything to a device.
func Diagnose(ctx context.Context, cred hub.Credential, env pns.Env) pns.Diagnosis {
	check, checked := checks[cred.Platform]
	service, served := connectors[cred.Platform]
	if !checked || !served {
		return pns.Diagnosis{Sentence: fmt.Sprintf("Fanfare does not deliver through %s with a credential of its own", cred.Platform)}
	}
	if err := check(cred); err != nil {
		return pns.Diagnosis{Sentence: err.Error()}
	}
	c, err := service.New(cred, env)
	if err != nil {
		return pns.Diagnosis{Sentence: err.Error()}
	}
	defer c.Close()
	cert := certificateOf(cred)
	if cert == nil {
		return probe(ctx, c)
	}
	d := pns.Diagnosis{}
	if now := env.Clock.Now(); now.After(cert.NotAfter) {
		d.Sentence = certificateWarnings(now, cred)[0]
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
	return pns.Diagnosis{OK: true, Sentence: "the form is in order; this service offers no check"}
}
