package wire

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// readText reads a value that is a text.
func (t *target) readText() (s string, err error) {
	if t.value[0] != '"' || json.Unmarshal(t.value, &s) != nil {
		return "", unreadable("the value is not a text.")
	}
	return s, nil
}

// object returns a value that is an object, or a text that holds one: Azure
// documents the latter.
func (t *target) object() (json.RawMessage, error) {
	raw := t.value
	if raw[0] == '"' {
		s, err := t.readText()
		if err != nil {
			return nil, err
		}
		raw = json.RawMessage(s)
	}
	if err := checkNesting(raw, "value", '{'); err != nil {
		return nil, unreadable("the value is neither an object nor a text that holds one.")
	}
	return raw, nil
}

// decode reads an object's known members into v.
func (t *target) decode(v any, members string) error {
	raw, err := t.object()
	if err == nil && json.Unmarshal(raw, v) != nil {
		err = unreadable("the value is not an object with %s.", members)
	}
	return err
}

func (t *target) readTemplate() (InstallationTemplate, error) {
	var doc templateJSON
	err := t.decode(&doc, "a template's body, headers, expiry and tags")
	return doc.template(), err
}

func (t *target) readTile() (SecondaryTile, error) {
	var doc tileJSON
	err := t.decode(&doc, "a tile's pushChannel, tags and templates")
	tile := doc.tile()
	tile.PushChannelExpired = false // a channel that is written is alive
	return tile, err
}

// readAll reads a whole map, of which each entry may be in the form that it has
// alone. An entry that is null is absent.
func readAll[T any](t *target, what string, read func(*target) (T, error)) (map[string]T, error) {
	var entries map[string]json.RawMessage
	if err := t.decode(&entries, "a member for each "+what); err != nil {
		return nil, err
	}
	var all map[string]T
	for name, raw := range entries {
		if string(raw) == "null" {
			continue
		}
		v, err := read(&target{value: raw})
		if err != nil {
			return nil, unreadable("%s %.100q: %s", what, name, err)
		}
		put(&all, name, v)
	}
	return all, nil
}

// leaf refuses a path that goes on below what holds nothing.
func leaf(path []string, paths string) error {
	if len(path) > 0 {
		return errPath(paths)
	}
	return nil
}

func (t *target) text(path []string, paths string) (edit[string], error) {
	if err := leaf(path, paths); err != nil || t.remove {
		return func(s *string) error { *s = ""; return nil }, err
	}
	value, err := t.readText()
	return func(s *string) error { *s = value; return nil }, err
}

func (t *target) time(path []string) (edit[time.Time], error) {
	if err := leaf(path, installationPaths); err != nil || t.remove {
		return func(at *time.Time) error { *at = time.Time{}; return nil }, err
	}
	text, err := t.readText()
	if err != nil {
		return nil, err
	}
	value, err := ParseTime(text)
	if err != nil {
		return nil, unreadable("the value is not a date such as 2030-01-02T03:04:05Z.")
	}
	return func(at *time.Time) error { *at = value; return nil }, nil
}

var errNoChannel = unreadable("a device needs its channel.")

// channel sets an installation's channel, which is then alive. Which kinds of
// value it has depends on the platform.
func (t *target) channel(path []string) (edit[Installation], error) {
	switch err := leaf(path, installationPaths); {
	case err != nil:
		return nil, err
	case t.remove:
		return nil, errNoChannel
	}
	return func(i *Installation) error {
		doc := installationJSON{PushChannel: t.value}
		fresh := Installation{Platform: i.Platform}
		if err := doc.channel(&fresh); err != nil {
			return err
		}
		i.PushChannel, i.Browser, i.ChannelAsString, i.PushChannelExpired = fresh.PushChannel, fresh.Browser, fresh.ChannelAsString, false
		return nil
	}, nil
}

// tags edits a list of tags as a set: add adds, replace replaces, and a tag is
// removed by its name in any case. A client that writes /tags/- as RFC 6902
// has it for the end of an array adds a tag too.
func (t *target) tags(path []string) (edit[[]string], error) {
	switch {
	case len(path) == 0 && t.remove:
		return func(tags *[]string) error { *tags = nil; return nil }, nil
	case len(path) == 0 || len(path) == 1 && path[0] == "-" && t.add:
		given, err := t.readTags()
		return func(tags *[]string) error {
			if !t.add {
				*tags = nil
			}
			*tags = append(*tags, given...)
			return nil
		}, err
	case len(path) == 1 && t.remove:
		return func(tags *[]string) error { return removeTag(tags, path[0]) }, nil
	case len(path) == 1:
		return nil, unreadable("a tag is added to /tags, with the tag as the value.")
	}
	return nil, unreadable("the path is unknown: nothing is in a tag.")
}

// readTags reads one tag, an array of tags, or a text that holds such an array.
func (t *target) readTags() (tags []string, err error) {
	raw := []byte(t.value)
	if raw[0] == '"' {
		one, err := t.readText()
		if err != nil {
			return nil, err
		}
		if raw = bytes.TrimSpace([]byte(one)); len(raw) == 0 || raw[0] != '[' {
			return []string{one}, nil
		}
	}
	var all []*string
	if json.Unmarshal(raw, &all) != nil || slices.Contains(all, nil) {
		return nil, unreadable("the value is neither a tag nor an array of tags.")
	}
	for _, tag := range all {
		tags = append(tags, *tag)
	}
	return tags, nil
}

func removeTag(tags *[]string, tag string) error {
	if len(*tags) > maxPatched {
		return unreadable("there are more than %d tags.", maxPatched)
	}
	tag = strings.ToLower(tag)
	*tags = slices.DeleteFunc(*tags, func(t string) bool { return strings.ToLower(t) == tag })
	return nil
}
