package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// pushServices is what the connectors get: the way to the push services.
func pushServices(cfg config.Config, opts Options) (pns.Env, error) {
	env := pns.Env{Clock: opts.Clock, Dial: opts.Dial, Dialer: opts.Dialer, Roots: opts.Roots, Conns: cfg.Dispatch.Connections, RequestTimeout: cfg.Dispatch.RequestTimeout}
	p := cfg.PushServices
	if p.Dial == "" {
		return env, nil
	}
	env.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, p.Dial)
	}
	if p.CAFile == "" {
		return env, nil
	}
	pem, err := os.ReadFile(p.CAFile)
	if err != nil {
		return env, fmt.Errorf("reading ca_file: %w", err)
	}
	env.Roots = x509.NewCertPool()
	if !env.Roots.AppendCertsFromPEM(pem) {
		return env, fmt.Errorf("ca_file %s holds no PEM certificate", p.CAFile)
	}
	return env, nil
}
