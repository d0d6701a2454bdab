package hubtest

import (
	"context"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// Device is a simulated device with one app.
type Device struct {
	hub      *Hub
	platform notificationhubs.Platform
	service  pnssim.Service
	address  notificationhubs.Device
}

// Device returns the device of a platform that has a name, with a handle made
// from the name: the same name is the same device.
func (h *Hub) Device(p notificationhubs.Platform, name string) *Device {
	h.t.Helper()
	return h.DeviceAt(p, h.service(p).handle(digitsOf(name)))
}

// DeviceAt returns the device with a handle that the test or the code under test
// has made up. A browser is one with keys of its own from then on: those that
// were made elsewhere for an endpoint cannot be read with.
func (h *Hub) DeviceAt(p notificationhubs.Platform, handle string) *Device {
	h.t.Helper()
	s := h.service(p)
	if err := pnssim.CheckHandle(s.sim, handle); err != nil {
		h.t.Fatalf("hubtest: a device of %s: %v", p, err)
	}
	d := &Device{hub: h, platform: p, service: s.sim, address: notificationhubs.Device{Handle: handle}}
	if p == notificationhubs.Browser {
		keys := h.subscribe(handle)
		d.address.P256DH, d.address.Auth = keys.P256DH, keys.Auth
	}
	return d
}

// subscribe makes a browser's keys, once.
func (h *Hub) subscribe(endpoint string) pnssim.Subscription {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.browsers[endpoint]; ok {
		return s
	}
	s, err := h.dev.Sim.SubscribeAt(endpoint, "")
	if err != nil {
		h.t.Fatalf("hubtest: subscribing a browser: %v", err)
	}
	h.browsers[endpoint] = s
	return s
}

// Platform is the device's platform.
func (d *Device) Platform() notificationhubs.Platform { return d.platform }

// Handle is the device's token, channel URI, endpoint or the like.
func (d *Device) Handle() string { return d.address.Handle }

// Address is what Client.SendDirect sends to.
func (d *Device) Address() notificationhubs.Device { return d.address }

// Registration is one for the device, native, for Client.CreateRegistration.
func (d *Device) Registration(tags ...string) notificationhubs.Registration {
	return notificationhubs.Registration{
		Platform: d.platform, Handle: d.address.Handle, P256DH: d.address.P256DH, Auth: d.address.Auth, Tags: tags,
	}
}

// Installation is one for the device, for Client.PutInstallation.
func (d *Device) Installation(id string, tags ...string) notificationhubs.Installation {
	i := notificationhubs.Installation{ID: id, Platform: d.platform, PushChannel: d.address.Handle, Tags: tags}
	if d.platform == notificationhubs.Browser {
		i.PushChannel = ""
		i.Browser = &notificationhubs.BrowserChannel{Endpoint: d.address.Handle, P256DH: d.address.P256DH, Auth: d.address.Auth}
	}
	return i
}

// Register registers the device natively, with tags.
func (d *Device) Register(tags ...string) *notificationhubs.Registration {
	d.hub.t.Helper()
	return d.register(d.Registration(tags...))
}

// RegisterTemplate registers the device with a template, such as
// {"aps":{"alert":"$(greeting)"}}, and tags.
func (d *Device) RegisterTemplate(body string, tags ...string) *notificationhubs.Registration {
	d.hub.t.Helper()
	r := d.Registration(tags...)
	r.Template = &notificationhubs.RegistrationTemplate{Body: body}
	return d.register(r)
}

func (d *Device) register(r notificationhubs.Registration) *notificationhubs.Registration {
	d.hub.t.Helper()
	made, err := d.hub.own().CreateRegistration(context.Background(), r)
	if err != nil {
		d.hub.t.Fatalf("hubtest: registering a device: %v", err)
	}
	return made
}

// SetFate says what becomes of the pushes to the device, from now on.
func (d *Device) SetFate(f Fate) {
	d.hub.t.Helper()
	fate, err := pnssim.ParseWord(d.service, string(f))
	if err == nil {
		err = d.hub.dev.Sim.SetFate(d.service, d.address.Handle, fate)
	}
	if err != nil {
		d.hub.t.Fatalf("hubtest: the fate of a device: %v", err)
	}
}

// kept is how many pushes of a device are kept, and keptInAll of all devices.
const (
	kept      = 1_000
	keptInAll = 100_000
)

// Received returns what the device got, the oldest first: the last thousand.
func (d *Device) Received() []Push {
	return pushes(d.hub.dev.Sim.Received(d.service, d.address.Handle))
}

// Wait returns what the device got, as soon as that is n pushes since the hub
// began, a thousand at most. What waits for the hub's clock comes with Advance
// alone. With the error, which is that of ctx as a rule, comes what there is.
func (d *Device) Wait(ctx context.Context, n int) ([]Push, error) {
	if n > kept {
		return nil, fmt.Errorf("hubtest: waiting for %d pushes: of a device the last %d are kept", n, kept)
	}
	got, err := d.hub.dev.Sim.Wait(ctx, d.service, d.address.Handle, n)
	if err != nil {
		err = fmt.Errorf("hubtest: the device %s of %s, whose push service was asked for %d pushes in all: %w",
			d.address.Handle, d.platform, d.hub.dev.Sim.Requests(d.service), err)
	}
	return pushes(got), err
}
