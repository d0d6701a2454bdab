package app

import (
	"context"
	"fmt"
	"time"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func newDoctor(env pns.Env) *doctor.Doctor {
	return doctor.New(env.Clock, func(ctx context.Context, cred hub.Credential) pns.Diagnosis { return Diagnose(ctx, cred, env) })
}

// Examine says whether a hub's credentials are in order, as this process has
// and uses them, and what serves the hub. A hub is examined by one caller at a
// time: others get doctor.ErrBusy.
func (a *App) Examine(ctx context.Context, h hub.Hub) (doctor.Report, error) {
	var creds []hub.Credential
	err := a.store.View(ctx, func(r store.Reader) (err error) {
		creds, err = credentials(r, h.ID)
		return err
	})
	if err != nil {
		return doctor.Report{}, err
	}
	report, err := a.doctor.Examine(ctx, h.Name, creds)
	if a.certs != nil {
		report.Add(a.certs.finding(report.At))
	}
	return report, err
}

// ExamineConfig examines what a configuration names, before it is served or
// beside the process that serves it: a report on the process, if there is
// anything to say, and one on each hub. It opens no database and changes
// nothing.
func ExamineConfig(ctx context.Context, cfg config.Config, opts Options) ([]doctor.Report, error) {
	opts = opts.withDefaults()
	env, err := pushServices(cfg, opts)
	if err != nil {
		return nil, err
	}
	var all []doctor.Report
	if r := examineProcess(cfg, opts); len(r.Findings) > 0 {
		all = append(all, r)
	}
	d := newDoctor(env)
	for _, h := range cfg.Hubs {
		r, err := d.Examine(ctx, h.Name, h.Credentials)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func examineProcess(cfg config.Config, opts Options) doctor.Report {
	r := doctor.Report{At: opts.Clock.Now().UTC()}
	switch {
	case len(cfg.Hubs) > 0:
	case len(cfg.Namespace) == 0:
		r.Add(doctor.Finding{About: doctor.AboutHub, Severity: doctor.Warning, Text: "the configuration names no hub, and no rule of the namespace to make one with: nothing can be sent"})
	default:
		r.Add(doctor.Finding{About: doctor.AboutHub, Text: "the configuration names no hub: of one that was made through the API, ask the hub itself, with a connection string"})
	}
	if dial := cfg.PushServices.Dial; dial != "" {
		r.Add(doctor.Finding{About: doctor.AboutPushServices, Text: "every push service is led to " + dial + ": nothing reaches a real device"})
	}
	if cfg.CertFile != "" {
		r.Add((&certFiles{cert: cfg.CertFile, key: cfg.KeyFile, log: opts.Log}).finding(r.At))
	}
	if cfg.MasterKey == nil {
		r.Add(examineKey(keyFiles(cfg)))
	}
	return r
}

func examineKey(name, database string) doctor.Finding {
	f := doctor.Finding{About: doctor.AboutMasterKey, Text: name + " is in order"}
	key, err := readKey(name, database)
	switch {
	case err != nil:
		f.Severity, f.Text = doctor.Failed, err.Error()
	case key == nil:
		f.Text = name + " is not there yet: the first start makes it"
	}
	return f
}

// finding says how long the listener's certificate lasts.
func (f *certFiles) finding(now time.Time) doctor.Finding {
	found := doctor.Finding{About: doctor.AboutListener}
	cert, err := f.get(nil)
	if err != nil {
		found.Severity, found.Text = doctor.Failed, err.Error()
		return found
	}
	found.NotAfter = cert.Leaf.NotAfter
	found.Severity, found.Text = doctor.Expiry(now, found.NotAfter, doctor.Serving)
	if found.Severity == doctor.OK {
		found.Text = fmt.Sprintf("the certificate of %s is good until %s", f.cert, found.NotAfter.UTC().Format(time.DateOnly))
	}
	return found
}
