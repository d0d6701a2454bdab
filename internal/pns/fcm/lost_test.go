package fcm

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/h2"
)

func TestARequestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	c := &connector{}
	for name, x := range map[string]struct {
		response h2.Response
		ended    bool
		want     pns.Result
	}{
		"written":           {h2.Response{Err: errors.New("reset"), Written: true}, false, pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"Google is leaving": {h2.Response{Err: fmt.Errorf("%w: GOAWAY", h2.ErrUnprocessed)}, false, pns.Result{Class: pns.Reconnect, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn}},
		"no connection":     {h2.Response{Err: errors.New("refused")}, false, pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true}},
		"the caller's end":  {h2.Response{Err: context.Canceled}, true, pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable}},
	} {
		x.want.Reason = x.response.Err.Error()
		if got := c.result(&x.response, time.Time{}, false, x.ended); got != x.want {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}
