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
