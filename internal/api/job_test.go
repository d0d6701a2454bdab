package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/api"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/job"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// jobEntry is what a client submits.
func jobEntry(members string) string {
	return `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><NotificationHubJob xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">` +
		members + `</NotificationHubJob></content></entry>`
}

const jobURL = `https://account.blob.core.windows.net/jobs?sp=rwl&amp;sig=x`

var exportJob = jobEntry(`<Type>ExportRegistrations</Type><OutputContainerUri>` + jobURL + `</OutputContainerUri>`)

// Each mistake in a job is Azure's sentence, and then what it is.
func TestJobRefusals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const azure = "The supplied notificationhub job payload is invalid. "
	for name, c := range map[string]struct{ body, want string }{
		"not XML":             {"x", "The XML has text outside its root element."},
		"a registration":      {description("Apple", `<DeviceToken>00AA</DeviceToken>`), "An entry is expected whose content element holds one NotificationHubJob."},
		"no type":             {jobEntry(`<OutputContainerUri>` + jobURL + `</OutputContainerUri>`), "Type is missing or unknown."},
		"an unknown type":     {jobEntry(`<Type>ImportRegistrations</Type><OutputContainerUri>` + jobURL + `</OutputContainerUri>`), "Type is missing or unknown."},
		"no container":        {jobEntry(`<Type>ExportRegistrations</Type>`), "OutputContainerUri is missing."},
		"no file":             {jobEntry(`<Type>ImportCreateRegistrations</Type><OutputContainerUri>` + jobURL + `</OutputContainerUri>`), "ImportFileUri is missing: an import needs a file."},
		"a foreign container": {jobEntry(`<Type>ExportRegistrations</Type><OutputContainerUri>https://evil.example/c?sig=SECRET</OutputContainerUri>`), "OutputContainerUri is not valid: https://evil.example is not a storage that this server may use."},
		"metadata as a file": {jobEntry(`<Type>ImportCreateRegistrations</Type><OutputContainerUri>` + jobURL + `</OutputContainerUri><ImportFileUri>http://169.254.169.254/latest</ImportFileUri>`),
			"ImportFileUri is not valid: http://169.254.169.254 is not a storage that this server may use."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.call("POST", "/MyHub/jobs", c.body).refused(400, azure+c.want)
		})
	}
	f.call("GET", "/MyHub/jobs/none", "").refused(404, "The job is not known, or is no longer kept.")
	f.call("POST", "/MyHub/jobs", strings.Repeat("x", 200<<10)).refused(413, "The request body has more than 131072 bytes.")
	if strings.Contains(f.log.String(), "SECRET") {
		t.Error("a signature is in the log")
	}
}

// What a job has become is read as clients read it.
func TestJobEnds(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("MyHub")
		for _, s := range []hub.JobStatus{hub.JobRunning, hub.JobCompleted, hub.JobFailed} {
			j := hub.Job{
				HubID: h.ID, ID: "job" + s.String(), Type: hub.ImportUpsertRegistrations, OutputContainer: "https://o.example/", ImportFile: "https://i.example/",
				InputProperties: map[string]string{"k": "v"}, CreatedAt: now,
			}
			err = errors.Join(err, tx.InsertJob(&j))
			j.Status, j.UpdatedAt = s, now.Add(time.Second)
			switch s {
			case hub.JobRunning:
				j.Progress = 1234
			case hub.JobCompleted:
				j.Progress, j.OutputPath, j.FailedPath = 10_000, "/MyHub/1/Output.txt", "/MyHub/1/Failed.txt"
			case hub.JobFailed:
				j.Failure = "no storage"
			}
			err = errors.Join(err, tx.UpdateJob(&j))
		}
		return err
	})
	read := func(s hub.JobStatus) wire.Job {
		t.Helper()
		j, err := wire.DecodeJobEntry(strings.NewReader(f.call("GET", "/MyHub/jobs/job"+s.String(), "").want(200).body))
		if err != nil || j.Status != s.String() || j.Type != "ImportUpsertRegistrations" || j.InputProperties["k"] != "v" || !j.CreatedAt.Equal(now) || !j.UpdatedAt.Equal(now.Add(time.Second)) {
			t.Errorf("%s: %+v, %v", s, j, err)
		}
		return j
	}
	if j := read(hub.JobRunning); j.Progress != 12.34 || j.OutputProperties != nil || j.Failure != "" {
		t.Errorf("running: %+v", j)
	}
	if j := read(hub.JobCompleted); j.Progress != 100 || j.OutputProperties["OutputFilePath"] != "/MyHub/1/Output.txt" || j.OutputProperties["FailedFilePath"] != "/MyHub/1/Failed.txt" {
		t.Errorf("completed: %+v", j)
	}
	if j := read(hub.JobFailed); j.Failure != "no storage" {
		t.Errorf("failed: %+v", j)
	}
	f.call("GET", "/daily/jobs/jobFailed", "").refused(404, "The job is not known, or is no longer kept.") // another hub's
}

type tooMany struct{}

func (tooMany) Submit(context.Context, *hub.Job) error { return job.ErrTooMany }

func TestTooManyJobs(t *testing.T) {
	t.Parallel()
	f := setupWith(t, func(c *api.Config) { c.Jobs = tooMany{} })
	got := f.call("POST", "/MyHub/jobs", exportJob).refused(429, "The hub has too many unfinished jobs. Wait for some to end.")
	if after := got.header.Get("Retry-After"); after != "60" {
		t.Errorf("Retry-After %q", after)
	}
}
