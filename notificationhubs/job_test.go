package notificationhubs_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// jobAnswer is an entry as Azure gives it: the id twice in the links, Started
// and a progress of nothing left out.
func jobAnswer(members string) string {
	return `<entry xmlns="http://www.w3.org/2005/Atom"><id>https://h.example/MyHub/jobs/1/1?api-version=2020-06</id><title type="text">1</title><content type="application/xml"><NotificationHubJob xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><JobId>1</JobId>` +
		members + `</NotificationHubJob></content></entry>`
}

const (
	container = "https://account.blob.core.windows.net/jobs?sp=rwl&sig=out"
	file      = "https://account.blob.core.windows.net/jobs/in?sig=in"
)

func TestSubmitJob(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusCreated, jobAnswer(`<Type>ImportUpsertRegistrations</Type><OutputContainerUri>`+strings.ReplaceAll(container, "&", "&amp;")+`</OutputContainerUri><CreatedAt>2030-01-02T03:04:05.0000000Z</CreatedAt>`)))
	got, err := client.SubmitJob(t.Context(), nh.JobRequest{
		Type: nh.ImportUpsertRegistrations, OutputContainerURL: container, ImportFileURL: file, InputProperties: map[string]string{"k": "v"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &nh.Job{ID: "1", Type: nh.ImportUpsertRegistrations, Status: "Started", OutputContainerURL: container, CreatedAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	const body = `<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><NotificationHubJob xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Type>ImportUpsertRegistrations</Type><OutputContainerUri>https://account.blob.core.windows.net/jobs?sp=rwl&amp;sig=out</OutputContainerUri><ImportFileUri>https://account.blob.core.windows.net/jobs/in?sig=in</ImportFileUri><InputProperties xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><d3p1:KeyValueOfstringstring><d3p1:Key>k</d3p1:Key><d3p1:Value>v</d3p1:Value></d3p1:KeyValueOfstringstring></InputProperties></NotificationHubJob></content></entry>`
	if r := rec.last(); r.method != "POST" || r.uri != "/MyHub/jobs?api-version=2020-06" || r.body != body || r.header.Get("Content-Type") != "application/atom+xml;type=entry;charset=utf-8" {
		t.Errorf("%s %s %s\n%s", r.method, r.uri, r.header.Get("Content-Type"), r.body)
	}
}

// A job that may have been taken is not submitted again.
func TestSubmitJobOnce(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Attempts: 3, Base: 1}}, always(http.StatusInternalServerError, ""))
	if _, err := client.SubmitJob(t.Context(), nh.JobRequest{Type: nh.ExportRegistrations, OutputContainerURL: container}); err == nil || len(rec.all()) != 1 {
		t.Errorf("%d requests, %v", len(rec.all()), err)
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	const outputs = `<OutputProperties xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><d3p1:KeyValueOfstringstring><d3p1:Key>FailedFilePath</d3p1:Key><d3p1:Value>/h/1/Failed.txt</d3p1:Value></d3p1:KeyValueOfstringstring><d3p1:KeyValueOfstringstring><d3p1:Key>OutputFilePath</d3p1:Key><d3p1:Value>/h/1/Output.txt</d3p1:Value></d3p1:KeyValueOfstringstring></OutputProperties>`
	completed := jobAnswer(`<Progress>100.00</Progress><Type>ImportCreateRegistrations</Type><Status>Completed</Status><OutputContainerUri>o</OutputContainerUri><ImportFileUri>i</ImportFileUri>` + outputs)
	failed := jobAnswer(`<Progress>1.5</Progress><Type>ExportRegistrations</Type><Status>Failed</Status><OutputContainerUri>o</OutputContainerUri><Failure>no storage</Failure>`)
	client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
		if strings.Contains(r.uri, "/jobs/") {
			always(http.StatusOK, completed)(n, w, r)
			return
		}
		always(http.StatusOK, `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Jobs</title>`+completed+failed+`</feed>`)(n, w, r)
	})
	one, err := client.Job(t.Context(), "1")
	if err != nil || rec.last().uri != "/MyHub/jobs/1?api-version=2020-06" {
		t.Fatalf("%v, %s", err, rec.last().uri)
	}
	want := nh.Job{ID: "1", Type: nh.ImportCreateRegistrations, Status: "Completed", Progress: 100, OutputContainerURL: "o", ImportFileURL: "i", OutputPath: "/h/1/Output.txt", FailedPath: "/h/1/Failed.txt"}
	if diff := cmp.Diff(&want, one); diff != "" || !one.Final() {
		t.Error(diff)
	}
	all, err := collectJobs(client.Jobs(t.Context()))
	if err != nil || rec.last().uri != "/MyHub/jobs?api-version=2020-06" {
		t.Fatalf("%v, %s", err, rec.last().uri)
	}
	if diff := cmp.Diff([]nh.Job{want, {ID: "1", Type: nh.ExportRegistrations, Status: "Failed", Progress: 1.5, OutputContainerURL: "o", Failure: "no storage"}}, all); diff != "" {
		t.Error(diff)
	}
	for j := range client.Jobs(t.Context()) {
		if j.ID != want.ID {
			t.Errorf("the first is %s", j.ID)
		}
		break
	}
}

