package api

import (
	"net/url"
	"strings"
)

// query is a query string. It is read more tolerantly than net/url does: names
// in any case and escaped or not ($top, %24top), flags without a value, and
// text that is not validly escaped as it stands.
type query struct {
	raw    string
	values map[string]string // by lower-case name; the first of a name counts
}

func parseQuery(raw string) query {
	q := query{raw: raw, values: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToLower(unescape(name))
		if _, twice := q.values[name]; name != "" && !twice {
			q.values[name] = unescape(value)
		}
	}
	return q
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// get returns the value under a name in lower case, or "".
func (q query) get(name string) string { return q.values[name] }

// flag reports whether a flag is set: &test, &test= and &test=true are.
func (q query) flag(name string) bool {
	v, present := q.values[name]
	return present && !strings.EqualFold(v, "false") && v != "0"
}

// replace returns the query string with one parameter in place of all of that
// name. The value must not need escaping.
func (q query) replace(name, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(q.raw, "&") {
		n, _, _ := strings.Cut(pair, "=")
		if pair != "" && !strings.EqualFold(unescape(n), name) {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(append(pairs, name+"="+value), "&")
}
