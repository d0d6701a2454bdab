package notificationhubs

import (
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// platforms are those that have credentials, in the order of package wire.
func platforms() []Platform {
	return []Platform{APNs, MPNS, WNS, GCM, ADM, Baidu, Browser, Xiaomi, FCMV1}
}

func hubToWire(d *HubDescription) (*wire.HubDescription, error) {
	if d.RegistrationTTL < 0 {
		return nil, fmt.Errorf("notificationhubs: the RegistrationTTL %v is less than nothing", d.RegistrationTTL)
	}
	w := &wire.HubDescription{RegistrationTTL: d.RegistrationTTL, UserMetadata: d.UserMetadata, Disabled: d.Disabled}
	for _, r := range d.Rules {
		rule := wire.AuthorizationRule{
			KeyName: r.Name, CreatedTime: r.CreatedTime, ModifiedTime: r.ModifiedTime,
			PrimaryKey: string(r.PrimaryKey), SecondaryKey: string(r.SecondaryKey),
		}
		for _, right := range r.Rights {
			rule.Rights = append(rule.Rights, string(right))
		}
		w.Rules = append(w.Rules, rule)
	}
	for _, p := range platforms() {
		given := d.Credential(p)
		properties := map[string]string{}
		for name, value := range given {
			properties[name] = string(value)
		}
		if len(properties) > 0 || p == MPNS && given != nil {
			w.Credentials = append(w.Credentials, wire.PNSCredential{Platform: string(p), Properties: properties})
		}
	}
	return w, nil
}

func hubFromWire(e *wire.HubEntry) HubDescription {
	w := e.Hub
	d := HubDescription{
		Name: e.Name, RegistrationTTL: w.RegistrationTTL, UserMetadata: w.UserMetadata, Disabled: w.Disabled,
		CreatedAt: e.Published, UpdatedAt: e.Updated,
	}
	for _, r := range w.Rules {
		rule := AuthorizationRule{
			Name: r.KeyName, PrimaryKey: Secret(r.PrimaryKey), SecondaryKey: Secret(r.SecondaryKey),
			CreatedTime: r.CreatedTime, ModifiedTime: r.ModifiedTime,
		}
		for _, right := range r.Rights {
			rule.Rights = append(rule.Rights, Right(right))
		}
		d.Rules = append(d.Rules, rule)
	}
	for _, c := range w.Credentials {
		f := d.fields(Platform(c.Platform), true)
		for name, value := range c.Properties {
			f.set(name, Secret(value))
		}
	}
	for to, from := range map[*int64]*int64{
		&d.DailyOperations: w.DailyOperations, &d.DailyMaxActiveDevices: w.DailyMaxActiveDevices, &d.DailyMaxActiveRegistrations: w.DailyMaxActiveRegistrations,
	} {
		if from != nil {
			*to = *from
		}
	}
	return d
}
