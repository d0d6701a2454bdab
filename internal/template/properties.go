package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Properties are the values of a template send. Names are compared without
// regard to letter case.
type Properties struct {
	values map[string]string
}

func fold(name string) string { return strings.ToLower(name) }

var errNoObject = errors.New("the properties are not a JSON object")

// ParseProperties reads the body of a template send: a flat JSON object.
// Numbers and booleans stand for their JSON text, null for an absent property;
// objects and arrays are refused. Of a name that is given twice, the last one
// counts.
func ParseProperties(body []byte) (Properties, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return Properties{}, fmt.Errorf("%w: %w", errNoObject, err)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return Properties{}, errNoObject
	}
	p := Properties{map[string]string{}}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return Properties{}, fmt.Errorf("%w: %w", errNoObject, err)
		}
		value, err := dec.Token()
		if err != nil {
			return Properties{}, fmt.Errorf("%w: %w", errNoObject, err)
		}
		if err := p.set(name.(string), value); err != nil {
			return Properties{}, err
		}
	}
	return p, nil
}

func (p Properties) set(name string, value json.Token) error {
	switch v := value.(type) {
	case nil:
		delete(p.values, fold(name))
	case string:
		p.values[fold(name)] = v
	case json.Number:
		p.values[fold(name)] = v.String()
	case bool:
		p.values[fold(name)] = strconv.FormatBool(v)
	default:
		return fmt.Errorf("the property %q is an object or an array: only text is allowed", name)
	}
	return nil
}

// With returns p with the push variables of an installation under it: a
// property of the send wins over a variable of the same name.
func (p Properties) With(vars map[string]string) Properties {
	if len(vars) == 0 {
		return p
	}
	out := Properties{make(map[string]string, len(p.values)+len(vars))}
	for _, name := range slices.Sorted(maps.Keys(vars)) { // names may differ in letter case alone
		out.values[fold(name)] = vars[name]
	}
	maps.Copy(out.values, p.values)
	return out
}
