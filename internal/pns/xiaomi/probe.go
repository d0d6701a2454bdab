package xiaomi

import (
	"context"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// nobody is a registration id that Xiaomi gives to no device.
const nobody = "0"

// probe is for the app alone, and kept for a millisecond.
const probe = "pass_through=1&payload=0&time_to_live=1"

// Probe pushes to a device that does not exist. Xiaomi looks at the secret
// first: where it finds fault with the device alone, the secret is good.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis {
	v := c.post(ctx, probe, []pns.Target{{Handle: nobody}}, []int{0})
	return diagnose(v.each)
}

// diagnose says what the answer to a probe means.
func diagnose(r pns.Result) pns.Diagnosis {
	trouble := "Xiaomi neither took nor refused the app secret: try again later"
	switch {
	case r.Class == pns.OK, r.Class == pns.Drop, r.Class == pns.Hold: // nothing is wrong but the device
		return pns.Diagnosis{OK: true, Sentence: "Xiaomi takes the app secret"}
	case r.Outcome == hub.WrongChannel:
		return pns.Diagnosis{OK: true, Sentence: "Xiaomi takes the app secret, for messages that name the app's package"}
	case r.Class == pns.Unsent:
		return pns.NotAsked("Xiaomi", r.Reason)
	case r.Class == pns.Credential:
		trouble = "Xiaomi does not let the app secret send: copy it again from the app's page in Xiaomi's push console, and see there whether app and address of this machine are allowed"
	}
	return pns.Diagnosis{Sentence: pns.Reason(trouble, r.Reason)}
}

var _ pns.Prober = (*connector)(nil)
