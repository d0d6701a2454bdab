// Package documents keeps pages of docs true. The generated ones are what their
// sources say, and `make docs` writes them anew; docs/sdk.md is held against the
// SDK.
package documents_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

var update = flag.Bool("update", false, "write the generated pages of docs")

// service is a push service as the pages name it.
type service struct {
	name      string
	connector string // its folder in internal/pns
	simulator pnssim.Service
	answers   []pnstest.Answer
}

func services(t *testing.T) []service {
	t.Helper()
	all := []service{
		{name: "APNs", connector: "apns", simulator: pnssim.APNs},
		{name: "FCM", connector: "fcm", simulator: pnssim.FCM},
		{name: "WNS", connector: "wns", simulator: pnssim.WNS},
		{name: "MPNS", connector: "mpns", simulator: pnssim.MPNS},
		{name: "ADM", connector: "adm", simulator: pnssim.ADM},
		{name: "Web Push", connector: "browser", simulator: pnssim.Browser},
		{name: "Baidu", connector: "baidu", simulator: pnssim.Baidu},
		{name: "Xiaomi", connector: "xiaomi", simulator: pnssim.Xiaomi},
	}
	for i := range all {
		all[i].answers = pnstest.Answers(t, "../../internal/pns/"+all[i].connector)
	}
	return all
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	same(t, "outcomes.md", outcomes(services(t), pnstest.Answers(t, "../../internal/pns")))
}

func TestSimulators(t *testing.T) { t.Parallel(); same(t, "simulators.md", simulators(t, services(t))) }

// same holds that a page is what it should be, or makes it so.
func same(t *testing.T, page, want string) {
	t.Helper()
	file := "../../docs/" + page
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/%s is stale, `make docs` writes it anew (-want +got):\n%s", page, diff)
	}
}
