package simapi

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// route is one row of the table: query names what may stand in the query string.
type route struct {
	method  string
	pattern string // below Prefix
	query   []string
	handle  func(*call) (any, error)
}

// table is every call.
func (a *API) table() []route {
	return []route{
		{http.MethodGet, "", nil, a.overview},
		{http.MethodPost, "/reset", nil, a.reset},

		{http.MethodGet, "/devices", []string{"service", "handle", "after", "limit"}, a.listDevices},
		{http.MethodGet, "/pushes", []string{"service", "handle", "after", "limit", "count", "wait"}, a.listPushes},
		{http.MethodGet, "/pushes/{number}", nil, a.getPush},
		{http.MethodGet, "/pushes/{number}/body", nil, a.getBody},

		{http.MethodGet, "/services/{service}", nil, a.getService},
		{http.MethodPatch, "/services/{service}", nil, a.changeService},
		{http.MethodPost, "/services/{service}/reset", nil, a.resetService},
		{http.MethodPut, "/services/{service}/fate", nil, a.setFate},
		{http.MethodDelete, "/services/{service}/fate", []string{"handle"}, a.clearFate},
		{http.MethodPost, "/services/{service}/goaway", nil, a.goAway},
		{http.MethodPost, "/services/browser/subscriptions", nil, a.subscribe},
	}
}

// register puts the table into the mux, with a refusal for the other methods of
// a path and for other paths.
func (a *API) register() {
	methods := map[string][]string{}
	for _, r := range a.table() {
		a.mux.HandleFunc(r.method+" "+Prefix+r.pattern, func(w http.ResponseWriter, hr *http.Request) { a.serve(w, hr, r) })
		methods[r.pattern] = append(methods[r.pattern], r.method)
	}
	for pattern, allowed := range methods {
		slices.Sort(allowed)
		allow := strings.Join(allowed, ", ")
		a.mux.HandleFunc(Prefix+pattern, func(w http.ResponseWriter, hr *http.Request) {
			w.Header().Set("Allow", allow)
			a.write(w, hr, nil, refuse(http.StatusMethodNotAllowed, "the method %.20s is not supported here, but %s", hr.Method, allow))
		})
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, hr *http.Request) {
		a.write(w, hr, nil, refuse(http.StatusNotFound, "nothing is here; below %s there are %s",
			Prefix, names(slices.Sorted(maps.Keys(methods))[1:]))) // the first is Prefix itself
	})
}

// call is one request, whose query string is in order.
type call struct {
	*http.Request
	query url.Values
}

// serve answers one request.
func (a *API) serve(w http.ResponseWriter, hr *http.Request, r route) {
	query, err := parseQuery(hr.URL.RawQuery, r.query)
	if err != nil {
		a.write(w, hr, nil, err)
		return
	}
	hr.Body = http.MaxBytesReader(w, hr.Body, maxBody)
	v, err := r.handle(&call{hr, query})
	a.write(w, hr, v, err)
}

// serviceIn returns the service of the path.
func (c *call) serviceIn() (pnssim.Service, error) {
	svc, ok := known(c.PathValue("service"))
	if !ok {
		return "", refuse(http.StatusNotFound, "there is no service %.40q, but %s", c.PathValue("service"), names(pnssim.Services()))
	}
	return svc, nil
}

func known(name string) (pnssim.Service, bool) {
	return pnssim.Service(name), slices.Contains(pnssim.Services(), pnssim.Service(name))
}

// names writes a list as people do.
func names[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = string(all[i])
	}
	return strings.Join(texts, ", ")
}
