package wire

import (
	"time"
	"unicode/utf8"
)

// The namespaces, in http as the service writes them: some pages of the
// documentation print https, which no reader of answers accepts.
const (
	nsAtom     = "http://www.w3.org/2005/Atom"
	nsMetadata = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
	nsConnect  = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
	nsXSI      = "http://www.w3.org/2001/XMLSchema-instance"

	connect = ` xmlns="` + nsConnect + `" xmlns:i="` + nsXSI + `"`
)

// encoding/xml repeats xmlns on every child and invents prefixes, which the
// SDKs' readers do not understand: answers are appended by hand.

// appendText writes escaped text. Characters that XML 1.0 does not allow, and
// bytes that are not UTF-8, become U+FFFD, so that what a client once stored
// never breaks an answer. A bare CR would be read as LF.
func appendText(b []byte, s string) []byte {
	for _, r := range s {
		switch r {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '\r':
			b = append(b, "&#xD;"...)
		default:
			b = appendRune(b, r)
		}
	}
	return b
}

// appendAttr writes ` name="value"`.
func appendAttr(b []byte, name, value string) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	for _, r := range value {
		switch r {
		case '"':
			b = append(b, "&quot;"...)
		case '\t':
			b = append(b, "&#x9;"...)
		case '\n':
			b = append(b, "&#xA;"...)
		default:
			b = appendText(b, string(r))
		}
	}
	return append(b, '"')
}

// appendRune holds to the Char production of XML 1.0.
func appendRune(b []byte, r rune) []byte {
	if r < ' ' && r != '\t' && r != '\n' || r == '\ufffe' || r == '\uffff' {
		r = utf8.RuneError
	}
	return utf8.AppendRune(b, r)
}

func appendOpen(b []byte, name string) []byte { return append(append(append(b, '<'), name...), '>') }
func appendClose(b []byte, name string) []byte {
	return append(append(append(b, "</"...), name...), '>')
}

// appendElement writes <name>text</name>.
func appendElement(b []byte, name, text string) []byte {
	return appendClose(appendText(appendOpen(b, name), text), name)
}

// appendOptional leaves an element without a value out: the JavaScript SDK
// would make an object of an i:nil one.
func appendOptional(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendElement(b, name, text)
}

// appendTime leaves the zero time out.
func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendElement(b, name, formatTime(t))
}

// appendCDATA writes <name> with the text in CDATA, which is left for what
// cannot stand in it: its end mark and CR.
func appendCDATA(b []byte, name, s string) []byte {
	b = append(appendOpen(b, name), "<![CDATA["...)
	for i, r := range s {
		switch {
		case r == '>' && i >= 2 && s[i-2:i] == "]]":
			b = append(b, "]]><![CDATA[>"...)
		case r == '\r':
			b = append(b, "]]>&#xD;<![CDATA["...)
		default:
			b = appendRune(b, r)
		}
	}
	return appendClose(append(b, "]]>"...), name)
}
