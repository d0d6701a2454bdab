package hub_test

import (
	"errors"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// refused checks that err is an *Invalid with exactly this sentence; "" is no
// error.
func refused(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *hub.Invalid
	if !errors.As(err, &e) {
		t.Errorf("%s: %v, want an *Invalid that says %s", name, err, want)
	} else if e.Msg != want || e.Error() != want {
		t.Errorf("%s\n got %s\nwant %s", name, e.Msg, want)
	}
}
