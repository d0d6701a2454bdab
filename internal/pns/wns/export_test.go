package wns

import (
	"context"
	"net/http"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Post makes a request to a channel without asking for a token first.
func Post(ctx context.Context, c pns.Connector, channel string) pns.Result {
	return c.(*connector).post(ctx, &payload{header: http.Header{}}, channel)
}
