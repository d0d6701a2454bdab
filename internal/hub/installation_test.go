package hub_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

type (
	templates = map[string]hub.InstallationTemplate
	tiles     = map[string]hub.SecondaryTile
)

const channel = "https://db5.notify.windows.com/?token=a"

func TestInstallationValidate(t *testing.T) {
	t.Parallel()
	many := func(n int) templates {
		out := templates{}
		for i := range n {
			out[fmt.Sprint("t", i)] = hub.InstallationTemplate{Body: jsonBody}
		}
		return out
	}
	const invalidSpace = "An invalid tag(s) 'a b' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."
	for _, c := range []struct {
		name   string
		change func(*hub.Installation)
		refuse string
	}{
		{"a plain one", func(*hub.Installation) {}, ""},
		{"all of it", func(i *hub.Installation) {
			i.UserID, i.Tags, i.PushVariables = "u.7=@x", []string{"vip"}, map[string]string{"nick": "Ada"}
			i.Templates = templates{"Template Name": {Body: jsonBody, Headers: map[string]string{"apns-priority": "5"}, Expiry: "$(when)", Tags: []string{"tpl"}}}
		}, ""},
		{"no id", func(i *hub.Installation) { i.ID = "" }, `installationId "" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`},
		{"a character in the id", func(i *hub.Installation) { i.ID = "a}b" }, `installationId "a}b" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`},
		{"a long id", func(i *hub.Installation) { i.ID = strings.Repeat("x", 513) },
			`installationId "` + strings.Repeat("x", 130) + `" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`},
		{"a character in the user id", func(i *hub.Installation) { i.UserID = "a b" }, `userId "a b" is not valid: letters, digits and - _ @ # . : = are allowed, at most 512.`},
		{"no platform", func(i *hub.Installation) { i.Platform = 0 }, "platform is missing or unknown."},
		{"no channel", func(i *hub.Installation) { i.Handle = "" }, "pushChannel is missing."},
		{"a channel", func(i *hub.Installation) { i.Handle = "xyz" }, "The device token is not valid: hexadecimal digits, an even number of them, are expected."},
		{"a browser", func(i *hub.Installation) {
			i.Platform, i.Handle, i.Browser = hub.Browser, "https://push.example/a", browserKeys(base64.RawURLEncoding)
		}, ""},
		{"a browser without keys", func(i *hub.Installation) { i.Platform, i.Handle = hub.Browser, "https://push.example/a" }, "A browser needs its endpoint, p256dh and auth."},
		{"a tag of the hub's own", func(i *hub.Installation) { i.Tags = []string{"$UserId:{x}"} }, "Tags can not start with $."},
		{"a variable", func(i *hub.Installation) { i.PushVariables = map[string]string{"": "x"} }, "A push variable is not valid: A property's name is empty."},

		{"a template without a name", func(i *hub.Installation) { i.Templates = templates{"": {Body: jsonBody}} }, "A template needs a name."},
		{"a template named as a system tag", func(i *hub.Installation) { i.Templates = templates{"$UserId:{x}": {Body: jsonBody}} },
			"templates/$UserId:{x}: The template name can not start with $."},
		{"the first of two bad templates", func(i *hub.Installation) { i.Templates = templates{"b": {}, "a": {}} },
			"templates/a: Failed to deserialize the body template: it is empty"},
		{"a tag of a template", func(i *hub.Installation) { i.Templates = templates{"a": {Body: jsonBody, Tags: []string{"a b"}}} }, invalidSpace},
		{"100 templates", func(i *hub.Installation) { i.Templates = many(100) }, ""},
		{"100 templates with 60 tags each", func(i *hub.Installation) { i.Templates, i.Tags = many(100), numbered(60) }, ""},
		// The device: itself, 100 tags and its id. Each template: that, and its name.
		{"100 templates with 100 tags each", func(i *hub.Installation) { i.Templates, i.Tags = many(100), numbered(100) },
			fmt.Sprintf("The installation stands for %d registrations and tags: every template carries the device's tags again. At most 10000 are allowed.", 102+100*103)},
		{"a template with 501 tags", func(i *hub.Installation) { i.Templates = templates{"a": {Body: jsonBody, Tags: numbered(501)}} },
			"There are 501 tags; at most 500 are allowed."},
		{"101 templates", func(i *hub.Installation) { i.Templates = many(101) }, "There are 101 templates; at most 100 are allowed."},
		{"a header of a template", func(i *hub.Installation) {
			i.Templates = templates{"a": {Body: jsonBody, Headers: map[string]string{"X-A": "b"}}}
		}, "templates/a: The header X-A is not valid: the names of Apple headers begin with apns-."},

		{"tiles", func(i *hub.Installation) {
			i.Platform, i.Handle = hub.WNS, channel
			i.SecondaryTiles = tiles{"t": {Handle: channel, Tags: []string{"a"}, Templates: templates{"x": {Body: toastBody}}}}
		}, ""},
		{"tiles of another platform", func(i *hub.Installation) { i.SecondaryTiles = tiles{"t": {Handle: channel}} },
			"secondaryTiles are for the platform wns only."},
		{"a tile without an id", func(i *hub.Installation) {
			i.Platform, i.Handle, i.SecondaryTiles = hub.WNS, channel, tiles{"": {Handle: channel}}
		}, "A secondary tile's id has 1 to 256 bytes."},
		{"a tile's channel", func(i *hub.Installation) {
			i.Platform, i.Handle, i.SecondaryTiles = hub.WNS, channel, tiles{"t": {}}
		}, "secondaryTiles/t: The PNS handle is missing."},
		{"a tile's tag", func(i *hub.Installation) {
			i.Platform, i.Handle, i.SecondaryTiles = hub.WNS, channel, tiles{"t": {Handle: channel, Tags: []string{"a b"}}}
		}, invalidSpace},
		{"a tile's template", func(i *hub.Installation) {
			i.Platform, i.Handle, i.SecondaryTiles = hub.WNS, channel, tiles{"t": {Handle: channel, Templates: templates{"x": {Body: "<raw/>"}}}}
		}, "templates/x: The template needs the header X-WNS-Type: its root element is none of toast, tile, badge."},
		{"21 tiles", func(i *hub.Installation) {
			i.Platform, i.Handle, i.SecondaryTiles = hub.WNS, channel, tiles{}
			for n := range 21 {
				i.SecondaryTiles[fmt.Sprint(n)] = hub.SecondaryTile{Handle: channel}
			}
		}, "There are 21 secondary tiles; at most 20 are allowed."},
	} {
		i := hub.Installation{ID: "i-42", Platform: hub.APNs, Handle: "6F0A"}
		c.change(&i)
		want := c.refuse
		if want != "" {
			want = "Installation validation failed with following error(s):\n\n" + want
		}
		refused(t, c.name, i.Validate(), want)
	}
}

