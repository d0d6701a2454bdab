package hub

import (
	"errors"
	"strings"
	"testing"
)

func TestJobTypes(t *testing.T) {
	t.Parallel()
	for typ := ExportRegistrations; typ <= ImportDeleteRegistrations; typ++ {
		got, ok := ParseJobType(typ.String())
		if !ok || got != typ || typ.Import() != strings.HasPrefix(typ.String(), "Import") {
			t.Errorf("%s is read as %d, import %t", typ, got, typ.Import())
		}
	}
	for _, name := range []string{"", "exportregistrations", "ImportRegistrations"} {
		if typ, ok := ParseJobType(name); ok || typ != 0 {
			t.Errorf("%q is a type", name)
		}
	}
}

func TestJobValidate(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range maxInputProperties + 1 {
		many[strings.Repeat("x", i+1)] = ""
	}
	const out = "https://a.example/c"
	for _, c := range []struct {
		job  Job
		want string
	}{
		{Job{Type: ExportRegistrations, OutputContainer: out}, ""},
		{Job{Type: ImportDeleteRegistrations, OutputContainer: out, ImportFile: out + "/f"}, ""},
		{Job{OutputContainer: out}, "Type is missing or unknown."},
		{Job{Type: ExportRegistrations}, "OutputContainerUri is missing."},
		{Job{Type: ImportCreateRegistrations, OutputContainer: out}, "ImportFileUri is missing: an import needs a file."},
		{Job{Type: ExportRegistrations, OutputContainer: out, InputProperties: many}, "InputProperties has 33 entries; at most 32 are allowed."},
		{Job{Type: ExportRegistrations, OutputContainer: out, InputProperties: map[string]string{"k": strings.Repeat("x", 1025)}},
			"InputProperties has a name or a value with more than 1024 bytes."},
	} {
		err := c.job.Validate()
		var wrong *Invalid
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &wrong) || wrong.Msg != c.want) {
			t.Errorf("%+v: %v, want %q", c.job, err, c.want)
		}
	}
}
