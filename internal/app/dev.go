package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// What every development hub has. The key is public on purpose: it is base64 of
// 32 bytes, as Azure's are, and opens nothing but hubs on a loopback address.
const (
	DevListen = "127.0.0.1:8443"
	DevHub    = "myhub"
	DevRule   = "DefaultFullSharedAccessSignature"
	DevKey    = "ZmFuZmFyZS1kZXZlbG9wbWVudC1rZXktMDEyMzQ1Njc="

	devListenRule = "DefaultListenSharedAccessSignature"
)

// DevOptions are what a development hub can be told.
type DevOptions struct {
	Data      string // folder; kept
	Listen    string // host:port; a loopback address
	Hub       string
	Clock     clock.Clock
	Log       *slog.Logger
	OnReceive func(pnssim.Received) // for each push that a simulated device gets

	// What tests decide.
	Tokens         clock.Clock      // as in Options
	Certificate    *tls.Certificate // of the hub; nil: one of the authority in Data
	SimulatorCA    *pnssim.CA       // nil: a new one
	Volatile       bool             // commit without waiting for the disk
	RequestTimeout time.Duration    // of one request to a push service, in real time; 0: what suits the service
}

// Dev is a development hub: a whole process that needs no account, with
// simulated push services behind it.
type Dev struct {
	*App
	Sim              *pnssim.Sim
	Hub              string
	Endpoint         string // https://127.0.0.1:8443
	ConnectionString string
	CAFile           string // of the hub's certificate; "" with DevOptions.Certificate

	simulators *simapi.API
}

// StartDev builds a development hub and serves it.
func StartDev(ctx context.Context, o DevOptions) (*Dev, error) {
	if err := CheckLoopback(o.Listen); err != nil {
		return nil, err
	}
	if err := makeFolder(o.Data); err != nil {
		return nil, err
	}
	leaf, caFile, err := devCertificate(&o)
	if err != nil {
		return nil, err
	}
	sim, err := pnssim.Start(pnssim.Config{Clock: o.Clock, CA: o.SimulatorCA, OnReceive: o.OnReceive})
	if err != nil {
		return nil, fmt.Errorf("starting the simulated push services: %w", err)
	}
	simulators := simapi.New(simapi.Config{Sim: sim, Clock: o.Clock, Log: o.Log})
	a, err := New(ctx, devConfig(o, sim), Options{
		Clock: o.Clock, Tokens: o.Tokens, Log: o.Log, Dial: sim.Dial, Roots: sim.Roots(), Certificate: leaf, PlainToo: true, Simulators: simulators, NewHub: simulated(sim),
		Store: sqlite.Options{Volatile: o.Volatile},
	})
	if err != nil {
		return nil, errors.Join(err, sim.Close())
	}
	if err := a.Start(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(ctx), sim.Close())
	}
	d := &Dev{App: a, Sim: sim, Hub: o.Hub, CAFile: caFile, Endpoint: "https://" + a.Addr().String(), simulators: simulators}
	cs := wire.ConnectionString{KeyName: DevRule, Key: DevKey}
	if cs.Endpoint, err = url.Parse("sb://" + a.Addr().String() + "/"); err != nil {
		return nil, errors.Join(err, d.Stop(ctx))
	}
	d.ConnectionString = cs.String()
	return d, nil
}

// devCertificate returns the hub's certificate and the file of its authority.
func devCertificate(o *DevOptions) (leaf *tls.Certificate, caFile string, err error) {
	if o.Certificate != nil {
		return o.Certificate, "", nil
	}
	ca, err := openAuthority(o.Data)
	if err != nil {
		return nil, "", err
	}
	if leaf, err = ca.leaf(); err != nil {
		return nil, "", fmt.Errorf("making a certificate: %w", err)
	}
	return leaf, ca.file, nil
}

// SimulatorAPI is where the simulators are looked at and changed.
func (d *Dev) SimulatorAPI() string { return d.Endpoint + simapi.Prefix }

// Stop ends the hub, and then its push services. Calls that wait for a push
// end first: they would hold the hub up.
func (d *Dev) Stop(ctx context.Context) error {
	d.simulators.Close()
	return errors.Join(d.App.Stop(ctx), d.Sim.Close())
}

// SimulatorCA writes the certificate authority of the simulated push services
// into the data folder, and returns the file's name.
func (d *Dev) SimulatorCA() (string, error) {
	name := filepath.Join(filepath.Dir(d.CAFile), "simulators-ca.pem")
	return name, os.WriteFile(name, d.Sim.CAPEM(), 0o600)
}

func devConfig(o DevOptions, sim *pnssim.Sim) config.Config {
	cfg := config.Default()
	cfg.Data, cfg.Listen = o.Data, o.Listen
	cfg.JobStorage = cfg.JobStorage.WithLoopback()
	full := hub.Rule{Name: DevRule, Rights: hub.Listen | hub.Send | hub.Manage, PrimaryKey: DevKey}
	cfg.Namespace = []hub.Rule{full} // so that the one connection string makes further hubs
	cfg.Dispatch.RequestTimeout = o.RequestTimeout
	cfg.Hubs = []config.Hub{{
		Name: o.Hub,
		Rules: []hub.Rule{
			{Name: devListenRule, Rights: hub.Listen, PrimaryKey: DevKey},
			full,
		},
		Credentials: simulated(sim),
	}}
	return cfg
}

// simulated are the credentials of the simulated push services.
func simulated(sim *pnssim.Sim) []hub.Credential {
	return []hub.Credential{
		{Platform: hub.APNs, Properties: sim.APNsCredential()},
		{Platform: hub.FCMV1, Properties: sim.FCMCredential()},
		{Platform: hub.WNS, Properties: sim.WNSCredential()},
		{Platform: hub.MPNS, Properties: sim.MPNSCredential()},
		{Platform: hub.ADM, Properties: sim.ADMCredential()},
		{Platform: hub.Browser, Properties: sim.BrowserCredential()},
		{Platform: hub.Baidu, Properties: sim.BaiduCredential()},
		{Platform: hub.Xiaomi, Properties: sim.XiaomiCredential()},
	}
}

// CheckLoopback refuses every address that other machines can reach: a
// development hub's key is no secret.
func CheckLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || !config.ValidAddress(listen) {
		return fmt.Errorf("listen: %q is not host:port, as in %s", listen, DevListen)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen: %s is not a loopback address: a development hub's key is public, use fanfare serve for other machines", host)
}
