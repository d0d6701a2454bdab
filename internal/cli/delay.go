package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// What a notification waits for is asked for after firstLook, then at growing
// intervals up to maxLook, and told again after tellAgain.
const (
	firstLook = time.Second
	maxLook   = 10 * time.Second
	tellAgain = time.Minute
)

// tellDelays says on w what a notification waits for, until ctx ends. A hub that
// cannot tell, as Azure's cannot, has it say nothing.
func tellDelays(ctx context.Context, client *nh.Client, id string, w io.Writer) {
	type cause struct {
		platform nh.Platform
		whole    bool
	}
	told := map[cause]time.Time{}
	for wait := firstLook; ; wait = min(wait*2, maxLook) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		all, err := client.Delays(ctx, id)
		if err != nil {
			return
		}
		for _, d := range all {
			if c := (cause{d.Platform, d.Whole}); time.Since(told[c]) > tellAgain {
				told[c] = time.Now()
				fmt.Fprintln(w, delaySentence(d))
			}
		}
	}
}

func delaySentence(d nh.Delay) string {
	next := d.Until.UTC().Format("15:04:05") + " UTC"
	if d.Whole {
		return fmt.Sprintf("waiting: %s fails as a whole, or refuses the credential (%s); next try at %s; fanfare doctor says more", d.Platform, d.Reason, next)
	}
	return fmt.Sprintf("waiting: devices of %s are tried again from %s on; fanfare explain says why", d.Platform, next)
}
