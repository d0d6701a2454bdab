package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

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

// optional is a JSON object in which a member that is null is absent.
type optional[V any] map[string]V

// UnmarshalJSON reads the object.
func (o *optional[V]) UnmarshalJSON(b []byte) error {
	var all map[string]*V
	err := json.Unmarshal(b, &all)
	*o = present(all)
	return err
}

// WithoutBOM drops the byte order mark that some editors and shells write before
// UTF-8, and that JSON does not have.
func WithoutBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }
