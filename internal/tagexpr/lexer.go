package tagexpr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// lexer cuts an expression into tokens.
type lexer struct {
	text string
	at   int
	max  int // characters in a tag; 0: no limit
}

// next returns the next token. Blanks between tokens mean nothing.
func (l *lexer) next() (token, error) {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
	rest := l.text[l.at:]
	switch {
	case rest == "":
		return token{endOfText, "", l.at}, nil
	case strings.HasPrefix(rest, "||"):
		return l.take(or, 2), nil
	case strings.HasPrefix(rest, "&&"):
		return l.take(and, 2), nil
	case rest[0] == '|' || rest[0] == '&':
		return token{}, &Error{l.at, fmt.Sprintf("a single %c means nothing: write %c%c", rest[0], rest[0], rest[0])}
	case rest[0] == '!':
		return l.take(not, 1), nil
	case rest[0] == '(':
		return l.take(open, 1), nil
	case rest[0] == ')':
		return l.take(closing, 1), nil
	case rest[0] == '$':
		return l.systemTag(rest)
	}
	return l.tag(rest)
}

func (l *lexer) take(k kind, n int) token {
	t := token{k, l.text[l.at : l.at+n], l.at}
	l.at += n
	return t
}

// tag reads a plain tag: the whole run up to a blank or an operator, so that an
// error can show all of what was meant.
func (l *lexer) tag(rest string) (token, error) {
	run := word(rest)
	for i, r := range run {
		if tagRune(r) {
			continue
		}
		if _, size := utf8.DecodeRuneInString(run[i:]); r == utf8.RuneError && size == 1 {
			return token{}, &Error{l.at + i, "the expression is not UTF-8"}
		}
		return token{}, &Error{l.at + i, invalidTags(run)}
	}
	t := l.take(tag, len(run))
	if count := utf8.RuneCountInString(run); l.max > 0 && count > l.max {
		return token{}, &Error{t.offset, fmt.Sprintf("a tag of %d characters; at most %d are allowed", count, l.max)}
	}
	return t, nil
}

// word is the text up to the next blank or operator.
func word(rest string) string {
	if i := strings.IndexAny(rest, " \t\r\n()!&|"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// systemTag reads $InstallationId:{id} or $UserId:{id}: the braces are literal.
func (l *lexer) systemTag(rest string) (token, error) {
	for _, name := range []string{"$InstallationId:{", "$UserId:{"} {
		if len(rest) < len(name) || !strings.EqualFold(rest[:len(name)], name) {
			continue
		}
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return token{}, &Error{l.at, fmt.Sprintf("%s… is not closed: } is missing", name)}
		}
		if err := CheckSystemID(rest[len(name):end]); err != nil {
			return token{}, &Error{l.at, invalidTags(rest[:end+1])}
		}
		return l.take(tag, end+1), nil
	}
	return token{}, &Error{l.at, invalidTags(word(rest))}
}
