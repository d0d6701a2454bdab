package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/template"
)

// maxTemplates bounds the compiled templates and the messages that one task
// keeps. A hub with more distinct ones compiles some again.
const maxTemplates = 1024

// maxMessage bounds what a template renders to, in bytes: no push service takes
// a quarter of it.
const maxMessage = 16 << 10

var errTooLong = fmt.Errorf("the template renders to more than %d bytes", maxMessage)

// unreadError: the store could not give a template. It says nothing of it.
type unreadError struct{ error }

func (e *unreadError) Unwrap() error { return e.error }

// messages renders one notification: once for a native send, once for each
// distinct template, or for each device with push variables of its own.
type messages struct {
	store  store.Store
	n      *hub.Notification
	native *pns.Message
	props  template.Properties

	mu       sync.Mutex
	compiled map[int64]*compiled
	rendered map[int64]*pns.Message
}

func newMessages(s store.Store, n *hub.Notification) (*messages, error) {
	m := &messages{store: s, n: n, compiled: map[int64]*compiled{}, rendered: map[int64]*pns.Message{}}
	if n.Kind == hub.Native {
		m.native = &pns.Message{Kind: hub.Native, Body: n.Body, ContentType: n.ContentType, Headers: n.Headers, Expiry: n.Expiry}
		return m, nil
	}
	props, err := template.ParseProperties(n.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the properties: %w", err)
	}
	m.props = props
	return m, nil
}

// ofOne reports whether a device's message is its own: push variables go into it.
func (m *messages) ofOne(t *store.Target) bool {
	return m.native == nil && len(t.PushVariables) > 0
}

// of returns the message for a device. Devices that get the same message get
// the same pointer, and are sent to together.
func (m *messages) of(ctx context.Context, t *store.Target) (*pns.Message, error) {
	if m.native != nil {
		return m.native, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	plain := !m.ofOne(t)
	if msg := m.rendered[t.TemplateID]; plain && msg != nil {
		return msg, nil
	}
	c, err := m.compile(ctx, t.TemplateID)
	if err != nil {
		return nil, err
	}
	msg, err := c.render(m.props.With(t.PushVariables), m.n.Expiry)
	if err == nil && plain {
		if len(m.rendered) == maxTemplates {
			clear(m.rendered)
		}
		m.rendered[t.TemplateID] = msg
	}
	return msg, err
}

func (m *messages) compile(ctx context.Context, id int64) (*compiled, error) {
	if c := m.compiled[id]; c != nil {
		return c, nil
	}
	var body hub.TemplateBody
	err := m.store.View(ctx, func(r store.Reader) (err error) {
		body, err = r.TemplateBody(m.n.HubID, id)
		return err
	})
	if err != nil {
		return nil, &unreadError{fmt.Errorf("reading the template: %w", err)}
	}
	c, err := compileTemplate(&body)
	if err == nil {
		if len(m.compiled) == maxTemplates {
			clear(m.compiled)
		}
		m.compiled[id] = c
	}
	return c, err
}

// compiled is a template registration's body and headers, ready to render.
type compiled struct {
	body    *template.Template
	headers []compiledHeader
	expiry  *template.Value // nil: none
}

type compiledHeader struct {
	name  string
	value *template.Value
}

func compileTemplate(b *hub.TemplateBody) (*compiled, error) {
	body, err := template.Compile(b.Body)
	if err != nil {
		return nil, fmt.Errorf("compiling the template: %w", err)
	}
	c := &compiled{body: body}
	headers := b.Headers
	if b.Priority != "" {
		headers = append([]hub.Header{{Name: "apns-priority", Value: b.Priority}}, headers...)
	}
	if b.MessageType != "" {
		headers = append([]hub.Header{{Name: "X-Baidu-Message-Type", Value: b.MessageType}}, headers...)
	}
	for _, h := range headers {
		v, err := template.CompileValue(h.Value)
		if err != nil {
			return nil, fmt.Errorf("compiling the header %s: %w", h.Name, err)
		}
		c.headers = append(c.headers, compiledHeader{h.Name, v})
	}
	if b.Expiry != "" {
		if c.expiry, err = template.CompileValue(b.Expiry); err != nil {
			return nil, fmt.Errorf("compiling the expiry: %w", err)
		}
	}
	return c, nil
}

// render fills the template. Its own expiry goes before the notification's.
func (c *compiled) render(p template.Properties, expiry time.Time) (*pns.Message, error) {
	m := &pns.Message{Kind: hub.Template, Body: c.body.Render(p), Expiry: expiry}
	if len(m.Body) > maxMessage {
		return nil, errTooLong
	}
	for _, h := range c.headers {
		m.Headers = append(m.Headers, hub.Header{Name: h.name, Value: h.value.Render(p)})
	}
	if c.expiry == nil {
		return m, nil
	}
	at, once, err := hub.ParseExpiry(c.expiry.Render(p))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the template's expiry: %w", err)
	case once:
		m.Headers = append(m.Headers, hub.Header{Name: "apns-expiration", Value: "0"})
	case !at.IsZero():
		m.Expiry = at
	}
	return m, nil
}
