package pnstest

import (
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// Connect builds a connector that ends with the test.
func Connect(t testing.TB, build pns.New, cred hub.Credential, env pns.Env) pns.Connector {
	t.Helper()
	c, err := build(cred, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Targets are devices with these handles.
func Targets(handles ...string) []pns.Target {
	var out []pns.Target
	for _, h := range handles {
		out = append(out, pns.Target{Handle: h})
	}
	return out
}

// Send makes one attempt at a batch.
func Send(t testing.TB, c pns.Connector, b *pns.Batch) []pns.Result {
	t.Helper()
	results := make([]pns.Result, len(b.Targets))
	c.Send(t.Context(), b, results)
	return results
}
