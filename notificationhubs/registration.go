package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Platform names a push service.
type Platform string

// The platforms.
const (
	APNs    Platform = "apns"
	FCMV1   Platform = "fcmv1"
	GCM     Platform = "gcm" // legacy Firebase
	WNS     Platform = "wns"
	MPNS    Platform = "mpns"
	ADM     Platform = "adm"
	Baidu   Platform = "baidu"
	Browser Platform = "browser"
	Xiaomi  Platform = "xiaomi"
)

// Registration is a device's handle with tags, and with a template if Template
// is not nil.
type Registration struct {
	ID                string
	ETag              string // of the state that was read; sent by UpdateRegistration
	Platform          Platform
	Handle            string // token, channel URI, a browser's endpoint; Baidu: userId-channelId
	P256DH, Auth      string // of a browser
	Tags              []string
	PushVariables     map[string]string
	SecondaryTileName string // WNS, MPNS
	ExpirationTime    time.Time
	Template          *RegistrationTemplate
}

// RegistrationTemplate is what a template notification fills.
type RegistrationTemplate struct {
	Name        string
	Body        string
	Headers     []Header // apns-…, X-WNS-Type (derived for a toast, tile or badge), …
	Expiry      string   // APNs: a date, 0, or an expression
	Priority    string   // APNs
	MessageType string   // Baidu
}

// Header is a name and a value.
type Header struct{ Name, Value string }

const entryType = "application/atom+xml;type=entry;charset=utf-8"

// CreateRegistration makes a new registration, under an id of the hub's choice.
// Each call makes one, also for a handle that has one already.
func (c *Client) CreateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	return c.writeRegistration(ctx, call{method: http.MethodPost, path: []string{"registrations"}, once: true}, r)
}

// CreateRegistrationID returns an id for CreateOrUpdateRegistration.
func (c *Client) CreateRegistrationID(ctx context.Context) (string, error) {
	a, err := c.do(ctx, call{method: http.MethodPost, path: []string{"registrationids"}, want: []int{http.StatusCreated}})
	if err != nil {
		return "", err
	}
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.Path == "" {
		return "", errors.New("notificationhubs: the answer names no registration id")
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:], nil
}

// CreateOrUpdateRegistration writes a registration under its ID, whether there
// is one or not.
func (c *Client) CreateOrUpdateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	if r.ID == "" {
		return nil, errors.New("notificationhubs: the registration has no ID: take one from CreateRegistrationID")
	}
	return c.writeRegistration(ctx, call{method: http.MethodPut, path: []string{"registrations", r.ID}}, r)
}

// UpdateRegistration writes a registration that exists, if its ETag is still
// the one given: 404 and 412 are *ResponseError.
func (c *Client) UpdateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	if r.ID == "" || r.ETag == "" {
		return nil, errors.New("notificationhubs: an update needs the ID and the ETag that were read")
	}
	h := http.Header{"If-Match": {`"` + r.ETag + `"`}}
	return c.writeRegistration(ctx, call{method: http.MethodPut, path: []string{"registrations", r.ID}, header: h}, r)
}

func (c *Client) writeRegistration(ctx context.Context, request call, r Registration) (*Registration, error) {
	w := toWire(&r)
	request.body = wire.AppendRegistrationRequest(nil, &w)
	request.want = []int{http.StatusOK, http.StatusCreated}
	if request.header == nil {
		request.header = http.Header{}
	}
	request.header.Set("Content-Type", entryType)
	return c.readRegistration(c.do(ctx, request))
}

func (c *Client) readRegistration(a *answer, err error) (*Registration, error) {
	if err != nil {
		return nil, err
	}
	w, err := wire.DecodeEntry(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the registration: %w", err)
	}
	r := fromWire(&w)
	return &r, nil
}

// Registration reads one.
func (c *Client) Registration(ctx context.Context, id string) (*Registration, error) {
	return c.readRegistration(c.do(ctx, call{method: http.MethodGet, path: []string{"registrations", id}, want: []int{http.StatusOK}}))
}