// A client reads back what it wrote: the headers that are derived are not in it.
func TestInstallationValidateChangesNothing(t *testing.T) {
	t.Parallel()
	i := hub.Installation{ID: "i", Platform: hub.WNS, Handle: channel, Templates: templates{"t": {Body: toastBody, Headers: map[string]string{"X-WNS-Type": ""}}}}
	if err := i.Validate(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(templates{"t": {Body: toastBody, Headers: map[string]string{"X-WNS-Type": ""}}}, i.Templates); diff != "" {
		t.Error(diff)
	}
}

// The order of tags is that of recorded installations: the system tags, the
// installation's, the template's, the template's name.
func TestDerive(t *testing.T) {
	t.Parallel()
	expires, updated := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2029, 1, 2, 3, 4, 5, 0, time.UTC)
	vars := map[string]string{"nick": "Ada"}
	i := &hub.Installation{
		ID: "i-42", UserID: "u.7", Platform: hub.WNS, Handle: channel, Tags: []string{"vip", "VIP", "lang:de"}, PushVariables: vars,
		Templates: templates{
			"Template Name": {Body: toastBody},
			"b":             {Body: toastBody, Tags: []string{"tpl", "vip"}, Headers: map[string]string{"X-WNS-Type": "wns/toast", "X-WNS-Tag": "t"}, Expiry: "0"},
		},
		SecondaryTiles: tiles{
			"t2":   {Handle: channel + "2", Tags: []string{"own"}, Templates: templates{"x": {Body: "<tile/>", Tags: []string{"X"}}}},
			"t1":   {Handle: channel + "1"},
			"dead": {Handle: channel + "3", ChannelExpired: true},
		},
		ExpiresAt: expires, UpdatedAt: updated,
	}
	of := func(handle, tile string, template *hub.TemplateBody, tags ...string) hub.Registration {
		return hub.Registration{
			Platform: hub.WNS, Handle: handle, Template: template, Tags: append([]string{"$InstallationId:{i-42}", "$UserId:{u.7}"}, tags...),
			PushVariables: vars, SecondaryTileName: tile, InstallationID: "i-42", ExpiresAt: expires, UpdatedAt: updated,
		}
	}
	want := []hub.Registration{
		of(channel, "", nil, "vip", "lang:de"),
		of(channel, "", &hub.TemplateBody{Name: "Template Name", Body: toastBody, Headers: headers("X-WNS-Type", "wns/toast")}, "vip", "lang:de", "Template Name"),
		of(channel, "", &hub.TemplateBody{Name: "b", Body: toastBody, Headers: headers("X-WNS-Tag", "t", "X-WNS-Type", "wns/toast"), Expiry: "0"}, "vip", "lang:de", "tpl", "b"),
		of(channel+"1", "t1", nil),
		of(channel+"2", "t2", nil, "own"),
		of(channel+"2", "t2", &hub.TemplateBody{Name: "x", Body: "<tile/>", Headers: headers("X-WNS-Type", "wns/tile")}, "own", "X"),
	}
	if diff := cmp.Diff(want, hub.Derive(i)); diff != "" {
		t.Error(diff)
	}
	i.ChannelExpired = true
	if diff := cmp.Diff(want[3:], hub.Derive(i)); diff != "" {
		t.Errorf("with an expired channel: %s", diff)
	}
}

