package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// physician stands where the doctor does.
type physician struct{ err error }

func (p physician) Examine(_ context.Context, h hub.Hub) (doctor.Report, error) {
	r := doctor.Report{Hub: h.Name, At: now}
	r.Add(doctor.Finding{About: "apns", Severity: doctor.Failed, Text: "the .p8 <file> is another's"})
	return r, p.err
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	f := setupWith(t, func(c *api.Config) { c.Doctor = physician{} })
	const target = "/_fanfare/hubs/myhub/doctor"
	g := f.call(http.MethodGet, target, "").want(200)
	const want = `{"hub":"MyHub","at":"2025-03-04T05:06:07Z","severity":"failed","findings":[{"about":"apns","severity":"failed","text":"the .p8 \u003cfile\u003e is another's"}]}`
	if strings.TrimSpace(g.body) != want || g.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%s\nwant %s", g.body, want)
	}
	f.call(http.MethodGet, target, "", "Authorization", f.tokenOf("Send", sendKey)).
		refused(401, "Manage claim is required for this operation.")
	f.call(http.MethodGet, "/_fanfare/hubs/nosuch/doctor", "").want(404)
	f.call(http.MethodPost, target, "").refused(405, "The method POST is not supported here. Supported: GET.")
}

func TestDoctorIsBusy(t *testing.T) {
	t.Parallel()
	f := setupWith(t, func(c *api.Config) { c.Doctor = physician{doctor.ErrBusy} })
	g := f.call(http.MethodGet, "/_fanfare/hubs/myhub/doctor", "").
		refused(429, "The hub is being examined already. Try again in a few seconds.")
	if wait := g.header.Get("Retry-After"); wait != "5" {
		t.Errorf("Retry-After %q", wait)
	}
	f = setupWith(t, func(c *api.Config) { c.Doctor = physician{errors.New("the disk is torn")} })
	f.call(http.MethodGet, "/_fanfare/hubs/myhub/doctor", "").refused(500, "An internal error has occurred.")
}
