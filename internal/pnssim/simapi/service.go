package simapi

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Service is how a push service fares, and what it was asked since it was new.
type Service struct {
	Service         pnssim.Service `json:"service"`
	Stopped         bool           `json:"stopped"`
	Latency         string         `json:"latency"`           // of every answer to a push, in real time
	Quota           int            `json:"quota"`             // pushes for each minute; 0: any number
	Streams         int            `json:"streams,omitempty"` // of a connection over HTTP/2, at APNs one that has proved itself
	Requests        int            `json:"requests"`          // pushes, refused ones too
	Received        int            `json:"received"`          // pushes that devices got
	TokenRequests   int            `json:"tokenRequests"`     // access tokens that were asked for
	Connections     int            `json:"connections"`       // that were taken
	OpenConnections int            `json:"openConnections"`   // of these, the ones that are open now
	Fates           []string       `json:"fates"`             // that its devices can have
}

func (a *API) service(svc pnssim.Service) Service {
	s := a.sim.State(svc)
	return Service{
		Service: svc, Stopped: s.Stopped, Latency: s.Latency.String(), Quota: s.Quota, Streams: s.Streams,
		Requests: s.Requests, Received: s.Received, TokenRequests: s.TokenRequests,
		Connections: s.Connections, OpenConnections: s.Open, Fates: pnssim.Words(svc),
	}
}

func (a *API) getService(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	return a.service(svc), nil
}

func (a *API) resetService(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	a.sim.ResetService(svc)
	return a.service(svc), nil
}

// Change is what can be said of a service; nil leaves it as it is.
type Change struct {
	Stopped *bool   `json:"stopped,omitempty"`
	Latency *string `json:"latency,omitempty"`
	Quota   *int    `json:"quota,omitempty"`
	Streams *int    `json:"streams,omitempty"`
}

// The bounds of a service's latency and quota.
const (
	maxLatency = 10 * time.Minute
	maxQuota   = 1_000_000_000
)

// changeService does all that is asked for, or nothing.
func (a *API) changeService(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	var want Change
	if err := decode(c, &want); err != nil {
		return nil, err
	}
	latency, err := want.check(svc)
	if err != nil {
		return nil, err
	}
	if want.Streams != nil { // first: this can fail
		if err := a.sim.SetStreams(svc, *want.Streams); err != nil {
			return nil, bad("streams: %v", err)
		}
	}
	if want.Latency != nil {
		a.sim.SetLatency(svc, latency)
	}
	if want.Quota != nil {
		a.sim.SetQuota(svc, *want.Quota)
	}
	switch {
	case want.Stopped == nil:
	case *want.Stopped:
		a.sim.StopService(svc)
	default:
		a.sim.StartService(svc)
	}
	return a.service(svc), nil
}

func (w *Change) check(svc pnssim.Service) (latency time.Duration, err error) {
	switch {
	case *w == Change{}:
		return 0, bad("nothing is to be changed; there are stopped, latency, quota and streams")
	case w.Quota != nil && svc == pnssim.APNs:
		return 0, bad("quota: apns has none of an account")
	case w.Quota != nil && (*w.Quota < 0 || *w.Quota > maxQuota):
		return 0, bad("quota: %d is not a number of pushes from 0 (any number) to %d", *w.Quota, maxQuota)
	case w.Latency != nil:
		return duration("latency", *w.Latency, 0, maxLatency)
	}
	return 0, nil
}

// maxAfter bounds how many requests a connection takes before it goes away.
const maxAfter = 1_000_000

// GoAway is how a service is to leave its connections: after so many more requests.
type GoAway struct {
	After int `json:"after"`
}

func (a *API) goAway(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	var want GoAway
	if err := decode(c, &want); err != nil {
		return nil, err
	}
	if want.After < 0 || want.After > maxAfter {
		return nil, bad("after: %d is not a number of requests from 0 to %d", want.After, maxAfter)
	}
	if err := a.sim.GoAway(svc, want.After); err != nil {
		return nil, bad("%v", err)
	}
	return a.service(svc), nil
}
