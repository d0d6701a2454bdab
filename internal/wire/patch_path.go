package wire

import (
	"encoding/json"
	"strings"
	"time"
)

// target is what an operation does where its path ends.
type target struct {
	add    bool
	remove bool
	value  json.RawMessage // not empty unless remove
}

// errPath says which paths there are.
func errPath(below string) error {
	return unreadable("the path is unknown; there are %s.", below)
}

const installationPaths = "/pushChannel, /userId, /tags, /tags/{tag}, /pushVariables, /pushVariables/{name}, /templates, /templates/{name} and what is in it, " +
	"/secondaryTiles, /secondaryTiles/{id} and what is in it, and /expirationTime"

// installation finds what a path names in an installation.
func (t *target) installation(path []string) (edit[Installation], error) {
	switch at := path[1:]; strings.ToLower(path[0]) {
	case "pushchannel":
		return t.channel(at)
	case "userid":
		e, err := t.text(at, installationPaths)
		return within(func(i *Installation) *string { return &i.UserID }, e), err
	case "expirationtime":
		e, err := t.time(at)
		return within(func(i *Installation) *time.Time { return &i.ExpirationTime }, e), err
	case "tags":
		e, err := t.tags(at)
		return within(func(i *Installation) *[]string { return &i.Tags }, e), err
	case "pushvariables":
		e, err := keyed(t, at, "push variable", (*target).readText, nil)
		return within(func(i *Installation) *map[string]string { return &i.PushVariables }, e), err
	case "templates":
		e, err := t.templates(at)
		return within(func(i *Installation) *map[string]InstallationTemplate { return &i.Templates }, e), err
	case "secondarytiles":
		e, err := keyed(t, at, "secondary tile", (*target).readTile, (*target).tile)
		return within(func(i *Installation) *map[string]SecondaryTile { return &i.SecondaryTiles }, e), err
	case "installationid", "platform":
		return nil, unreadable("it cannot be changed: put another installation.")
	case "pushchannelexpired", "expiredpushchannel":
		return nil, unreadable("the push service alone says whether a channel has expired; a channel that is written is alive.")
	}
	return nil, errPath(installationPaths)
}

// tile finds what a path names in a secondary tile.
func (t *target) tile(path []string) (edit[SecondaryTile], error) {
	const paths = "in a secondary tile /pushChannel, /tags, /tags/{tag}, /templates, and /templates/{name} and what is in it"
	switch at := path[1:]; strings.ToLower(path[0]) {
	case "pushchannel":
		e, err := t.text(at, paths)
		if t.remove && err == nil {
			err = errNoChannel
		}
		return func(s *SecondaryTile) error {
			s.PushChannelExpired = false
			return e(&s.PushChannel)
		}, err
	case "tags":
		e, err := t.tags(at)
		return within(func(s *SecondaryTile) *[]string { return &s.Tags }, e), err
	case "templates":
		e, err := t.templates(at)
		return within(func(s *SecondaryTile) *map[string]InstallationTemplate { return &s.Templates }, e), err
	}
	return nil, errPath(paths)
}

func (t *target) templates(path []string) (edit[map[string]InstallationTemplate], error) {
	return keyed(t, path, "template", (*target).readTemplate, (*target).template)
}

// template finds what a path names in a template.
func (t *target) template(path []string) (edit[InstallationTemplate], error) {
	const paths = "in a template /body, /headers, /headers/{name}, /expiry, /tags and /tags/{tag}"
	switch at := path[1:]; strings.ToLower(path[0]) {
	case "body":
		e, err := t.text(at, paths)
		if t.remove && err == nil {
			err = unreadable("a template needs its body.")
		}
		return within(func(m *InstallationTemplate) *string { return &m.Body }, e), err
	case "headers":
		e, err := t.headers(at)
		return within(func(m *InstallationTemplate) *map[string]string { return &m.Headers }, e), err
	case "expiry":
		e, err := t.text(at, paths)
		return within(func(m *InstallationTemplate) *string { return &m.Expiry }, e), err
	case "tags":
		e, err := t.tags(at)
		return within(func(m *InstallationTemplate) *[]string { return &m.Tags }, e), err
	}
	return nil, errPath(paths)
}

// within is an edit of a whole, by one of a part of it.
func within[Whole, Part any](part func(*Whole) *Part, e edit[Part]) edit[Whole] {
	return func(w *Whole) error { return e(part(w)) }
}

// keyed edits a map: the whole of it, an entry, or what is in an entry. what
// names an entry in errors; without an inner there is nothing in one. What is to
// be removed and is not there is as good as removed, so that a patch may be
// repeated.
func keyed[T any](t *target, path []string, what string, read func(*target) (T, error), inner func(*target, []string) (edit[T], error)) (edit[map[string]T], error) {
	switch {
	case len(path) == 0 && t.remove:
		return func(m *map[string]T) error { *m = nil; return nil }, nil
	case len(path) == 0:
		_, err := readAll(t, what, read)
		return func(m *map[string]T) (err error) { *m, err = readAll(t, what, read); return err }, err
	case len(path) == 1 && t.remove:
		return func(m *map[string]T) error { delete(*m, path[0]); return nil }, nil
	case len(path) == 1:
		_, err := read(t)
		return func(m *map[string]T) error {
			v, err := read(t) // again: maps and slices are to be the installation's own
			put(m, path[0], v)
			return err
		}, err
	case inner == nil:
		return nil, unreadable("the path is unknown: nothing is in a %s.", what)
	}
	e, err := inner(t, path[1:])
	return func(m *map[string]T) error {
		v, ok := (*m)[path[0]]
		switch {
		case !ok && t.remove:
			return nil
		case !ok:
			return unreadable("there is no %s of this name.", what)
		}
		if err := e(&v); err != nil {
			return err
		}
		put(m, path[0], v)
		return nil
	}, err
}

func put[T any](m *map[string]T, name string, v T) {
	if *m == nil {
		*m = map[string]T{}
	}
	(*m)[name] = v
}

// headers edits a template's headers, whose names are compared without regard
// to case.
func (t *target) headers(path []string) (edit[map[string]string], error) {
	e, err := keyed(t, path, "header", (*target).readText, nil)
	if len(path) != 1 {
		return e, err
	}
	return func(m *map[string]string) error {
		if len(*m) > maxPatched {
			return unreadable("there are more than %d headers.", maxPatched)
		}
		for name := range *m {
			if strings.EqualFold(name, path[0]) {
				delete(*m, name)
			}
		}
		return e(m)
	}, err
}
