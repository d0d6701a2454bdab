package hubtest

import (
	"strconv"
	"time"
)

// Fate is what becomes of the pushes to a device. Not every push service knows
// every fate; docs/simulators.md says what each answers.
type Fate string

// The fates.
const (
	Live      Fate = "live"      // it gets what is pushed to it
	Gone      Fate = "gone"      // the app was removed from it
	Expired   Fate = "expired"   // its handle has expired
	Malformed Fate = "malformed" // its handle is not one of the service's
	Foreign   Fate = "foreign"   // its handle is another app's
	Replaced  Fate = "replaced"  // it gets the push, and has another handle now
	Refused   Fate = "refused"   // the service does not take the payload
	Blocked   Fate = "blocked"   // the service does not take pushes from this sender
	Dropped   Fate = "dropped"   // the push is accepted and thrown away
	Offline   Fate = "offline"   // it is off; a browser or Windows gets later what is kept for it
	Kept      Fate = "kept"      // it is off, and gets later what WNS keeps for it, toasts too
	Sandbox   Fate = "sandbox"   // APNs knows it in the sandbox only
	Hang      Fate = "hang"      // the service never answers
	Reset     Fate = "reset"     // the answer breaks off, once
	Redirect  Fate = "redirect"  // the service sends the sender to a private address
	Flood     Fate = "flood"     // the push is accepted, with an answer of 16 MiB
	Drip      Fate = "drip"      // the push is accepted, with an answer without an end
)

// The fates that wear off: after one time, or as often as Times says, the device
// is live.
const (
	Throttled   Fate = "throttled"   // too many pushes
	Full        Fate = "full"        // its queue is full
	Unavailable Fate = "unavailable" // the service is not available
	Error       Fate = "error"       // the service fails
	Shutdown    Fate = "shutdown"    // the server is going down
	Gateway     Fate = "gateway"     // a front end answers with a page of HTML
)

// Times is a fate that wears off after n times, up to a thousand.
func (f Fate) Times(n int) Fate { return f + "-" + Fate(strconv.Itoa(n)) }

// Slow is the fate of a device whose pushes are accepted, and answered so much
// later: in real time, up to 10 seconds, in whole milliseconds.
func Slow(d time.Duration) Fate { return "slow-" + Fate(strconv.FormatInt(d.Milliseconds(), 10)) }

// Answer is the fate of a device for which the service answers with an HTTP
// status; Baidu and Xiaomi with a code of their own, or a status.
func Answer(code int) Fate { return "answer-" + Fate(strconv.Itoa(code)) }
