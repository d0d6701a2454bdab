package simapi

import "slices"

// Routes are the calls: a method and a path each.
func (a *API) Routes() (all []string) {
	for _, r := range a.table() {
		all = append(all, r.method+" "+Prefix+r.pattern)
	}
	slices.Sort(all)
	return all
}
