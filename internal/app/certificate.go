package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// certificateNames are the properties that hold a certificate, under Azure's
// names; its password is always CertificateKey.
var certificateNames = map[hub.Platform]string{hub.APNs: "ApnsCertificate", hub.MPNS: "MpnsCertificate"}

// certificateOf returns a credential's certificate; nil: it has none that can
// be read.
func certificateOf(cred hub.Credential) *x509.Certificate {
	text := cred.Properties[certificateNames[cred.Platform]]
	if text == "" {
		return nil
	}
	pair, err := pns.ParseCertificate(text, cred.Properties["CertificateKey"])
	if err != nil {
		return nil
	}
	return pair.Leaf
}

// warnOfCertificates logs what is soon to expire, of every hub and of the
// listener.
func (a *App) warnOfCertificates(ctx context.Context) {
	now := a.opts.Clock.Now()
	hubs, err := a.certificates(ctx)
	if err != nil {
		a.opts.Log.Error("the certificates of the hubs cannot be looked at", "error", err)
	}
	for _, c := range hubs {
		severity, text := doctor.Expiry(now, c.notAfter, doctor.Sending)
		a.warn(ctx, severity, text, "hub", c.hub, "platform", c.platform)
	}
	if a.certs != nil {
		f := a.certs.finding(now)
		a.warn(ctx, f.Severity, f.Text, "file", a.certs.cert)
	}
}

// warn logs what a certificate comes to: an error from its last day on.
func (a *App) warn(ctx context.Context, severity doctor.Severity, text string, args ...any) {
	switch {
	case severity >= doctor.Urgent:
		a.opts.Log.ErrorContext(ctx, text, args...)
	case severity > doctor.OK:
		a.opts.Log.WarnContext(ctx, text, args...)
	}
}

// certificate is the one of a hub's credential.
type certificate struct {
	hub      string
	platform hub.Platform
	notAfter time.Time
}

// certificates returns those of all hubs, whoever set them.
func (a *App) certificates(ctx context.Context) (all []certificate, err error) {
	err = a.store.View(ctx, func(r store.Reader) error {
		hubs, err := r.ListHubs()
		if err != nil {
			return err
		}
		for _, h := range hubs {
			creds, err := credentials(r, h.ID)
			if err != nil {
				return fmt.Errorf("hub %s: %w", h.Name, err)
			}
			for _, c := range creds {
				if cert := certificateOf(c); cert != nil {
					all = append(all, certificate{h.Name, c.Platform, cert.NotAfter})
				}
			}
		}
		return nil
	})
	return all, err
}

// credentials returns a hub's, in order of their platforms.
func credentials(r store.Reader, hubID int64) (all []hub.Credential, err error) {
	for _, p := range hub.Platforms {
		c, err := r.Credential(hubID, p)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the credential for %s: %w", p, err)
		}
		all = append(all, c)
	}
	return all, nil
}
