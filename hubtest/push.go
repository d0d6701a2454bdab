package hubtest

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// Push is one push that a device got.
type Push struct {
	Platform notificationhubs.Platform // FCMV1 for legacy Firebase too
	Handle   string                    // in the form in which the service compares handles
	At       time.Time                 // by the hub's clock
	Header   http.Header               // without the authorization
	Body     []byte                    // a browser's is decrypted
	ID       string                    // the push service's: apns-id, message name, X-WNS-Msg-ID, …
}

// String returns the body.
func (p Push) String() string { return string(p.Body) }

func pushes(all []pnssim.Received) []Push {
	out := make([]Push, 0, len(all))
	for _, r := range all {
		out = append(out, Push{Platform: platformOf(r.Service), Handle: r.Handle, At: r.At, Header: r.Header.Clone(), Body: r.Body, ID: r.ID})
	}
	return out
}

// Received returns what all devices got, the oldest first: at most the last
// thousand of a device, and 100,000 in all.
func (h *Hub) Received() []Push { return pushes(h.dev.Sim.Everything()) }

// Wait returns what all devices got, as soon as that is n pushes, 100,000 at
// most. What waits for the hub's clock comes with Advance alone. With the error,
// which is that of ctx as a rule, comes what there is.
func (h *Hub) Wait(ctx context.Context, n int) ([]Push, error) {
	if n > keptInAll {
		return nil, fmt.Errorf("hubtest: waiting for %d pushes: of all devices the last %d are kept", n, keptInAll)
	}
	p, err := h.dev.Sim.Await(ctx, pnssim.Query{Limit: max(n, 1)}, n)
	if err != nil {
		return pushes(p.Pushes), fmt.Errorf("hubtest: all devices: %w", err)
	}
	return h.Received(), nil
}
