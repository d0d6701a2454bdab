package dispatch

import (
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// directDevices returns a direct send's handles. Those that nothing can be sent
// to, and repeated ones, are settled.
func (r *listRun) directDevices(rd store.Reader) ([]device, error) {
	first := map[string]int{} // by handle, the place that gets its one copy
	for i := len(r.n.Direct); i > 0; i-- {
		first[hub.HandleKey(r.selector.Platform, r.n.Direct[i-1].Handle)] = i
	}
	var handles []string
	var out []device
	for _, e := range r.list.Entries {
		h := r.n.Direct[e.Direct-1]
		handles = append(handles, h.Handle)
		dv := device{entry: e, target: store.Target{Handle: h.Handle, Browser: h.Browser}}
		switch place := first[hub.HandleKey(r.selector.Platform, h.Handle)]; {
		case h.Invalid != "":
			dv.unsent(hub.BadChannel, malformed, 0)
			dv.reason = pns.Reason(h.Invalid)
		case place != e.Direct:
			dv.unsent(hub.Skipped, duplicate, int64(place))
		}
		out = append(out, dv)
	}
	suspects, err := rd.Suspects(r.selector.HubID, r.selector.Platform, handles)
	for i := range out {
		out[i].target.SuspectSince = suspects[out[i].target.Handle]
	}
	return out, err
}
