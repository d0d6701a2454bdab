package api_test

import "testing"

// item is one thing that some client cannot do without. The other tests of this
// package look at each closely; here they stand in one list, each alone.
type item struct {
	name string
	hold func(t *testing.T, f *fixture)
}

func runList(t *testing.T, items []item) {
	t.Helper()
	for _, i := range items {
		t.Run(i.name, func(t *testing.T) {
			t.Parallel()
			i.hold(t, setup(t))
		})
	}
}
