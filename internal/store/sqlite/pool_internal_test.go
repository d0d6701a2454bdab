package sqlite

import (
	"context"
	"errors"
	"testing"
)

// Who reads alone reads by one connection, and nobody waits longer than a
// context allows.
func TestPool(t *testing.T) {
	t.Parallel()
	p, a, b := newPool(), &conn{}, &conn{}
	p.give(a)
	p.give(b)
	take := func(want *conn) {
		t.Helper()
		if c, err := p.take(t.Context()); c != want || err != nil {
			t.Fatalf("took another connection, or none: %v", err)
		}
	}
	take(b)
	p.give(b)
	take(b)
	take(a)
	p.give(b)
	p.give(a)
	take(a)
	take(b)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.take(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("took what there is not: %v", err)
	}
}
