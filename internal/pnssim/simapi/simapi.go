// Package simapi is the simulated push services over HTTP, in JSON, for tests
// and people in any language: docs/simulator-api.md tells of it. It asks for no
// key; guard.go keeps it to this machine, and away from web pages.
package simapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Prefix begins every path.
const Prefix = "/_fanfare/simulators"

// Config is what the API stands on. Sim is needed.
type Config struct {
	Sim   *pnssim.Sim
	Clock clock.Clock  // for how long a call waits; nil: the machine's
	Log   *slog.Logger // one event for each request; nil: none
}

// API is a handler of the paths below Prefix.
type API struct {
	sim     *pnssim.Sim
	clock   clock.Clock
	log     *slog.Logger
	mux     *http.ServeMux
	waiting chan struct{} // one for each call that waits
	ctx     context.Context
	stop    context.CancelCauseFunc
}

// maxWaiting bounds the calls that wait at the same time: each looks at what
// has come whenever something comes.
const maxWaiting = 100

// New returns the API of a Sim.
func New(cfg Config) *API {
	a := &API{sim: cfg.Sim, clock: cfg.Clock, log: cfg.Log, mux: http.NewServeMux(), waiting: make(chan struct{}, maxWaiting)}
	if a.clock == nil {
		a.clock = clock.System
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.ctx, a.stop = context.WithCancelCause(context.Background())
	a.register()
	return a
}

// Close ends the calls that wait, with 503.
func (a *API) Close() { a.stop(errStopping) }

// Serves reports whether a path is the API's.
func Serves(path string) bool { return path == Prefix || strings.HasPrefix(path, Prefix+"/") }

// ServeHTTP answers whoever may ask.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if no := guard(r); no != nil {
		a.write(w, r, nil, no)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// Overview is every service.
type Overview struct {
	Last     int64     `json:"last"` // the number of the newest push; 0: none yet
	Services []Service `json:"services"`
}

func (a *API) overview(*call) (any, error) {
	o := Overview{Last: a.sim.Pushes(pnssim.Query{}).Last, Services: []Service{}}
	for _, svc := range pnssim.Services() {
		o.Services = append(o.Services, a.service(svc))
	}
	return o, nil
}

// reset makes every service new, and shows them.
func (a *API) reset(c *call) (any, error) {
	a.sim.Reset()
	return a.overview(c)
}

var (
	errStopping = errors.New("fanfare is stopping")
	errTooLate  = errors.New("the time is over")
)
