package simapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds a body, in bytes.
const maxBody = 64 << 10

// decode reads a body into a struct: a JSON object with members that it has,
// and no others, since a misspelt one would do nothing. An empty body is an
// empty object.
func decode(c *call, into any) error {
	b, err := io.ReadAll(c.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
	}
	if err != nil {
		return bad("reading the body: %v", err)
	}
	if len(b) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil || object == nil {
		return bad("the body is no JSON object; its members: %s", strings.Join(members(into), ", "))
	}
	for name := range object {
		if !slices.Contains(members(into), name) {
			return bad("the body has a member %.40q; there are %s", name, strings.Join(members(into), ", "))
		}
	}
	if err := json.Unmarshal(b, into); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return bad("%s: a JSON %s stands where a %s belongs", e.Field, e.Value, e.Type)
		}
		return bad("the body: %v", err)
	}
	return nil
}

// members are the names that a struct has in JSON.
func members(v any) (names []string) {
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// parseQuery reads a query string that holds nothing but these names, each once.
func parseQuery(text string, allowed []string) (url.Values, error) {
	q, err := url.ParseQuery(text)
	if err != nil {
		return nil, bad("the query string: %v", err)
	}
	for name, values := range q {
		switch {
		case len(allowed) == 0:
			return nil, bad("the query string has %.40q; there is nothing to ask for here", name)
		case !slices.Contains(allowed, name):
			return nil, bad("the query string has %.40q; there are %s", name, strings.Join(allowed, ", "))
		case len(values) > 1:
			return nil, bad("the query string has %s %d times", name, len(values))
		}
	}
	return q, nil
}

// number reads a whole number of the query string; usual is the one that goes
// without saying.
func (c *call) number(name string, least, most, usual int64) (int64, error) {
	if !c.query.Has(name) {
		return usual, nil
	}
	n, err := strconv.ParseInt(c.query.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		return 0, bad("%s: %.40q is not a number from %d to %d", name, c.query.Get(name), least, most)
	}
	return n, nil
}

// duration reads a time in Go's words.
func duration(name, text string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		return 0, bad("%s: %.40q is not a time from %v to %v, as in 1.5s or 200ms", name, text, least, most)
	}
	return d, nil
}
