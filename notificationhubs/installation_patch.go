package notificationhubs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// InstallationPatch is a change of an installation, made of operations in the
// order of the calls. Its zero value is empty. In JSON it is what goes over the
// wire: a JSON Patch (RFC 6902).
//
//	var p notificationhubs.InstallationPatch
//	p.AddTags("vip").RemoveTags("trial").SetUserID("u-8")
//	p.Template("greet").SetBody(`{"aps":{"alert":"$(text)"}}`)
//	err := client.PatchInstallation(ctx, "i-42", &p)
//
// Made twice, the same patch leaves the same installation. Fanfare makes all of
// it or nothing; of Azure this is not documented, nor are push variables,
// whole tiles and the expiry.
type InstallationPatch struct {
	operations []wire.PatchOperation
}

// PatchInstallation changes an installation, with at most 1,000 operations. That
// there is none is a *ResponseError with the status 404. It needs the right
// Listen.
func (c *Client) PatchInstallation(ctx context.Context, id string, p *InstallationPatch) error {
	if p == nil || len(p.operations) == 0 {
		return errors.New("notificationhubs: the patch has no operations")
	}
	_, err := c.do(ctx, call{
		method: http.MethodPatch, path: []string{"installations", id}, header: http.Header{"Content-Type": {"application/json-patch+json"}},
		body: wire.AppendPatch(nil, p.operations), want: []int{http.StatusOK, http.StatusNoContent},
	})
	return err
}

// MarshalJSON writes the patch as it goes over the wire.
func (p InstallationPatch) MarshalJSON() ([]byte, error) {
	return wire.AppendPatch(nil, append([]wire.PatchOperation{}, p.operations...)), nil
}

// UnmarshalJSON reads a JSON Patch. Whether its operations and paths are known,
// the hub says.
func (p *InstallationPatch) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var operations []wire.PatchOperation
	if err := dec.Decode(&operations); err != nil {
		return fmt.Errorf("notificationhubs: the patch is not an array of objects with op, path and value: %w", err)
	}
	p.operations = operations
	return nil
}

// SetPushChannel sets the channel of every platform but Browser. A channel that
// is set is alive.
func (p *InstallationPatch) SetPushChannel(channel string) *InstallationPatch {
	return p.set(channel, "pushChannel")
}

// SetBrowserChannel sets the channel of a browser.
func (p *InstallationPatch) SetBrowserChannel(b BrowserChannel) *InstallationPatch {
	return p.set(&wire.BrowserChannel{Endpoint: b.Endpoint, P256DH: b.P256DH, Auth: b.Auth}, "pushChannel")
}

// SetUserID sets the user; "" is none.
func (p *InstallationPatch) SetUserID(id string) *InstallationPatch {
	return p.setOrRemove(id, "userId")
}

// SetExpirationTime sets when the installation expires; zero is the hub's own.
func (p *InstallationPatch) SetExpirationTime(at time.Time) *InstallationPatch {
	if at.IsZero() {
		return p.remove("expirationTime")
	}
	return p.set(at.UTC().Format(time.RFC3339Nano), "expirationTime")
}

// AddTags adds tags to those that there are.
func (p *InstallationPatch) AddTags(tags ...string) *InstallationPatch { return p.addTags(nil, tags) }

// RemoveTags removes tags; those that are not there are no error.
func (p *InstallationPatch) RemoveTags(tags ...string) *InstallationPatch {
	return p.removeTags(nil, tags)
}

// SetTags sets the tags in place of those that there are.
func (p *InstallationPatch) SetTags(tags ...string) *InstallationPatch { return p.setTags(nil, tags) }

// SetPushVariable sets one push variable.
func (p *InstallationPatch) SetPushVariable(name, value string) *InstallationPatch {
	return p.set(value, "pushVariables", name)
}

// RemovePushVariable removes one push variable.
func (p *InstallationPatch) RemovePushVariable(name string) *InstallationPatch {
	return p.remove("pushVariables", name)
}

// Template is the installation's template of a name, for what is to be changed
// of it.
func (p *InstallationPatch) Template(name string) TemplatePatch {
	return TemplatePatch{p, []string{"templates", name}}
}

// SecondaryTile is the installation's tile of an id, for what is to be changed
// of it.
func (p *InstallationPatch) SecondaryTile(id string) TilePatch {
	return TilePatch{p, []string{"secondaryTiles", id}}
}

// set adds an operation; see wire.PatchValue.
func (p *InstallationPatch) set(value any, path ...string) *InstallationPatch {
	p.operations = append(p.operations, wire.PatchOperation{Op: "replace", Path: wire.Pointer(path...), Value: wire.PatchValue(value)})
	return p
}

func (p *InstallationPatch) remove(path ...string) *InstallationPatch {
	p.operations = append(p.operations, wire.PatchOperation{Op: "remove", Path: wire.Pointer(path...)})
	return p
}

func (p *InstallationPatch) setOrRemove(value string, path ...string) *InstallationPatch {
	if value == "" {
		return p.remove(path...)
	}
	return p.set(value, path...)
}

// addTags adds one operation for each tag: a list as a value is not documented.
func (p *InstallationPatch) addTags(at, tags []string) *InstallationPatch {
	for _, t := range tags {
		p.operations = append(p.operations, wire.PatchOperation{Op: "add", Path: wire.Pointer(below(at, "tags")...), Value: wire.PatchValue(t)})
	}
	return p
}

func (p *InstallationPatch) removeTags(at, tags []string) *InstallationPatch {
	for _, t := range tags {
		p.remove(below(at, "tags", t)...)
	}
	return p
}

func (p *InstallationPatch) setTags(at, tags []string) *InstallationPatch {
	if len(tags) == 0 {
		return p.remove(below(at, "tags")...)
	}
	return p.set(tags, below(at, "tags")...)
}

// below returns a path of its own that leads on.
func below(at []string, further ...string) []string {
	return append(append([]string{}, at...), further...)
}
