package template

import (
	"fmt"
	"unicode/utf8"
)

// appendJSON writes s as the inside of a JSON string (RFC 8259 §7).
func appendJSON(out []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < 0x20:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// appendXML writes s as text or, with its line ends kept, as an attribute's
// value. Characters that XML 1.0 does not allow become U+FFFD.
func appendXML(out []byte, s string, attr bool) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			out = append(out, "&amp;"...)
		case r == '<':
			out = append(out, "&lt;"...)
		case r == '>':
			out = append(out, "&gt;"...)
		case r == '"':
			out = append(out, "&quot;"...)
		case r == '\'':
			out = append(out, "&apos;"...)
		case r == '\r', attr && (r == '\n' || r == '\t'):
			out = fmt.Appendf(out, "&#x%X;", r)
		case !isXMLChar(r):
			out = utf8.AppendRune(out, utf8.RuneError)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// isXMLChar is the Char production of XML 1.0.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

// appendNumber writes the value of #(p), which has no quotes if it is a number.
func appendNumber(out []byte, s string) []byte {
	if isNumber(s) {
		return append(out, s...)
	}
	return append(appendJSON(append(out, '"'), s), '"')
}

// isNumber reports whether s is what the documentation calls a number: an
// integer without sign or leading zeros, then perhaps a fraction and an exponent.
func isNumber(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		ok := n > 0
		s = s[n:]
		return ok
	}
	switch {
	case s == "":
		return false
	case s[0] == '0':
		s = s[1:]
	case !digits():
		return false
	}
	if s != "" && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}
