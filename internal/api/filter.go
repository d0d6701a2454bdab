package api

import (
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// maxFilter bounds a $filter, in bytes: a handle and two keys.
const maxFilter = 8 << 10

// parseFilter reads a $filter: Property eq 'value' [and Property eq 'value' …].
// Every property that names a handle means the handle, whatever the platform:
// the .NET and Java clients write ChannelUri for all of them. Some clients
// escape values once more, so the result is what to look for first, and what
// to look for if that is not found.
func parseFilter(text string) ([]store.RegistrationFilter, error) {
	if len(text) > maxFilter {
		return nil, badFilter("it is too long")
	}
	var terms []term
	for rest := text; ; {
		t, after, err := parseTerm(rest)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if rest = strings.TrimLeft(after, " "); rest == "" {
			break
		}
		var ok bool
		if rest, ok = cutWord(rest, "and"); !ok {
			return nil, badFilter("and is expected between conditions")
		}
	}
	given, err := filterOf(terms)
	if err != nil {
		return nil, err
	}
	decoded := given
	for _, field := range []*string{&decoded.Handle, &decoded.P256DH, &decoded.Auth} {
		if u, err := url.PathUnescape(*field); err == nil {
			*field = u
		}
	}
	if decoded == given {
		return []store.RegistrationFilter{given}, nil
	}
	return []store.RegistrationFilter{given, decoded}, nil
}

func badFilter(why string) error {
	return badRequest("The $filter is not supported: %s. Supported: ChannelUri eq 'handle', and the other names of a handle.", why)
}

// term is one condition.
type term struct{ property, value string }

// parseTerm reads the first condition, and returns what follows it.
func parseTerm(text string) (term, string, error) {
	text = strings.TrimLeft(text, " ")
	property, rest, _ := strings.Cut(text, " ")
	rest, ok := cutWord(strings.TrimLeft(rest, " "), "eq")
	if property == "" || !ok {
		return term{}, "", badFilter("a property, eq and a value are expected")
	}
	rest = strings.TrimLeft(rest, " ")
	if !strings.HasPrefix(rest, "'") {
		return term{}, "", badFilter("a value in single quotes is expected")
	}
	value, rest, ok := cutQuoted(rest[1:])
	if !ok {
		return term{}, "", badFilter("the closing quote is missing")
	}
	return term{strings.ToLower(property), value}, rest, nil
}

// cutWord drops a word, in any case, and the blank that must follow it.
func cutWord(text, word string) (string, bool) {
	if len(text) <= len(word) || !strings.EqualFold(text[:len(word)], word) || text[len(word)] != ' ' {
		return text, false
	}
	return text[len(word):], true
}

// cutQuoted reads up to the closing quote; a doubled quote stands for one.
func cutQuoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "'")
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			return b.String(), after, true
		}
		b.WriteByte('\'')
		text = after[1:]
	}
}

// filterOf gives the conditions their meaning.
func filterOf(terms []term) (store.RegistrationFilter, error) {
	var f store.RegistrationFilter
	var user, channel string
	for _, t := range terms {
		field := (*string)(nil)
		switch t.property {
		case "channeluri", "devicetoken", "gcmregistrationid", "fcmregistrationid", "fcmv1registrationid",
			"admregistrationid", "xiaomiregistrationid", "endpoint", "baiduuserid-baiduchannelid":
			field = &f.Handle
		case "baiduuserid":
			field = &user
		case "baiduchannelid":
			field = &channel
		case "p256dh":
			field = &f.P256DH
		case "auth":
			field = &f.Auth
		default:
			return f, badFilter("a property is not known")
		}
		if *field != "" || t.value == "" {
			return f, badFilter("a property is empty, or is there twice")
		}
		*field = t.value
	}
	return withBaidu(f, user, channel)
}

// withBaidu joins the two halves of a Baidu handle.
func withBaidu(f store.RegistrationFilter, user, channel string) (store.RegistrationFilter, error) {
	switch {
	case (user == "") != (channel == ""):
		return f, badFilter("BaiduUserId and BaiduChannelId are needed both")
	case user != "" && f.Handle != "":
		return f, badFilter("a handle is there twice")
	case user != "":
		f.Handle = user + "-" + channel
	}
	if f.Handle == "" {
		return f, badFilter("a handle is needed")
	}
	return f, nil
}
