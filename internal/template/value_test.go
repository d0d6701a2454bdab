package template_test

import (
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/template"
)

func TestCompileValue(t *testing.T) {
	t.Parallel()
	p := properties(t, `{"when":"2030-01-01T00:00:00Z","quote":"\"<&>"}`)
	for _, c := range []struct {
		text, want string
		literal    bool
	}{
		{"", "", true},
		{"wns/toast", "wns/toast", true},
		{"'quoted'", "'quoted'", true},
		{"{'constant' + \"!\"}", "constant!", true},
		{"$(when)", "2030-01-01T00:00:00Z", false},
		{"$(quote)", `"<&>`, false}, // a header is not escaped
		{"{'a' + $(nobody)}", "a", false},
		{"#(nobody:{10})", "10", false},
	} {
		v, err := template.CompileValue(c.text)
		if err != nil {
			t.Errorf("CompileValue(%q): %v", c.text, err)
			continue
		}
		if got := v.Render(p); got != c.want || v.Literal() != c.literal {
			t.Errorf("CompileValue(%q) renders %q, literal %v; want %q, %v", c.text, got, v.Literal(), c.want, c.literal)
		}
	}
	for text, says := range map[string]string{
		"$5":                         "Expression is $5. An expression has three characters at least.",
		"$(a-b)":                     "Property name is a-b. Only ASCII-7 alphanumeric characters and '_' are permitted in the property name.",
		strings.Repeat("x", 8<<10+1): "The value has 8193 bytes; at most 8192 are allowed.",
	} {
		if _, err := template.CompileValue(text); err == nil || err.Error() != says {
			t.Errorf("CompileValue(%.20q) = %v, want %s", text, err, says)
		}
	}
}

func TestValueIsBounded(t *testing.T) {
	t.Parallel()
	v, err := template.CompileValue("{" + strings.Repeat("$(x)+", 1000) + "'last'}")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(v.Render(propertiesOf(t, "x", strings.Repeat("1", 64<<10)))); n > 1<<20+64<<10 {
		t.Errorf("a value of %d bytes", n)
	}
}

func FuzzCompileValue(f *testing.F) {
	for _, s := range []string{"", "0", "$(a)", "{'a' + .(b, 3)}", "%(c:{d})", "{'''' + \"\"\"\"}", "$(a:{\\}})", "#(n)"} {
		f.Add(s, "é😀\r\n")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		v, err := template.CompileValue(text)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a sentence")
			}
			return
		}
		if with, without := v.Render(propertiesOf(t, "a", value)), v.Render(template.Properties{}); v.Literal() && with != without {
			t.Fatalf("%q is literal, yet %q and %q", text, with, without)
		}
	})
}
