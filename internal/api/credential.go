package api

import (
	"context"
	"errors"
	"maps"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// placeholder stands for a secret in answers; written back it means that the
// stored value stays. It is base64, since clients may try to read a certificate.
const placeholder = "REDACTED"

// credentials are a hub's, by platform.
type credentials map[hub.Platform]hub.Credential

func (s *server) credentials(ctx context.Context, hubID int64) (out credentials, err error) {
	err = s.store.View(ctx, func(rd store.Reader) (err error) {
		out, err = readCredentials(rd, hubID)
		return err
	})
	return out, err
}

func readCredentials(rd store.Hubs, hubID int64) (credentials, error) {
	out := credentials{}
	for _, p := range hub.Platforms {
		c, err := rd.Credential(hubID, p)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[p] = c
	}
	return out, nil
}

func (c credentials) sameVersions(other credentials) bool {
	return maps.EqualFunc(c, other, func(a, b hub.Credential) bool { return a.Version == b.Version })
}

// redacted is the wire's form, in order of platform.
func (c credentials) redacted() []wire.PNSCredential {
	var out []wire.PNSCredential
	for _, p := range hub.Platforms {
		stored, ok := c[p]
		if !ok {
			continue
		}
		properties := maps.Clone(stored.Properties)
		for name := range properties {
			if !shown[name] {
				properties[name] = placeholder
			}
		}
		out = append(out, wire.PNSCredential{Platform: p.String(), Properties: properties})
	}
	return out
}

// merge returns the credentials that a description asks for, with stored values
// where it has placeholders. Those that are new or changed are checked.
func (s *server) merge(stored credentials, given *wire.HubDescription) (credentials, error) {
	out := credentials{}
	for _, w := range given.Credentials {
		p, _ := hub.ParsePlatform(w.Platform) // wire gives no other names
		properties, err := mergeProperties(p, stored[p].Properties, w.Properties)
		if err != nil {
			return nil, err
		}
		c := hub.Credential{Platform: p, Properties: properties}
		_, had := stored[p]
		if s.check != nil && (!had || !maps.Equal(properties, stored[p].Properties)) {
			if err := s.check(c); err != nil {
				return nil, badRequest("The %s credential is not valid: %v.", p, err)
			}
		}
		out[p] = c
	}
	return out, nil
}

func mergeProperties(p hub.Platform, stored, given map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for name, value := range given {
		name = canonical(name)
		if _, twice := out[name]; twice {
			return nil, badRequest("The %s credential has the property %.40q more than once: letter case does not count.", p, name)
		}
		if value == placeholder {
			old, ok := stored[name]
			if !ok {
				return nil, badRequest("The property %.40q of the %s credential is the placeholder %s, but there is no stored value that could stay.", name, p, placeholder)
			}
			value = old
		}
		out[name] = value
	}
	return out, nil
}

// putCredentials brings the stored credentials from before to after, and
// returns the platforms whose credential is another one now, or gone.
func putCredentials(tx store.HubWriter, hubID int64, before, after credentials) (changed []hub.Platform, err error) {
	for _, p := range hub.Platforms {
		old, had := before[p]
		c, has := after[p]
		switch {
		case has:
			version, err := tx.PutCredential(hubID, c)
			if err != nil {
				return nil, err
			}
			if version != old.Version {
				changed = append(changed, p)
			}
		case had:
			if err := tx.DeleteCredential(hubID, p); err != nil {
				return nil, err
			}
			changed = append(changed, p)
		}
	}
	return changed, nil
}
