// Package pns says what a connector to a push service is: one attempt for a
// batch of devices, one result for each. Policy — retries, counting, handle
// clean-up — stands in package dispatch.
package pns

import (
	"context"
	"crypto/x509"
	"net"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Message is what all devices of a batch have in common.
type Message struct {
	Kind        hub.Kind
	Body        []byte // rendered: what a native send would have as its body
	ContentType string
	Headers     []hub.Header // the push service's own, from the send or the template
	Expiry      time.Time    // absolute; zero: none
}

// Target is one device.
type Target struct {
	Handle  string
	Browser *hub.BrowserKeys
	// MessageID is a lower-case UUID derived from notification and
	// registration, the same in every repeat (apns-id).
	MessageID string
	// OtherEnvironment asks for the environment that the credential does not
	// name (APNs sandbox and production).
	OtherEnvironment bool
}

// Batch is a message and the devices that get it.
type Batch struct {
	Message    *Message
	Targets    []Target
	FreshToken bool // take a new access token first: the last was refused
	NewConn    bool // do not use the connections that exist: they were refused
}

// Class says what Fanfare does about an answer.
type Class uint8

// The classes.
const (
	Unknown    Class = iota // written, and never answered: may or may not have arrived
	OK                      // accepted
	Drop                    // the handle is dead
	Update                  // accepted, and the handle is replaced by NewHandle
	Retry                   // this device again, later
	Reconnect               // again at once, on another connection
	Credential              // our credential was refused: the whole service stops
	Body                    // payload or headers are wrong: final
	Hold                    // the handle is another app's: final, and kept
	Unsent                  // never left this process: the service could not be reached
)

// Again is a second try at once, at most one for each device and attempt.
type Again uint8

// The second tries.
const (
	No Again = iota
	WithFreshToken
	WithOtherEnvironment
	WithNewConn
)

// Result is what became of one device in one attempt.
type Result struct {
	Class   Class
	Outcome hub.Outcome // if this answer is the last one
	Again   Again       // try once more at once, before Class counts
	// Service: the answer speaks of the whole service for this credential —
	// unreachable, down, or refusing us — and the range is parked.
	Service bool
	// Doubt, with Service: it may be this device alone that the answer speaks of.
	Doubt      bool
	RetryAfter time.Duration // what the service asked for; 0: it did not
	NewHandle  string        // with Update
	DeadSince  time.Time     // with Drop, when the service says since when
	// Malformed, with Drop: the service does not know the handle's form. That
	// says something about the handle only where it has accepted others; in a
	// mixed-up environment it says it of every handle.
	Malformed bool
	// Unasked: Fanfare has decided it, and the service was not asked.
	Unasked bool
	// Astray: the handle leads where Fanfare does not go: to a host that is not
	// the service's, to an address that is not public, or on by a redirect.
	Astray      bool
	Reason      string // status and reason in the service's own words
	Correlation string // apns-id, message name, X-WNS-Msg-ID …
}

// Connector talks to one push service with one version of one hub's
// credential. It is safe for concurrent use.
type Connector interface {
	// Send makes one attempt for every target and fills results, which is as
	// long as b.Targets; every element is set when it returns. Targets that
	// have no answer when ctx ends are Unknown if written, else Unsent.
	Send(ctx context.Context, b *Batch, results []Result)
	// Close gives up its connections.
	Close()
}

// Env is what connectors get from the process.
type Env struct {
	Clock clock.Clock
	// Dial opens a TCP connection; nil is a net.Dialer. In dev it leads every
	// host to its simulator.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Dialer opens those to the hosts of handles where Dial is nil, behind the
	// check of Guarded; nil is one that gives up after ten seconds.
	Dialer *net.Dialer
	Roots  *x509.CertPool // nil: the system's
	// Conns bounds the connections of one connector to one service.
	Conns int
	// RequestTimeout bounds one push, in real time; 0: what suits the service.
	RequestTimeout time.Duration
}

// New builds a connector, or says what is wrong with the credential.
type New func(cred hub.Credential, env Env) (Connector, error)
