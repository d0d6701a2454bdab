package job_test

import (
	"errors"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
)

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	out := f.storage.URL("/out")
	for _, c := range []struct {
		job  hub.Job
		want string
	}{
		{hub.Job{OutputContainer: out}, "Type is missing or unknown."},
		{hub.Job{Type: hub.ExportRegistrations, OutputContainer: "https://evil.example/c?sig=SECRET"}, "OutputContainerUri is not valid: https://evil.example is not a storage that this server may use."},
		{hub.Job{Type: hub.ImportCreateRegistrations, OutputContainer: out, ImportFile: "http://169.254.169.254/x?sig=SECRET"}, "ImportFileUri is not valid: http://169.254.169.254 is not a storage that this server may use."},
	} {
		c.job.HubID = f.hub.ID
		err := f.jobs.Submit(t.Context(), &c.job)
		var wrong *hub.Invalid
		if !errors.As(err, &wrong) || wrong.Msg != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A hub has a hundred jobs under way at most.
func TestSubmitIsBounded(t *testing.T) {
	t.Parallel()
	f := setup(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	for range 100 {
		f.submit(hub.ExportRegistrations)
	}
	j := hub.Job{HubID: f.hub.ID, Type: hub.ExportRegistrations, OutputContainer: f.storage.URL("/out")}
	if err := f.jobs.Submit(t.Context(), &j); !errors.Is(err, job.ErrTooMany) {
		t.Errorf("the 101st: %v", err)
	}
}

// Ids are of Azure's form, and the newest compares lowest.
func TestJobID(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	old := f.submit(hub.ExportRegistrations)
	f.clock.Advance(time.Microsecond)
	young := f.submit(hub.ExportRegistrations)
	form := regexp.MustCompile(`^25[0-9]{17}[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	if !form.MatchString(old.ID) || !form.MatchString(young.ID) || young.ID >= old.ID {
		t.Errorf("the ids are %s and then %s", old.ID, young.ID)
	}
	f.idle(young.ID)
}
