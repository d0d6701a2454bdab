package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

func installation(t testing.TB, document string) wire.Installation {
	t.Helper()
	i, err := wire.DecodeInstallation(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// members returns what an installation shows, without what these tests never
// change.
func members(t testing.TB, i *wire.Installation) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(wire.AppendInstallation(nil, i), &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"installationId", "platform"} {
		delete(out, name)
	}
	if out["expirationTime"] == "9999-12-31T23:59:59.9999999Z" {
		delete(out, "expirationTime")
	}
	if out["pushChannelExpired"] == false {
		delete(out, "pushChannelExpired")
	}
	return out
}

const (
	plain = `{"installationId":"i","platform":"apns","pushChannel":"00AA","userId":"u","tags":["a","B","c"],"pushVariables":{"x":"1","y":"2"},
		"templates":{"t":{"body":"old","headers":{"apns-priority":"5","apns-topic":"p"},"expiry":"0","tags":["a","B"]}}}`
	windows = `{"installationId":"i","platform":"wns","pushChannel":"w","secondaryTiles":{"s":{"pushChannel":"x","pushChannelExpired":true,"tags":["a","b"],
		"templates":{"t":{"body":"old"}}}}}`
	web = `{"installationId":"i","platform":"browser","pushChannel":{"endpoint":"e","p256dh":"p","auth":"a"}}`
)

// Every operation on every path. A result names the members that differ; null
// is a member that is gone.
func TestPatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ document, patch, want string }{
		"no operation":           {plain, `[]`, `{}`},
		"replace the channel":    {plain, `[{"op":"replace","path":"/pushChannel","value":"00BB"}]`, `{"pushChannel":"00BB"}`},
		"add a channel":          {plain, `[{"op":"add","path":"/pushChannel","value":"00BB"}]`, `{"pushChannel":"00BB"}`},
		"an object as a channel": {web, `[{"op":"replace","path":"/pushChannel","value":{"endpoint":"f","p256dh":"q","auth":"b"}}]`, `{"pushChannel":{"endpoint":"f","p256dh":"q","auth":"b"}}`},
		"the same as text":       {web, `[{"op":"replace","path":"/pushChannel","value":"{\"endpoint\":\"f\",\"p256dh\":\"q\",\"auth\":\"b\"}"}]`, `{"pushChannel":"{\"endpoint\":\"f\",\"p256dh\":\"q\",\"auth\":\"b\"}"}`},

		"add a user":            {web, `[{"op":"add","path":"/userId","value":"v"}]`, `{"userId":"v"}`},
		"replace the user":      {plain, `[{"op":"replace","path":"/userId","value":"v"}]`, `{"userId":"v"}`},
		"remove the user":       {plain, `[{"op":"remove","path":"/userId"}]`, `{"userId":null}`},
		"remove as .NET writes": {plain, `[{"op":"remove","path":"/userId","value":null}]`, `{"userId":null}`},
		"names in any case":     {plain, `[{"op":"Replace","path":"/UserID","value":"v"},{"op":"ADD","path":"/Templates/t/Body","value":"n"}]`, `{"userId":"v","templates":{"t":{"body":"n","headers":{"apns-priority":"5","apns-topic":"p"},"expiry":"0","tags":["a","B"]}}}`},

		"add a tag":                 {plain, `[{"op":"add","path":"/tags","value":"d"}]`, `{"tags":["a","B","c","d"]}`},
		"the first tag":             {web, `[{"op":"add","path":"/tags","value":"d"}]`, `{"tags":["d"]}`},
		"add tags":                  {plain, `[{"op":"add","path":"/tags","value":["d","e"]}]`, `{"tags":["a","B","c","d","e"]}`},
		"add tags as text":          {plain, `[{"op":"add","path":"/tags","value":" [\"d\",\"e\"]"}]`, `{"tags":["a","B","c","d","e"]}`},
		"add at the end":            {plain, `[{"op":"add","path":"/tags/-","value":"d"}]`, `{"tags":["a","B","c","d"]}`},
		"add no tags":               {plain, `[{"op":"add","path":"/tags","value":[]}]`, `{}`},
		"replace the tags":          {plain, `[{"op":"replace","path":"/tags","value":["d"]}]`, `{"tags":["d"]}`},
		"replace as the Go client":  {plain, `[{"op":"replace","path":"/tags","value":"[\"d\",\"e\"]"}]`, `{"tags":["d","e"]}`},
		"replace by one tag":        {plain, `[{"op":"replace","path":"/tags","value":"d"}]`, `{"tags":["d"]}`},
		"remove a tag in any case":  {plain, `[{"op":"remove","path":"/tags/b"}]`, `{"tags":["a","c"]}`},
		"remove a tag not there":    {plain, `[{"op":"remove","path":"/tags/z"}]`, `{}`},
		"remove by name, not place": {plain, `[{"op":"remove","path":"/tags/0"},{"op":"remove","path":"/tags/-"}]`, `{}`},
		"remove all tags":           {plain, `[{"op":"remove","path":"/tags"}]`, `{"tags":null}`},
		"remove the last tag": {plain, `[{"op":"remove","path":"/tags/a"},{"op":"remove","path":"/tags/B"},{"op":"remove","path":"/tags/c"}]`,
			`{"tags":null}`},

		"replace the variables":    {plain, `[{"op":"replace","path":"/pushVariables","value":{"z":"3"}}]`, `{"pushVariables":{"z":"3"}}`},
		"variables as text":        {plain, `[{"op":"add","path":"/pushVariables","value":"{\"z\":\"3\",\"n\":null}"}]`, `{"pushVariables":{"z":"3"}}`},
		"after a byte order mark":  {plain, "\ufeff" + `[{"op":"remove","path":"/userId"}]`, `{"userId":null}`},
		"remove the variables":     {plain, `[{"op":"remove","path":"/pushVariables"}]`, `{"pushVariables":null}`},
		"add a variable":           {plain, `[{"op":"add","path":"/pushVariables/z","value":"3"}]`, `{"pushVariables":{"x":"1","y":"2","z":"3"}}`},
		"the first variable":       {web, `[{"op":"add","path":"/pushVariables/z","value":"3"}]`, `{"pushVariables":{"z":"3"}}`},
		"replace a variable":       {plain, `[{"op":"replace","path":"/pushVariables/x","value":"3"}]`, `{"pushVariables":{"x":"3","y":"2"}}`},
		"remove a variable":        {plain, `[{"op":"remove","path":"/pushVariables/x"}]`, `{"pushVariables":{"y":"2"}}`},
		"names of variables count": {plain, `[{"op":"remove","path":"/pushVariables/X"}]`, `{}`},

		"replace the expiry":  {plain, `[{"op":"replace","path":"/expirationTime","value":"2030-06-01T10:00+0200"}]`, `{"expirationTime":"2030-06-01T08:00:00Z"}`},
		"remove what is none": {plain, `[{"op":"remove","path":"/expirationTime"}]`, `{}`},

		"add a template":         {web, `[{"op":"add","path":"/templates/t","value":{"body":"b","headers":{"h":"1"},"expiry":"0","tags":["x"],"name":"t"}}]`, `{"templates":{"t":{"body":"b","headers":{"h":"1"},"expiry":"0","tags":["x"]}}}`},
		"a template as text":     {web, `[{"op":"add","path":"/templates/t","value":"{\"body\":\"b\",\"tags\":[\"x\"]}"}]`, `{"templates":{"t":{"body":"b","tags":["x"]}}}`},
		"add over a template":    {plain, `[{"op":"add","path":"/templates/t","value":"{\"bodyTemplate\":\"b\"}"}]`, `{"templates":{"t":{"body":"b"}}}`},
		"a name that is escaped": {web, `[{"op":"add","path":"/templates/a~1b~0 c","value":{"body":"b"}}]`, `{"templates":{"a/b~ c":{"body":"b"}}}`},
		"remove a template":      {plain, `[{"op":"remove","path":"/templates/t"}]`, `{"templates":null}`},
		"and one not there":      {plain, `[{"op":"remove","path":"/templates/z"},{"op":"remove","path":"/templates/z/expiry"}]`, `{}`},
		"replace the templates":  {plain, `[{"op":"replace","path":"/templates","value":"{\"n\":{\"body\":\"b\"},\"m\":\"{\\\"body\\\":\\\"c\\\"}\"}"}]`, `{"templates":{"n":{"body":"b"},"m":{"body":"c"}}}`},
		"remove the templates":   {plain, `[{"op":"remove","path":"/templates"}]`, `{"templates":null}`},
		"all of a template": {plain, `[{"op":"replace","path":"/templates/t/body","value":"new"},{"op":"replace","path":"/templates/t/headers","value":"{\"apns-topic\":\"q\"}"},
			{"op":"replace","path":"/templates/t/expiry","value":"$(when)"},{"op":"add","path":"/templates/t/tags","value":"d"},{"op":"remove","path":"/templates/t/tags/b"}]`,
			`{"templates":{"t":{"body":"new","headers":{"apns-topic":"q"},"expiry":"$(when)","tags":["a","d"]}}}`},
		"nothing but the body": {plain, `[{"op":"remove","path":"/templates/t/headers"},{"op":"remove","path":"/templates/t/expiry"},{"op":"remove","path":"/templates/t/tags"}]`,
			`{"templates":{"t":{"body":"old"}}}`},
		"headers in any case": {plain, `[{"op":"add","path":"/templates/t/headers/APNS-Priority","value":"10"},{"op":"remove","path":"/templates/t/headers/Apns-Topic"}]`,
			`{"templates":{"t":{"body":"old","headers":{"APNS-Priority":"10"},"expiry":"0","tags":["a","B"]}}}`},

		"add a tile": {windows, `[{"op":"add","path":"/secondaryTiles/n","value":{"pushChannel":"y","pushChannelExpired":true,"templates":{"t":{"bodyTemplate":"b"}}}},{"op":"remove","path":"/secondaryTiles/s"}]`,
			`{"secondaryTiles":{"n":{"pushChannel":"y","pushChannelExpired":false,"templates":{"t":{"body":"b"}}}}}`},
		"a tile as text": {windows, `[{"op":"replace","path":"/secondaryTiles/s","value":"{\"pushChannel\":\"y\"}"}]`, `{"secondaryTiles":{"s":{"pushChannel":"y","pushChannelExpired":false}}}`},
		"a channel that is written is alive": {windows, `[{"op":"replace","path":"/secondaryTiles/s/pushChannel","value":"x"},{"op":"remove","path":"/secondaryTiles/s/templates/t"},{"op":"remove","path":"/secondaryTiles/s/tags/A"}]`,
			`{"secondaryTiles":{"s":{"pushChannel":"x","pushChannelExpired":false,"tags":["b"]}}}`},
		"all else of a tile": {windows, `[{"op":"replace","path":"/secondaryTiles/s/tags","value":["z"]},{"op":"add","path":"/secondaryTiles/s/templates/t/tags","value":"q"}]`,
			`{"secondaryTiles":{"s":{"pushChannel":"x","pushChannelExpired":true,"tags":["z"],"templates":{"t":{"body":"old","tags":["q"]}}}}}`},
		"remove the tiles": {windows, `[{"op":"remove","path":"/secondaryTiles"},{"op":"remove","path":"/secondaryTiles/s/pushChannel/x"}]`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := wire.DecodePatch([]byte(c.patch))
			if c.want == "" {
				if err == nil {
					t.Fatal("it was taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			i := installation(t, c.document)
			want := members(t, &i)
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			for k, v := range want {
				if v == nil {
					delete(want, k)
				}
			}
			for range 2 { // a repeat changes nothing but that a tag is added again: the hub takes it for the same
				i := installation(t, c.document)
				if err := p.Apply(&i); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, members(t, &i)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// A patch shares nothing with what it has changed.
func TestPatchIsAppliedAgain(t *testing.T) {
	t.Parallel()
	p, err := wire.DecodePatch([]byte(`[{"op":"add","path":"/templates/n","value":{"body":"b","headers":{"a":"1","b":"2"},"tags":["x","y"]}},
		{"op":"remove","path":"/templates/n/tags/x"},{"op":"remove","path":"/templates/n/headers/a"}]`))
	if err != nil {
		t.Fatal(err)
	}
	first, second := installation(t, plain), installation(t, plain)
	if err := errors.Join(p.Apply(&first), p.Apply(&second)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) || len(second.Templates["n"].Tags) != 1 {
		t.Errorf("first %v, then %v", first, second)
	}
}

func TestPatchRefuses(t *testing.T) {
	t.Parallel()
	op := func(op, path, value string) string {
		if value != "" {
			value = `,"value":` + value
		}
		return `[{"op":"add","path":"/tags","value":"x"},{"op":"` + op + `","path":"` + path + `"` + value + `}]`
	}
	const all = "the path is unknown; there are /pushChannel, /userId, /tags, /tags/{tag}, /pushVariables, /pushVariables/{name}, /templates, /templates/{name} and what is in it, " +
		"/secondaryTiles, /secondaryTiles/{id} and what is in it, and /expirationTime."
	for _, c := range []struct{ document, op, path, value, want string }{
		{plain, "move", "/tags", `"a"`, "the op is none of add, remove, replace."},
		{plain, "test", "/tags", `"a"`, "the op is none of add, remove, replace."},
		{plain, "", "/tags", `"a"`, "the op is none of add, remove, replace."},
		{plain, "add", "/tags", "", "it has no value."},
		{plain, "replace", "/tags", "null", "it has no value."},
		{plain, "add", "", `"a"`, "the path does not begin with /."},
		{plain, "add", "tags", `"a"`, "the path does not begin with /."},
		{plain, "add", "/", `"a"`, "the path has an empty part."},
		{plain, "remove", "/tags/", "", "the path has an empty part."},
		{plain, "remove", "/templates/a~2b", "", "the path has a ~ that neither 0 nor 1 follows."},
		{plain, "remove", "/templates/a~", "", "the path has a ~ that neither 0 nor 1 follows."},
		{plain, "add", "/user", `"a"`, all},
		{plain, "add", "/userId/x", `"a"`, all},
		{plain, "remove", "/lastUpdate", "", all},
		{plain, "add", "/expirationTime/x", `"a"`, all},
		{plain, "remove", "/pushChannel/endpoint", "", all},
		{plain, "replace", "/installationId", `"j"`, "it cannot be changed: put another installation."},
		{plain, "replace", "/platform", `"gcm"`, "it cannot be changed: put another installation."},
		{plain, "replace", "/pushChannelExpired", `true`, "the push service alone says whether a channel has expired; a channel that is written is alive."},
		{plain, "remove", "/pushChannel", "", "a device needs its channel."},
		{plain, "add", "/pushChannel", `{"endpoint":"e"}`, `pushChannel is not a text, which the platform "apns" needs`},
		{web, "add", "/pushChannel", `"e"`, "pushChannel is not an object with endpoint, p256dh and auth"},
		{plain, "add", "/userId", `1`, "the value is not a text."},
		{plain, "add", "/expirationTime", `"tomorrow"`, "the value is not a date such as 2030-01-02T03:04:05Z."},
		{plain, "add", "/expirationTime", `1`, "the value is not a text."},

		{plain, "add", "/tags", `1`, "the value is neither a tag nor an array of tags."},
		{plain, "add", "/tags", `["a",1]`, "the value is neither a tag nor an array of tags."},
		{plain, "add", "/tags", `["a",null]`, "the value is neither a tag nor an array of tags."},
		{plain, "add", "/tags", `"[1]"`, "the value is neither a tag nor an array of tags."},
		{plain, "add", "/tags/a", `"b"`, "a tag is added to /tags, with the tag as the value."},
		{plain, "replace", "/tags/-", `"b"`, "a tag is added to /tags, with the tag as the value."},
		{plain, "remove", "/tags/a/b", "", "the path is unknown: nothing is in a tag."},

		{plain, "add", "/pushVariables", `"a"`, "the value is neither an object nor a text that holds one."},
		{plain, "add", "/pushVariables", `{"a":1}`, `push variable "a": the value is not a text.`},
		{plain, "add", "/pushVariables/a", `{}`, "the value is not a text."},
		{plain, "add", "/pushVariables/a/b", `"c"`, "the path is unknown: nothing is in a push variable."},

		{plain, "add", "/templates/t", `"body"`, "the value is neither an object nor a text that holds one."},
		{plain, "add", "/templates/t", `["body"]`, "the value is neither an object nor a text that holds one."},
		{plain, "add", "/templates/t", `{"body":1}`, "the value is not an object with a template's body, headers, expiry and tags."},
		{plain, "add", "/templates", `{"t":[]}`, `template "t": the value is neither an object nor a text that holds one.`},
		{plain, "add", "/templates/z/body", `"b"`, "there is no template of this name."},
		{plain, "remove", "/templates/t/body", "", "a template needs its body."},
		{plain, "add", "/templates/t/headers", `"a"`, "the value is neither an object nor a text that holds one."},
		{plain, "add", "/templates/t/headers/h/i", `"a"`, "the path is unknown: nothing is in a header."},
		{plain, "add", "/templates/t/name", `"a"`, "the path is unknown; there are in a template /body, /headers, /headers/{name}, /expiry, /tags and /tags/{tag}."},
		{plain, "add", "/templates/t/body/x", `"a"`, "the path is unknown; there are in a template /body, /headers, /headers/{name}, /expiry, /tags and /tags/{tag}."},

		{windows, "add", "/secondaryTiles/z/tags", `"a"`, "there is no secondary tile of this name."},
		{windows, "add", "/secondaryTiles/s", `[]`, "the value is neither an object nor a text that holds one."},
		{windows, "add", "/secondaryTiles/s", `{"pushChannel":{}}`, "the value is not an object with a tile's pushChannel, tags and templates."},
		{windows, "remove", "/secondaryTiles/s/pushChannel", "", "a device needs its channel."},
		{windows, "add", "/secondaryTiles/s/templates/z/body", `"a"`, "there is no template of this name."},
		{windows, "add", "/secondaryTiles/s/userId", `"a"`, "the path is unknown; there are in a secondary tile /pushChannel, /tags, /tags/{tag}, /templates, and /templates/{name} and what is in it."},
	} {
		p, err := wire.DecodePatch([]byte(op(c.op, c.path, c.value)))
		if err == nil {
			i := installation(t, c.document)
			err = p.Apply(&i)
		}
		want := `The operation at index 1 of the patch ("` + c.op + `" "` + c.path + `") is not valid: ` + c.want
		if _, ok := errors.AsType[*wire.DecodeError](err); !ok || err.Error() != want {
			t.Errorf("%s %s %s\n got %v\nwant %s", c.op, c.path, c.value, err, want)
		}
	}
	const shape = "The patch is not valid: an array of objects with op, path and value is expected."
	for body, want := range map[string]string{
		``: "the patch is not a JSON array", `{}`: "the patch is not a JSON array", `[`: shape,
		`[1]`: shape, `["add"]`: shape, `[{"op":1}]`: shape, `[] []`: shape,
		"[" + strings.Repeat(`{"value":`, 20) + "1" + strings.Repeat("}", 20) + "]":                           "the patch nests deeper than 16",
		"[" + strings.Repeat(`{"op":"remove","path":"/userId"},`, 1000) + `{"op":"add","path":"/tags"}` + "]": "The patch has 1001 operations; at most 1000 are allowed.",
	} {
		if _, err := wire.DecodePatch([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("%.60s\n got %v\nwant %s", body, err, want)
		}
	}
}

// Nothing that has many elements is looked through again and again.
func TestPatchIsBounded(t *testing.T) {
	t.Parallel()
	many := func(n int) string { return strings.Repeat(`"x",`, n-1) + `"x"` }
	headers := `{"a":"1"`
	for n := range 2001 {
		headers += `,"` + strings.Repeat("h", n%50+1) + strings.Repeat("i", n/50+1) + `":"1"`
	}
	for patch, fails := range map[string]bool{
		`[{"op":"add","path":"/tags","value":[` + many(1997) + `]},{"op":"remove","path":"/tags/x"}]`:                           false,
		`[{"op":"add","path":"/tags","value":[` + many(1998) + `]},{"op":"remove","path":"/tags/x"}]`:                           true,
		`[{"op":"add","path":"/templates/t/headers","value":` + headers + `}},{"op":"remove","path":"/templates/t/headers/x"}]`: true,
	} {
		p, err := wire.DecodePatch([]byte(patch))
		if err != nil {
			t.Fatal(err)
		}
		i := installation(t, plain)
		if err := p.Apply(&i); (err != nil) != fails {
			t.Errorf("%.80s…: %v", patch, err)
		}
	}
}

// What is written is what is read.
func TestAppendPatch(t *testing.T) {
	t.Parallel()
	got := string(wire.AppendPatch(nil, []wire.PatchOperation{
		{Op: "add", Path: wire.Pointer("templates", "a/b~c", "body"), Value: json.RawMessage(`"<toast/>"`)}, {Op: "remove", Path: "/userId"},
	}))
	if want := `[{"op":"add","path":"/templates/a~1b~0c/body","value":"<toast/>"},{"op":"remove","path":"/userId"}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A patch is read to its end or refused, does the same to equal installations,
// and leaves what it must not change.
func FuzzDecodePatch(f *testing.F) {
	for _, s := range []string{
		`[{"op":"add","path":"/tags","value":"vip"},{"op":"remove","path":"/tags/old"}]`,
		`[{"op":"replace","path":"/userId","value":"u"},{"op":"remove","path":"/userId","value":null}]`,
		`[{"op":"add","path":"/templates/greet","value":"{\"body\":\"{}\",\"tags\":[\"tpl\"]}"},{"op":"add","path":"/templates/greet/headers/a","value":"b"}]`,
		`[{"op":"replace","path":"/tags","value":"[\"a\",\"b\"]"},{"op":"add","path":"/pushVariables/a~1b","value":"1"}]`,
		`[{"op":"replace","path":"/pushChannel","value":{"endpoint":"e","p256dh":"p","auth":"a"}}]`,
		`[{"op":"add","path":"/secondaryTiles/s/templates/t/expiry","value":"0"},{"op":"remove","path":"/secondaryTiles"}]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := wire.DecodePatch([]byte(s))
		if err != nil {
			isDecodeError(t, err)
			return
		}
		for _, document := range []string{plain, windows, web} {
			before, first, second := installation(t, document), installation(t, document), installation(t, document)
			err, again := p.Apply(&first), p.Apply(&second)
			if err != nil {
				isDecodeError(t, err)
			}
			if (err == nil) != (again == nil) || !reflect.DeepEqual(first, second) {
				t.Fatalf("%q gives %v, %v and then %v, %v", s, first, err, second, again)
			}
			if first.InstallationID != before.InstallationID || first.Platform != before.Platform {
				t.Fatalf("%q makes it %s of %s", s, first.InstallationID, first.Platform)
			}
			if back := installation(t, string(wire.AppendInstallation(nil, &first))); back.PushChannelExpired {
				t.Fatalf("%q makes the channel expired", s)
			}
		}
	})
}

func isDecodeError(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*wire.DecodeError](err); !ok {
		t.Fatalf("error %v, want a *DecodeError", err)
	}
}