func TestDeriveOfAnExpiredChannel(t *testing.T) {
	t.Parallel()
	i := &hub.Installation{ID: "i", Platform: hub.APNs, Handle: "6F0A", ChannelExpired: true, Templates: templates{"t": {Body: jsonBody}}}
	if got := hub.Derive(i); got != nil {
		t.Errorf("derived %v", got)
	}
}

func TestDeriveOfABrowser(t *testing.T) {
	t.Parallel()
	keys := browserKeys(base64.RawURLEncoding)
	i := &hub.Installation{ID: "i", Platform: hub.Browser, Handle: "https://push.example/a", Browser: keys, Templates: templates{"t": {Body: jsonBody}}}
	for _, r := range hub.Derive(i) {
		if r.Browser == nil || *r.Browser != *keys {
			t.Errorf("keys %v", r.Browser)
		}
	}
}

// Of any valid installation: each channel that is alive has one native
// registration and one for each template, each with every tag that finds it,
// once, and with nothing that Validate would refuse but the system tags.
func TestDeriveOfAny(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := drawInstallation(t)
		if err := i.Validate(); err != nil {
			t.Fatalf("%+v: %v", i, err)
		}
		derived := hub.Derive(i)
		want := 0
		if !i.ChannelExpired {
			want += 1 + len(i.Templates)
		}
		for _, tile := range i.SecondaryTiles {
			if !tile.ChannelExpired {
				want += 1 + len(tile.Templates)
			}
		}
		if len(derived) != want {
			t.Fatalf("%d registrations of %+v, want %d", len(derived), i, want)
		}
		for _, r := range derived {
			checkDerived(t, i, &r)
		}
		if diff := cmp.Diff(derived, hub.Derive(i)); diff != "" {
			t.Fatalf("another time: %s", diff)
		}
	})
}

func checkDerived(t *rapid.T, i *hub.Installation, r *hub.Registration) {
	t.Helper()
	carried := map[string]bool{}
	for _, tag := range r.Tags {
		if f := tagexpr.Fold(tag); carried[f] {
			t.Fatalf("the tag %s twice in %v", tag, r.Tags)
		} else {
			carried[f] = true
		}
	}
	tags, of := i.Tags, i.Templates
	if r.SecondaryTileName != "" {
		tags, of = i.SecondaryTiles[r.SecondaryTileName].Tags, i.SecondaryTiles[r.SecondaryTileName].Templates
	}
	wanted := append([]string{"$InstallationId:{" + i.ID + "}"}, tags...)
	if r.Template != nil {
		wanted = append(append(wanted, r.Template.Name), of[r.Template.Name].Tags...)
	}
	if i.UserID != "" {
		wanted = append(wanted, "$UserId:{"+i.UserID+"}")
	}
	expected := map[string]bool{}
	for _, tag := range wanted {
		expected[tagexpr.Fold(tag)] = true
	}
	if diff := cmp.Diff(expected, carried); diff != "" {
		t.Fatalf("the tags of %+v: %s", r, diff)
	}
	own := *r
	own.Tags = slices.DeleteFunc(slices.Clone(r.Tags), func(tag string) bool { return strings.HasPrefix(tag, "$") })
	if err := own.Validate(); err != nil {
		t.Fatalf("%+v: %v", own, err)
	}
}

func drawInstallation(t *rapid.T) *hub.Installation {
	tag := rapid.StringMatching(`[abAB_:#.@\-]{1,2}`)
	tags := rapid.SliceOfN(tag, 0, 3)
	body := rapid.Custom(func(t *rapid.T) hub.InstallationTemplate {
		return hub.InstallationTemplate{Body: rapid.SampledFrom([]string{toastBody, "<tile/>", "<badge/>"}).Draw(t, "body"), Tags: tags.Draw(t, "tags")}
	})
	all := rapid.MapOfN(tag, body, 0, 3)
	tile := rapid.Custom(func(t *rapid.T) hub.SecondaryTile {
		return hub.SecondaryTile{Handle: channel, ChannelExpired: rapid.Bool().Draw(t, "expired"), Tags: tags.Draw(t, "tags"), Templates: all.Draw(t, "templates")}
	})
	return &hub.Installation{
		ID: tag.Draw(t, "id"), UserID: rapid.StringMatching(`[a-z=]{0,2}`).Draw(t, "user"), Platform: hub.WNS, Handle: channel,
		ChannelExpired: rapid.Bool().Draw(t, "expired"), Tags: tags.Draw(t, "tags"), Templates: all.Draw(t, "templates"),
		SecondaryTiles: rapid.MapOfN(tag, tile, 0, 3).Draw(t, "tiles"),
	}
}
