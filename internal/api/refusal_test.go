package api_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.uber.org/goleak"
)

// suite is the tests of this package. Run whole, they must have met every
// sentence with which the API refuses.
type suite struct{ goleak.TestingM }

func (s suite) Run() int {
	code := s.TestingM.Run()
	if code != 0 || !whole() {
		return code
	}
	missed, err := missedRefusals()
	if err != nil {
		fmt.Fprintln(os.Stderr, "reading the sentences:", err)
		return 1
	}
	for _, r := range missed {
		fmt.Fprintf(os.Stderr, "%s: no test is refused with %q\n", r.where, r.sentence)
		code = 1
	}
	return code
}

// whole reports whether all tests run, and they alone.
func whole() bool {
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

// met are the details of answers that were held against what they must be.
var met struct {
	sync.Mutex
	details []string
}

func meet(detail string) {
	met.Lock()
	defer met.Unlock()
	met.details = append(met.details, detail)
}

// refusal is a sentence as it stands in the code, with the verbs of package fmt.
type refusal struct{ where, sentence string }

// refusing are the packages whose sentences the API answers with, and the
// functions and fields that take them.
var (
	refusing = []string{".", "../auth", "../hub", "../hubwire", "../tagexpr", "../wire"}
	takers   = []string{"badRequest", "badFilter", "invalidPayload", "signatureRefused", "unreadable", "invalid", "malformed", "fail", "Error", "problem", "Invalid"}
)

// unreachable are the sentences that no request to the API can meet, and why.
const (
	answersOnly = "it is about answers, which the SDK reads"
	elsewhere   = "it is about a line of a job's file, and stands in the file of failures"
	before      = "the rest of the request is refused before it"
)

var unreachable = map[string]string{
	"A feed is expected, not the element %.80s.":                              answersOnly,
	"%s is not a number in %s: %.40q.":                                        answersOnly,
	"A registration description is expected, not the element %.80s.":          elsewhere,
	"%s has no RegistrationId.":                                               elsewhere,
	"The document has more than %d bytes.":                                    before, // bodies have fewer
	"The XML has more than %d parts.":                                         before, // so many do not fit into a body
	"The platform is missing or unknown.":                                     before, // by the name of the element
	"pushChannel: %s":                                                         before, // the document is JSON
	"The path is not valid: a %% must be followed by two hexadecimal digits.": before, // by net/http
}

// missedRefusals returns the sentences that no test has met, and those that are
// called unreachable and are not there, or were met.
func missedRefusals() ([]refusal, error) {
	var missed []refusal
	excused := map[string]bool{}
	for _, dir := range refusing {
		all, err := readRefusals(dir)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			seen := slices.ContainsFunc(met.details, r.form().MatchString)
			if _, ok := unreachable[r.sentence]; ok && !seen {
				excused[r.sentence] = true
			} else if !seen {
				missed = append(missed, r)
			}
		}
	}
	for sentence, why := range unreachable {
		if !excused[sentence] {
			missed = append(missed, refusal{"unreachable, since " + why, sentence})
		}
	}
	return missed, nil
}

var verb = regexp.MustCompile(`%[.0-9]*[a-zA-Z]`)

// form matches a detail that holds the sentence.
func (r refusal) form() *regexp.Regexp {
	literal := verb.Split(strings.ReplaceAll(r.sentence, "%%", "%"), -1)
	for i, text := range literal {
		literal[i] = regexp.QuoteMeta(text)
	}
	return regexp.MustCompile("(?s)" + strings.Join(literal, ".*"))
}

func readRefusals(dir string) (all []refusal, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sentence := sentenceOf(n); sentence != "" {
				all = append(all, refusal{set.Position(n.Pos()).String(), sentence})
			}
			return true
		})
	}
	return all, err
}

// sentenceOf returns the sentence of a call or a literal that refuses, or "".
func sentenceOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if taker(n.Fun) {
			return firstText(n.Args)
		}
	case *ast.CompositeLit:
		if taker(n.Type) {
			return firstText(n.Elts)
		}
	}
	return ""
}

func taker(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return slices.Contains(takers, e.Name)
	case *ast.SelectorExpr:
		return slices.Contains(takers, e.Sel.Name)
	}
	return false
}

// firstText is the first text with a blank: codes are single words.
func firstText(all []ast.Expr) string {
	for _, e := range all {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if call, ok := e.(*ast.CallExpr); ok {
			if text := firstText(call.Args); text != "" {
				return text
			}
		}
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(text, " ") {
				return text
			}
		}
	}
	return ""
}
