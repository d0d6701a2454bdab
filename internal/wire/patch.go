package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The bounds of a patch: an operation costs at most as much as a look at every
// tag, header or variable that there is.
const (
	maxPatchOperations = 1000
	maxPatched         = 2000 // tags of a list, or headers, that are looked through
)

// PatchOperation is one operation of a JSON Patch (RFC 6902 §4).
type PatchOperation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value,omitempty"` // null is absent, as .NET and Java write it in removals
}

// Patch is a change of an installation, read and checked as far as that can be
// done without the installation.
type Patch struct{ steps []step }

// step is one operation; label names it in errors. channel: it writes a channel.
type step struct {
	label   string
	edit    edit[Installation]
	channel bool
}

// edit changes a part of an installation, or says why it cannot.
type edit[T any] func(*T) error

// DecodePatch reads a JSON Patch of an installation, in the dialect that Azure
// documents under "Installations: Patch": add, remove and replace, of which add
// and replace are the same; values that are texts, also where they stand for
// lists and objects. Names of members are compared without regard to case. Bad
// JSON, an unknown operation or path, or a value of the wrong kind is a
// *DecodeError that says which operation it is, counted from 0.
func DecodePatch(body []byte) (Patch, error) {
	body = WithoutBOM(body)
	if err := checkNesting(body, "patch", '['); err != nil {
		return Patch{}, err
	}
	var operations []PatchOperation
	if err := json.Unmarshal(body, &operations); err != nil {
		return Patch{}, unreadable("The patch is not valid: an array of objects with op, path and value is expected.")
	}
	if len(operations) > maxPatchOperations {
		return Patch{}, unreadable("The patch has %d operations; at most %d are allowed.", len(operations), maxPatchOperations)
	}
	p := Patch{steps: make([]step, len(operations))}
	for i := range operations {
		s := &p.steps[i]
		s.label = operations[i].label(i)
		var err error
		if s.edit, s.channel, err = operations[i].read(); err != nil {
			return Patch{}, s.fails(err)
		}
	}
	return p, nil
}

// Apply changes an installation, one operation after the other. After an error,
// a *DecodeError, the installation is of no use: some operations are in it. The
// installation shares nothing with the patch, which may be applied again.
func (p Patch) Apply(i *Installation) error {
	for k := range p.steps {
		if err := p.steps[k].edit(i); err != nil {
			return p.steps[k].fails(err)
		}
	}
	return nil
}

// WritesChannel reports whether any operation writes a channel, of the device or of
// a tile.
func (p Patch) WritesChannel() bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return s.channel })
}

// AppendPatch writes a JSON Patch.
func AppendPatch(b []byte, operations []PatchOperation) []byte { return appendJSON(b, operations) }

// PatchValue is an operation's value in the form that Azure documents: always a
// text, which holds JSON where v is no string: a list of tags, or a pointer to a
// BrowserChannel, an InstallationTemplate or a SecondaryTile.
func PatchValue(v any) json.RawMessage {
	switch of := v.(type) {
	case string:
		return appendJSON(nil, of)
	case *InstallationTemplate:
		v = documentOfTemplate(of)
	case *SecondaryTile:
		v = tileJSON{PushChannel: of.PushChannel, Tags: of.Tags, Templates: templatesJSON(of.Templates)}
	}
	return appendJSON(nil, string(appendJSON(nil, v)))
}

// label names an operation. Its value, which may be a handle, is no part of it.
func (o *PatchOperation) label(index int) string {
	return fmt.Sprintf("The operation at index %d of the patch (%.20q %.200q) is not valid", index, o.Op, o.Path)
}

func (s *step) fails(err error) error { return unreadable("%s: %s", s.label, err) }

// read turns an operation into what it does, and tells whether it writes a channel.
func (o *PatchOperation) read() (e edit[Installation], channel bool, err error) {
	op := strings.ToLower(o.Op)
	t := target{add: op == "add", remove: op == "remove", value: o.Value}
	switch {
	case !t.add && !t.remove && op != "replace":
		return nil, false, unreadable("the op is none of add, remove, replace.")
	case !t.remove && (len(t.value) == 0 || string(t.value) == "null"):
		return nil, false, unreadable("it has no value.")
	}
	path, err := splitPointer(o.Path)
	if err != nil {
		return nil, false, err
	}
	e, err = t.installation(path)
	return e, !t.remove && isChannel(path), err
}

// isChannel reports whether a path leads to a channel, or to a tile with its own.
func isChannel(path []string) bool {
	switch strings.ToLower(path[0]) {
	case "pushchannel":
		return true
	case "secondarytiles":
		return len(path) < 3 || strings.EqualFold(path[2], "pushChannel")
	}
	return false
}

// splitPointer reads a JSON Pointer (RFC 6901).
func splitPointer(pointer string) ([]string, error) {
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil, unreadable("the path does not begin with /.")
	}
	path := strings.Split(rest, "/")
	for i, name := range path {
		if path[i], ok = unescapePointer(name); !ok {
			return nil, unreadable("the path has a ~ that neither 0 nor 1 follows.")
		}
		if name == "" {
			return nil, unreadable("the path has an empty part.")
		}
	}
	return path, nil
}

func unescapePointer(name string) (string, bool) {
	plain := strings.NewReplacer("~0", "", "~1", "").Replace(name)
	return strings.NewReplacer("~0", "~", "~1", "/").Replace(name), !strings.Contains(plain, "~")
}

// Pointer writes a JSON Pointer (RFC 6901).
func Pointer(path ...string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
}
