package template_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/template"
)

// tb is what tests, fuzz targets and property tests have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func properties(t tb, text string) template.Properties {
	t.Helper()
	p, err := template.ParseProperties([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// propertiesOf are properties of one name.
func propertiesOf(t tb, name, value string) template.Properties {
	t.Helper()
	b, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		t.Fatal(err)
	}
	return properties(t, string(b))
}

func compile(t tb, body string) *template.Template {
	t.Helper()
	tmpl, err := template.Compile(body)
	if err != nil {
		t.Fatalf("Compile(%.100q): %v", body, err)
	}
	return tmpl
}

func TestRender(t *testing.T) {
	t.Parallel()
	const props = `{"name":"Ada","Count":40,"flag":true,"neg":-1,"zero":"0","zeros":"007","quote":"say \"<hi>\" & 'bye'",` +
		`"long":"abcdefghij","emoji":"a😀b","empty":"","gone":null,"sp":"a b/ü~","lines":"a\nb\tc\rd","back":"\\","low":"\u0001",` +
		`"rate":"0.5e-3","half":".5","point":"1.","hex":"0x1","plus":"+1","blank":" 1","exp":"2E+10","noexp":"1e","nofrac":"1.e1","nonchar":"\ufffe","_a1":"odd"}`
	for _, c := range []struct{ name, body, want string }{
		{"value", `{"a":"$(name)"}`, `{"a":"Ada"}`},
		{"names disregard letter case", `{"a":"$(NAME)","b":"$(count)"}`, `{"a":"Ada","b":"40"}`},
		{"names may have digits and _", `{"a":"$(_A1)"}`, `{"a":"odd"}`},
		{"blanks in an expression", `{"a":"$( name )","b":".( long , 5 )"}`, `{"a":"Ada","b":"ab..."}`},
		{"absent is empty", `{"a":"$(nobody)"}`, `{"a":""}`},
		{"null is absent", `{"a":"$(gone:{d})"}`, `{"a":"d"}`},
		{"a boolean is text", `{"a":"$(flag)"}`, `{"a":"true"}`},
		{"not at the beginning is literal", `{"a":"Hello $(name)"}`, `{"a":"Hello $(name)"}`},
		{"a blank before is literal", `{"a":" $(name)"}`, `{"a":" $(name)"}`},
		{"a quote at the beginning is literal", `{"a":"'x' + $(name)"}`, `{"a":"'x' + $(name)"}`},

		{"concatenation", `{"a":"{'Hello ' + $(name) + '!'}"}`, `{"a":"Hello Ada!"}`},
		{"concatenation of one", `{"a":"{$(name)}","b":"{ 'x' }"}`, `{"a":"Ada","b":"x"}`},
		{"concatenation without blanks", `{"a":"{$(name)+'-'+.(long,4)+%(sp)}"}`, `{"a":"Ada-a...a%20b%2F%C3%BC~"}`},
		{"concatenation without braces", `{"a":"$(name) + ' b'"}`, `{"a":"Ada b"}`},
		{"doubled quote", `{"a":"{'it''s ' + $(name)}"}`, `{"a":"it's Ada"}`},
		{"double quotes", `{"a":"{\"say \"\"\" + $(name)}"}`, `{"a":"say \"Ada"}`},
		{"a brace in quotes", `{"a":"{'}' + $(name)}"}`, `{"a":"}Ada"}`},
		{"an expression in quotes is text", `{"a":"{'$(name)' + ''}"}`, `{"a":"$(name)"}`},

		{"clip", `{"a":"$(long, 3)"}`, `{"a":"abc"}`},
		{"clip to nothing", `{"a":"$(long, 0)"}`, `{"a":""}`},
		{"clip longer than the value", `{"a":"$(name, 30)"}`, `{"a":"Ada"}`},
		{"clip keeps a pair whole", `{"a":"$(emoji, 2)","b":"$(emoji, 3)"}`, `{"a":"a","b":"a😀"}`},
		{"ellipsis", `{"a":".(long, 6)"}`, `{"a":"abc..."}`},
		{"ellipsis not needed", `{"a":".(long, 10)"}`, `{"a":"abcdefghij"}`},
		{"ellipsis in little room", `{"a":".(long, 3)","b":".(long, 2)","c":".(long, 0)"}`, `{"a":"...","b":"..","c":""}`},
		{"ellipsis keeps a pair whole", `{"a":"{.(emoji, 3)}"}`, `{"a":"..."}`},

		{"URI", `{"a":"%(sp)"}`, `{"a":"a%20b%2F%C3%BC~"}`},
		{"URI of a percent sign and a plus", `{"a":"%(plus)"}`, `{"a":"%2B1"}`},

		{"number", `{"badge":"#(count)"}`, `{"badge":40}`},
		{"number in an array", `{"a":[1,"#(count)", "#(count)" ]}`, `{"a":[1,40, 40 ]}`},
		{"zero", `{"badge":"#(zero)"}`, `{"badge":0}`},
		{"fraction and exponent", `{"a":"#(rate)","b":"#(exp)"}`, `{"a":0.5e-3,"b":2E+10}`},
		{"negative is text", `{"badge":"#(neg)"}`, `{"badge":"-1"}`},
		{"leading zeros are text", `{"badge":"#(zeros)"}`, `{"badge":"007"}`},
		{"what JavaScript reads as more is text", `{"a":"#(half)","b":"#(point)","c":"#(hex)","d":"#(plus)","e":"#(blank)","f":"#(noexp)","g":"#(nofrac)"}`,
			`{"a":".5","b":"1.","c":"0x1","d":"+1","e":" 1","f":"1e","g":"1.e1"}`},
		{"absent number is text", `{"badge":"#(nobody)"}`, `{"badge":""}`},
		{"number by default", `{"badge":"#(nobody:{1})"}`, `{"badge":1}`},
		{"no number is escaped", `{"badge":"#(quote)"}`, `{"badge":"say \"<hi>\" & 'bye'"}`},

		{"default", `{"a":"$(nobody:{you})"}`, `{"a":"you"}`},
		{"empty is not absent", `{"a":"$(empty:{you})"}`, `{"a":""}`},
		{"empty default", `{"a":"$(nobody:{})"}`, `{"a":""}`},
		{"default with a brace", `{"a":"$(nobody:{a\\}b}, 3)"}`, `{"a":"a}b"}`},
		{"default of any text", `{"a":"$(nobody:{$(x), 'y' + :})"}`, `{"a":"$(x), 'y' + :"}`},
		{"default is clipped", `{"a":".(nobody:{abcdef}, 5)"}`, `{"a":"ab..."}`},
		{"default is encoded", `{"a":"%(nobody:{a b})"}`, `{"a":"a%20b"}`},
		{"present with a default", `{"a":"$(name:{you})"}`, `{"a":"Ada"}`},

		{"escaped for JSON", `{"a":"$(quote)","b":"$(lines)","c":"$(back)","d":"$(low)"}`,
			`{"a":"say \"<hi>\" & 'bye'","b":"a\nb\tc\rd","c":"\\","d":"\u0001"}`},
		{"a key is no expression", `{"$(name)":"x","$5":{"b":[{"#":1,"%":[2,"$(name)"]}]}}`, `{"$(name)":"x","$5":{"b":[{"#":1,"%":[2,"Ada"]}]}}`},
		{"an escaped expression", `{"a":"\u0024(name)"}`, `{"a":"Ada"}`},
		{"bytes outside are kept", "\r\n{ \"a\" :\t\"$(name)\" , \"b\":[1e0, \"$(flag)\", \"\\u00e9\\/\", null ] }\n", "\r\n{ \"a\" :\t\"Ada\" , \"b\":[1e0, \"true\", \"\\u00e9\\/\", null ] }\n"},

		{"XML text", `<t><a>$(name)</a><b> $(name)</b></t>`, `<t><a>Ada</a><b> $(name)</b></t>`},
		{"XML attribute", `<t x="$(quote)" y='$(name)' z="it's $(name)"/>`, `<t x="say &quot;&lt;hi&gt;&quot; &amp; &apos;bye&apos;" y='Ada' z="it's $(name)"/>`},
		{"XML attribute with the other quote", `<t x="{'a' + $(name)}" y='{"b" + $(name)}'/>`, `<t x="aAda" y='bAda'/>`},
		{"XML line ends", `<t x="$(lines)">$(lines)</t>`, "<t x=\"a&#xA;b&#x9;c&#xD;d\">a\nb\tc&#xD;d</t>"},
		{"XML without what XML cannot hold", `<t x="$(low)">$(nonchar)</t>`, "<t x=\"\ufffd\">\ufffd</t>"},
		{"XML mixed content is no leaf", `<t>$(name)<b/>$(name)</t>`, `<t>$(name)<b/>$(name)</t>`},
		{"XML comment in a leaf", `<t><!-- who -->$(name)</t>`, `<t><!-- who -->Ada</t>`},
		{"XML comments and instructions are not looked at", `<?p $(name)?><!--$(name)--><t/>`, `<?p $(name)?><!--$(name)--><t/>`},
		{"XML CDATA", `<t><![CDATA[$(quote)]]></t>`, `<t>say &quot;&lt;hi&gt;&quot; &amp; &apos;bye&apos;</t>`},
		{"XML CDATA in pieces", `<t><![CDATA[{'a&b' ]]>+ $(name)<![CDATA[}]]></t>`, `<t>a&amp;bAda</t>`},
		{"XML literal CDATA is kept", `<t><![CDATA[<b>$(name)]]></t>`, `<t><![CDATA[<b>$(name)]]></t>`},
		{"XML entity in an expression", `<t>{&apos;a &apos; + $(name)}</t>`, `<t>a Ada</t>`},
		{"XML number stays text", `<t>#(count)</t>`, `<t>40</t>`},
		{"XML expression over lines", "<t>{'a' +\r\n\t$(name)}</t>", `<t>aAda</t>`},
		{"XML names are no expressions", `<x:t xmlns:x="u"><x:a x:b="$(name)"/></x:t>`, `<x:t xmlns:x="u"><x:a x:b="Ada"/></x:t>`},
		{"XML declared as UTF-16", `<?xml version="1.0" encoding="utf-16"?><toast>$(name)</toast>`, `<?xml version="1.0" encoding="utf-16"?><toast>Ada</toast>`},
		{"XML after a byte order mark", "\ufeff<t>$(name)</t>\n", "\ufeff<t>Ada</t>\n"},
		{"the documentation's toast", `<toast><visual><binding template="ToastText01"><text id="1">$(name)</text></binding></visual></toast>`, `<toast><visual><binding template="ToastText01"><text id="1">Ada</text></binding></visual></toast>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(compile(t, c.body).Render(properties(t, props))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	const failed = "Failed to deserialize the body template: "
	expression := func(text, says string) string { return "Expression is " + text + ". " + says }
	const follows, operator = "The character following $ or . or % should be a (.", "Only valid composition operator is +."
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, c := range []struct{ body, says string }{
		{"", failed + "it is empty"},
		{" \n", failed + "it is empty"},
		{"just text", failed + "a JSON object or an XML element is expected"},
		{`["$(a)"]`, failed + "a JSON object or an XML element is expected"},
		{"{\"a\":\"\xff\"}", failed + "it is not UTF-8"},
		{strings.Repeat(" ", template.MaxBody+1), "The body template has 262145 bytes; at most 262144 are allowed."},

		{`{"a":`, failed + "unexpected end of JSON input (at byte 5)"},
		{`{"a":1}x`, failed + "invalid character 'x' after top-level value (at byte 8)"},
		{deep(65), failed + "it nests deeper than 64 levels"},
		{`<a><b></a></b>`, failed + "the end tag </a> is not that of the open element"},
		{`<a></a></b>`, failed + "the end tag </b> is not that of the open element"},
		{`<a><b></b>`, failed + "the element <a> is not closed"},
		{`<a/><b/>`, failed + "it has more than one root element"},
		{`<!-- nothing -->`, failed + "it has no root element"},
		{`<a/>text`, failed + "there is text outside the root element"},
		{`<a x="1" x="2"/>`, failed + "the attribute x is given twice"},
		{`<!DOCTYPE a [<!ENTITY b "c">]><a/>`, failed + "a document type is not allowed"},
		{strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65), failed + "it nests deeper than 64 levels"},

		{`{"a":"$5 off"}`, expression("$5 off", follows)},
		{`{"a":"..."}`, expression("...", follows)},
		{`{"a":"#fff"}`, expression("#fff", follows)},
		{`{"a":"100%"}`, ""},
		{`<a b="%20x"/>`, expression("%20x", follows)},
		{`<a>$$$</a>`, expression("$$$", follows)},
		{`{"a":"."}`, expression(".", "An expression has three characters at least.")},
		{`{"a":"{}"}`, expression("{}", "An expression has three characters at least.")},
		{`{"a":"$body"}`, expression("$body", "Expression type '$body' is not supported.")},
		{`{"a":"$(a) x"}`, expression("$(a) x", operator)},
		{`{"a":"$(a)$(b)"}`, expression("$(a)$(b)", operator)},
		{`{"a":"{$(a) - $(b)}"}`, expression("{$(a) - $(b)}", operator)},
		{`{"a":"{$(a) + #(b)}"}`, expression("{$(a) + #(b)}", "Token type '#(prop)' is not allowed in composite expression.")},
		{`{"a":"{#(b)}"}`, expression("{#(b)}", "Token type '#(prop)' is not allowed in composite expression.")},
		{`{"a":"#(a) + 'b'"}`, expression("#(a) + 'b'", "Token type '#(prop)' is not allowed in composite expression.")},
		{`{"a":"{$(a)"}`, expression("{$(a)", "A composite expression that begins with { must end with }.")},
		{`{"a":"{$(a:{b}"}`, expression("{$(a:{b}", "A ) is missing after the property a.")},
		{`{"a":"{'a}"}`, expression("{'a}", "The quote ' is not closed.")},
		{`{"a":"{'a' + 'b}'}'"}`, expression("{'a' + 'b}'}'", "A composite expression that begins with { must end with }.")},
		{`{"a":"{$(a) + }"}`, expression("{$(a) + }", "An operand is one of $(prop), .(prop, n), %(prop), 'text'; found '}'.")},
		{`{"a":"{é + $(a)}"}`, expression("{é + $(a)}", "An operand is one of $(prop), .(prop, n), %(prop), 'text'; found 'é'.")},
		{`{"a":"$(a) +"}`, expression("$(a) +", "An operand is missing at its end.")},
		{`{"a":"$(a-b)"}`, "Property name is a-b. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name."},
		{`{"a":"$(größe)"}`, "Property name is größe. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name."},
		{`{"a":"$(a\u0010)"}`, "Property name is a\x10. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name."},
		{`{"a":"$(` + strings.Repeat("x", 121) + `)"}`, "Property name is " + strings.Repeat("x", 121) + ". It has 121 characters; at most 120 are allowed."},
		{`{"a":"$()"}`, expression("$()", "The property's name is missing.")},
		{`{"a":"$(a"}`, expression("$(a", "A ) is missing after the property a.")},
		{`{"a":"$(a, x)"}`, expression("$(a, x)", "The length is not a number from 0 to 2147483647.")},
		{`{"a":"$(a, -1)"}`, expression("$(a, -1)", "The length is not a number from 0 to 2147483647.")},
		{`{"a":"$(a, 2147483648)"}`, expression("$(a, 2147483648)", "The length is not a number from 0 to 2147483647.")},
		{`{"a":".(a)"}`, expression(".(a)", "The form .(prop, n) needs its length n.")},
		{`{"a":"%(a, 3)"}`, expression("%(a, 3)", "A length is not allowed in %(prop).")},
		{`{"a":"#(a, 3)"}`, expression("#(a, 3)", "A length is not allowed in #(prop).")},
		{`{"a":"$(a:b)"}`, expression("$(a:b)", "A default is written as :{text}.")},
		{`{"a":"$(a:{b)"}`, expression("$(a:{b)", "The default is not closed: } is missing.")},
		{`{"a":"$(a:{b\\})"}`, expression(`$(a:{b\})`, "The default is not closed: } is missing.")},
		{`{"a":"$` + strings.Repeat("é", 100) + `"}`, expression("$"+strings.Repeat("é", 64)+"…", follows)},
		{`{"a":[` + strings.Repeat(`"{$(a)+$(a)}",`, 500) + `"$(a)"]}`, "The body template's expressions have more than 1000 operands."},
		{`{"a":[` + strings.Repeat(`"{$(a)+$(a)}",`, 500) + `""]}`, ""},
		{deep(64), ""},
	} {
		_, err := template.Compile(c.body)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("Compile(%.40q): %v", c.body, err)
		case c.says != "" && (err == nil || err.Error() != c.says):
			t.Errorf("Compile(%.40q)\n got %v\nwant %s", c.body, err, c.says)
		}
	}
}

// What the XML library refuses is passed on in its words.
func TestCompileRefusesBrokenXML(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`<a b=c/>`, `<a b="<"/>`, `<a>&nbsp;</a>`, `<a>]]></a>`, "<a>\x01</a>", `<a`, `<a><!-- -- --></a>`, `<?xml version="1.1"?><a/>`} {
		_, err := template.Compile(body)
		if err == nil || !strings.HasPrefix(err.Error(), "Failed to deserialize the body template: ") {
			t.Errorf("Compile(%s) = %v", body, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{"{}": true, " \n{\"a\":1}": true, "<a/>": false, "\ufeff<a/>": false} {
		if got := compile(t, body).JSON(); got != want {
			t.Errorf("JSON(%q) = %v", body, got)
		}
	}
}

// A small template cannot be made to fill the memory.
func TestRenderIsBounded(t *testing.T) {
	t.Parallel()
	p := propertiesOf(t, "x", strings.Repeat("1", 64<<10))
	const most = 1<<20 + 64<<10 + 1<<14
	for _, body := range []string{
		`{"a":[` + strings.Repeat(`"$(x)",`, 999) + `"last"]}`,
		`{"a":[` + strings.Repeat(`"#(x)",`, 999) + `"last"]}`,
		`{"a":"{` + strings.Repeat(`$(x) + `, 999) + `'last'}"}`,
	} {
		if out := compile(t, body).Render(p); !json.Valid(out) || len(out) > most {
			t.Errorf("%.20s: %d bytes; valid: %v", body, len(out), json.Valid(out))
		}
	}
}

// What a device reads is the property, whatever is in it.
func TestValuesArriveWhole(t *testing.T) {
	t.Parallel()
	inJSON, inXML := compile(t, `{"a":"$(x)"}`), compile(t, `<t a="$(x)">$(x)</t>`)
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\x00\x08\t\n\r\x1f\"'<>&]\\\u2028\ufffe\uffff😀")))).Draw(rt, "value")
		p := propertiesOf(t, "x", value)
		var fromJSON struct{ A string }
		if err := json.Unmarshal(inJSON.Render(p), &fromJSON); err != nil || fromJSON.A != value {
			rt.Fatalf("in JSON %q became %q: %v", value, fromJSON.A, err)
		}
		want := strings.Map(func(r rune) rune {
			if strings.ContainsRune("\t\n\r", r) || r >= 0x20 && r != '\ufffe' && r != '\uffff' {
				return r
			}
			return '\ufffd'
		}, value)
		var fromXML struct {
			A    string `xml:"a,attr"`
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(inXML.Render(p), &fromXML); err != nil || fromXML.A != want || fromXML.Text != want {
			rt.Fatalf("in XML %q became %q and %q: %v", value, fromXML.A, fromXML.Text, err)
		}
	})
}

// A body without expressions comes out as it went in, to the byte.
func TestLiteralsAreCopied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := "x" + rapid.String().Draw(rt, "text")
		quoted, err := json.Marshal(text)
		if err != nil {
			rt.Fatal(err)
		}
		var escaped bytes.Buffer
		if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
			rt.Fatal(err)
		}
		for _, body := range []string{
			`{ "k":` + string(quoted) + `, "l" : [` + string(quoted) + "]}\n",
			"<a b=\"" + escaped.String() + "\" >" + escaped.String() + "</a >\n",
		} {
			if out := compile(rt, body).Render(template.Properties{}); string(out) != body {
				rt.Fatalf("%q became %q", body, out)
			}
		}
	})
}

// Whatever the values are, a rendered template is well formed.
func FuzzRender(f *testing.F) {
	f.Add(`{"a":"$(x)","b":"#(x)"}`, `"</a>\`)
	f.Add(`<a b="$(x)">{'q' + .(x, 5)}</a>`, "\x00]]>&")
	f.Add(`{"a":"$(y:{z\\}})"}`, "1e9")
	f.Add(`<?xml version="1.0" encoding="utf-16"?><a b='$(x)' c="2"><![CDATA[{"a" + %(x)}]]></a>`, "a b")
	f.Add(`{"a":["{'a' + $(x)}","#(x:{1})",{"$":".(x,4)"}]}`, "😀😀😀")
	f.Fuzz(func(t *testing.T, body, value string) {
		tmpl, err := template.Compile(body)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a sentence")
			}
			return
		}
		out := tmpl.Render(propertiesOf(t, "x", value))
		if tmpl.JSON() {
			if !json.Valid(out) {
				t.Fatalf("%q with %q renders %q, which is not JSON", body, value, out)
			}
			return
		}
		dec := xml.NewDecoder(bytes.NewReader(out))
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
