package template_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/template"
)

func properties(t testing.TB, text string) template.Properties {
	t.Helper()
	p, err := template.ParseProperties([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRender(t *testing.T) {
	t.Parallel()
	const props = `{"name":"Ada","Count":40,"flag":true,"neg":-1,"zero":"007","quote":"say \"<hi>\" & 'bye'","long":"abcdefghij","emoji":"a😀b","empty":"","gone":null,"sp":"a b/ü"}`
	for _, c := range []struct{ name, body, want string }{
		{"value", `{"a":"$(name)"}`, `{"a":"Ada"}`},
		{"names disregard letter case", `{"a":"$(NAME)$"}`, ""},
		{"absent is empty", `{"a":"$(nobody)"}`, `{"a":""}`},
		{"null is absent", `{"a":"$(gone:{d})"}`, `{"a":"d"}`},
		{"not at the beginning is literal", `{"a":"Hello $(name)"}`, `{"a":"Hello $(name)"}`},
		{"concatenation", `{"a":"{'Hello ' + $(name) + '!'}"}`, `{"a":"Hello Ada!"}`},
		{"concatenation without braces", `{"a":"$(name) + ' b'"}`, `{"a":"Ada b"}`},
		{"doubled quote", `{"a":"{'it''s ' + $(name)}"}`, `{"a":"it's Ada"}`},
		{"clip", `{"a":"$(long, 3)"}`, `{"a":"abc"}`},
		{"clip to nothing", `{"a":"$(long, 0)"}`, `{"a":""}`},
		{"clip longer than the value", `{"a":"$(name, 30)"}`, `{"a":"Ada"}`},
		{"clip keeps a pair whole", `{"a":"$(emoji, 2)"}`, `{"a":"a"}`},
		{"ellipsis", `{"a":".(long, 6)"}`, `{"a":"abc..."}`},
		{"ellipsis not needed", `{"a":".(long, 10)"}`, `{"a":"abcdefghij"}`},
		{"URI", `{"a":"%(sp)"}`, `{"a":"a%20b%2F%C3%BC"}`},
		{"number", `{"badge":"#(count)"}`, `{"badge":40}`},
		{"negative is text", `{"badge":"#(neg)"}`, `{"badge":"-1"}`},
		{"leading zeros are text", `{"badge":"#(zero)"}`, `{"badge":"007"}`},
		{"absent number is text", `{"badge":"#(nobody)"}`, `{"badge":""}`},
		{"default", `{"a":"$(nobody:{you})"}`, `{"a":"you"}`},
		{"default with a brace", `{"a":"$(nobody:{a\\}b}, 3)"}`, `{"a":"a}b"}`},
		{"present with a default", `{"a":"$(name:{you})"}`, `{"a":"Ada"}`},
		{"escaped for JSON", `{"a":"$(quote)"}`, `{"a":"say \"<hi>\" & 'bye'"}`},
		{"a key is no expression", `{"$(name)":"x"}`, `{"$(name)":"x"}`},
		{"bytes outside are kept", "{ \"a\" :\t\"$(name)\" , \"b\":[1, \"$(flag)\"] }\n", "{ \"a\" :\t\"Ada\" , \"b\":[1, \"true\"] }\n"},
		{"XML text", `<t><a>$(name)</a><b> $(name)</b></t>`, `<t><a>Ada</a><b> $(name)</b></t>`},
		{"XML attribute", `<t x="$(quote)" y='$(name)'/>`, `<t x="say &quot;&lt;hi&gt;&quot; &amp; &apos;bye&apos;" y='Ada'/>`},
		{"XML mixed content is no leaf", `<t>$(name)<b/></t>`, `<t>$(name)<b/></t>`},
		{"XML CDATA", `<t><![CDATA[$(quote)]]></t>`, `<t>say &quot;&lt;hi&gt;&quot; &amp; &apos;bye&apos;</t>`},
		{"XML entity in an expression", `<t>{&apos;a &apos; + $(name)}</t>`, `<t>a Ada</t>`},
		{"XML number stays text", `<t>#(count)</t>`, `<t>40</t>`},
		{"XML declared as UTF-16", `<?xml version="1.0" encoding="utf-16"?><toast>$(name)</toast>`, `<?xml version="1.0" encoding="utf-16"?><toast>Ada</toast>`},
		{"the documents' toast", `<toast><visual><binding template="ToastText01"><text id="1">$(name)</text></binding></visual></toast>`, `<toast><visual><binding template="ToastText01"><text id="1">Ada</text></binding></visual></toast>`},
	} {
		tmpl, err := template.Compile(c.body)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: compiled", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := string(tmpl.Render(properties(t, props))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, says string }{
		{"", "is empty"},
		{`{"a":`, "failed to deserialize the body template"},
		{`{"a":"$5 off"}`, "should be a ("},
		{`{"a":"."}`, "three characters"},
		{`{"a":"{}"}`, "three characters"},
		{`{"a":"$body"}`, "'$body' is not supported"},
		{`{"a":"$(a) x"}`, "Only valid composition operator is +."},
		{`{"a":"{$(a) - $(b)}"}`, "Only valid composition operator is +."},
		{`{"a":"{$(a) + #(b)}"}`, "'#(prop)' is not allowed in composite"},
		{`{"a":"{$(a)"}`, "must end with }"},
		{`{"a":"{'a}"}`, "is not closed"},
		{`{"a":"$(a-b)"}`, "Property name is a-b. Only ASCII-7"},
		{`{"a":"$()"}`, "name is missing"},
		{`{"a":"$(a"}`, "a ) is missing"},
		{`{"a":"$(a, x)"}`, "not a number"},
		{`{"a":"$(a, -1)"}`, "not a number"},
		{`{"a":".(a)"}`, "needs its length"},
		{`{"a":"%(a, 3)"}`, "a length is not allowed"},
		{`{"a":"#(a, 3)"}`, "a length is not allowed"},
		{`{"a":"$(` + strings.Repeat("x", 121) + `)"}`, "more than 120"},
		{`<a><b></a></b>`, "failed to deserialize the body template"},
		{`<a/><b/>`, "2 root elements"},
		{`<!DOCTYPE a><a/>`, "document type"},
		{`just text`, "text outside the root"},
		{strings.Repeat("[", 65) + strings.Repeat("]", 65), "nests deeper"},
		{strings.Repeat(" ", template.MaxBody+1), "at most 262144"},
		{"{\"a\":\"\xff\"}", "not UTF-8"},
	} {
		if _, err := template.Compile(c.body); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Compile(%.40q) = %v, want …%s…", c.body, err, c.says)
		}
	}
}

func TestCompileValue(t *testing.T) {
	t.Parallel()
	p := properties(t, `{"when":"2030-01-01T00:00:00Z"}`)
	for text, want := range map[string]string{"": "", "wns/toast": "wns/toast", "$(when)": "2030-01-01T00:00:00Z", "{'a' + $(x)}": "a"} {
		v, err := template.CompileValue(text)
		if err != nil {
			t.Errorf("CompileValue(%q): %v", text, err)
		} else if got := v.Render(p); got != want {
			t.Errorf("CompileValue(%q) renders %q, want %q", text, got, want)
		}
	}
	if _, err := template.CompileValue("$5"); err == nil {
		t.Error("$5 compiled")
	}
}

func TestParseProperties(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "null", "[]", `"x"`, `{"a":{}}`, `{"a":[1]}`, `{"a":"b"} x`, `{"a":"b"`} {
		if _, err := template.ParseProperties([]byte(bad)); err == nil {
			t.Errorf("ParseProperties(%s) = nil", bad)
		}
	}
}

func TestPushVariablesAreUnderProperties(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Compile(`{"a":"{$(name) + '-' + $(city)}"}`)
	if err != nil {
		t.Fatal(err)
	}
	p := properties(t, `{"Name":"sent"}`).With(map[string]string{"NAME": "variable", "City": "Rome"})
	if got := string(tmpl.Render(p)); got != `{"a":"sent-Rome"}` {
		t.Errorf("got %s", got)
	}
}

// Whatever the values are, a rendered template is well formed.
func FuzzRender(f *testing.F) {
	f.Add(`{"a":"$(x)","b":"#(x)"}`, `"</a>\`)
	f.Add(`<a b="$(x)">{'q' + .(x, 5)}</a>`, "\x00]]>&")
	f.Add(`{"a":"$(y:{z\}})"}`, "1e9")
	f.Fuzz(func(t *testing.T, body, value string) {
		tmpl, err := template.Compile(body)
		if err != nil {
			return
		}
		b, err := json.Marshal(map[string]string{"x": value})
		if err != nil {
			t.Fatal(err)
		}
		out := tmpl.Render(properties(t, string(b)))
		if c := strings.TrimLeft(body, " \t\r\n\ufeff")[0]; c == '{' || c == '[' {
			if !strings.HasPrefix(body, "\ufeff") && !json.Valid(out) {
				t.Fatalf("%q with %q renders %q, which is not JSON", body, value, out)
			}
			return
		}
		dec := xml.NewDecoder(strings.NewReader(string(out)))
		dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("%q with %q renders %q: %v", body, value, out, err)
			}
		}
	})
}
