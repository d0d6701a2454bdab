package job

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// reading gives a file in parts.
func reading(file string, part int) *lines {
	return &lines{size: -1, read: func(_ context.Context, offset int64, _ string) (blob.Part, error) {
		rest := file[offset:]
		return blob.Part{Data: []byte(rest[:min(part, len(rest))]), Size: int64(len(file)), ETag: "e"}, nil
	}}
}

// all reads to the end; after every line it could go on from its end.
func all(t *testing.T, l *lines) (out []line) {
	t.Helper()
	for {
		got, ok, err := l.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		got.text = bytes.Clone(got.text)
		out = append(out, got)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"empty":               {"", nil},
		"one":                 {"a", []string{"a"}},
		"ends with a break":   {"a\nb\n", []string{"a", "b"}},
		"without the break":   {"a\nb", []string{"a", "b"}},
		"Windows":             {"a\r\nb\r\n", []string{"a", "b"}},
		"blank lines":         {"\n\na\n\n", []string{"", "", "a", ""}},
		"a byte order mark":   {"\ufeffa\nb", []string{"a", "b"}},
		"a mark in the midst": {"a\n\ufeffb", []string{"a", "\ufeffb"}},
	} {
		for part := 1; part <= 8; part++ {
			var got []string
			for i, l := range all(t, reading(c.file, part)) {
				got = append(got, string(l.text))
				if l.number != int64(i+1) {
					t.Errorf("%s: line %d has the number %d", name, i+1, l.number)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s in parts of %d: %q, want %q", name, part, got, c.want)
			}
		}
	}
}

// A line that is too long is passed over, and takes no more room than a line
// may.
func TestLongLines(t *testing.T) {
	t.Parallel()
	just, long := strings.Repeat("x", maxLine), strings.Repeat("y", 2*maxLine+7)
	got := all(t, reading("a\n"+just+"\n"+just+"x\n"+long+"\nb\n"+long, 3<<20))
	want := []line{
		{1, 2, []byte("a"), false}, {2, maxLine + 3, []byte(just), false}, {3, 2*maxLine + 5, nil, true},
		{4, 4*maxLine + 13, nil, true}, {5, 4*maxLine + 15, []byte("b"), false}, {6, 6*maxLine + 22, nil, true},
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.number != w.number || g.end != w.end || g.tooLong != w.tooLong || !bytes.Equal(g.text, w.text) {
			t.Errorf("line %d: ends at %d, too long %t, %d bytes; want %d, %t, %d", g.number, g.end, g.tooLong, len(g.text), w.end, w.tooLong, len(w.text))
		}
	}
}

// A file that becomes another one is noticed, also by a storage without ETags.
func TestLinesOfAChangedFile(t *testing.T) {
	t.Parallel()
	sizes := []int64{10, 12}
	l := &lines{size: -1, read: func(context.Context, int64, string) (blob.Part, error) {
		p := blob.Part{Data: []byte("aa"), Size: sizes[0]}
		sizes = sizes[1:]
		return p, nil
	}}
	_, _, err := l.next(t.Context())
	var b *broken
	if !errors.As(err, &b) {
		t.Errorf("a file whose size has changed: %v", err)
	}
}

// Whatever a file holds, and wherever reading goes on, the lines are the same.
func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\nc", 2)
	f.Add("\ufeff\n", 1)
	f.Fuzz(func(t *testing.T, file string, part int) {
		if part < 1 {
			return
		}
		whole := all(t, reading(file, len(file)+1))
		if n := strings.Count(file, "\n"); len(whole) != n && len(whole) != n+1 {
			t.Fatalf("%d lines of %d breaks", len(whole), n)
		}
		for i, l := range whole {
			rest := reading(file, part)
			rest.offset, rest.number = l.end, l.number
			if l.end == int64(len(file)) {
				rest.size = l.end // as it is stored: there is nothing to read
			}
			for k, again := range all(t, rest) {
				if w := whole[i+1+k]; again.number != w.number || again.end != w.end || !bytes.Equal(again.text, w.text) {
					t.Fatalf("after line %d: %+v, want %+v", l.number, again, w)
				}
			}
		}
	})
}

// A line is understood as a valid registration, or as a sentence.
func FuzzUnderstand(f *testing.F) {
	f.Add(`<GcmRegistrationDescription><RegistrationId>1</RegistrationId><GcmRegistrationId>a</GcmRegistrationId></GcmRegistrationDescription>`)
	f.Add(`<RegistrationDescription><RegistrationId>1</RegistrationId></RegistrationDescription>`)
	f.Fuzz(func(t *testing.T, text string) {
		for typ := hub.ImportCreateRegistrations; typ <= hub.ImportDeleteRegistrations; typ++ {
			i := understand(typ, &line{number: 1, text: []byte(text)})
			if (i.status == "") != (i.problem == "") || (i.status == "") != (i.registration.ID != "") {
				t.Fatalf("%s: %+v", typ, i)
			}
			if i.status == "" && typ != hub.ImportDeleteRegistrations {
				if err := i.registration.Validate(); err != nil {
					t.Fatalf("%s: what is understood is not valid: %v", typ, err)
				}
			}
		}
	})
}
