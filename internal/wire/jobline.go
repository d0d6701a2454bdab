package wire

import (
	"io"
	"strings"
)

// AppendDescriptionLine writes a registration's description, and a line break
// after it: what a job's files hold. Line breaks within are written as
// references, so that a line is a whole document.
func AppendDescriptionLine(b []byte, r *Registration) []byte {
	text := string(appendDescription(nil, r))
	for text != "" {
		plain, rest, inCDATA := strings.Cut(text, "<![CDATA[")
		b = append(b, strings.ReplaceAll(plain, "\n", "&#xA;")...)
		if !inCDATA {
			break
		}
		var data string
		data, text, _ = strings.Cut(rest, "]]>")
		b = append(b, "<![CDATA["...)
		b = append(b, strings.ReplaceAll(data, "\n", "]]>&#xA;<![CDATA[")...)
		b = append(b, "]]>"...)
	}
	return append(b, '\n')
}

// DecodeRegistrationID reads the id alone from a description of any type, or of
// none: a line that deletes needs no more. Errors are those of DecodeEntry.
func DecodeRegistrationID(r io.Reader) (string, error) {
	root, err := readXML(r)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(root.name, "RegistrationDescription") {
		return "", unreadable("A registration description is expected, not the element %.80s.", root.name)
	}
	m := members{of: root}
	id := m.text("RegistrationId")
	if m.err == nil && id == "" {
		m.err = unreadable("%s has no RegistrationId.", root.name)
	}
	return id, m.err
}
