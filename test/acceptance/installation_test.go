package acceptance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func (w *world) patch(id string, p *nh.InstallationPatch) {
	w.Helper()
	if err := w.client.PatchInstallation(w.ctx, id, p); err != nil {
		w.Fatal(err)
	}
}

// A send reaches what a patch has made of an installation: its channel, tags,
// templates and push variables.
func TestPatchedInstallationIsSentTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	i := nh.Installation{ID: "i", UserID: "u", Platform: nh.APNs, PushChannel: apnsToken(1), Tags: []string{"a"}, PushVariables: map[string]string{"nick": "Ada"},
		Templates: map[string]nh.InstallationTemplate{"greet": {Body: `{"aps":{"alert":"$(text)"}}`}}}
	if err := w.client.PutInstallation(w.ctx, i); err != nil {
		t.Fatal(err)
	}
	var p nh.InstallationPatch
	p.SetPushChannel(apnsToken(2)).RemoveTags("A").AddTags("b").SetPushVariable("nick", "Grace")
	p.Template("greet").SetBody(`{"aps":{"alert":"{$(text) + ', ' + $(nick)}"}}`).AddTags("greeting")
	w.patch("i", &p)

	w.counts(w.final(w.send(alert(), "a")), nil)
	w.counts(w.final(w.send(alert(), "b")), map[string]map[string]int64{"apns": {"Success": 1}})
	w.counts(w.final(w.send(nh.NewTemplateNotification(map[string]string{"text": "Hello"}), "greeting")), map[string]map[string]int64{"apns": {"Success": 1}})
	if got := w.sim.Received(pnssim.APNs, apnsToken(1)); len(got) != 0 {
		t.Errorf("the old channel got %d pushes", len(got))
	}
	got := w.sim.Received(pnssim.APNs, apnsToken(2))
	if len(got) != 2 || !strings.Contains(string(got[1].Body), `"Hello, Grace"`) {
		t.Errorf("the channel got %d pushes: %+v", len(got), got)
	}

	var wrong nh.InstallationPatch
	wrong.SetPushChannel(apnsToken(3)).AddTags("c").Template("none").SetBody("{}")
	err := w.client.PatchInstallation(w.ctx, "i", &wrong)
	if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != http.StatusBadRequest || !strings.Contains(e.Detail, "index 2 of the patch") {
		t.Errorf("a patch that fails in its third operation: %v", err)
	}
	w.counts(w.final(w.send(alert(), "c")), nil)
}

// A secondary tile has a channel, tags and templates of its own.
func TestPatchedTileIsSentTo(t *testing.T) {
	t.Parallel()
	const channel, tile, moved = "https://db5.notify.windows.com/?token=main", "https://db5.notify.windows.com/?token=tile", "https://db5.notify.windows.com/?token=moved"
	w := newWorld(t, nil)
	if err := w.client.PutInstallation(w.ctx, nh.Installation{ID: "i", Platform: nh.WNS, PushChannel: channel, Tags: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	var add nh.InstallationPatch
	add.SecondaryTile("s").Set(nh.SecondaryTile{PushChannel: tile, Tags: []string{"tile"}, Templates: map[string]nh.InstallationTemplate{"t": {Body: "<tile>$(text)</tile>"}}})
	w.patch("i", &add)
	w.counts(w.final(w.send(nh.NewWindowsNotification("<tile/>", nil), "tile")), map[string]map[string]int64{"wns": {"Success": 1}})
	var move nh.InstallationPatch
	move.SecondaryTile("s").SetPushChannel(moved).Template("t").SetBody("<tile>{'moved ' + $(text)}</tile>")
	w.patch("i", &move)
	w.counts(w.final(w.send(nh.NewTemplateNotification(map[string]string{"text": "on"}), "tile")), map[string]map[string]int64{"wns": {"Success": 1}})
	var remove nh.InstallationPatch
	remove.SecondaryTile("s").Remove()
	w.patch("i", &remove)
	w.counts(w.final(w.send(nh.NewWindowsNotification("<tile/>", nil), "tile")), nil)
	for handle, want := range map[string][]string{channel: nil, tile: {"<tile/>"}, moved: {"<tile>moved on</tile>"}} {
		got := w.sim.Received(pnssim.WNS, handle)
		if len(got) != len(want) {
			t.Errorf("%s got %d pushes, want %v", handle, len(got), want)
			continue
		}
		for k := range want {
			if string(got[k].Body) != want[k] {
				t.Errorf("%s got %s, want %s", handle, got[k].Body, want[k])
			}
		}
	}
}
