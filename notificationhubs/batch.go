package notificationhubs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// MaxBatch is how many handles SendDirectBatch takes at once.
const MaxBatch = wire.MaxBatch

// SendDirectBatch sends a notification to up to MaxBatch devices of its platform
// by their handles, which need no registration. Template notifications cannot be
// sent so, nor those for browsers, whose handles alone are not enough.
//
// The hub accepts the batch as a whole; what became of how many of its devices,
// NotificationDetails tells. There is no test send of a batch. Azure's lowest
// tier has no batches. It needs the right Send.
func (c *Client) SendDirectBatch(ctx context.Context, n *Notification, handles []string) (*SendResult, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	blank := slices.IndexFunc(handles, func(h string) bool { return strings.TrimSpace(h) == "" })
	switch {
	case n.format == "template" || n.format == "browser":
		return nil, fmt.Errorf("notificationhubs: a %s notification cannot be sent to a batch of handles", n.format)
	case c.testSend:
		return nil, errors.New("notificationhubs: there is no test send of a batch: send to each device with SendDirect")
	case len(handles) == 0 || len(handles) > MaxBatch:
		return nil, fmt.Errorf("notificationhubs: the batch has %d handles; 1 to %d are allowed", len(handles), MaxBatch)
	case blank >= 0:
		return nil, fmt.Errorf("notificationhubs: handle %d of the batch is empty", blank+1)
	}
	body, contentType := wire.AppendBatch(nil, rand.Text(), &wire.Batch{ContentType: n.contentType, Body: n.body, Handles: handles})
	sent, _, err := c.deliver(ctx, call{
		path: []string{"messages", "$batch"}, flags: []string{"direct"}, header: n.headers(contentType, nil), body: body,
	})
	return sent, err
}
