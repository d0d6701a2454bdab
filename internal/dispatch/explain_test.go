package dispatch_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

func (f *fixture) explain(id, device string) dispatch.Explained {
	f.Helper()
	e, err := f.Explain(f.Context(), f.hub, id, device)
	if err != nil {
		f.Fatal(err)
	}
	if len(e.Registrations) != 1 {
		f.Fatalf("%+v", e)
	}
	return e.Registrations[0]
}

func step(e *dispatch.Explained, about, text string) *dispatch.Step {
	i := slices.IndexFunc(e.Steps, func(s dispatch.Step) bool { return s.About == about && strings.Contains(s.Text, text) })
	if i < 0 {
		return nil
	}
	return &e.Steps[i]
}

// What cannot be brought about through the hub's own doors.
func TestExplainOddAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config func(*dispatch.Config)
		answer pns.Result
		cause  dispatch.Cause
		says   string
	}{
		"no connector": {config: func(c *dispatch.Config) { c.Connectors = nil },
			cause: dispatch.NoConnector, says: "Fanfare has no connector for apns."},
		"a credential of no use": {config: func(c *dispatch.Config) {
			c.Connectors = map[hub.Platform]dispatch.Service{hub.APNs: {Credential: hub.APNs, New: func(hub.Credential, pns.Env) (pns.Connector, error) {
				return nil, errors.New("apns: the key id is missing")
			}}}
		}, cause: dispatch.BadCredential, says: "The hub's credential for apns cannot be used (apns: the key id is missing)."},
		"an address that is refused at dial time": {answer: pns.Result{Class: pns.Body, Outcome: hub.BadChannel, Reason: "connecting: 10.0.0.1 is not an address on the public internet"},
			cause: dispatch.HandleUnusable, says: "Nothing can be sent to its handle (connecting: 10.0.0.1 is not an address on the public internet); it is kept."},
		"a credential refused for one device": {answer: pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Reason: "THIRD_PARTY_AUTH_ERROR"},
			cause: dispatch.CredentialRefused, says: "The push service refused the hub's credential (version 1) for it (THIRD_PARTY_AUTH_ERROR); the handle is kept."},
		"a final answer without a name": {answer: pns.Result{Class: pns.Hold, Outcome: hub.UnknownError, Reason: "410"},
			cause: dispatch.MessageRefused, says: "The push service refused it (410); the handle is kept."},
		"a request that is not understood": {answer: pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError, Reason: "405"},
			cause: dispatch.MessageRefused, says: "The request was refused (405)."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, c.config)
			f.register(1)
			f.service.answer = func(pns.Target, *pns.Batch) pns.Result { return c.answer }
			var n hub.Notification
			f.send(&n)
			if got := f.explain(n.ID, "r0"); got.Cause != c.cause || got.Verdict != c.says {
				t.Errorf("%s: %s\nwant %s: %s", got.Cause, got.Verdict, c.cause, c.says)
			}
		})
	}
}

// A replaced handle is told, and found under the old name as under the new.
func TestExplainReplacedHandle(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	f.service.answer = func(pns.Target, *pns.Batch) pns.Result {
		return pns.Result{Class: pns.Update, NewHandle: "beef", Correlation: "x-1"}
	}
	var n hub.Notification
	f.send(&n)
	for _, device := range []string{"r0", "beef", "0000"} {
		got := f.explain(n.ID, device)
		if got.Cause != dispatch.Delivered || got.Outcome != "Success" || step(&got, "handle", "The push service gave a new handle") == nil {
			t.Errorf("%s: %+v", device, got)
		}
		if s := step(&got, "attempt", "Attempt 1 was accepted, and the handle replaced"); s == nil || s.Correlation != "x-1" || !s.At.Equal(f.clock.Now().Truncate(time.Millisecond)) {
			t.Errorf("%s: the attempt is %+v", device, s)
		}
	}
}

// A suspect that is tried, and alive, is told to be none any more.
func TestExplainClearedSuspect(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		_, err := tx.Suspect(f.hub, hub.APNs, store.Dead{Handle: "0000"}, f.clock.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var dropped, sent hub.Notification
	f.send(&dropped)
	f.clock.Advance(25 * time.Hour)
	f.send(&sent)
	if got := f.explain(dropped.ID, "r0"); got.Cause != dispatch.SuspectHandle || step(&got, "handle", "suspected") != nil {
		t.Errorf("while it was a suspect: %+v", got)
	}
	if got := f.explain(sent.ID, "r0"); got.Cause != dispatch.Delivered || step(&got, "handle", "it is not one any more") == nil {
		t.Errorf("once it was tried: %+v", got)
	}
}

// A registration that goes between two attempts is not known any more by its
// id, and it is said so.
func TestExplainDeletedRegistration(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	f.send(&n)
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error { return tx.DeleteRegistration(f.hub, "r0", nil, f.clock.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	if got := f.explain(n.ID, "r0"); got.Cause != dispatch.DeviceUnknown || step(&got, "unknown", "no longer known") == nil {
		t.Errorf("%+v", got)
	}
}

// Pages that this version cannot read in full are told, and the rest is used.
func TestExplainNotesOfAnotherVersion(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.register(1)
	var n hub.Notification
	f.send(&n)
	err := f.store.Update(t.Context(), store.Upkeep, func(tx store.Tx) error {
		return errors.Join(tx.AppendLog(f.hub, n.ID, store.LogPage{Platform: hub.APNs, Notes: []byte{99, 0, 1}, At: f.clock.Now()}),
			tx.AddPerhapsTwice(f.hub, n.ID, 3))
	})
	if err != nil {
		t.Fatal(err)
	}
	got := f.explain(n.ID, "r0")
	if got.Cause != dispatch.Delivered || step(&got, "unknown", "attempts may be missing") == nil || step(&got, "unknown", "up to 3 of its devices may have got it twice") == nil {
		t.Errorf("%+v", got)
	}
	if _, err := f.Explain(t.Context(), f.hub, "NH-0", "r0"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown notification: %v", err)
	}
}

// Every cause of the list is asserted in a test: here, or through a whole hub.
func TestEveryCauseIsTested(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var tests string
	for _, name := range []string{"explain_test.go", "schedule_test.go", "../../test/acceptance/explain_test.go", "../../test/acceptance/explaincause_test.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(b)
	}
	causes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			causes++
			if value := spec.Values[i].(*ast.BasicLit).Value; value != `"`+name.Name+`"` {
				t.Errorf("the cause %s is spelt %s", name, value)
			}
			if !strings.Contains(tests, `cause: "`+name.Name+`"`) && !strings.Contains(tests, `["`+name.Name+`"]`) && !strings.Contains(tests, "cause: dispatch."+name.Name+",") {
				t.Errorf("no test asserts the cause %s", name)
			}
		}
		return true
	})
	if causes < 15 {
		t.Errorf("%d causes were found: something is wrong with this test", causes)
	}
}
