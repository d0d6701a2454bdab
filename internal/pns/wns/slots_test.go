package wns

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// TestWithoutASlotNothingIsSent takes every slot, as requests of other batches
// do, and sends.
func TestWithoutASlotNothingIsSent(t *testing.T) {
	t.Parallel()
	const conns = 3
	cred := hub.Credential{Properties: map[string]string{"PackageSid": "ms-app://S-1-15-2-1", "SecretKey": "s"}}
	built, err := New(cred, pns.Env{Clock: clock.NewFake(now), Conns: conns, Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was dialled")
		return nil, errors.New("refused")
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer built.Close()
	c := built.(*connector)
	if cap(c.slots) != conns {
		t.Errorf("%d slots, want one for each of %d connections", cap(c.slots), conns)
	}
	for range cap(c.slots) {
		c.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.sendOne(ctx, &payload{}, "https://db3.notify.windows.com/?token=x")
	if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable {
		t.Errorf("result %+v", r)
	}
}
