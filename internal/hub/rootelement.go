package hub

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
)

// RootWNSType returns the X-WNS-Type that an XML body's root element asks for:
// wns/toast, wns/tile or wns/badge; "" for anything else. Attributes, an XML
// declaration and comments do not matter.
func RootWNSType(body []byte) string {
	switch root, _ := rootElements(body); root {
	case "toast", "tile", "badge":
		return "wns/" + root
	}
	return ""
}

// RootMPNS returns the X-WindowsPhone-Target and the X-NotificationClass of
// immediate delivery that an XML body asks for: a Notification that begins with
// a Toast is toast and 2, one with a Tile is token and 1; both are "" for
// anything else.
func RootMPNS(body []byte) (target, class string) {
	switch root, child := rootElements(body); {
	case root == "Notification" && child == "Toast":
		return "toast", "2"
	case root == "Notification" && child == "Tile":
		return "token", "1" // MPNS's own word for a tile
	}
	return "", ""
}

// rootElements returns the local names of a body's root element and of the first
// element in it, as far as there are such.
func rootElements(body []byte) (root, child string) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	// SDKs write encoding="utf-16" into text that they send as UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return root, ""
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if root != "" {
				return root, tok.Name.Local
			}
			root = tok.Name.Local
		case xml.EndElement:
			return root, ""
		case xml.CharData:
			if root == "" && len(bytes.Trim(tok, " \t\r\n\ufeff")) > 0 {
				return "", "" // not XML: markup that follows means nothing
			}
		}
	}
}

// IsJSONObject reports whether a body is one JSON object.
func IsJSONObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) && json.Valid(body)
}
