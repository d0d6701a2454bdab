package adm

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

// connector sends for one app.
type connector struct {
	config *config
	poster *pns.Poster
	tokens *pns.TokenCache
	clock  clock.Clock
}

// New builds a connector, or says what is wrong with the credential.
func New(cred hub.Credential, env pns.Env) (pns.Connector, error) {
	c, err := parseConfig(cred.Properties)
	if err != nil {
		return nil, err
	}
	return &connector{
		config: c,
		poster: pns.NewPoster(env, env.Timeout(requestTimeout)),
		tokens: pns.NewTokenCache(env, c.tokenRequest),
		clock:  env.Clock,
	}, nil
}

// Send makes one request for each target, as many at once as there are
// connections.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	body, no := prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	token, err := c.tokens.For(ctx, b)
	if err != nil {
		pns.Fill(results, pns.TokenResult(err))
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	header := headers(token)
	c.poster.Send(results, func(i int) pns.Result { return c.post(ctx, header, body, b.Targets[i].Handle) })
	for i := range results {
		if results[i].Again == pns.WithFreshToken {
			c.tokens.Refuse(token)
		}
	}
}

// Close gives up the connections and the token.
func (c *connector) Close() {
	c.poster.Renew()
	c.tokens.Close()
}

// headers are those of every push, with the versions of Amazon's types.
func headers(token string) http.Header {
	h := http.Header{}
	h.Set("Authorization", "Bearer "+token)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("X-Amzn-Type-Version", "com.amazon.device.messaging.ADMMessage@1.0")
	h.Set("X-Amzn-Accept-Type", "com.amazon.device.messaging.ADMSendResult@1.0")
	return h
}

func (c *connector) post(ctx context.Context, header http.Header, body []byte, registration string) pns.Result {
	a, lost := c.poster.Post(ctx, c.config.sendURL(registration), header, body)
	if lost != nil {
		return *lost
	}
	return classify(a, registration, c.clock.Now())
}

var _ pns.New = New
