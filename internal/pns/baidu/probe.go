package baidu

import (
	"context"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// pathTags is where today's interface lists an app's tags
// (https://push.baidu.com/doc/restapi/restapi); in the older one, fetch_tag is
// a method of the address that pushes go to.
const pathTags = rootV3 + "/app/query_tags"

// Probe asks for a list that no device learns of: the first of the app's tags.
// It is signed as a push is.
func (c *connector) Probe(ctx context.Context) pns.Diagnosis {
	address, f := strings.TrimSuffix(c.url, pathV3)+pathTags, form{"start": "0", "limit": "1"}
	if c.older {
		address, f["method"] = c.url, "fetch_tag"
	}
	a, lost := c.poster.Post(ctx, address, header(), c.signed(address, f, c.clock.Now()))
	if lost != nil {
		return pns.NotAsked("Baidu", lost.Reason)
	}
	return diagnose(classify(a, c.clock.Now()))
}

// diagnose says what the answer to a probe means.
func diagnose(r pns.Result) pns.Diagnosis {
	trouble := "Baidu neither took nor refused the API key: try again later"
	switch {
	case r.Class == pns.OK:
		return pns.Diagnosis{OK: true, Sentence: "Baidu takes the API key with this secret"}
	case r.Class == pns.Credential && r.Outcome == hub.InvalidToken:
		trouble = "Baidu calls a new signature too old: this machine's clock is wrong"
	case r.Class == pns.Credential:
		trouble = "Baidu does not take the API key with this secret: copy both again from the app's page in Baidu's push console"
	}
	return pns.Diagnosis{Sentence: pns.Reason(trouble, r.Reason)}
}

var _ pns.Prober = (*connector)(nil)
