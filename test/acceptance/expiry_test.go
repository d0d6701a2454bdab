package acceptance_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/certtest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const day = 24 * time.Hour

// warnings are the lines of a log that speak of certificates.
type warnings chan string

func (l warnings) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "certificate") {
		l <- string(line)
	}
	return len(line), nil
}

// begin starts the hub again, with a log.
func (w *world) begin(log warnings) {
	w.Helper()
	var err error
	w.app, err = app.New(w.ctx, w.cfg, app.Options{Clock: w.clock, Dial: w.sim.Dial, Roots: w.sim.Roots(), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		w.Fatal(err)
	}
	if err := w.app.Start(w.ctx); err != nil {
		w.Fatal(err)
	}
}

// next checks the line that comes next.
func (w *world) next(log warnings, want ...string) {
	w.Helper()
	select {
	case line := <-log:
		for _, text := range want {
			if !strings.Contains(line, text) {
				w.Errorf("the log says %s, want …%s…", line, text)
			}
		}
	case <-w.ctx.Done():
		w.Fatalf("the log does not say %q", want)
	}
}

// nothing checks that no further line has come of a hub that has ended.
func (w *world) nothing(log warnings) {
	w.Helper()
	if len(log) != 0 {
		w.Errorf("the log says more: %s", <-log)
	}
}

// While a hub serves, what is soon to expire is named once a day; a restart
// names it once, and counts its days from then on.
func TestExpiryIsLoggedDaily(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withAPNs((*pnssim.Sim).APNsCertificateCredential))
	end := w.doctor().Findings[0].NotAfter
	w.stop()
	w.clock.Advance(end.Add(-31 * day).Sub(w.clock.Now()))
	log := make(warnings, 10)
	w.begin(log) // there is time
	for _, want := range []string{"level=WARN", "within 30 days", "within 30 days"} {
		w.clock.Advance(12 * time.Hour)
		w.clock.Advance(12 * time.Hour)
		w.next(log, want, "hub=myhub platform=apns", end.UTC().Format(time.DateOnly))
	}
	w.stop()
	w.nothing(log)

	w.clock.Advance(23*day + 6*time.Hour) // 4 days and 18 hours are left
	w.begin(log)
	w.next(log, "level=WARN", "within 7 days")
	w.stop()
	w.begin(log)
	w.next(log, "level=WARN", "within 7 days")
	for _, want := range []string{"within 7 days", "within 7 days", "within 7 days", "level=ERROR", "level=ERROR"} {
		w.clock.Advance(23 * time.Hour)
		w.clock.Advance(time.Hour)
		w.next(log, want)
	}
	w.stop()
	w.nothing(log)
}

// A hub starts with a certificate that has expired, and says so; so it does of
// one that comes with a reload, and of the listener's.
func TestExpiredCertificateIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.stop()
	w.cfg.CertFile, w.cfg.KeyFile = certtest.Write(t, w.dir, w.clock.Now().Add(time.Hour))
	log := make(warnings, 10)
	w.begin(log)
	w.next(log, "level=ERROR", "within a day: clients cannot connect after that", "cert.pem")
	withAPNs((*pnssim.Sim).ExpiredAPNsCertificateCredential)(w)
	if err := w.app.Reload(w.ctx, w.cfg); err != nil {
		t.Fatal(err)
	}
	expired := "the certificate expired on " + w.clock.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	w.next(log, "level=ERROR", expired, "hub=myhub platform=apns")
	w.next(log, "cert.pem")
	w.stop()
	w.begin(log)
	w.next(log, expired)
	w.next(log, "cert.pem")
	w.stop()
	w.nothing(log)
}
