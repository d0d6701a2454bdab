package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Installation is a device with one channel, tags and any number of templates.
type Installation struct {
	ID             string
	UserID         string
	Platform       Platform
	PushChannel    string          // of every platform but Browser
	Browser        *BrowserChannel // of Browser
	ChannelExpired bool            // read only: the push service called the channel dead
	ExpirationTime time.Time       // zero: the hub's own
	Tags           []string
	PushVariables  map[string]string
	Templates      map[string]InstallationTemplate
	SecondaryTiles map[string]SecondaryTile // WNS
}

// BrowserChannel is a Web Push subscription.
type BrowserChannel struct{ Endpoint, P256DH, Auth string }

// InstallationTemplate is one of an installation's templates.
type InstallationTemplate struct {
	Body    string
	Headers map[string]string
	Expiry  string // APNs
	Tags    []string
}

// SecondaryTile is a tile with a channel of its own.
type SecondaryTile struct {
	PushChannel    string
	ChannelExpired bool
	Tags           []string
	Templates      map[string]InstallationTemplate
}

// PutInstallation writes an installation, whether there is one or not. It
// replaces the old one whole.
func (c *Client) PutInstallation(ctx context.Context, i Installation) error {
	if i.ID == "" {
		return errors.New("notificationhubs: the installation has no ID")
	}
	w := installationToWire(&i)
	_, err := c.do(ctx, call{
		method: http.MethodPut, path: []string{"installations", i.ID}, header: http.Header{"Content-Type": {"application/json"}},
		body: wire.AppendInstallationRequest(nil, &w), want: []int{http.StatusOK},
	})
	return err
}

// Installation reads one.
func (c *Client) Installation(ctx context.Context, id string) (*Installation, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: []string{"installations", id}, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	w, err := wire.DecodeInstallation(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the installation: %w", err)
	}
	return installationFromWire(&w), nil
}

// InstallationExists reports whether there is one.
func (c *Client) InstallationExists(ctx context.Context, id string) (bool, error) {
	_, err := c.Installation(ctx, id)
	var answered *ResponseError
	if errors.As(err, &answered) && answered.StatusCode == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// DeleteInstallation removes one; that there is none is no error.
func (c *Client) DeleteInstallation(ctx context.Context, id string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"installations", id}, want: []int{http.StatusNoContent}})
	return err
}

func installationToWire(i *Installation) wire.Installation {
	w := wire.Installation{
		InstallationID: i.ID, UserID: i.UserID, Platform: string(i.Platform), PushChannel: i.PushChannel,
		ExpirationTime: i.ExpirationTime, Tags: i.Tags, PushVariables: i.PushVariables, Templates: templatesToWire(i.Templates),
	}
	if b := i.Browser; b != nil {
		w.Browser = &wire.BrowserChannel{Endpoint: b.Endpoint, P256DH: b.P256DH, Auth: b.Auth}
	}
	for name, t := range i.SecondaryTiles {
		if w.SecondaryTiles == nil {
			w.SecondaryTiles = map[string]wire.SecondaryTile{}
		}
		w.SecondaryTiles[name] = wire.SecondaryTile{PushChannel: t.PushChannel, Tags: t.Tags, Templates: templatesToWire(t.Templates)}
	}
	return w
}

func installationFromWire(w *wire.Installation) *Installation {
	i := &Installation{
		ID: w.InstallationID, UserID: w.UserID, Platform: Platform(w.Platform), PushChannel: w.PushChannel, ChannelExpired: w.PushChannelExpired,
		ExpirationTime: w.ExpirationTime, Tags: w.Tags, PushVariables: w.PushVariables, Templates: templatesFromWire(w.Templates),
	}
	if b := w.Browser; b != nil {
		i.Browser = &BrowserChannel{b.Endpoint, b.P256DH, b.Auth}
	}
	for name, t := range w.SecondaryTiles {
		if i.SecondaryTiles == nil {
			i.SecondaryTiles = map[string]SecondaryTile{}
		}
		i.SecondaryTiles[name] = SecondaryTile{t.PushChannel, t.PushChannelExpired, t.Tags, templatesFromWire(t.Templates)}
	}
	return i
}

func templatesToWire(in map[string]InstallationTemplate) map[string]wire.InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]wire.InstallationTemplate, len(in))
	for name, t := range in {
		out[name] = wire.InstallationTemplate(t)
	}
	return out
}

func templatesFromWire(in map[string]wire.InstallationTemplate) map[string]InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]InstallationTemplate, len(in))
	for name, t := range in {
		out[name] = InstallationTemplate(t)
	}
	return out
}
