package hubtest

import (
	"time"

	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// StopService makes a platform's push service unreachable, until StartService.
// FCMV1 and GCM have one service.
func (h *Hub) StopService(p notificationhubs.Platform) {
	h.t.Helper()
	h.dev.Sim.StopService(h.service(p).sim)
}

// StartService ends StopService.
func (h *Hub) StartService(p notificationhubs.Platform) {
	h.t.Helper()
	h.dev.Sim.StartService(h.service(p).sim)
}

// SetLatency makes a platform's push service answer so much later, in real time.
func (h *Hub) SetLatency(p notificationhubs.Platform, d time.Duration) {
	h.t.Helper()
	h.dev.Sim.SetLatency(h.service(p).sim, d)
}

// SetQuota lets a platform's push service take so many pushes in a minute of the
// hub's clock, and throttle the others; 0 is any number. APNs has no quota.
func (h *Hub) SetQuota(p notificationhubs.Platform, perMinute int) {
	h.t.Helper()
	h.dev.Sim.SetQuota(h.service(p).sim, perMinute)
}

// Requests returns how many pushes a platform's push service was asked for,
// refused ones too.
func (h *Hub) Requests(p notificationhubs.Platform) int {
	h.t.Helper()
	return h.dev.Sim.Requests(h.service(p).sim)
}

func (h *Hub) service(p notificationhubs.Platform) service {
	h.t.Helper()
	s, ok := serviceOf(p)
	if !ok {
		h.t.Fatalf("hubtest: %q is no platform of package notificationhubs", p)
	}
	return s
}
