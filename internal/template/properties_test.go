package template_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/template"
)

func TestParseProperties(t *testing.T) {
	t.Parallel()
	show := compile(t, `{"a":"$(a:{none})","b":"$(b:{none})"}`)
	for _, c := range []struct{ body, want string }{
		{`{}`, `{"a":"none","b":"none"}`},
		{" {\n} ", `{"a":"none","b":"none"}`},
		{`{"a":"x","b":""}`, `{"a":"x","b":""}`},
		{`{"A":1.50,"B":-2e3}`, `{"a":"1.50","b":"-2e3"}`},
		{`{"a":true,"b":false}`, `{"a":"true","b":"false"}`},
		{`{"a":null}`, `{"a":"none","b":"none"}`},
		{`{"a":"first","A":"last","b":"x","B":null}`, `{"a":"last","b":"none"}`},
		{`{"a":"\ud83d\ude00\u0041"}`, `{"a":"😀A","b":"none"}`},
	} {
		for range 8 { // a map's order must not decide
			if got := string(show.Render(properties(t, c.body))); got != c.want {
				t.Errorf("%s shows as %s, want %s", c.body, got, c.want)
			}
		}
	}
}

func TestParsePropertiesRefuses(t *testing.T) {
	t.Parallel()
	const notObject = "the properties are not a JSON object"
	const nested = `the property "a" is an object or an array: only text is allowed`
	for body, says := range map[string]string{
		"": notObject, "null": notObject, "[]": notObject, `"x"`: notObject, "1": notObject, `{"a":"b"`: notObject, `{"a":"b"} x`: notObject,
		`{"a":"b",}`: notObject, `{"message":""hi""}`: notObject, // Java joins texts without escaping them
		`{"a":{}}`: nested, `{"a":[1]}`: nested, `{"b":"x","a":{"c":"d"}}`: nested,
	} {
		if _, err := template.ParseProperties([]byte(body)); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("ParseProperties(%s) = %v, want %s", body, err, says)
		}
	}
}

func TestPushVariablesAreUnderProperties(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, `{"a":"{$(name) + '-' + $(city) + '-' + $(gone)}"}`)
	sent := properties(t, `{"Name":"sent","gone":null}`)
	for range 8 {
		p := sent.With(map[string]string{"NAME": "variable", "CITY": "first", "City": "last", "gone": "there"})
		if got := string(tmpl.Render(p)); got != `{"a":"sent-last-there"}` {
			t.Errorf("got %s", got)
		}
	}
	if got := string(tmpl.Render(sent.With(nil))); got != `{"a":"sent--"}` {
		t.Errorf("without variables got %s", got)
	}
	if got := string(tmpl.Render(template.Properties{}.With(map[string]string{"city": "Rome"}))); got != `{"a":"-Rome-"}` {
		t.Errorf("without properties got %s", got)
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"a": true, "_": true, "A_z0": true, strings.Repeat("x", 120): true,
		"": false, "a b": false, "a-b": false, "ü": false, "a\x10": false, "@": false, "[": false, strings.Repeat("x", 121): false,
	} {
		if err := template.CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%.20q) = %v", name, err)
		}
	}
}

func FuzzParseProperties(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"b"}`, `{"a":1,"A":null}`, `{"a":{}}`, "null", `{"a":"\ud800"}`} {
		f.Add([]byte(s))
	}
	tmpl := compile(f, `{"a":"$(a)"}`)
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := template.ParseProperties(body)
		if err != nil {
			return
		}
		again, err := template.ParseProperties(body)
		if err != nil || string(tmpl.Render(p)) != string(tmpl.Render(again)) {
			t.Fatalf("%q is not read the same way twice: %v", body, err)
		}
	})
}
