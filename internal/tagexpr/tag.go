package tagexpr

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tagRune reports whether r may stand in a tag. The .NET SDK accepts what its
// regular expressions call a word character: letters of any script with their
// marks, decimal digits, and connectors such as _.
func tagRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Mn, unicode.Nd, unicode.Pc) || strings.ContainsRune("@#.:-", r)
}

// idRune reports whether r may stand in the id of a system tag.
func idRune(r rune) bool { return r == '=' || tagRune(r) }

// shown is how much of a wrong tag an error repeats, in bytes.
const shown = 130

// invalidTags is Azure's sentence.
func invalidTags(text string) string {
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return fmt.Sprintf("An invalid tag(s) '%s' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #.", text)
}

// CheckTag says what is wrong with a tag that a client puts on a registration
// or an installation: tags that begin with $ are the hub's own. maxLen counts
// characters; 0 is no limit.
func CheckTag(tag string, maxLen int) error {
	if strings.HasPrefix(tag, "$") {
		return &Error{0, "Tags can not start with $."}
	}
	return checkRunes(tag, maxLen, tagRune)
}

// CheckSystemID says what is wrong with the id in $InstallationId:{id} or
// $UserId:{id}. It has no limit of its own.
func CheckSystemID(id string) error { return checkRunes(id, 0, idRune) }

func checkRunes(text string, maxLen int, valid func(rune) bool) error {
	if text == "" || !utf8.ValidString(text) {
		return &Error{0, invalidTags(text)}
	}
	for i, r := range text {
		if !valid(r) {
			return &Error{i, invalidTags(text)}
		}
	}
	if n := utf8.RuneCountInString(text); maxLen > 0 && n > maxLen {
		return &Error{0, fmt.Sprintf("The tag '%.40s…' has %d characters; at most %d are allowed.", text, n, maxLen)}
	}
	return nil
}
