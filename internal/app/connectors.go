package app

import (
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
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

// connectors is the one list of push services that Fanfare delivers through.
var connectors = map[hub.Platform]dispatch.Service{
	hub.APNs:    {New: apns.New, Credential: hub.APNs},
	hub.FCMV1:   {New: fcm.New, Credential: hub.FCMV1},
	hub.GCM:     {New: gcm.New, Credential: hub.FCMV1},
	hub.WNS:     {New: wns.New, Credential: hub.WNS},
	hub.MPNS:    {New: mpns.New, Credential: hub.MPNS},
	hub.ADM:     {New: adm.New, Credential: hub.ADM},
	hub.Baidu:   {New: baidu.New, Credential: hub.Baidu},
	hub.Xiaomi:  {New: xiaomi.New, Credential: hub.Xiaomi},
	hub.Browser: {New: browser.New, Credential: hub.Browser},
}

// CheckCredential says what is wrong with a credential in itself, before
// anything is sent with it.
func CheckCredential(c hub.Credential) error { return checks[c.Platform](c) }

// checks say what is wrong with a credential, before anything is sent with it.
var checks = map[hub.Platform]func(hub.Credential) error{
	hub.APNs: apns.Check, hub.FCMV1: fcm.Check, hub.WNS: wns.Check,
	hub.MPNS: mpns.Check, hub.ADM: adm.Check,
	hub.Browser: browser.Check,
	hub.Baidu:   baidu.Check, hub.Xiaomi: xiaomi.Check,
}
