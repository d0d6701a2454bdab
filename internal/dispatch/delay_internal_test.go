package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Of each platform the gravest is told, and of two alike the one that ends first.
func TestDelaysOf(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	list := func(p hub.Platform, due int, parks int, reason string) task.Task {
		return task.Task{Kind: kindList, Platform: uint8(p), DueAt: at(due), Reason: reason, Payload: pack(listState{Parks: parks})}
	}
	ranged := list(hub.WNS, 9, 0, "refused")
	ranged.Kind, ranged.Payload = kindRange, pack(rangeState{Parks: 2})
	working := list(hub.ADM, 1, 1, "old")
	working.Owner = "somebody"
	later := list(hub.FCMV1, 1, 0, "scheduled")
	later.Kind = kindSchedule
	got := delaysOf([]task.Task{
		list(hub.WNS, 3, 0, "again"), ranged, list(hub.WNS, 8, 1, "down"), list(hub.WNS, 2, 0, "again"),
		list(hub.APNs, 5, 0, "again"), list(hub.APNs, 4, 0, "again"), list(hub.Baidu, 1, 0, ""), working, later,
	})
	want := []Delay{{Platform: "apns", Until: at(4), Reason: "again"}, {Platform: "wns", Whole: true, Until: at(8), Reason: "down"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
