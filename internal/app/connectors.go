package app

import (
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/adm"
	"github.com/fanfare-hub/fanfare/internal/pns/apns"
	"github.com/fanfare-hub/fanfare/internal/pns/baidu"
	"github.com/fanfare-hub/fanfare/internal/pns/browser"
	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
	"github.com/fanfare-hub/fanfare/internal/pns/gcm"
	"github.com/fanfare-hub/fanfare/internal/pns/mpns"
	"github.com/fanfare-hub/fanfare/internal/pns/wns"
	"github.com/fanfare-hub/fanfare/internal/pns/xiaomi"
)

// connector is one row of the list.
type connector struct {
	build      pns.New
	check      func(hub.Credential) error // of the platform's own credential
	credential hub.Platform               // whose credential it delivers with
}

// connectors is the one list of push services that Fanfare delivers through.
var connectors = map[hub.Platform]connector{
	hub.APNs:    {apns.New, apns.Check, hub.APNs},
	hub.FCMV1:   {fcm.New, fcm.Check, hub.FCMV1},
	hub.GCM:     {gcm.New, gcm.Check, hub.FCMV1},
	hub.WNS:     {wns.New, wns.Check, hub.WNS},
	hub.MPNS:    {mpns.New, mpns.Check, hub.MPNS},
	hub.ADM:     {adm.New, adm.Check, hub.ADM},
	hub.Baidu:   {baidu.New, baidu.Check, hub.Baidu},
	hub.Browser: {browser.New, browser.Check, hub.Browser},
	hub.Xiaomi:  {xiaomi.New, xiaomi.Check, hub.Xiaomi},
}

// delivery is the list as the pipeline takes it.
func delivery() map[hub.Platform]dispatch.Service {
	out := make(map[hub.Platform]dispatch.Service, len(connectors))
	for p, c := range connectors {
		out[p] = dispatch.Service{New: c.build, Credential: c.credential}
	}
	return out
}

// CheckCredential says what is wrong with a credential in itself, before
// anything is sent with it.
func CheckCredential(cred hub.Credential) error {
	c, ok := connectors[cred.Platform]
	if !ok {
		return fmt.Errorf("there is no delivery through %s", cred.Platform)
	}
	return c.check(cred)
}
