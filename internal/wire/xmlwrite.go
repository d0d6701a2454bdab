package wire

import "unicode/utf8"

// The namespaces, in http as the service writes them: some pages of the
// documentation print https, which no reader accepts.
const (
	nsAtom     = "http://www.w3.org/2005/Atom"
	nsMetadata = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
	nsConnect  = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
	nsXSI      = "http://www.w3.org/2001/XMLSchema-instance"

	connect = ` xmlns="` + nsConnect + `" xmlns:i="` + nsXSI + `"`
)

// appendText writes escaped text. Characters that XML 1.0 does not allow
// become U+FFFD, so that what a client stored never breaks an answer.
func appendText(b []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '"':
			b = append(b, "&quot;"...)
		case r == '\r':
			b = append(b, "&#xD;"...)
		case !isXMLChar(r):
			b = utf8.AppendRune(b, utf8.RuneError)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// isXMLChar is the Char production of XML 1.0.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

// appendElement writes <name>text</name>.
func appendElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = appendText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

// appendOptional leaves an element without a value out.
func appendOptional(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendElement(b, name, text)
}

// appendCDATA writes text in CDATA, split where it holds the end mark.
func appendCDATA(b []byte, s string) []byte {
	b = append(b, "<![CDATA["...)
	for i, r := range s {
		if r == '>' && i >= 2 && s[i-2:i] == "]]" {
			b = append(b, "]]><![CDATA["...)
		}
		if !isXMLChar(r) {
			r = utf8.RuneError
		}
		b = utf8.AppendRune(b, r)
	}
	return append(b, "]]>"...)
}
