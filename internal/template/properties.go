package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Properties are the values of a template send. Names are compared without
// regard to letter case.
type Properties struct {
	values map[string]string
}

func fold(name string) string { return strings.ToLower(name) }

// ParseProperties reads the body of a template send: a flat JSON object.
// Numbers and booleans stand for their JSON text, null for an absent property;
// objects and arrays are refused.
func ParseProperties(body []byte) (Properties, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		return Properties{}, fmt.Errorf("the properties are not a JSON object: %w", err)
	}
	if raw == nil {
		return Properties{}, errors.New("the properties are not a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Properties{}, errors.New("something follows the JSON object of the properties")
	}
	p := Properties{make(map[string]string, len(raw))}
	for name, v := range raw {
		switch v := v.(type) {
		case nil:
		case string:
			p.values[fold(name)] = v
		case json.Number:
			p.values[fold(name)] = v.String()
		case bool:
			p.values[fold(name)] = fmt.Sprint(v)
		default:
			return Properties{}, fmt.Errorf("the property %q is an object or an array: only text is allowed", name)
		}
	}
	return p, nil
}

// With returns p with the push variables of an installation under it: a
// property of the send wins over a variable of the same name.
func (p Properties) With(vars map[string]string) Properties {
	if len(vars) == 0 {
		return p
	}
	out := Properties{make(map[string]string, len(p.values)+len(vars))}
	for name, v := range vars {
		out.values[fold(name)] = v
	}
	for name, v := range p.values {
		out.values[name] = v
	}
	return out
}
