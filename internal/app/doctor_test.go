package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// examined finds what a report says about something.
func examined(r doctor.Report, about string) doctor.Finding {
	for _, f := range r.Findings {
		if f.About == about {
			return f
		}
	}
	return doctor.Finding{}
}

// A configuration is examined as a whole: the process first, and then each hub.
// Nothing is made for it.
func TestExamineConfig(t *testing.T) {
	t.Parallel()
	sim, now, env := services(t)
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.CertFile, cfg.KeyFile = certtest.Write(t, t.TempDir(), now.Now().AddDate(0, 6, 0))
	cfg.Hubs = []config.Hub{
		{Name: "good", Credentials: []hub.Credential{{Platform: hub.APNs, Properties: sim.APNsCredential()}}},
		{Name: "bad", Credentials: []hub.Credential{{Platform: hub.FCMV1, Properties: sim.RevokedFCMCredential()}}},
	}
	all, err := ExamineConfig(t.Context(), cfg, Options{Clock: now, Dial: env.Dial, Roots: env.Roots})
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	process, good, bad := all[0], all[1], all[2]
	if process.Hub != "" || process.Severity != doctor.OK || !process.At.Equal(now.Now()) ||
		!strings.Contains(examined(process, "listener").Text, "cert.pem is good until 2027-05-25") ||
		!strings.Contains(examined(process, "master key").Text, "the first start makes it") {
		t.Errorf("the process: %+v", process)
	}
	if good.Hub != "good" || good.Severity != doctor.OK || bad.Hub != "bad" || bad.Severity != doctor.Failed {
		t.Errorf("%+v and %+v", good, bad)
	}
	if made, err := os.ReadDir(cfg.Data); err != nil || len(made) != 0 {
		t.Errorf("made in the data folder: %v, %v", made, err)
	}
	if got := sim.Everything(); len(got) != 0 {
		t.Errorf("%d devices got something", len(got))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ExamineConfig(ended, cfg, Options{Clock: now, Dial: env.Dial, Roots: env.Roots}); err == nil {
		t.Error("who has gone got a report")
	}
}

// What is wrong with the process itself.
func TestExamineProcess(t *testing.T) {
	t.Parallel()
	_, now, _ := services(t)
	for name, c := range map[string]struct {
		change   func(t *testing.T, cfg *config.Config)
		about    string
		severity doctor.Severity
		says     string
	}{
		"no hub":            {func(*testing.T, *config.Config) {}, "hub", doctor.Warning, "names no hub, and no rule"},
		"hubs of the API's": {func(_ *testing.T, cfg *config.Config) { cfg.Namespace = []hub.Rule{{Name: "root"}} }, "hub", doctor.OK, "with a connection string"},
		"a key that reads":  {func(t *testing.T, cfg *config.Config) { write(t, filepath.Join(cfg.Data, "master.key"), DevKey+"\n") }, "master key", doctor.OK, "master.key is in order"},
		"a key that does not": {func(t *testing.T, cfg *config.Config) { write(t, filepath.Join(cfg.Data, "master.key"), "x") },
			"master key", doctor.Failed, "does not hold 32 bytes"},
		"a lost key": {func(t *testing.T, cfg *config.Config) { write(t, filepath.Join(cfg.Data, databaseFile), "x") },
			"master key", doctor.Failed, "restore it from a backup"},
		"a key of the file's": {func(_ *testing.T, cfg *config.Config) { cfg.MasterKey = make([]byte, 32) }, "master key", doctor.OK, ""},
		"one address": {func(_ *testing.T, cfg *config.Config) { cfg.PushServices.Dial = "127.0.0.1:1" },
			"push services", doctor.OK, "led to 127.0.0.1:1: nothing reaches a real device"},
		"a certificate that is gone": {func(_ *testing.T, cfg *config.Config) { cfg.CertFile, cfg.KeyFile = "nosuch.pem", "nosuch.key" },
			"listener", doctor.Failed, "nosuch.pem"},
	} {
		cfg := config.Default()
		cfg.Data = t.TempDir()
		c.change(t, &cfg)
		all, err := ExamineConfig(t.Context(), cfg, Options{Clock: now})
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %+v, %v", name, all, err)
		}
		if f := examined(all[0], c.about); f.Severity != c.severity || !strings.Contains(f.Text, c.says) || (f.Text == "") != (c.says == "") {
			t.Errorf("%s: %+v, want %s …%s…", name, f, c.severity, c.says)
		}
	}
	cfg := config.Default()
	cfg.PushServices = config.PushServices{Dial: "127.0.0.1:1", CAFile: filepath.Join(t.TempDir(), "nosuch")}
	if _, err := ExamineConfig(t.Context(), cfg, Options{Clock: now}); err == nil || !strings.Contains(err.Error(), "ca_file") {
		t.Errorf("without its authority: %v", err)
	}
}

// A running hub's report names the certificate that it serves with.
func TestExamineListener(t *testing.T) {
	t.Parallel()
	_, now, env := services(t)
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.CertFile, cfg.KeyFile = certtest.Write(t, t.TempDir(), now.Now().AddDate(0, 6, 0))
	cfg.Hubs = []config.Hub{{Name: "h"}}
	a, err := New(t.Context(), cfg, Options{Clock: now, Dial: env.Dial, Roots: env.Roots})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	r, err := a.Examine(t.Context(), hub.Hub{ID: 1, Name: "h"})
	f := examined(r, "listener")
	if err != nil || f.Severity != doctor.OK || f.NotAfter.IsZero() || r.Severity != doctor.Warning {
		t.Errorf("%+v, %v", r, err)
	}
}
