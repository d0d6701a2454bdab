package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode names what is wrong with the shape of the document and decodes the
// rest. An error is about how YAML itself is used.
func (c *checker) decode() (*file, error) {
	f := new(file)
	if c.root.Kind == 0 { // an empty file
		return f, nil
	}
	// Before anything walks through aliases the library has to find their number
	// harmless. What does not fit into a file is told better by shape.
	var typed *yaml.TypeError
	if err := c.root.Decode(new(file)); err != nil && !errors.As(err, &typed) {
		return nil, err
	}
	for _, n := range c.root.Content {
		if !c.shape(n, reflect.TypeFor[file](), nil) {
			return f, nil
		}
	}
	c.misshapen = len(c.places)
	return f, c.root.Decode(f)
}

// shape names everything in the document that does not have the shape of t:
// keys that t lacks, keys that stand twice, values of another kind, and list
// items that are nothing. It shows no value of a text, which may be a secret.
// What does not fit is taken out of the document, so that the rest can be
// decoded and judged; it reports whether n itself fits.
//
// It goes no deeper than t, which holds itself nowhere, so that an alias cannot
// lead it in circles.
func (c *checker) shape(n *yaml.Node, t reflect.Type, at []any) bool {
	n = target(n)
	if isNull(n) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.shape(n, t.Elem(), at)
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			c.wrong(at, "%s: a mapping is expected, as in {key: value}, but %s was found", label(at), kindName(n))
			return false
		}
		c.members(n, t, at)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			c.wrong(at, "%s: a list is expected, as in [a, b], but %s was found", label(at), kindName(n))
			return false
		}
		c.items(n, t.Elem(), at)
	default:
		return c.scalar(n, t, at)
	}
	return true
}

// items checks those of a list. One that does not fit leaves its place to an
// empty one: the others keep theirs.
func (c *checker) items(n *yaml.Node, t reflect.Type, at []any) {
	for i, item := range n.Content {
		fits := c.shape(item, t, at2(at, i))
		if isNull(target(item)) {
			c.wrong(at2(at, i), "%s: an item of the list is empty: fill it in or take it out", label(at))
			fits = false
		}
		if !fits {
			n.Content[i] = blank(t, item.Line)
		}
	}
}

// blank is an item without anything.
func blank(t reflect.Type, line int) *yaml.Node {
	if t.Kind() == reflect.Struct {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: line}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Line: line}
}

// scalar checks a text or a whole number.
func (c *checker) scalar(n *yaml.Node, t reflect.Type, at []any) bool {
	what := "a text"
	if t.Kind() == reflect.Int {
		what = "a whole number"
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		c.wrong(at, "%s: %s is expected, but %s was found", label(at), what, kindName(n))
	case t.Kind() == reflect.Int && n.ShortTag() != "!!int":
		c.wrong(at, "%s: %.40q is not a whole number", label(at), n.Value)
	case n.Decode(reflect.New(t).Interface()) == nil:
		return true
	case t.Kind() == reflect.Int:
		c.wrong(at, "%s: %.40s is too large a number", label(at), n.Value)
	default:
		c.wrong(at, "%s: the value is not a text", label(at))
	}
	return false
}

// members checks a mapping's keys, and their values.
func (c *checker) members(n *yaml.Node, t reflect.Type, at []any) {
	seen := map[string]bool{}
	var fit []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := target(key).Value
		if !c.member(key, value, t, at, seen[name]) {
			continue
		}
		seen[name] = true
		fit = append(fit, key, value)
	}
	n.Content = fit
}

// member reports whether a key and its value fit.
func (c *checker) member(key, value *yaml.Node, t reflect.Type, at []any, seen bool) bool {
	name := target(key).Value
	field, known := fieldOf(t, name)
	switch {
	case key.Tag == "!!merge": // of another mapping, which is checked in its own place
		return true
	case target(key).Kind != yaml.ScalarNode:
		c.place(at, key.Line, label(at)+": a key is a text, but "+kindName(target(key))+" was found")
	case !known:
		c.place(at2(at, name), key.Line, unknownKey(name, keysOf(t)))
	case seen:
		c.place(at2(at, name), key.Line, name+": the key stands above already: keep one")
	case isNull(target(value)) && field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct:
		c.place(at2(at, name), key.Line, name+": nothing is given: fill it in or take it out")
	default:
		return c.shape(value, field.Type, at2(at, name))
	}
	return false
}

// target is what a node stands for.
func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindName says what stands in the document, in the file's words.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// keysOf are the keys of a mapping, in the order in which the type names them.
func keysOf(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		out = append(out, f.Tag.Get("yaml"))
	}
	return out
}

func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// label names a place by its last key.
func label(at []any) string {
	for i := len(at) - 1; i >= 0; i-- {
		switch step := at[i].(type) {
		case string:
			return step
		case int:
			return fmt.Sprintf("%s, item %d", label(at[:i]), step+1)
		}
	}
	return "the file"
}

// unknownKey names the place where the key belongs, the key that was likely
// meant, or else those there are.
func unknownKey(key string, known []string) string {
	if homes := homesOf(key, reflect.TypeFor[file](), "the file itself"); len(homes) > 0 {
		return fmt.Sprintf("unknown key %q: it belongs to %s", key, strings.Join(homes, " or "))
	}
	if near := nearest(key, known); near != "" {
		return fmt.Sprintf("unknown key %.60q: did you mean %q?", key, near)
	}
	return fmt.Sprintf("unknown key %.60q: the keys here are %s", key, strings.Join(known, ", "))
}

// homesOf are the blocks of a type that have a key, each once.
func homesOf(key string, t reflect.Type, name string) (homes []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	if _, ok := fieldOf(t, key); ok {
		homes = append(homes, name)
	}
	for f := range t.Fields() {
		for _, home := range homesOf(key, f.Type, f.Tag.Get("yaml")) {
			if !slices.Contains(homes, home) {
				homes = append(homes, home)
			}
		}
	}
	return homes
}
