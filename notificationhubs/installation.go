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
// It gets the notifications of its platform, those to the tags InstallationTag
// and UserTag among them, and one template notification for each template.
//
// IDs have the characters of tags, and =. A Fanfare hub takes 100 templates and
// 20 tiles of an installation, and 500 tags of each of them and of itself; Azure
// documents 60 tags.
type Installation struct {
	ID             string // of the app's choice, the same for the life of its installation
	UserID         string // may be "", and the same for any number of installations
	Platform       Platform
	PushChannel    string          // of every platform but Browser
	Browser        *BrowserChannel // of Browser
	ChannelExpired bool            // read only: the push service called the channel dead
	ExpirationTime time.Time       // zero: the hub's own
	Tags           []string
	PushVariables  map[string]string               // what templates may name, beside what is sent
	Templates      map[string]InstallationTemplate // by name, which is a tag of the template too
	SecondaryTiles map[string]SecondaryTile        // WNS, by the tile's id
}

// BrowserChannel is a Web Push subscription, as the browser's
// PushSubscription.toJSON gives it: the keys are base64url.
type BrowserChannel struct{ Endpoint, P256DH, Auth string }

// InstallationTemplate is one of an installation's templates.
type InstallationTemplate struct {
	Body    string            // as of a RegistrationTemplate
	Headers map[string]string // X-WNS-…; as in a RegistrationTemplate, those that the body tells may be left out
	Expiry  string            // APNs: a date, 0, or an expression
	Tags    []string
}

// SecondaryTile is a tile with a channel of its own.
type SecondaryTile struct {
	PushChannel    string
	ChannelExpired bool // read only
	Tags           []string
	Templates      map[string]InstallationTemplate
}

// PutInstallation writes an installation, whether there is one or not. It
// replaces the old one whole, and a channel that is written counts as alive.
// Azure does so some time after the answer, Fanfare before. It needs the right
// Listen.
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

// Installation reads one. That there is none is a *ResponseError with the status
// 404. It needs the right Listen.
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

// InstallationExists reports whether there is one. It needs the right Listen.
func (c *Client) InstallationExists(ctx context.Context, id string) (bool, error) {
	return exists(c.Installation(ctx, id))
}

// DeleteInstallation removes one; that there is none is no error. It needs the
// right Listen.
func (c *Client) DeleteInstallation(ctx context.Context, id string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"installations", id}, want: []int{http.StatusNoContent}})
	return err
}
