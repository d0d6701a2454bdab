package xiaomi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

const (
	// requestTimeout bounds one send, in real time.
	requestTimeout = 20 * time.Second
	// maxIDs is how many devices one request may have.
	maxIDs = 1000
	// maxIDBytes bounds the ids of one request: a thousand usual ones have less.
	maxIDBytes = 96 << 10
	// maxAnswer is how much of an answer is read, in bytes: it may name every id.
	maxAnswer = 512 << 10
)

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
	poster := pns.NewPoster(env, env.Timeout(requestTimeout))
	poster.Keep(maxAnswer)
	return &connector{config: c, poster: poster, clock: env.Clock}, nil
}

// Send makes one request for each thousand targets, as many at once as there
// are connections.
func (c *connector) Send(ctx context.Context, b *pns.Batch, results []pns.Result) {
	common, no := c.prepare(b.Message, c.clock.Now())
	if no != nil {
		pns.Fill(results, *no)
		return
	}
	if b.NewConn {
		c.poster.Renew()
	}
	all := requests(b.Targets, results)
	c.poster.Each(len(all), func(i int) { c.send(ctx, common, b.Targets, all[i], results) })
}

// Close gives up the connections.
func (c *connector) Close() { c.poster.Renew() }

// requests returns the places of the targets of each request, and fills the
// results of those whose handle is no id. An id that stands there twice, for
// two registrations, is sent to in two requests: in one it would count once.
func requests(targets []pns.Target, results []pns.Result) [][]int {
	var all [][]int
	size := map[int]int{}     // of the ids of each request, in bytes
	open := map[int]int{}     // the request that is being filled, for each layer
	times := map[string]int{} // how often an id has come
	for i := range targets {
		id := targets[i].Handle
		if id == "" || strings.ContainsAny(id, ", \t\r\n") {
			results[i] = *pns.Refused(hub.BadChannel, "the handle is no registration id")
			continue
		}
		layer := times[id]
		times[id]++
		k, begun := open[layer]
		if !begun || len(all[k]) == maxIDs || size[k]+len(id) >= maxIDBytes {
			k = len(all)
			all, open[layer] = append(all, nil), k
		}
		all[k] = append(all[k], i)
		size[k] += len(id) + 1
	}
	return all
}

// send makes one request. Xiaomi refuses a request for the sake of one invalid
// device and does not say which: its halves are then sent apart. Nobody gets a
// message twice, for a request that is refused reaches no device.
func (c *connector) send(ctx context.Context, common string, targets []pns.Target, at []int, results []pns.Result) {
	v := c.post(ctx, common, targets, at)
	if v.oneBad && len(at) > 1 {
		half := len(at) / 2
		c.send(ctx, common, targets, at[:half], results)
		c.send(ctx, common, targets, at[half:], results)
		return
	}
	v.fill(targets, at, results)
}

func (c *connector) post(ctx context.Context, common string, targets []pns.Target, at []int) verdict {
	ids := make([]string, len(at))
	for i, k := range at {
		ids[i] = targets[k].Handle
	}
	header := http.Header{
		"Authorization": {"key=" + c.secret}, // Xiaomi wants it in lower case
		"Content-Type":  {"application/x-www-form-urlencoded;charset=UTF-8"},
	}
	body := common + "&registration_id=" + url.QueryEscape(strings.Join(ids, ","))
	a, lost := c.poster.Post(ctx, c.url, header, []byte(body))
	if lost != nil {
		return verdict{each: *lost}
	}
	return classify(a, c.clock.Now())
}

var _ pns.New = New