func collectJobs(list iter.Seq2[nh.Job, error]) (jobs []nh.Job, err error) {
	for j, e := range list {
		if e != nil {
			return jobs, e
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func TestWaitForJob(t *testing.T) {
	t.Parallel()
	statuses := func(all ...string) transport {
		return func(n int, _ *http.Request) (*http.Response, error) {
			return respond(http.StatusOK, jobAnswer(fmt.Sprintf(`<Progress>%d</Progress><Type>ExportRegistrations</Type>%s`, n, all[min(n, len(all))-1])))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := fake(t, nh.ClientOptions{}, statuses("", "<Status>Running</Status>", "<Status>Failed</Status><Failure>f</Failure>"))
		var seen []float64
		j, err := client.WaitForJob(t.Context(), "1", func(j *nh.Job) { seen = append(seen, j.Progress) })
		if err != nil || j.Status != "Failed" || j.Failure != "f" || fmt.Sprint(seen) != "[1 2 3]" {
			t.Errorf("%+v after %v, %v", j, seen, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		client, _ := fake(t, nh.ClientOptions{}, statuses("<Status>Running</Status>"))
		j, err := client.WaitForJob(ctx, "1", nil)
		if !errors.Is(err, context.DeadlineExceeded) || j == nil || j.Status != "Running" {
			t.Errorf("%+v, %v", j, err)
		}
	})
	client, _ := setup(t, nh.ClientOptions{}, always(http.StatusNotFound, ""))
	if j, err := client.WaitForJob(t.Context(), "1", nil); err == nil || j != nil {
		t.Errorf("an unknown job: %+v, %v", j, err)
	}
	client, _ = setup(t, nh.ClientOptions{}, always(http.StatusOK, "no XML"))
	if _, err := collectJobs(client.Jobs(t.Context())); err == nil {
		t.Error("an answer that is none was taken")
	}
}

// The signatures of a job's URLs are no more seen than keys are.
func TestDumpOfJobs(t *testing.T) {
	t.Parallel()
	var dump strings.Builder
	client, _ := fake(t, nh.ClientOptions{Debug: &dump}, func(int, *http.Request) (*http.Response, error) {
		return respond(http.StatusCreated, jobAnswer(`<Type>ExportRegistrations</Type><OutputContainerUri><![CDATA[https://a.example/c?sig=SECRET]]></OutputContainerUri>`))
	})
	_, err := client.SubmitJob(t.Context(), nh.JobRequest{Type: nh.ExportRegistrations, OutputContainerURL: "https://a.example/c?sp=rw&sig=SECRET%3D&se=1", ImportFileURL: "https://a.example/f?sig=SECRET"})
	if err != nil {
		t.Fatal(err)
	}
	if got := dump.String(); strings.Contains(got, "SECRET") || strings.Count(got, "sig=[redacted]") != 3 || !strings.Contains(got, "&amp;se=1") {
		t.Errorf("the dump is %s", got)
	}
}
