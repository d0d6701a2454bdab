package dispatch

import (
	"slices"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// judgeService decides over a whole page, whatever batches it was sent in, which
// failures speak of the whole service. One device's 503 or lost connection must
// not park a range whose other devices were answered, and one device's 500 says
// nothing of the others; but a service that fails for every device of a page is
// down. Answers about our credential keep what their connector said; those about
// it that concern one device, and those that we gave ourselves, count for nothing.
// A probe is one device, and its failure all that there is to go by. works says
// that the service is known to answer others.
func judgeService(p *page, results []answer, works bool) {
	var asked []*answer
	for i := range results {
		if !p.devices[i].settled && results[i].counts() {
			asked = append(asked, &results[i])
		}
	}
	switch {
	case works || slices.ContainsFunc(asked, (*answer).speaksOfDevice):
		for _, a := range asked {
			a.Service = a.Service && a.Class == pns.Credential && !a.Doubt
		}
		return
	case len(asked) > 1 && !slices.ContainsFunc(asked, (*answer).refused):
		blameService(asked)
	}
	for _, a := range asked {
		a.Service = a.Service || p.probe && a.failed()
	}
}

// blameService has every answer speak of the service. Where none did by itself,
// each asked for its own device's sake to be waited for, and one alone must not
// make all the others wait: the shortest wait counts.
func blameService(asked []*answer) {
	said := slices.ContainsFunc(asked, func(a *answer) bool { return a.Service })
	shortest := asked[0].RetryAfter
	for _, a := range asked {
		shortest = min(shortest, a.RetryAfter)
	}
	for _, a := range asked {
		if a.Service = true; !said {
			a.RetryAfter = shortest
		}
	}
}

// certain reports an answer that every device would get: the service cannot be
// reached, or refuses us. That it is busy, or has a fault, it may say of one.
func (a *answer) certain() bool {
	return a.Service && !a.Doubt && (a.Class == pns.Unsent || a.Class == pns.Credential)
}

// counts reports an answer that says something of the service or of the device.
func (a *answer) counts() bool {
	return !a.Unasked && (a.Class != pns.Credential || a.Service)
}

// speaksOfDevice reports an answer that is no failure of the service: it works,
// and our credential for it does.
func (a *answer) speaksOfDevice() bool {
	switch a.Class {
	case pns.OK, pns.Update, pns.Drop, pns.Hold, pns.Body:
		return true
	}
	return a.Outcome == hub.ChannelThrottled
}

// refused reports an answer about our credential.
func (a *answer) refused() bool { return a.Class == pns.Credential }

// failed reports that the device can be tried again later.
func (a *answer) failed() bool {
	switch a.Class {
	case pns.Retry, pns.Reconnect, pns.Unsent, pns.Unknown:
		return true
	}
	return false
}
