package api

import (
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// checkChannel refuses a handle that is a URL of anything but its push service.
// Fanfare connects to these, with a token, on the word of whoever registered
// them. Handles that are no URLs pass.
func checkChannel(p hub.Platform, handle string) error {
	var err error
	switch p {
	case hub.WNS:
		err = egress.WNSHosts.Check(handle)
	case hub.MPNS:
		err = egress.MPNSHosts.Check(handle)
	case hub.Browser:
		err = egress.CheckPublicURL(handle)
	}
	if err != nil {
		return badRequest("The PNS handle is not valid: %s.", err)
	}
	return nil
}
