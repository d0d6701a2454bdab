package api_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// Each answer of each exchange, filled with what could stand for its
// placeholders, is as it must be; and changed in any way, it is not.
func TestExchangesFindEveryChange(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	for name, all := range readExchanges(t) {
		bound := map[string]string{}
		for _, e := range all {
			whole := filledAnswer(e.answer)
			if where := compare(e.answer, whole.text, bound); where != "" {
				t.Errorf("%s, %q: the answer itself %s", name, e.name, where)
			}
			for _, m := range whole.mutations() {
				kinds[m.kind]++
				if compare(e.answer, m.text, maps.Clone(bound)) == "" {
					t.Errorf("%s, %q: nobody finds %s:\n%s", name, e.name, m.kind, m.text)
				}
			}
		}
	}
	for _, kind := range []string{
		"another status", "a header that is missing", "another value of a header", "a header too many", "elements in another order",
		"a prefix", "white space", "another byte of the body", "a byte too many", "a byte too few", "a placeholder cut short",
		"another byte of what was accepted", "nothing accepted",
	} {
		if kinds[kind] == 0 {
			t.Errorf("no answer was changed in this way: %s", kind)
		}
	}
}

// answerOf is an answer without placeholders, and where they were.
type answerOf struct {
	text string
	free []bool // by byte: it may be another
}

// examples of what placeholders stand for.
var examples = map[string]string{
	"uuid": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "job": "20000000000000000006f9619ff-8b86-4d01-b42d-00cf4fc964ff",
	"key": "bmFtZXNwYWNlLWtleS1vZi10aGUtdGVzdC0wMTIzNDU=", "continuation": "AAAAAAAAAAEr_9-x",
}

func filledAnswer(want string) answerOf {
	var a answerOf
	for _, p := range piecesOf(want) {
		text := p.literal
		if p.name != "" {
			text = examples[p.name]
		}
		if strings.HasPrefix(p.name, "registration") {
			text = "4697970960162487046-613208779604355455-" + fmt.Sprint(1+len(p.name)%3)
		}
		a.text += text
		for range len(text) {
			a.free = append(a.free, p.name != "")
		}
	}
	return a
}

type mutation struct{ kind, text string }

// siblings are two elements of an answer, one after the other.
var siblings = regexp.MustCompile(`(<(\w+)>[^<]*</\w+>)(<(\w+)>[^<]*</\w+>)`)

// mutations are answers that differ from this one.
func (a answerOf) mutations() []mutation {
	answer, accepted, sent := strings.Cut(a.text, acceptedMark)
	head, body, _ := strings.Cut(answer, "\n\n")
	out := a.ofHeaders(head)
	if at := len(head) + len("\n\n"); body != "" {
		out = append(out, a.ofBody(at, body)...)
	}
	if at := len(answer) + len(acceptedMark); sent {
		out = append(out, a.changed("another byte of what was accepted", at, accepted)...)
		out = append(out, mutation{"nothing accepted", answer})
	}
	return append(out, mutation{"a byte too many", a.text + "."})
}

// with is the answer with another text in place of its bytes from one to another.
func (a answerOf) with(from, to int, text string) string { return a.text[:from] + text + a.text[to:] }

func (a answerOf) ofHeaders(head string) []mutation {
	out := []mutation{
		{"another status", strings.Replace(a.text, " ", " 9", 1)},
		{"a header too many", a.with(len(head), len(head), "\nX-More: 1")},
	}
	at := strings.Index(head, "\n") + 1
	for line := range strings.SplitSeq(head[at:], "\n") {
		end := at + len(line)
		out = append(out, mutation{"a header that is missing", a.with(at-1, end, "")})
		if a.free[end-1] {
			out = append(out, mutation{"a placeholder cut short", a.with(end-1, end, "")})
		} else {
			out = append(out, mutation{"another value of a header", a.with(end-1, end, string(a.text[end-1]^1))})
		}
		at = end + 1
	}
	return out
}

func (a answerOf) ofBody(at int, body string) []mutation {
	end := at + len(body)
	out := append(a.changed("another byte of the body", at, body), mutation{"a byte too few", a.with(end-1, end, "")})
	if m := siblings.FindStringSubmatchIndex(body); m != nil {
		first, second := body[m[2]:m[3]], body[m[6]:m[7]]
		if first != second {
			out = append(out, mutation{"elements in another order", a.with(at+m[0], at+m[1], second+first)})
		}
	}
	if strings.HasPrefix(body, "<") {
		out = append(out, mutation{"a prefix", a.with(at, at+1, "<a:")}, mutation{"white space", a.with(end, end, "\n")})
	}
	if i := strings.Index(body, "><"); i >= 0 {
		out = append(out, mutation{"white space", a.with(at+i+1, at+i+1, "\n")})
	}
	return out
}

// changed has up to some forty bytes of a part changed, one at a time.
func (a answerOf) changed(kind string, at int, part string) []mutation {
	var out []mutation
	for i := at; i < at+len(part); i += 1 + len(part)/40 {
		if !a.free[i] {
			out = append(out, mutation{kind, a.with(i, i+1, string(a.text[i]^1))})
		}
	}
	return out
}
