package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// numbered returns n tags.
func numbered(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint("tag", i))
	}
	return out
}

func TestRegistrationValidate(t *testing.T) {
	t.Parallel()
	var many []string // 70 tags of 116 bytes and 69 commas: 8189 bytes
	for i := range 70 {
		many = append(many, fmt.Sprintf("%s%02d", strings.Repeat("x", 114), i))
	}
	for _, c := range []struct {
		name   string
		change func(*hub.Registration)
		refuse string
	}{
		{"a plain one", func(*hub.Registration) {}, ""},
		{"tags", func(r *hub.Registration) { r.Tags = []string{"vip", "lang:de", "größe"} }, ""},
		{"tags of 8000 bytes", func(r *hub.Registration) {
			r.Tags = append(append([]string{}, many[:68]...), strings.Repeat("x", 44)) // 68×117 + 44
		}, ""},
		{"500 tags", func(r *hub.Registration) { r.Tags = numbered(500) }, ""},
		{"501 tags", func(r *hub.Registration) { r.Tags = numbered(501) }, "There are 501 tags; at most 500 are allowed."},
		{"push variables", func(r *hub.Registration) { r.PushVariables = map[string]string{"nick_1": "Ada Ü, \"x\""} }, ""},
		{"no platform", func(r *hub.Registration) { r.Platform = 0 }, "The platform is missing or unknown."},
		{"a platform that there is not", func(r *hub.Registration) { r.Platform = 10 }, "The platform is missing or unknown."},
		{"no handle", func(r *hub.Registration) { r.Handle = "" }, "The PNS handle is missing."},
		{"a tag of the hub's own", func(r *hub.Registration) { r.Tags = []string{"a", "$InstallationId:{x}"} }, "Tags can not start with $."},
		{"a character in a tag", func(r *hub.Registration) { r.Tags = []string{"a b"} },
			"An invalid tag(s) 'a b' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		{"an empty tag", func(r *hub.Registration) { r.Tags = []string{""} },
			"An invalid tag(s) '' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and #."},
		{"a long tag", func(r *hub.Registration) { r.Tags = []string{strings.Repeat("x", 121)} },
			"The tag '" + strings.Repeat("x", 40) + "…' has 121 characters; at most 120 are allowed."},
		{"too many tags", func(r *hub.Registration) { r.Tags = many },
			"Registration Tags serialized size is more than maximum supported value. Actual Size: '8189' and Max Allowed Size: '8000'"},
		{"a variable's name", func(r *hub.Registration) { r.PushVariables = map[string]string{"a-b": "x"} },
			"A push variable is not valid: Property name is a-b. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name."},
		{"a control character in a variable's name", func(r *hub.Registration) { r.PushVariables = map[string]string{"a\x10": "x"} },
			"A push variable is not valid: Property name is a\x10. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name."},
		{"a variable without a name", func(r *hub.Registration) { r.PushVariables = map[string]string{"": "x"} },
			"A push variable is not valid: A property's name is empty."},
		{"long variables", func(r *hub.Registration) { r.PushVariables = map[string]string{"a": strings.Repeat("x", 8000)} },
			"The push variables have 8001 bytes; at most 8000 are allowed."},
		{"a long tile", func(r *hub.Registration) { r.SecondaryTileName = strings.Repeat("x", 257) },
			"The secondary tile's name has 257 bytes; at most 256 are allowed."},
		{"a template", func(r *hub.Registration) { r.Template = &hub.TemplateBody{Body: `{"a":"$(b)"}`} }, ""},
		{"a bad template", func(r *hub.Registration) { r.Template = &hub.TemplateBody{Body: `{"a":"$5 off"}`} },
			"Expression is $5 off. The character following $ or . or % should be a (."},
	} {
		r := hub.Registration{Platform: hub.APNs, Handle: "6F0A"}
		c.change(&r)
		refused(t, c.name, r.Validate(), c.refuse)
	}
}

// What the client left out is there once a template is valid.
func TestRegistrationValidateCompletesHeaders(t *testing.T) {
	t.Parallel()
	r := hub.Registration{Platform: hub.WNS, Handle: "https://a.example/b", Template: &hub.TemplateBody{Body: "<toast/>"}}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]hub.Header{{Name: "X-WNS-Type", Value: "wns/toast"}}, r.Template.Headers); diff != "" {
		t.Error(diff)
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	native, template := hub.Registration{}, hub.Registration{Template: &hub.TemplateBody{}}
	if native.Kind() != hub.Native || template.Kind() != hub.Template {
		t.Errorf("kinds %v, %v", native.Kind(), template.Kind())
	}
}
