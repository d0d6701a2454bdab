package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/store/sqlite"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Options are what a process decides for itself, beyond its configuration.
type Options struct {
	Clock clock.Clock // nil: the machine's
	// Tokens is what the expiry of callers' tokens is held against, where they
	// sign by another clock than Clock; nil: Clock.
	Tokens clock.Clock
	Log    *slog.Logger
	// Dial and Roots lead to simulated push services; nil: to the real ones, or
	// where the configuration says.
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	Roots *x509.CertPool
	// Dialer connects to the hosts of handles where nothing leads elsewhere; nil:
	// the usual one.
	Dialer *net.Dialer
	// Certificate serves TLS; nil: the configuration's files, or plain HTTP.
	Certificate *tls.Certificate
	// PlainToo serves plain HTTP on the port of TLS.
	PlainToo bool
	// NewHub are the credentials of a hub that the API makes without any.
	NewHub []hub.Credential
	// Simulators answers below simapi.Prefix; nil: nobody does.
	Simulators http.Handler
	// Store changes how the database is opened, for tests.
	Store sqlite.Options
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

var (
	// ErrListen: the process cannot listen where it should.
	ErrListen = errors.New("listening")
	// ErrDataTaken: another process works with the data folder.
	ErrDataTaken = sqlite.ErrOpenElsewhere
)

// App is one process: a namespace with its hubs.
type App struct {
	cfg      config.Config
	opts     Options
	store    *sqlite.Store
	dispatch *dispatch.Dispatcher
	doctor   *doctor.Doctor
	certs    *certFiles // of the listener; nil: none
	daily    *daily
	jobs     *job.Jobs
	changed  []credentialChange
	listener net.Listener
	server   *http.Server
	served   chan error
}

type credentialChange struct {
	hubID    int64
	platform hub.Platform
}

// New opens the database and writes the configuration's hubs into it. Nothing
// is served, and nothing is sent, before Start. A failed New leaves nothing open.
func New(ctx context.Context, cfg config.Config, opts Options) (*App, error) {
	opts = opts.withDefaults()
	if err := makeFolder(cfg.Data); err != nil {
		return nil, err
	}
	sealer, err := openSealer(cfg)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, opts: opts, served: make(chan error, 1)}
	if a.store, err = sqlite.OpenWith(ctx, filepath.Join(cfg.Data, databaseFile), sealer, opts.Store); err != nil {
		return nil, err
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	return a, nil
}

// build makes what stands on the store.
func (a *App) build(ctx context.Context) error {
	env, err := pushServices(a.cfg, a.opts)
	if err != nil {
		return err
	}
	if err := a.writeHubs(ctx); err != nil {
		return err
	}
	if dial := a.cfg.PushServices.Dial; dial != "" {
		a.opts.Log.Warn("every push service is led to one address: nothing reaches a real device", "dial", dial)
	}
	a.doctor = newDoctor(env)
	a.jobs = job.New(job.Config{
		Store: a.store, Clock: a.opts.Clock, Storage: a.cfg.JobStorage, Log: a.opts.Log, Wake: func() { a.dispatch.Poke() },
	})
	a.dispatch = dispatch.New(dispatch.Config{
		Store: a.store, Clock: a.opts.Clock, Connectors: delivery(), Env: env, Log: a.opts.Log,
		Further: map[task.Kind]task.Handler{job.Kind: a.jobs.Run},
		Page:    a.cfg.Dispatch.Page, Window: a.cfg.Dispatch.Window, Workers: a.cfg.Dispatch.Workers,
		RetryWindow: a.cfg.Dispatch.RetryWindow, SuspectAfter: a.cfg.Dispatch.SuspectAfter, Retention: a.cfg.Dispatch.Retention,
	})
	// Not at Start, which may fail: the credentials are no others at the next one.
	if err := a.wake(ctx); err != nil {
		return err
	}
	a.server, err = a.newServer(withSimulators(a.opts.Simulators, api.New(api.Config{
		Store: a.store, Dispatch: a.dispatch, Doctor: a, Jobs: a.jobs, Clock: a.opts.Clock, Tokens: a.opts.Tokens, Limits: tagexpr.DefaultLimits, Log: a.opts.Log,
		CheckCredential: CheckManagedCredential, NewHub: a.opts.NewHub,
		ScheduleWindow: a.cfg.Dispatch.ScheduleWindow,
		PlainToo:       a.opts.PlainToo,
	})))
	return err
}

// Start takes up the work that an earlier process left, and serves.
func (a *App) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrListen, err)
	}
	if err := a.dispatch.Start(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	a.daily = startDaily(a.opts.Clock, func() { a.warnOfCertificates(context.WithoutCancel(ctx)) })
	a.listener = l
	go func() { a.served <- a.server.Serve(a.wrap(l)) }()
	return nil
}

// Addr is where the process listens.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// Dispatcher is the pipeline, for those who wait until it is idle.
func (a *App) Dispatcher() *dispatch.Dispatcher { return a.dispatch }

// Failed delivers the error with which serving ended by itself.
func (a *App) Failed() <-chan error { return a.served }

// Stop accepts nothing more, lets requests and pages in flight come to an end
// until ctx does, and parks the rest for the next process.
func (a *App) Stop(ctx context.Context) error {
	if a.listener == nil {
		return a.store.Close()
	}
	var server sync.WaitGroup
	var err error
	// At the same time: a slow request must not eat up the pages' time.
	server.Go(func() {
		if a.server.Shutdown(ctx) != nil {
			err = a.server.Close() // those that are too slow are cut off
		}
	})
	a.dispatch.Stop(ctx)
	a.daily.stop()
	a.jobs.Close()
	server.Wait()
	return errors.Join(err, a.store.Close())
}

// The server's bounds. A send's body is at most 64 KiB, so a minute is ample.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Reload brings the hubs to what a configuration names now: rules and
// credentials, also of new hubs. What is parked for a credential that has
// changed is tried again at once. Everything else stays as it was at Start; the
// log names what differs.
func (a *App) Reload(ctx context.Context, cfg config.Config) error {
	old := a.cfg
	a.cfg.Namespace, a.cfg.Hubs, a.changed = cfg.Namespace, cfg.Hubs, nil
	if err := a.writeHubs(ctx); err != nil {
		a.cfg = old
		return err
	}
	if keys := a.cfg.NeedRestart(cfg); keys != nil {
		a.opts.Log.Warn("the configuration has changes that are taken over at the next start alone", "keys", strings.Join(keys, ", "))
	}
	a.warnOfCertificates(ctx)
	return a.wake(ctx)
}

// wake tells the dispatcher of the credentials that writeHubs has changed.
func (a *App) wake(ctx context.Context) error {
	for _, c := range a.changed {
		if err := a.dispatch.CredentialChanged(ctx, c.hubID, c.platform); err != nil {
			return err
		}
	}
	return nil
}
