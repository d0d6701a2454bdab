package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Mistake is one thing that is wrong with the file.
type Mistake struct {
	Line int
	Msg  string
}

// Error names every mistake of a file, in order of line.
type Error struct {
	File     string
	Mistakes []Mistake
}

func (e *Error) Error() string {
	var b strings.Builder
	for i, m := range e.Mistakes {
		if i > 0 {
			b.WriteByte('\n')
		}
		if m.Line > 0 {
			fmt.Fprintf(&b, "%s:%d: %s", e.File, m.Line, m.Msg)
		} else {
			fmt.Fprintf(&b, "%s: %s", e.File, m.Msg)
		}
	}
	return b.String()
}

// checker walks the decoded file and collects mistakes.
type checker struct {
	root      *yaml.Node
	dir       string // relative paths in the file start here
	check     func(hub.Credential) error
	mistakes  []Mistake
	places    [][]any // of the mistakes
	misshapen int     // how many of places have the wrong shape
	more      bool    // there are more than maxMistakes
}

// wrong notes a mistake at a place. A place that has the wrong shape, or that is
// around one, is judged no further.
func (c *checker) wrong(path []any, format string, args ...any) {
	for _, p := range c.places[:c.misshapen] {
		if within(p, path) || within(path, p) {
			return
		}
	}
	c.place(path, lineOf(c.root, path...), fmt.Sprintf(format, args...))
}

// maxMistakes is how many are told at once; more are of no use to anybody.
const maxMistakes = 100

// place notes a mistake that stands at a line of its own.
func (c *checker) place(path []any, line int, msg string) {
	if len(c.mistakes) == maxMistakes {
		c.more = true
		return
	}
	c.places = append(c.places, path)
	c.mistakes = append(c.mistakes, Mistake{line, msg})
}

// blamed reports whether a mistake was found at a place or within it.
func (c *checker) blamed(path []any) bool {
	return slices.ContainsFunc(c.places, func(p []any) bool { return within(p, path) })
}

// within reports whether a place is another, or lies within it.
func within(place, of []any) bool {
	return len(place) >= len(of) && slices.Equal(place[:len(of)], of)
}

func (c *checker) err(name string) error {
	if len(c.mistakes) == 0 {
		return nil
	}
	sort.SliceStable(c.mistakes, func(i, j int) bool { return c.mistakes[i].Line < c.mistakes[j].Line })
	if c.more {
		c.mistakes = append(c.mistakes, Mistake{Msg: "these are not all mistakes"})
	}
	return &Error{File: name, Mistakes: c.mistakes}
}

// path makes a file name absolute from the config file's folder.
func (c *checker) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// maxSecretFile bounds what is read as a secret: a service account's JSON is
// the largest, at about 2.5 KB.
const maxSecretFile = 64 << 10

// secret returns the value of key, or what the file named by its twin holds,
// without a line end.
func (c *checker) secret(at []any, key, value, file string) string {
	switch {
	case value != "" && file != "":
		c.wrong(at2(at, key+"_file"), "%s and %s_file are both given: keep one", key, key)
		return ""
	case file == "":
		return value
	}
	text, err := readSmall(c.path(file))
	switch {
	case err != nil:
		c.wrong(at2(at, key+"_file"), "%s_file: %v", key, err)
		return ""
	case len(bytes.TrimSpace(text)) == 0:
		c.wrong(at2(at, key+"_file"), "%s_file: %s is empty", key, file)
		return ""
	}
	return strings.TrimRight(string(text), "\r\n")
}

func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > maxSecretFile {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", name, maxSecretFile)
	}
	return os.ReadFile(name)
}

// at2 extends a path without sharing its array.
func at2(path []any, more ...any) []any {
	return append(append(make([]any, 0, len(path)+len(more)), path...), more...)
}
