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
// is not nil. A native registration gets the notifications of its platform, one
// with a template gets template notifications.
//
//	nh.Registration{Platform: nh.APNs, Handle: token, Tags: []string{"sports"}}
//	nh.Registration{Platform: nh.APNs, Handle: token, Template: &nh.RegistrationTemplate{Body: `{"aps":{"alert":"$(text)"}}`}}
//
// It may have 60 tags of Azure, and 500 of Fanfare, of 120 characters each.
type Registration struct {
	ID                string
	ETag              ETag // of the state that was read; only UpdateRegistration sends it
	Platform          Platform
	Handle            string // token, channel URI, a browser's endpoint; of Baidu what BaiduHandle makes
	P256DH, Auth      string // of a browser
	Tags              []string
	PushVariables     map[string]string     // what a template may name, beside what is sent
	SecondaryTileName string                // WNS, MPNS
	ExpirationTime    time.Time             // read only; in the year 9999: never
	Template          *RegistrationTemplate // nil: native
}

// RegistrationTemplate is what a template notification fills: $(name) is the
// property of that name, as Azure's page on templates describes.
type RegistrationTemplate struct {
	Name        string   // of the caller's choice; may be ""
	Body        string   // JSON, or XML for WNS and MPNS
	Headers     []Header // apns-…, X-WNS-…; X-WNS-Type and those of Windows Phone are derived from the body if none is given
	Expiry      string   // APNs: a date, 0, or an expression
	Priority    string   // APNs: 10, 5 or 1
	MessageType string   // Baidu: BaiduMessage, BaiduAlert
}

// ETag names a state of a registration: each write gives a new one. It is a
// value to be compared and handed back, without the quotes of the header.
type ETag string

// AnyETag stands for whatever state there is.
const AnyETag ETag = "*"

// match is the ETag in an If-Match header: RFC 9110, section 13.1.1.
func (e ETag) match() string {
	if e == AnyETag {
		return "*"
	}
	return `"` + string(e) + `"`
}

// BaiduHandle is the handle of a device of Baidu, which has two names there.
func BaiduHandle(userID, channelID string) string { return userID + "-" + channelID }

// Header is a name and a value.
type Header struct{ Name, Value string }

const entryType = "application/atom+xml;type=entry;charset=utf-8"

// CreateRegistration makes a new registration, under an id of the hub's choice.
// Each call makes one, also for a handle that has one already. It needs the right
// Listen.
func (c *Client) CreateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	return c.writeRegistration(ctx, call{method: http.MethodPost, path: []string{"registrations"}, once: true}, r)
}

// CreateRegistrationID returns an id for CreateOrUpdateRegistration. An app that
// keeps it has one registration however often it registers. It needs the right
// Listen.
func (c *Client) CreateRegistrationID(ctx context.Context) (string, error) {
	a, err := c.do(ctx, call{method: http.MethodPost, path: []string{"registrationids"}, want: []int{http.StatusCreated}})
	if err != nil {
		return "", err
	}
	id := a.lastSegment()
	if id == "" {
		return "", errors.New("notificationhubs: the answer names no registration id")
	}
	return id, nil
}

// CreateOrUpdateRegistration writes a registration under its ID, whether there
// is one or not, whatever its ETag. It replaces the old one whole. One that
// belongs to an installation is refused with the status 400: write that. It
// needs the right Listen.
func (c *Client) CreateOrUpdateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	if r.ID == "" {
		return nil, errors.New("notificationhubs: the registration has no ID: take one from CreateRegistrationID")
	}
	return c.writeRegistration(ctx, call{method: http.MethodPut, path: []string{"registrations", r.ID}}, r)
}

// UpdateRegistration writes a registration that exists, if its ETag is still
// the one given; AnyETag asks only that it exists. Otherwise the *ResponseError
// has the status 404 or 412. It replaces the old one whole. It needs the right
// Listen.
func (c *Client) UpdateRegistration(ctx context.Context, r Registration) (*Registration, error) {
	if r.ID == "" || r.ETag == "" {
		return nil, errors.New("notificationhubs: an update needs the ID and the ETag that were read, or AnyETag")
	}
	h := http.Header{"If-Match": {r.ETag.match()}}
	return c.writeRegistration(ctx, call{method: http.MethodPut, path: []string{"registrations", r.ID}, header: h, once: true}, r)
}

func (c *Client) writeRegistration(ctx context.Context, request call, r Registration) (*Registration, error) {
	w, err := registrationToWire(&r)
	if err != nil {
		return nil, err
	}
	request.body = wire.AppendRegistrationRequest(nil, &w)
	request.want = []int{http.StatusOK, http.StatusCreated}
	if request.header == nil {
		request.header = http.Header{}
	}
	request.header.Set("Content-Type", entryType)
	return readRegistration(c.do(ctx, request))
}

func readRegistration(a *answer, err error) (*Registration, error) {
	if err != nil {
		return nil, err
	}
	w, err := wire.DecodeEntry(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the registration: %w", err)
	}
	r := registrationFromWire(&w)
	return &r, nil
}

// Registration reads one. That there is none is a *ResponseError with the status
// 404. It needs the right Listen.
func (c *Client) Registration(ctx context.Context, id string) (*Registration, error) {
	return readRegistration(c.do(ctx, call{method: http.MethodGet, path: []string{"registrations", id}, want: []int{http.StatusOK}}))
}

// RegistrationExists reports whether there is one. It needs the right Listen.
func (c *Client) RegistrationExists(ctx context.Context, id string) (bool, error) {
	return exists(c.Registration(ctx, id))
}

// exists turns the answer to a read into whether there was something to read.
func exists[T any](_ *T, err error) (bool, error) {
	if notFound(err) {
		return false, nil
	}
	return err == nil, err
}

// DeleteRegistration removes one, if its ETag is still the one given; "" is
// AnyETag. Otherwise the *ResponseError has the status 404 or 412. It needs the
// right Listen.
func (c *Client) DeleteRegistration(ctx context.Context, id string, etag ETag) error {
	if etag == "" {
		etag = AnyETag
	}
	_, err := c.do(ctx, call{
		method: http.MethodDelete, path: []string{"registrations", id}, header: http.Header{"If-Match": {etag.match()}},
		want: []int{http.StatusOK}, gone: true,
	})
	return err
}

// DeleteRegistrationsByHandle removes the registrations of a device's handle, as
// RegistrationsByHandle lists them, and returns how many it has removed, also
// with an error: it is not one step, and may be asked again. An installation
// stays, and is registered again when it is written next. It needs the right
// Listen.
func (c *Client) DeleteRegistrationsByHandle(ctx context.Context, handle string) (int, error) {
	if handle == "" {
		return 0, errors.New("notificationhubs: the handle is missing")
	}
	var ids []string // in full, since a page may not go on where its start is gone
	for r, err := range c.RegistrationsByHandle(ctx, handle) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, r.ID)
	}
	deleted := 0
	for _, id := range ids {
		switch err := c.DeleteRegistration(ctx, id, AnyETag); {
		case notFound(err): // somebody else was faster
		case err != nil:
			return deleted, err
		default:
			deleted++
		}
	}
	return deleted, nil
}