// DeleteRegistration removes one, if its ETag is the one given; "" is any.
func (c *Client) DeleteRegistration(ctx context.Context, id, etag string) error {
	match := "*"
	if etag != "" {
		match = `"` + etag + `"`
	}
	_, err := c.do(ctx, call{
		method: http.MethodDelete, path: []string{"registrations", id}, header: http.Header{"If-Match": {match}}, want: []int{http.StatusOK},
	})
	return err
}

// Registrations lists every registration of the hub.
func (c *Client) Registrations(ctx context.Context) iter.Seq2[Registration, error] {
	return c.list(ctx, []string{"registrations"}, nil)
}

// RegistrationsByTag lists the registrations that carry a tag.
func (c *Client) RegistrationsByTag(ctx context.Context, tag string) iter.Seq2[Registration, error] {
	return c.list(ctx, []string{"tags", tag, "registrations"}, nil)
}

// RegistrationsByHandle lists the registrations of a device's handle.
func (c *Client) RegistrationsByHandle(ctx context.Context, handle string) iter.Seq2[Registration, error] {
	filter := "ChannelUri eq '" + strings.ReplaceAll(handle, "'", "''") + "'"
	return c.list(ctx, []string{"registrations"}, url.Values{"$filter": {filter}})
}

// list reads page after page. The service may give a short page, or none, and
// go on; only a missing token is the end.
func (c *Client) list(ctx context.Context, path []string, query url.Values) iter.Seq2[Registration, error] {
	return func(yield func(Registration, error) bool) {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		for {
			a, err := c.do(ctx, call{method: http.MethodGet, path: path, query: q, want: []int{http.StatusOK}})
			if err != nil {
				yield(Registration{}, err)
				return
			}
			page, err := wire.DecodeFeed(bytes.NewReader(a.body))
			if err != nil {
				yield(Registration{}, fmt.Errorf("notificationhubs: the list: %w", err))
				return
			}
			for i := range page {
				if !yield(fromWire(&page[i]), nil) {
					return
				}
			}
			token := a.header.Get(wire.HeaderContinuation)
			if token == "" {
				return
			}
			if plain, err := url.QueryUnescape(token); err == nil {
				token = plain // Azure escapes it already
			}
			q.Set("continuationtoken", token)
		}
	}
}

func toWire(r *Registration) wire.Registration {
	w := wire.Registration{
		Platform: string(r.Platform), Tags: r.Tags, PushVariables: r.PushVariables, Handle: r.Handle,
		P256DH: r.P256DH, Auth: r.Auth, SecondaryTileName: r.SecondaryTileName,
	}
	if t := r.Template; t != nil {
		w.Template, w.TemplateName, w.BodyTemplate = true, t.Name, t.Body
		w.Expiry, w.Priority, w.MessageType = t.Expiry, t.Priority, t.MessageType
		for _, h := range t.Headers {
			w.Headers = append(w.Headers, wire.Header(h))
		}
		if root := elementAt(t.Body, 1); r.Platform == WNS && len(t.Headers) == 0 && root != "" {
			w.Headers = append(w.Headers, wire.Header{Name: "X-WNS-Type", Value: "wns/" + root})
		}
	}
	return w
}

func fromWire(w *wire.Registration) Registration {
	r := Registration{
		ID: w.RegistrationID, ETag: w.ETag, Platform: Platform(w.Platform), Handle: w.Handle, P256DH: w.P256DH, Auth: w.Auth,
		Tags: w.Tags, PushVariables: w.PushVariables, SecondaryTileName: w.SecondaryTileName, ExpirationTime: w.ExpirationTime,
	}
	if w.Template {
		t := &RegistrationTemplate{Name: w.TemplateName, Body: w.BodyTemplate, Expiry: w.Expiry, Priority: w.Priority, MessageType: w.MessageType}
		for _, h := range w.Headers {
			t.Headers = append(t.Headers, Header(h))
		}
		r.Template = t
	}
	return r
}
