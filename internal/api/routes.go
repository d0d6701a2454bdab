package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// handler answers one request whose caller has been let in.
type handler func(*request) (answer, error)

// route is one row of the table. A pattern's segments in braces match any
// segment; the others are compared without regard to case.
type route struct {
	method  string
	pattern string
	right   hub.Rights
	handle  handler
}

// table is every operation. The list of registrations asks for its right
// itself, since that depends on the filter.
func (s *server) table() []route {
	return []route{
		{http.MethodPost, "/{hub}/messages", hub.Send, s.sendNotification},
		{http.MethodPost, "/{hub}/messages/$batch", hub.Send, s.sendBatch},
		{http.MethodGet, "/{hub}/messages/{id}", hub.Send, s.notificationDetails},

		{http.MethodPost, "/{hub}/schedulednotifications", hub.Send, s.scheduleNotification},
		{http.MethodDelete, "/{hub}/schedulednotifications/{id}", hub.Send, s.cancelNotification},

		{http.MethodPost, "/{hub}/registrationids", hub.Listen, s.createRegistrationID},
		{http.MethodPost, "/{hub}/registrations", hub.Listen, s.createRegistration},
		{http.MethodGet, "/{hub}/registrations", 0, s.listRegistrations},
		{http.MethodPut, "/{hub}/registrations/{id}", hub.Listen, s.putRegistration},
		{http.MethodGet, "/{hub}/registrations/{id}", hub.Listen, s.getRegistration},
		{http.MethodDelete, "/{hub}/registrations/{id}", hub.Listen, s.deleteRegistration},
		{http.MethodGet, "/{hub}/tags/{tag}/registrations", hub.Manage, s.listRegistrationsByTag},

		{http.MethodPut, "/{hub}/installations/{id}", hub.Listen, s.putInstallation},
		{http.MethodGet, "/{hub}/installations/{id}", hub.Listen, s.getInstallation},
		{http.MethodPatch, "/{hub}/installations/{id}", hub.Listen, s.patchInstallation},
		{http.MethodDelete, "/{hub}/installations/{id}", hub.Listen, s.deleteInstallation},

		{http.MethodPost, "/{hub}/jobs", hub.Manage, s.submitJob},
		{http.MethodGet, "/{hub}/jobs", hub.Manage, s.listJobs},
		{http.MethodGet, "/{hub}/jobs/{id}", hub.Manage, s.getJob},

		{http.MethodGet, "/{hub}/feedbackcontainer", hub.Manage, s.feedbackContainer},
		{http.MethodGet, "/_fanfare/feedback/{hub}", 0, s.listFeedback},
		{http.MethodGet, "/_fanfare/feedback/{hub}/{name}", 0, s.readFeedback},
		{http.MethodGet, "/_fanfare/errors/{hub}/{id}", 0, s.readErrors},

		{http.MethodGet, "/_fanfare/hubs/{hub}/doctor", hub.Manage, s.examine},
		{http.MethodGet, "/_fanfare/hubs/{hub}/notifications/{id}/explain", hub.Manage, s.explain},
		{http.MethodGet, "/_fanfare/hubs/{hub}/notifications/{id}/delays", hub.Send, s.delays},
		{http.MethodGet, "/_fanfare/hubs/{hub}/suspects/{platform}", hub.Manage, s.listSuspects},
		{http.MethodPost, "/_fanfare/hubs/{hub}/suspects/{platform}/confirm", hub.Manage, s.confirmSuspects},
		{http.MethodPost, "/_fanfare/hubs/{hub}/suspects/{platform}/clear", hub.Manage, s.clearSuspects},
		{http.MethodGet, "/", hub.Manage, s.listServices},
		{http.MethodGet, "/$Resources/NotificationHubs", hub.Manage, s.listHubs},
		{http.MethodPut, "/{hub}", hub.Manage, s.putHub},
		{http.MethodGet, "/{hub}", hub.Manage, s.getHub},
		{http.MethodDelete, "/{hub}", hub.Manage, s.deleteHub},
	}
}

// own are the segments before the hub's name in what Azure does not have: no
// hub is named so. There are always two.
var own = []string{"_fanfare", "hubs"}

// below returns the segments from the hub's name on: what a token is for, also
// where our own calls stand elsewhere.
func (r route) below(segments []string) []string {
	if strings.HasPrefix(r.pattern, "/"+own[0]+"/") {
		return segments[len(own):]
	}
	return segments
}

// signed reports whether the signature in a route's address stands for a token.
func (r route) signed() bool {
	return strings.HasPrefix(r.pattern, "/_fanfare/feedback/") || strings.HasPrefix(r.pattern, "/_fanfare/errors/")
}

// ofNamespace reports whether a route is about no single hub.
func (r route) ofNamespace() bool { return !strings.Contains(r.pattern, "{hub}") }

// mayCreate reports whether the hub of a route need not exist.
func (r route) mayCreate() bool { return r.pattern == "/{hub}" && r.method == http.MethodPut }

// serves reports whether a route is about what a hub does for devices and
// senders, which ends while it is disabled.
func (r route) serves() bool { return strings.HasPrefix(r.pattern, "/{hub}/") }

// match finds the row for a request. Without one the error is a 404, or a 405
// that lists the methods of the path.
func (s *server) match(method string, segments []string) (route, error) {
	var allowed []string
	for _, r := range s.routes {
		if !r.matches(segments) {
			continue
		}
		if r.method == method {
			return r, nil
		}
		allowed = append(allowed, r.method)
	}
	if allowed == nil {
		return route{}, errNoService
	}
	slices.Sort(allowed)
	return route{}, methodNotAllowed(method, strings.Join(allowed, ", "))
}

func (r route) matches(segments []string) bool {
	for name := range strings.SplitSeq(r.pattern[1:], "/") {
		if name == "" { // of the root
			break
		}
		if len(segments) == 0 || !isParameter(name) && !strings.EqualFold(name, segments[0]) {
			return false
		}
		segments = segments[1:]
	}
	return len(segments) == 0
}

// parameter returns the segment that stands where the pattern has {name}.
func (r route) parameter(name string, segments []string) string {
	for i, n := range strings.Split(r.pattern[1:], "/") {
		if n == "{"+name+"}" {
			return segments[i]
		}
	}
	return ""
}

func isParameter(name string) bool { return strings.HasPrefix(name, "{") }
