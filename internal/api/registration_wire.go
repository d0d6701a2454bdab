package api

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// entryOf is the wire's form of a stored registration. Fanfare does not keep
// when one was created, only when it was written last.
func entryOf(reg *hub.Registration, address string) wire.Entry {
	return wire.Entry{URL: address, Title: reg.ID, Published: reg.UpdatedAt, Updated: reg.UpdatedAt, Registration: hubwire.ToWire(reg)}
}

// expiresAt is when what is written now expires by the hub's own rule; zero:
// never.
func (r *request) expiresAt() time.Time { return hubwire.ExpiresAt(&r.hub, r.now) }
