package baidu

import (
	"context"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// requestTimeout bounds one send, in real time.
const requestTimeout = 15 * time.Second

// userAgent names a server SDK: today's interface serves no other clients.
const userAgent = "BCCS_SDK/3.0 (Fanfare) Go (Baidu Push Server SDK V3.0.0)"

// connector sends for one app.
type connector struct {
	config
	poster *pns.Poster
	clock  clock.Clock
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	return &connector{config: c, poster: pns.NewPoster(env, env.Timeout(requestTimeout)), clock: env.Clock}, nil
}

// Send makes one request for each target, as many at once as there are
// connections.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	common, no := c.prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	c.poster.Send(results, func(i int) pns.Result { return c.post(ctx, common, &b.Targets[i]) })
}

// Close gives up the connections.
func (c *connector) Close() { c.poster.Renew() }

func (c *connector) post(ctx context.Context, common form, t *pns.Target) pns.Result {
	// The signature holds the time: it is good for ten minutes.
	body, ok := c.request(common, t, c.clock.Now())
	if !ok {
		return *pns.Refused(hub.BadChannel, "the handle is not userId-channelId")
	}
	a, lost := c.poster.Post(ctx, c.url, header(), body)
	if lost != nil {
		return *lost
	}
	return classify(a, c.clock.Now())
}

func header() http.Header {
	return http.Header{
		"Content-Type": {"application/x-www-form-urlencoded;charset=utf-8"},
		"User-Agent":   {userAgent},
	}
}

var _ pns.New = New
