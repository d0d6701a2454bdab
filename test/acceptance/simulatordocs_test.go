package acceptance_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// example is a curl command of the documentation.
type example struct {
	line, method, target, body string
	inQuery                    bool // -G
}

var shellWord = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// readExample reads as much of curl's arguments as the documentation uses.
func readExample(t *testing.T, line string) example {
	t.Helper()
	e := example{line: line}
	var data []string
	words := shellWord.FindAllString(line, -1)
	next := func() (word string) {
		if len(words) == 0 {
			t.Fatalf("%s: an argument is missing", line)
		}
		word, words = words[0], words[1:]
		return strings.Trim(word, `'"`)
	}
	for next(); len(words) > 0; {
		switch word := next(); word {
		case "-f":
		case "-G", "-fG":
			e.inQuery = true
		case "-X":
			e.method = next()
		case "-d":
			data = append(data, next())
		case "--data-urlencode":
			name, value, _ := strings.Cut(next(), "=")
			data = append(data, name+"="+url.QueryEscape(value))
		default:
			if e.target != "" || strings.HasPrefix(word, "-") {
				t.Fatalf("%s: this test does not know %s", line, word)
			}
			e.target = strings.TrimPrefix(word, "$S")
		}
	}
	switch {
	case e.inQuery:
		e.target += "?" + strings.Join(data, "&")
	case len(data) > 0:
		e.body = strings.Join(data, "&")
	}
	if e.method == "" {
		e.method = map[bool]string{true: http.MethodPost, false: http.MethodGet}[e.body != ""]
	}
	return e
}

// is reports whether an example is of a call of the documentation's table.
func (e *example) is(method, pattern string) bool {
	path, _, _ := strings.Cut(simapi.Prefix+e.target, "?")
	form := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(pattern), "[^/]+")
	return e.method == method && regexp.MustCompile("^"+form+"$").MatchString(path)
}

// The examples of docs/simulator-api.md are good, one after the other, against a
// hub that has sent to the device that they name; and there is one of each call.
func TestSimulatorExamples(t *testing.T) {
	t.Parallel()
	w := newDevWorld(t)
	w.register(nh.APNs, "00FC13ADFF785122B4AD28809A342098", "a")
	w.counts(w.final(w.send(alert(), "a")), map[string]map[string]int64{"apns": {"Success": 1}})
	text, err := os.ReadFile("../../docs/simulator-api.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []example
	for _, m := range regexp.MustCompile(`(?m)^curl .*$`).FindAllString(string(text), -1) {
		e := readExample(t, m)
		examples = append(examples, e)
		req, err := http.NewRequestWithContext(w.ctx, e.method, w.base+e.target, strings.NewReader(e.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl -d says
		resp, err := w.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", e.line, resp.Status)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| ([A-Z]+) \\| `([^`]+)` \\|").FindAllStringSubmatch(string(text), -1)
	for _, row := range rows {
		found := false
		for _, e := range examples {
			found = found || e.is(row[1], row[2])
		}
		if !found {
			t.Errorf("no example of %s %s", row[1], row[2])
		}
	}
	if len(rows) < 10 || len(examples) < len(rows) {
		t.Errorf("%d calls and %d examples were found", len(rows), len(examples))
	}
}
