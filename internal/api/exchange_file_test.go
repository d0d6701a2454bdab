package api_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// exchange is a request and the answer that it must get.
type exchange struct {
	name            string
	request, answer string
}

// acceptedMark stands between an answer and what was accepted with it.
const acceptedMark = "\n===\n"

// parseExchanges reads a file: comments, then exchanges. Each begins with a line
// >>> and its name, if it has one. The request follows; after a line <<< the answer; and if a
// send was accepted, after a line === what it was understood as. In requests
// {token} is a fresh signature of the hub's rule, others as tokenLike makes them,
// and the lines of a multipart body get the ends of HTTP's. In answers there are
// the placeholders of compare.
func parseExchanges(text string) ([]exchange, error) {
	var all []exchange
	_, text, ok := strings.Cut("\n"+text, "\n>>>")
	if !ok {
		return nil, errors.New("there is no exchange in it")
	}
	for part := range strings.SplitSeq(text, "\n>>>") {
		name, rest, _ := strings.Cut(part, "\n")
		request, answer, ok := strings.Cut(rest, "\n<<<\n")
		if !ok {
			return nil, fmt.Errorf("exchange %d, %q, has no answer", len(all)+1, name)
		}
		answer, accepted, ok := strings.Cut(strings.TrimRight(answer, "\n"), acceptedMark)
		answer = strings.TrimRight(answer, "\n")
		if ok {
			answer += acceptedMark + accepted
		}
		all = append(all, exchange{strings.TrimSpace(name), request, answer})
	}
	return all, nil
}

// What answers hold that is made anew each time.
var (
	uuidForm         = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	keyForm          = regexp.MustCompile(`[0-9A-Za-z+/]{43}=`) // of a rule: the Ruby client needs just one =
	registrationForm = regexp.MustCompile(`\b[0-9]{1,19}-[0-9]{1,19}-[1-3]\b`)
	jobForm          = regexp.MustCompile(`\b[0-9]{19}[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	continuationForm = regexp.MustCompile(`[0-9A-Za-z_-]+`) // nothing that a client would escape
)

// placeholder is a name in braces. uuid and key stand for any; the others for
// one and the same text in a whole conversation, which requests name too.
var placeholder = regexp.MustCompile(`\{(uuid|key|continuation|job|registration[0-9]?)\}`)

func formOf(name string) *regexp.Regexp {
	switch name {
	case "uuid":
		return uuidForm
	case "key":
		return keyForm
	case "continuation":
		return continuationForm
	case "job":
		return jobForm
	}
	return registrationForm
}

// compare holds an answer against what it must be, byte for byte but for its
// placeholders, and returns where it first differs, or "". What placeholders
// stand for is put into bound, or must be as it was bound before.
func compare(want, got string, bound map[string]string) string {
	at := 0
	for _, p := range piecesOf(want) {
		n, ok := p.prefix(got[at:], bound)
		if at += n; !ok {
			return fmt.Sprintf("differs at byte %d, from %.60q", at, got[at:])
		}
	}
	if at < len(got) {
		return fmt.Sprintf("goes on after byte %d: %.60q", at, got[at:])
	}
	return ""
}

// piece is a literal text or a placeholder.
type piece struct{ literal, name string }

func piecesOf(want string) []piece {
	var all []piece
	from := 0
	for _, m := range placeholder.FindAllStringIndex(want, -1) {
		all = append(all, piece{literal: want[from:m[0]]}, piece{name: want[m[0]+1 : m[1]-1]})
		from = m[1]
	}
	return append(all, piece{literal: want[from:]})
}

// prefix returns how many bytes at the beginning of text are the piece's, and
// whether it is there whole.
func (p piece) prefix(text string, bound map[string]string) (int, bool) {
	if p.name == "" {
		n := 0
		for n < len(p.literal) && n < len(text) && p.literal[n] == text[n] {
			n++
		}
		return n, n == len(p.literal)
	}
	m := formOf(p.name).FindStringIndex(text)
	if m == nil || m[0] != 0 {
		return 0, false
	}
	if p.name == "uuid" || p.name == "key" {
		return m[1], true
	}
	value, was := text[:m[1]], bound[p.name]
	if was != "" && was != value {
		return 0, false
	}
	bound[p.name] = value
	return m[1], true
}
