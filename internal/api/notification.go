package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// sendNotification is POST /{hub}/messages. The answer is 201 only once the
// notification is on disk.
func (s *server) sendNotification(r *request) (answer, error) {
	n, err := s.notification(r)
	if err != nil {
		return answer{}, err
	}
	if r.query.flag("test") {
		return s.testSend(r, n)
	}
	return s.accept(r, n)
}

func (s *server) accept(r *request, n *hub.Notification) (answer, error) {
	if err := s.dispatch.Accept(r.Context(), n); err != nil {
		return answer{}, err
	}
	return reply(http.StatusCreated, nil, "Content-Type", wire.ContentTypeXML, "Location", r.notificationURL("messages", n.ID)), nil
}

// testSend answers with the outcome of each device. So it does together with
// direct too: the .NET client reads a document after every test send.
func (s *server) testSend(r *request, n *hub.Notification) (answer, error) {
	results, err := s.dispatch.TestSend(r.Context(), n)
	if err != nil {
		return answer{}, err
	}
	body := wire.AppendNotificationOutcome(nil, outcomeOf(results))
	return reply(http.StatusCreated, body, "Content-Type", wire.ContentTypeXML, "Location", r.notificationURL("messages", n.ID)), nil
}

func outcomeOf(results []dispatch.TestResult) *wire.NotificationOutcome {
	out := &wire.NotificationOutcome{}
	for _, res := range results {
		if res.Outcome == hub.Success {
			out.Success++
		} else {
			out.Failure++
		}
		out.Results = append(out.Results, wire.RegistrationResult{
			// Which service was spoken to, for templates as well: the samples
			// of test sends show no appletemplate.
			ApplicationPlatform: wire.AppPlatformName(res.Platform.String(), false),
			PnsHandle:           res.Handle,
			RegistrationID:      res.RegistrationID,
			Outcome:             wire.OutcomeText(res.Outcome.String()),
		})
	}
	return out
}

// notification reads a send. All that can be refused is refused here, with a
// sentence, before anything is stored.
func (s *server) notification(r *request) (*hub.Notification, error) {
	body, err := r.body(s.maxBody)
	if err != nil {
		return nil, err
	}
	n, err := r.message(body, r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	if n.Direct, err = direct(r, format{n.Kind, n.Platform}); err != nil || n.Direct != nil {
		return n, err
	}
	n.Tags, err = s.tags(r.Header.Get(wire.HeaderTags))
	return n, err
}

// message is what a send says, whoever it is for.
func (r *request) message(body []byte, contentType string) (*hub.Notification, error) {
	plain := wire.WithoutBOM(body)
	f, err := formatOf(r.Header, plain)
	if err != nil {
		return nil, err
	}
	if f.isJSON() {
		body = plain
	}
	if err := checkPayload(f, body, r.Header); err != nil {
		return nil, err
	}
	n := &hub.Notification{
		HubID: r.hub.ID, Kind: f.kind, Platform: f.platform, Body: body, ContentType: contentType,
		Headers: passedHeaders(r.Header, f.platform), APIVersion: r.apiVersion(),
	}
	n.Expiry, err = expiry(r.Header)
	return n, err
}

// tags checks the tag expression; without one the send is to everybody.
func (s *server) tags(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	_, err := tagexpr.Parse(text, s.limits)
	return text, err
}

// direct reads the device of a direct send, or nil if the send is none. The
// handle alone makes it one: the Ruby client loses its query string.
func direct(r *request, f format) ([]hub.DirectHandle, error) {
	handle := strings.TrimSpace(r.Header.Get(wire.HeaderDeviceHandle))
	switch {
	case handle == "" && !r.query.flag("direct"):
		return nil, nil
	case handle == "":
		return nil, badRequest("A direct send needs the HTTP header %q.", wire.HeaderDeviceHandle)
	case f.kind == hub.Template:
		return nil, errDirectTemplate
	}
	d := hub.DirectHandle{Handle: handle}
	if f.platform == hub.Browser {
		d.Browser = &hub.BrowserKeys{P256DH: r.Header.Get(headerP256DH), Auth: r.Header.Get(headerAuth)}
	}
	if err := hub.ValidateHandle(f.platform, d.Handle, d.Browser); err != nil {
		return nil, err
	}
	return []hub.DirectHandle{d}, hubwire.CheckChannel(f.platform, d.Handle)
}

// notificationURL is the Location of a send: absolute, of exactly three
// segments, with api-version as the first parameter. Clients take the id from
// it in as many ways as there are clients.
func (r *request) notificationURL(collection, id string) string {
	return r.origin() + r.notificationPath(collection, id)
}

func (r *request) notificationPath(collection, id string) string {
	return "/" + r.path.escaped[0] + "/" + collection + "/" + id + "?api-version=" + url.QueryEscape(r.apiVersion())
}
