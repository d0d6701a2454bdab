package job_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func TestExport(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	var want strings.Builder
	for i := range 40 { // some blocks of 2,000 bytes, and more than a page
		id := fmt.Sprintf("%d-1-1", i)
		f.put(hub.Registration{ID: id, Platform: hub.GCM, Handle: fmt.Sprint("h", i), Tags: []string{"a", "b"}, UpdatedAt: now})
		want.WriteString(described(id, fmt.Sprint("h", i), "a,b", 1) + "\n")
	}
	f.put(hub.Registration{ID: "gone", Platform: hub.GCM, Handle: "x", UpdatedAt: now, ExpiresAt: now})
	f.put(hub.Registration{ID: "t", Platform: hub.ADM, Handle: "adm", Template: &hub.TemplateBody{Body: "{\n}"}, UpdatedAt: now, ExpiresAt: now.Add(time.Hour)})
	want.WriteString(`<AdmTemplateRegistrationDescription` + connect + `><ETag>1</ETag><ExpirationTime>2030-01-02T04:04:05.000Z</ExpirationTime><RegistrationId>t</RegistrationId><AdmRegistrationId>adm</AdmRegistrationId><BodyTemplate><![CDATA[{]]>&#xA;<![CDATA[}]]></BodyTemplate></AdmTemplateRegistrationDescription>` + "\n")
	if got, _ := f.completed(hub.ExportRegistrations); got != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	if got, _ := f.completed(hub.ExportRegistrations); got != "" {
		t.Errorf("got %q", got)
	}
}

// An export that dies anywhere still has every registration once.
func TestExportDiesAnywhere(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	var want strings.Builder
	for i := range 40 {
		id := fmt.Sprintf("%d-1-1", i)
		f.put(hub.Registration{ID: id, Platform: hub.GCM, Handle: "h", Tags: []string{"t"}, UpdatedAt: now})
		want.WriteString(described(id, "h", "t", 1) + "\n")
	}
	deaths := 0
	for nth, died := int64(1), true; died; nth++ {
		for _, after := range []bool{false, true} {
			died = f.dieOnce(nth, after, hub.ExportRegistrations, func(output, _ string) {
				if output != want.String() {
					t.Fatalf("died at write %d (after it: %t): got\n%s\nwant\n%s", nth, after, output, want.String())
				}
			})
			if died {
				deaths++
			}
		}
	}
	if deaths < 10 {
		t.Errorf("it died %d times: the hub is too small to prove anything", deaths)
	}
}
