package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// hubFile writes a configuration whose push services are simulated.
func hubFile(t *testing.T, sim *pnssim.Sim, hubs string) (name string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write("ca.pem", string(sim.CAPEM()))
	return write("fanfare.yaml", fmt.Sprintf("data: data\npush_services: {dial: %q, ca_file: ca.pem}\n%s", sim.Addr(), hubs))
}

func simulated(t *testing.T) *pnssim.Sim {
	t.Helper()
	sim, err := pnssim.Start(pnssim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// hubYAML is a hub whose credential for Xiaomi has a secret.
func hubYAML(name, secret string) string {
	return fmt.Sprintf("  - name: %s\n    rules: [{name: r, rights: [manage], primary_key: %s}]\n    xiaomi: {secret: %q}\n", name, app.DevKey, secret)
}

func TestDoctorOfAFile(t *testing.T) {
	t.Parallel()
	sim := simulated(t)
	good, bad := sim.XiaomiCredential()["appSecret"], sim.ForeignXiaomiCredential()["appSecret"]
	file := hubFile(t, sim, "hubs:\n"+hubYAML("good", good)+hubYAML("bad", bad))
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"all hubs": {nil, exitUnwell, []string{
			"the process: ok\n", "  ok  push services  every push service is led to " + sim.Addr(),
			"\ngood: ok\n  ok  xiaomi  Xiaomi takes the app secret\n",
			"\nbad: failed\n  failed  xiaomi  Xiaomi does not let the app secret send: copy it again",
		}},
		"the good one": {[]string{"--hub", "GOOD"}, exitGood, []string{"good: ok\n"}},
		"the bad one":  {[]string{"--hub", "bad"}, exitUnwell, []string{"bad: failed\n"}},
		"none of them": {[]string{"--hub", "nosuch"}, exitMisuse, nil},
	} {
		code, out, errs := call(t.Context(), append([]string{"doctor", "--config", file}, c.args...)...)
		if code != c.code || (errs == "") != (code != exitMisuse) {
			t.Errorf("%s: exit %d, want %d: %s", name, code, c.code, errs)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %s\nwant …%s…", name, out, want)
			}
		}
		if strings.Contains(out+errs, bad) {
			t.Errorf("%s: the secret is shown", name)
		}
	}
	code, out, _ := call(t.Context(), "doctor", "--config", file, "--hub", "bad", "--json")
	var reports []nh.DoctorReport
	if err := json.Unmarshal([]byte(out), &reports); err != nil || code != exitUnwell {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	last := reports[len(reports)-1]
	if last.Hub != "bad" || last.Severity != nh.SeverityFailed || last.At.IsZero() || len(last.Findings) != 1 || last.Findings[0].About != "xiaomi" {
		t.Errorf("%+v", reports)
	}
	if got := sim.Everything(); len(got) != 0 {
		t.Errorf("%d devices got something", len(got))
	}
}

func TestDoctorOfAPoorFile(t *testing.T) {
	t.Parallel()
	sim := simulated(t)
	if code, out, _ := call(t.Context(), "doctor", "--config", hubFile(t, sim, "")); code != exitWarned || !strings.Contains(out, "the configuration names no hub") {
		t.Errorf("no hub: exit %d, %s", code, out)
	}
	file := hubFile(t, sim, "hubs:\n"+hubYAML("a", ""))
	if code, _, errs := call(t.Context(), "doctor", "--config", file); code != exitMisuse || !strings.Contains(errs, "fanfare.yaml:6: xiaomi: secret is missing") {
		t.Errorf("a mistake: exit %d, %s", code, errs)
	}
	if code, _, _ := call(t.Context(), "doctor", "--config", file+"x"); code != exitFailed {
		t.Errorf("no file: exit %d", code)
	}
}

// The exit code is that of the worst report.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for severity, want := range map[nh.Severity]int{
		nh.SeverityOK: exitGood, nh.SeverityNotice: exitWarned, nh.SeverityWarning: exitWarned, nh.SeverityUrgent: exitWarned,
		nh.SeverityFailed: exitUnwell, "worse": exitUnwell,
	} {
		err := verdictOf([]nh.DoctorReport{{Severity: nh.SeverityOK}, {Severity: severity}, {Severity: nh.SeverityOK}})
		if v, _ := err.(verdict); v.code != want {
			t.Errorf("%s: %v, want %d", severity, err, want)
		}
	}
	if err := verdictOf([]nh.DoctorReport{{Severity: nh.SeverityFailed}, {Severity: nh.SeverityNotice}}); err != (verdict{exitUnwell}) {
		t.Errorf("the worst first: %v", err)
	}
}
