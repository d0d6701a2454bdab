package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// decodeJSON reads one JSON object into v. what names it in errors.
func decodeJSON(r io.Reader, what string, v any) error {
	body, err := io.ReadAll(newBounded(r))
	if _, ok := errors.AsType[*DecodeError](err); ok {
		return err
	}
	if err != nil {
		return fmt.Errorf("reading the %s: %w", what, err)
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // a byte order mark
	switch {
	case !utf8.Valid(body):
		return unreadable("The %s is not UTF-8.", what)
	case !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")):
		return unreadable("The %s is not a JSON object.", what)
	case depthOf(body) > maxDepth:
		return unreadable("The %s has more than %d levels.", what, maxDepth)
	}
	err = json.Unmarshal(body, v)
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return unreadable("The %s is not valid: %.80s cannot be a JSON %.40s.", what, kind.Field, kind.Value)
	}
	if err != nil {
		return unreadable("The %s is not valid JSON: %.200s.", what, err)
	}
	return nil
}

// depthOf returns how deep braces and brackets nest: encoding/json has no bound
// below 10,000.
func depthOf(body []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// present drops the members that are null: to the service null is absent.
func present[V any](in map[string]*V) map[string]V {
	var out map[string]V
	for name, v := range in {
		if v == nil {
			continue
		}
		if out == nil {
			out = make(map[string]V, len(in))
		}
		out[name] = *v
	}
	return out
}

func pointers[V any](in map[string]V) map[string]*V {
	out := make(map[string]*V, len(in))
	for name, v := range in {
		out[name] = &v
	}
	return out
}

// appendJSON writes v, maps in order of name. < > & stand as they are, since
// the service leaves them alone. v is made of texts, booleans, and structs and
// maps of them, which always encode.
func appendJSON(b []byte, v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("wire: encoding %T: %v", v, err))
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
