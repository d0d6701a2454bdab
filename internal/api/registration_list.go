package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The size of a page. Azure documents neither figure.
const (
	defaultTop = 100
	maxTop     = 1000
)

// listRegistrations is GET /{hub}/registrations. Whoever knows a handle may
// look it up with Listen, as devices do; all of them need Manage.
func (s *server) listRegistrations(r *request) (answer, error) {
	text := r.query.get("$filter")
	if text == "" {
		if err := r.require(hub.Manage); err != nil {
			return answer{}, err
		}
		return s.feed(r, []store.RegistrationFilter{{}})
	}
	if err := r.require(hub.Listen); err != nil {
		return answer{}, err
	}
	filters, err := parseFilter(text)
	if err != nil {
		return answer{}, err
	}
	return s.feed(r, filters)
}

// listRegistrationsByTag is GET /{hub}/tags/{tag}/registrations, for the tags
// that the hub gives to installations too.
func (s *server) listRegistrationsByTag(r *request) (answer, error) {
	tag := r.parameter("tag")
	if len(tag) > maxID || !printable(tag) {
		return answer{}, badRequest("The tag in the path is not valid: at most %d bytes without control characters are allowed.", maxID)
	}
	return s.feed(r, []store.RegistrationFilter{{Tag: tag}})
}

// feed answers with one page. The token for the next goes into a header and a
// link, since clients read one or the other; there is none at the end, since
// the .NET client would go round for ever.
func (s *server) feed(r *request, filters []store.RegistrationFilter) (answer, error) {
	p, err := r.page(filters)
	if err != nil {
		return answer{}, err
	}
	if err := s.store.View(r.Context(), p.read); err != nil {
		return answer{}, err
	}
	f := wire.Feed{Title: "Registrations", URL: r.url(), Updated: r.now}
	for i := range p.found {
		f.Entries = append(f.Entries, entryOf(&p.found[i], r.url(p.found[i].ID)))
	}
	token := ""
	if p.more {
		token = p.scope.token(p.after)
		f.NextURL = withQuery(r.origin()+r.path.String(), r.query.replace("continuationtoken", token))
	}
	return reply(http.StatusOK, wire.AppendFeed(nil, &f), "Content-Type", wire.ContentTypeFeed, wire.HeaderContinuation, token), nil
}

// page is one page of a list, being read.
type page struct {
	request *request
	scope   scope
	filters []store.RegistrationFilter // the first that finds anything counts
	top     int
	hidden  func(hub.Platform) bool

	after int64 // the number up to which the list has been read
	found []hub.Registration
	more  bool
}

// page reads what the query asks for.
func (r *request) page(filters []store.RegistrationFilter) (*page, error) {
	p := &page{request: r, filters: filters, scope: scope{r.hub.ID, filters[0]}, hidden: unreadable(r.UserAgent())}
	var err error
	if p.top, err = r.top(); err != nil {
		return nil, err
	}
	// Ignored, it would show the first page for ever.
	if text := r.query.get("$skip"); text != "" && text != "0" {
		return nil, badRequest("$skip is not supported: ask for the next page with the continuation token of the last.")
	}
	if text := r.query.get("continuationtoken"); text != "" {
		if p.after, err = p.scope.parse(text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// top is the size of a page: $top, at most 1,000.
func (r *request) top() (int, error) {
	text := r.query.get("$top")
	if text == "" {
		return defaultTop, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badRequest("$top is not a number from 1: %.40q.", text)
	}
	return min(n, maxTop), nil
}

// maxRounds bounds how often one page goes back to the store because kinds that
// the client cannot read fill what it got. A page may then be short.
const maxRounds = 10

func (p *page) read(rd store.Reader) error {
	for _, f := range p.filters {
		if err := p.readFilter(rd, f); err != nil || len(p.found) > 0 || p.more {
			return err
		}
	}
	return nil
}

// readFilter reads until the page is full and one more is seen, or the list
// ends.
func (p *page) readFilter(rd store.Reader, f store.RegistrationFilter) error {
	for range maxRounds {
		limit := p.top + 1 - len(p.found)
		batch, err := rd.ListRegistrations(p.request.hub.ID, f, p.after, limit, p.request.now)
		if err != nil {
			return err
		}
		for _, reg := range batch {
			hidden := p.hidden(reg.Platform)
			if !hidden && len(p.found) == p.top {
				p.more = true
				return nil
			}
			p.after = reg.Number
			if !hidden {
				p.found = append(p.found, reg)
			}
		}
		if len(batch) < limit {
			return nil
		}
	}
	p.more = true
	return nil
}

// unreadable reports the kinds of registration that make a client fail on its
// whole list: the .NET SDK knows neither Browser nor Xiaomi, the Java SDK not
// Xiaomi.
func unreadable(userAgent string) func(hub.Platform) bool {
	dotnet := strings.Contains(userAgent, "api-origin=DotNetSdk")
	java := strings.Contains(userAgent, "api-origin=JavaSDK")
	return func(p hub.Platform) bool {
		return p == hub.Xiaomi && (dotnet || java) || p == hub.Browser && dotnet
	}
}
