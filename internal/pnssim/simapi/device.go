package simapi

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// Device is one that got something, or whose fate was set.
type Device struct {
	Service pnssim.Service `json:"service"`
	Handle  string         `json:"handle"` // in the form in which handles are compared
	Pushes  int            `json:"pushes"` // that are kept
	Fate    string         `json:"fate"`
	FateSet bool           `json:"fateSet"`        // false: the handle asks for it
	Last    *Push          `json:"last,omitempty"` // its newest push
}

// Devices is a page of devices, by service and handle. Next is what after must
// be to get those that follow; "" is the end.
type Devices struct {
	Devices []Device `json:"devices"`
	Next    string   `json:"next,omitempty"`
}

func viewDevice(d pnssim.Device) Device {
	v := Device{Service: d.Service, Handle: d.Handle, Pushes: d.Pushes, Fate: d.Fate.String(), FateSet: d.Set}
	if d.Last != nil {
		last := view(*d.Last)
		v.Last = &last
	}
	return v
}

// device reads service and handle of a query string, "" where one is missing.
func (c *call) device() (pnssim.Service, string, error) {
	name, handle := c.query.Get("service"), c.query.Get("handle")
	if !c.query.Has("service") {
		if c.query.Has("handle") {
			return "", "", bad("a handle goes with its service")
		}
		return "", "", nil
	}
	svc, ok := known(name)
	if !ok {
		return "", "", bad("service: there is no %.40q, but %s", name, names(pnssim.Services()))
	}
	if c.query.Has("handle") {
		if err := pnssim.CheckHandle(svc, handle); err != nil {
			return "", "", bad("handle: %v", err)
		}
	}
	return svc, handle, nil
}

func (a *API) listDevices(c *call) (any, error) {
	svc, handle, err := c.device()
	if err != nil {
		return nil, err
	}
	if handle != "" { // there is always one
		return Devices{Devices: []Device{viewDevice(a.sim.Device(svc, handle))}}, nil
	}
	limit, err := c.number("limit", 1, maxLimit, usualLimit)
	if err != nil {
		return nil, err
	}
	after := c.query.Get("after")
	if name, _, ok := strings.Cut(after, "/"); c.query.Has("after") {
		if _, is := known(name); !ok || !is {
			return nil, bad("after: %.40q is not what next of an earlier page was", after)
		}
	}
	list, more := a.sim.Devices(svc, after, int(limit))
	return devicePage(list, more), nil
}

func devicePage(list []pnssim.Device, more bool) Devices {
	out := Devices{Devices: []Device{}}
	bytes := 0
	for i, d := range list {
		if d.Last != nil {
			bytes += len(d.Last.Body)
		}
		if bytes > maxBytes && i > 0 {
			list, more = list[:i], true
			break
		}
		out.Devices = append(out.Devices, viewDevice(d))
	}
	if more {
		out.Next = list[len(list)-1].Key()
	}
	return out
}

// Fate is what is to become of the pushes to a device.
type Fate struct {
	Handle     string     `json:"handle"`
	Fate       string     `json:"fate"`                 // a word, as in handles: gone, throttled-2; live
	Since      *time.Time `json:"since,omitempty"`      // gone and expired at APNs: since when; nil: now
	RetryAfter string     `json:"retryAfter,omitempty"` // throttled and unavailable, but at APNs: sent as it is
}

func (a *API) setFate(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	var want Fate
	if err := decode(c, &want); err != nil {
		return nil, err
	}
	if err := pnssim.CheckHandle(svc, want.Handle); err != nil {
		return nil, bad("handle: %v", err)
	}
	f, err := want.read(svc)
	if err != nil {
		return nil, err
	}
	if err := a.sim.SetFate(svc, want.Handle, f); errors.Is(err, pnssim.ErrTooManyFates) {
		return nil, refuse(http.StatusConflict, "%v", err)
	} else if err != nil {
		return nil, err
	}
	return viewDevice(a.sim.Device(svc, want.Handle)), nil
}

// maxRetryAfter bounds a header, in bytes.
const maxRetryAfter = 100

func (w *Fate) read(svc pnssim.Service) (pnssim.Fate, error) {
	f, err := pnssim.ParseWord(svc, w.Fate)
	if err != nil {
		return f, bad("fate: %v", err)
	}
	if w.Since != nil {
		if svc != pnssim.APNs || f.Kind != "gone" && f.Kind != "expired" {
			return f, bad("since goes with gone and expired at apns")
		}
		f.Since = *w.Since
	}
	if w.RetryAfter != "" {
		odd := func(r rune) bool { return r < ' ' || r > '~' }
		switch {
		case svc == pnssim.APNs || f.Kind != "throttled" && f.Kind != "unavailable":
			return f, bad("retryAfter goes with throttled and unavailable, and not at apns")
		case len(w.RetryAfter) > maxRetryAfter || strings.ContainsFunc(w.RetryAfter, odd):
			return f, bad("retryAfter is not up to %d characters of a header", maxRetryAfter)
		}
		f.RetryAfter = w.RetryAfter
	}
	return f, nil
}

// clearFate leaves a device to the fate that its handle asks for.
func (a *API) clearFate(c *call) (any, error) {
	svc, err := c.serviceIn()
	if err != nil {
		return nil, err
	}
	handle := c.query.Get("handle")
	if err := pnssim.CheckHandle(svc, handle); err != nil {
		return nil, bad("handle: %v", err)
	}
	a.sim.ClearFate(svc, handle)
	return viewDevice(a.sim.Device(svc, handle)), nil
}
