package notificationhubs_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func record(handle, further string) string {
	return `<?xml version="1.0" encoding="utf-16"?><PnsFeedback xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><FeedbackTime>2030-01-02T03:04:05.1Z</FeedbackTime><NotificationSystemError>ExpiredChannel</NotificationSystemError><Platform>windows</Platform><PnsHandle>` +
		handle + `</PnsHandle>` + further + `</PnsFeedback>`
}

// storage answers as a hub does and as the storage behind it. Its list has two
// pages, and records stand on lines or do not.
func storage(container func() string) func(int, http.ResponseWriter, request) {
	return func(_ int, w http.ResponseWriter, r request) {
		var body string
		switch r.uri {
		case "/MyHub/feedbackcontainer?api-version=2020-06":
			body = container() + "\n"
		case "/account/feedback?sr=c&sig=x%2By&restype=container&comp=list":
			body = `<EnumerationResults><Blobs><Blob><Name>01012030</Name></Blob></Blobs><NextMarker>a&amp;b</NextMarker></EnumerationResults>`
		case "/account/feedback?sr=c&sig=x%2By&restype=container&comp=list&marker=a%26b":
			body = `<EnumerationResults><Blobs><Blob><Name>01022030</Name></Blob></Blobs><NextMarker/></EnumerationResults>`
		case "/account/feedback/01012030?sr=c&sig=x%2By":
			body = record("a", "<RegistrationId>r</RegistrationId><NotificationId>NH-1</NotificationId>") + record("b", "<InstallationId>i</InstallationId>")
		case "/account/feedback/01022030?sr=c&sig=x%2By", "/account/NH-1?sr=b&sig=z":
			body = record("c", "<NewPnsHandle>d</NewPnsHandle>") + "\r\n"
		default:
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, body) // a failure is the client's to see
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	var rec *recorder
	var client *nh.Client
	client, rec = setup(t, nh.ClientOptions{}, storage(func() string { return rec.URL + "/account/feedback?sr=c&sig=x%2By" }))
	at := time.Date(2030, 1, 2, 3, 4, 5, 1e8, time.UTC)
	base := nh.Feedback{Time: at, Error: "ExpiredChannel", Platform: nh.WNS}
	a, b, c := base, base, base
	a.Handle, a.RegistrationID, a.NotificationID = "a", "r", "NH-1"
	b.Handle, b.InstallationID = "b", "i"
	c.Handle, c.NewHandle = "c", "d"
	var got []nh.Feedback
	for f, err := range client.Feedback(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f)
	}
	if diff := cmp.Diff([]nh.Feedback{a, b, c}, got); diff != "" {
		t.Error(diff)
	}
	got = nil
	for f, err := range client.NotificationErrors(t.Context(), &nh.NotificationDetails{PnsErrorDetailsURI: rec.URL + "/account/NH-1?sr=b&sig=z"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f)
	}
	if diff := cmp.Diff([]nh.Feedback{c}, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range rec.all() {
		if hub := strings.HasPrefix(r.uri, "/MyHub/"); hub != (r.header.Get("Authorization") != "") {
			t.Errorf("%s has the token %q", r.uri, r.header.Get("Authorization"))
		}
	}
	for range client.NotificationErrors(t.Context(), &nh.NotificationDetails{}) {
		t.Error("a send without errors has some")
	}
}

func TestFeedbackContainer(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, always(http.StatusOK, "https://a.example/c?sr=c&sig=x%2By\r\n"))
	got, err := client.FeedbackContainer(t.Context())
	if err != nil || got != "https://a.example/c?sr=c&sig=x%2By" {
		t.Errorf("%q, %v", got, err)
	}
	if r := rec.last(); r.method != "GET" || r.uri != "/MyHub/feedbackcontainer?api-version=2020-06" {
		t.Errorf("%s %s", r.method, r.uri)
	}
}

// Storage that is busy, or breaks the connection, is asked again: for a page of
// the list and for a file.
func TestFeedbackIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bodies := map[int]string{
			1: "https://a.example/c?sig=x",
			3: `<EnumerationResults><Blobs><Blob><Name>f</Name></Blob></Blobs></EnumerationResults>`,
			5: record("a", ""),
		}
		client, times := fake(t, nh.ClientOptions{}, func(n int, _ *http.Request) (*http.Response, error) {
			switch n {
			case 2:
				return respond(http.StatusServiceUnavailable, "", "Retry-After", "7")
			case 4:
				return nil, io.ErrUnexpectedEOF
			}
			return respond(http.StatusOK, bodies[n])
		})
		var got []string
		for f, err := range client.Feedback(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f.Handle)
		}
		if len(got) != 1 || got[0] != "a" || len(*times) != 5 {
			t.Fatalf("%q after %d requests", got, len(*times))
		}
		if wait := (*times)[2].Sub((*times)[1]); wait != 7*time.Second {
			t.Errorf("it was asked again after %v, want 7s", wait)
		}
	})
}

// A loop that is left reads no more.
func TestFeedbackIsLeft(t *testing.T) {
	t.Parallel()
	var rec *recorder
	var client *nh.Client
	client, rec = setup(t, nh.ClientOptions{}, storage(func() string { return rec.URL + "/account/feedback?sr=c&sig=x%2By" }))
	for _, err := range client.Feedback(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if n := len(rec.all()); n != 3 { // the container, a page of the list, a file
		t.Errorf("%d requests", n)
	}
}

// What cannot be read is an error, which shows no signature.
func TestFeedbackFails(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(string, int) (int, string){
		"the hub refuses":     func(string, int) (int, string) { return 401, "" },
		"no URL":              func(string, int) (int, string) { return 200, "://SECRET" },
		"the storage refuses": func(base string, n int) (int, string) { return []int{200, 403}[n-1], base + "/c?sig=SECRET" },
		"no list":             func(base string, _ int) (int, string) { return 200, base + "/c?sig=SECRET" },
		"unreachable":         func(string, int) (int, string) { return 200, "http://127.0.0.1:1/c?sig=SECRET" },
		"for ever the same page": func(base string, n int) (int, string) {
			return 200, []string{base + "/c?sig=SECRET", "", ""}[min(n, 3)-1] + map[bool]string{true: `<EnumerationResults><NextMarker>m</NextMarker></EnumerationResults>`}[n > 1]
		},
		"broken records": func(base string, n int) (int, string) {
			return 200, []string{base + "/c?sig=SECRET", `<EnumerationResults><Blobs><Blob><Name>a</Name></Blob></Blobs></EnumerationResults>`, "<PnsFeedback>"}[n-1]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rec *recorder
			var client *nh.Client
			client, rec = setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, _ request) {
				status, body := answer(rec.URL, n)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body) // a failure is the client's to see
			})
			seen := 0
			for _, err := range client.Feedback(t.Context()) {
				if seen++; err == nil || strings.Contains(fmt.Sprint(err), "SECRET") {
					t.Errorf("%v", err)
				}
			}
			if seen != 1 {
				t.Errorf("%d turns of the loop, want one with an error", seen)
			}
		})
	}
}
