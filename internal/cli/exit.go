package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// The exit codes.
const (
	exitGood   = 0
	exitFailed = 1 // it ran, and failed
	exitMisuse = 2 // it was called wrongly
	exitPartly = 3 // the notification ended, and some of its devices were not reached
	exitNobody = 4 // the notification ended, and no device was reached

	exitWarned = 3 // doctor: something will fail, or is missing
	exitUnwell = 4 // doctor: something fails
)

// exitHelp tells people and scripts what the codes mean.
const exitHelp = `Exit codes:
  0  it is done; with --wait or --test: every device was reached
  1  it failed: the hub cannot be reached, refuses the key, does not know what
     was named, took too long
  2  it was called wrongly, or the hub refuses what was given as malformed
  3  with --wait or --test: some devices were not reached
     doctor: something will fail soon, or is missing
  4  with --wait or --test: no device was reached, or none is registered for it
     doctor: something fails`

// misuse is an error in how a command was called.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// undelivered is an error of a notification that did not reach every device.
type undelivered struct {
	code int
	text string
}

func (u undelivered) Error() string { return u.text }

// advised is an error with a sentence that says what to do about it.
type advised struct {
	error
	advice string
}

func (a advised) Unwrap() error { return a.error }

// verdict ends a command with an exit code of its own; its output has said why.
type verdict struct{ code int }

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", v.code) }

// exitCode is the code of a command that ended with an error, or with none.
func exitCode(err error) int {
	if err == nil {
		return exitGood
	}
	if _, ok := errors.AsType[misuse](err); ok || strings.HasPrefix(err.Error(), "unknown command") {
		return exitMisuse
	}
	if u, ok := errors.AsType[undelivered](err); ok {
		return u.code
	}
	if v, ok := errors.AsType[verdict](err); ok {
		return v.code
	}
	if answered, ok := errors.AsType[*nh.ResponseError](err); ok {
		switch answered.StatusCode {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			return exitMisuse
		}
	}
	return exitFailed
}

// calledWrongly turns what the SDK finds wrong before it has asked the hub into
// misuse.
func (t *target) calledWrongly(err error) error {
	if err != nil && !t.asked {
		return misuse{err}
	}
	return err
}

// watch gets the SDK's dumps, of which the first says that the hub is asked. out
// gets their text, unless it is nil.
type watch struct {
	target *target
	out    io.Writer
}

func (w *watch) Write(b []byte) (int, error) {
	w.target.asked = true
	if w.out == nil {
		return len(b), nil
	}
	return w.out.Write(b)
}

// nobody is the error of a notification without an audience.
var nobody = advised{undelivered{exitNobody, "no device is registered for the notification"},
	"fanfare registration list shows who is registered: a format reaches the registrations of its platform that have no template, and template those that have one"}

// delivered says who was not reached; nil is nobody. Devices that are skipped
// have the notification through another registration.
func delivered(d *nh.NotificationDetails) error {
	var missed int64
	for _, counts := range d.Outcomes {
		for outcome, n := range counts {
			if outcome != nh.OutcomeSuccess && outcome != nh.OutcomeSkipped {
				missed += n
			}
		}
	}
	if d.State == nh.StateNoTargetFound {
		return nobody
	}
	if d.State != nh.StateCompleted && missed == 0 {
		return undelivered{exitNobody, "the notification was given up: " + string(d.State)}
	}
	return shortfall(d.Count(nh.OutcomeSuccess), missed)
}

// shortfall is delivered for the counts alone.
func shortfall(reached, missed int64) error {
	switch {
	case missed == 0:
		return nil
	case reached == 0 && missed == 1:
		return undelivered{exitNobody, "the device was not reached"}
	case reached == 0:
		return undelivered{exitNobody, fmt.Sprintf("none of %d devices was reached", missed)}
	case missed == 1:
		return undelivered{exitPartly, fmt.Sprintf("1 of %d devices was not reached", reached+missed)}
	}
	return undelivered{exitPartly, fmt.Sprintf("%d of %d devices were not reached", missed, reached+missed)}
}
