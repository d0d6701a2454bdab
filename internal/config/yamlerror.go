package config

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	yamlLine   = regexp.MustCompile(`^line (\d+): (.*)$`)
	yamlAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	// yamlValue is where the library shows what stands in the document, which
	// may be a secret.
	yamlValue = regexp.MustCompile("`[^`]*`")
)

// hints tell people what the library's words about the syntax come from.
var hints = []struct{ says, hint string }{
	{"did not find expected", "mind the indentation, brackets and quotes from here on"},
	{"could not find expected", "a key is followed by a colon and a blank"},
	{"mapping values are not allowed", `mind the indentation; a value that holds ": " stands between quotes`},
	{"cannot start any token", "lines are indented with blanks, not tabs; a value that begins with @, % or ` stands between quotes"},
	{"unexpected end of stream", "the quote that begins here does not end"},
}

// syntaxMistake turns what the library says of a text that is not YAML into a
// mistake of ours.
func syntaxMistake(err error, text []byte) Mistake {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	if parts := yamlAnchor.FindStringSubmatch(said); parts != nil {
		return Mistake{lineAt(text, bytes.Index(text, []byte("*"+parts[1]))), "YAML: a value begins with *, which refers to an anchor that is not there: put a text that begins so between quotes"}
	}
	line := 1 // the library names no line where it means the first
	if parts := yamlLine.FindStringSubmatch(said); parts != nil {
		line, _ = strconv.Atoi(parts[1]) //nolint:errcheck // it is all digits
		said = parts[2]
		if strings.HasPrefix(said, hints[0].says) {
			line++ // here the library counts from 0
		}
	}
	line = min(line, lineAt(text, len(bytes.TrimRight(text, "\r\n"))))
	if at := unreadable(text); at >= 0 {
		line = lineAt(text, at)
	}
	for _, h := range hints {
		if strings.Contains(said, h.says) {
			said += ": " + h.hint
		}
	}
	return Mistake{line, "YAML: " + yamlValue.ReplaceAllString(said, "a value")}
}

// decodeMistake tells what the library could not decode, and names no line for.
func decodeMistake(err error) Mistake {
	return Mistake{0, "YAML: " + yamlValue.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "a value")}
}

// unreadable is where the text holds what is no character, or one that YAML
// 1.2.2, section 5.1, does not allow; -1 is nowhere.
func unreadable(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n\u0085", r) {
			return i
		}
		i += n
	}
	return -1
}

// lineAt is the number of the line that holds a byte; 0 is none.
func lineAt(text []byte, at int) int {
	if at < 0 {
		return 0
	}
	return 1 + bytes.Count(text[:at], []byte("\n"))
}
