package pnstest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Answer is one answer of a push service, and what Fanfare makes of it: a row
// of testdata/answers.yaml in the folder of each connector. The connector's own
// test classifies it, a scenario plays it through a whole hub, and
// docs/outcomes.md shows it. What token endpoints answer stands in that of
// package pns.
type Answer struct {
	Says    string            `yaml:"says"`  // status and reason, as the service writes them
	Means   string            `yaml:"means"` // a sentence
	Status  int               `yaml:"status"`
	Header  map[string]string `yaml:"header"`
	Body    string            `yaml:"body"`    // Handle stands in it for the device's own
	Class   string            `yaml:"class"`   // a name of Classes
	Outcome string            `yaml:"outcome"` // its name in the telemetry
	Again   string            `yaml:"again"`   // a name of seconds; "": no second try at once
	// Service: the answer speaks of the whole service.
	Service bool `yaml:"service"`
	// Doubt: or of this device alone, as other devices' answers show.
	Doubt     bool          `yaml:"doubt"`
	Malformed bool          `yaml:"malformed"`
	Retry     time.Duration `yaml:"retry"` // what the service asks for, or is known to want
	// Fates are the words that make a simulated device answer so.
	Fates []string `yaml:"fates"`
}

// Handle stands in a body for the handle of the device that is answered to.
const Handle = "HANDLE"

// Classes are the names of the classes, as answers.yaml has them.
var Classes = map[string]pns.Class{
	"unknown": pns.Unknown, "accepted": pns.OK, "dead": pns.Drop, "replaced": pns.Update, "retry": pns.Retry,
	"reconnect": pns.Reconnect, "credential": pns.Credential, "message": pns.Body, "hold": pns.Hold, "unsent": pns.Unsent,
}

var seconds = map[string]pns.Again{
	"": pns.No, "token": pns.WithFreshToken, "environment": pns.WithOtherEnvironment, "connection": pns.WithNewConn,
}

// Answers reads a connector's rows; folder is the connector's.
func Answers(t testing.TB, folder string) []Answer {
	t.Helper()
	all, err := readAnswers(folder + "/testdata/answers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readAnswers(file string) (all []Answer, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", file, a.Says, err)
		}
		if seen[a.Says] {
			return nil, fmt.Errorf("%s: %q stands there twice", file, a.Says)
		}
		seen[a.Says] = true
	}
	return all, nil
}

func (a *Answer) check() error {
	_, classKnown := Classes[a.Class]
	_, secondKnown := seconds[a.Again]
	switch {
	case a.Says == "" || a.Means == "":
		return fmt.Errorf("says and means are required")
	case !classKnown:
		return fmt.Errorf("class %q is unknown", a.Class)
	case !secondKnown:
		return fmt.Errorf("again: %q is unknown", a.Again)
	case OutcomeOf(a.Outcome).String() != a.Outcome:
		return fmt.Errorf("outcome %q is unknown", a.Outcome)
	case a.Status == 0 && len(a.Fates) == 0:
		return fmt.Errorf("there is neither a status nor a fate")
	}
	return nil
}

// OutcomeOf returns the outcome of a name; one that is unknown is UnknownError.
func OutcomeOf(name string) hub.Outcome {
	for o := range hub.UnknownError {
		if o.String() == name && name != hub.UnknownError.String() {
			return o
		}
	}
	return hub.UnknownError
}

// Tries is how many requests one attempt makes where each is answered so.
func (a *Answer) Tries() int {
	if a.Again == "" {
		return 1
	}
	return 2
}

// Want is the result of an answer, but for reason, correlation and new handle.
func (a *Answer) Want() pns.Result {
	return pns.Result{
		Class: Classes[a.Class], Outcome: OutcomeOf(a.Outcome), Again: seconds[a.Again],
		Service: a.Service, Doubt: a.Doubt, Malformed: a.Malformed, RetryAfter: a.Retry,
	}
}

// HTTPHeader is the answer's header.
func (a *Answer) HTTPHeader() http.Header {
	h := http.Header{}
	for name, value := range a.Header {
		h.Set(name, value)
	}
	return h
}

// CheckAnswers holds that a connector makes of each of its rows what the row
// says, that what is refused has a reason, and that every status and reason
// that its response.go names has a row.
func CheckAnswers(t *testing.T, classify func(*Answer) pns.Result) {
	t.Helper()
	all := Answers(t, ".")
	var rows strings.Builder
	for _, a := range all {
		fmt.Fprintln(&rows, a.Says, a.Status, a.Header, a.Body)
		if a.Status == 0 {
			continue // no answer to classify
		}
		got := classify(&a)
		if diff := cmp.Diff(a.Want(), got, cmpopts.IgnoreFields(pns.Result{}, "Reason", "Correlation", "NewHandle", "DeadSince")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", a.Says, diff)
		}
		if refused := got.Class != pns.OK && got.Class != pns.Update; refused && got.Reason == "" {
			t.Errorf("%s: there is no reason", a.Says)
		}
	}
	for _, name := range named(t, "response.go") {
		if !strings.Contains(rows.String(), name) {
			t.Errorf("testdata/answers.yaml has no row with %s, which response.go names", name)
		}
	}
}
