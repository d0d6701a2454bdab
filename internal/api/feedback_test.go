package api_test

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// open reads a signed URL, with nothing but what stands in it; further
// parameters go behind the signature, as readers of Azure's containers do.
func (f *fixture) open(signed, further string) got {
	f.t.Helper()
	u, err := url.Parse(signed)
	if err != nil {
		f.t.Fatal(err)
	}
	if u.Host != host || u.Scheme != "https" {
		f.t.Fatalf("the URL leads to %s", signed)
	}
	return f.call("GET", u.RequestURI()+further, "", "Authorization", "")
}

// dropped registers and drops handles, a day each.
func (f *fixture) dropped(hubName string, at time.Time, handles ...string) {
	f.t.Helper()
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub(hubName)
		for _, handle := range handles {
			_, err2 := tx.DropHandle(h.ID, hub.GCM, store.Dead{Handle: handle}, at)
			r := hub.Registration{ID: handle, Platform: hub.GCM, Handle: handle, UpdatedAt: now}
			err = errors.Join(err, err2, tx.PutRegistration(h.ID, &r, nil, now))
			_, err2 = tx.DropHandle(h.ID, hub.GCM, store.Dead{Handle: handle, Outcome: hub.BadChannel, Notification: "NH-1"}, at)
			err = errors.Join(err, err2)
		}
		return err
	})
}

// The container lists a blob for each day, and each is read to its end, however
// many records it has.
func TestFeedbackContainer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var many []string
	for i := range 1201 { // three pages
		many = append(many, fmt.Sprint("h", i))
	}
	f.dropped("MyHub", now.Add(-24*time.Hour), many...)
	f.dropped("MyHub", now, "today")
	f.dropped("daily", now, "another hub's")
	container := f.call("GET", "/MyHub/feedbackcontainer?api-version=2015-01", "").want(200).body
	list := f.open(container, "&restype=container&comp=list").want(200)
	names, next, err := wire.DecodeBlobList(strings.NewReader(list.body))
	if err != nil || fmt.Sprint(names) != "[03032025 03042025]" || next != "" {
		t.Fatalf("%v, %q, %v", names, next, err)
	}
	if got := f.open(container, "&restype=container&comp=list&prefix=0304").want(200).body; strings.Count(got, "<Blob>") != 1 || !strings.Contains(got, "<Name>03042025</Name><Properties><Last-Modified>Tue, 04 Mar 2025 05:06:07 GMT<") {
		t.Errorf("with a prefix: %s", got)
	}
	base, query, _ := strings.Cut(container, "?")
	records := func(name string) (handles []string) {
		t.Helper()
		r := wire.NewFeedbackReader(strings.NewReader(f.open(base+"/"+name+"?"+query, "").want(200).body))
		for {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				return handles
			}
			if err != nil {
				t.Fatal(err)
			}
			if record.Error != "BadChannel" || record.Platform != "gcm" || record.NotificationID != "NH-1" || record.RegistrationID != record.Handle {
				t.Fatalf("%+v", record)
			}
			handles = append(handles, record.Handle)
		}
	}
	if got := records("03032025"); fmt.Sprint(got) != fmt.Sprint(many) {
		t.Errorf("yesterday has %d records, want %d", len(got), len(many))
	}
	if got := records("03042025"); fmt.Sprint(got) != "[today]" {
		t.Errorf("today has %v", got)
	}
	const none = "The specified blob does not exist."
	for _, name := range []string{"03052025", "x", "..", "03042025x"} {
		got := f.open(base+"/"+name+"?"+query, "").want(404)
		if got.header.Get("x-ms-error-code") != "BlobNotFound" || !strings.HasSuffix(got.body, "<Code>BlobNotFound</Code><Message>"+none+"</Message></Error>") {
			t.Errorf("%s: %v %s", name, got.header, got.body)
		}
	}
	meet(none)
}

// A signed URL opens no more than it says, and no longer; each refusal is the
// blob service's.
func TestSignedURLs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.dropped("MyHub", now, "h")
	container := f.call("GET", "/MyHub/feedbackcontainer", "").want(200).body
	refused := func(what, address, message string) {
		t.Helper()
		got := f.open(address, "")
		if got.status != 403 || got.header.Get("x-ms-error-code") != "AuthenticationFailed" ||
			got.body != `<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>`+message+`</Message></Error>` {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
		meet(message)
	}
	base, query, _ := strings.Cut(container, "?")
	const wrong = "The URL has an invalid signature."
	refused("another hub", strings.Replace(container, "MyHub", "daily", 1), wrong)
	refused("no such hub", strings.Replace(container, "MyHub", "none", 1), wrong)
	refused("another permission", strings.Replace(container, "sp=rl", "sp=rlw", 1), wrong)
	refused("a permission that is missing", strings.Replace(container, "sp=rl", "sp=w", 1), "The URL's signature does not allow this.")
	refused("no signature", base, "The URL carries no signature for this address.")
	refused("of errors", strings.Replace(base, "feedback", "errors", 1)+"/NH-1?"+query, "The URL carries no signature for this address.")
	f.open(strings.Replace(container, "MyHub", "MYHUB", 1), "").want(200)

	// One key signs as well as the other; the namespace's own too.
	for _, token := range []string{f.tokenOf("Full", secondKey), f.tokenOf("Root", namespaceKey)} {
		f.open(f.call("GET", "/MyHub/feedbackcontainer", "", "Authorization", token).want(200).body, "").want(200)
	}
	f.clock.Advance(24*time.Hour + time.Second)
	refused("a day later", container, "The URL's signature has expired.")
	f.clock.Advance(-24*time.Hour - time.Second)
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("MyHub")
		h.Rules[0].PrimaryKey = listenKey
		return errors.Join(err, tx.PutHub(&h))
	})
	refused("the key is another", container, wrong)
}

// Telemetry names the errors of a send, to whoever manages the hub; they are
// read from there.
func TestErrorDetails(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.call("POST", "/MyHub/messages", `{"aps":{}}`, "ServiceBusNotification-Format", "apple").want(201)
	f.call("POST", "/MyHub/messages", `{"aps":{}}`, "ServiceBusNotification-Format", "apple").want(201)
	good, bad := notificationID(1), notificationID(2)
	f.update(func(tx store.Tx) error {
		h, err := tx.Hub("MyHub")
		return errors.Join(err,
			tx.AddOutcomes(h.ID, good, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 3}, {Platform: hub.APNs, Outcome: hub.Skipped, N: 1}}),
			tx.AddOutcomes(h.ID, bad, []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 3}, {Platform: hub.WNS, Outcome: hub.ExpiredChannel, N: 1}}))
	})
	details := func(id, token string) string {
		t.Helper()
		d, err := wire.DecodeNotificationDetails(strings.NewReader(f.call("GET", "/MyHub/messages/"+id, "", "Authorization", token).want(200).body))
		if err != nil {
			t.Fatal(err)
		}
		return d.PnsErrorDetailsURI
	}
	if got := details(good, f.token()); got != "" {
		t.Errorf("a send without errors has %s", got)
	}
	if got := details(bad, f.tokenOf("Send", sendKey)); got != "" {
		t.Errorf("who may only send gets %s", got)
	}
	address := details(bad, f.token())
	const head = `<?xml version="1.0" encoding="utf-16"?><PnsFeedback xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><FeedbackTime>2025-03-04T05:06:07Z</FeedbackTime>`
	want := head + `<NotificationSystemError>ExpiredChannel</NotificationSystemError><Platform>windows</Platform><PnsHandle>https://db3.notify.windows.com/?a=1&amp;b=2</PnsHandle><RegistrationId>1-2-3</RegistrationId><NotificationId>` + bad + `</NotificationId></PnsFeedback>` + "\n" +
		head + `<NotificationSystemError>PnsUnreachable</NotificationSystemError><Platform>apple</Platform><PnsHandle>00AA</PnsHandle><InstallationId>i</InstallationId><NotificationId>` + bad + `</NotificationId></PnsFeedback>` + "\n"
	if got := f.open(address, "").want(200); got.body != want || got.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%s\nwant\n%s", got.body, want)
	}
	f.open(strings.Replace(address, bad, good, 1), "").want(403)

	// What cannot be read to its end ends with an error, and not like a whole.
	f.dispatch.faultsErr = errors.New("the disk is gone")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.client.Get(f.server.URL + u.RequestURI())
	if err != nil {
		return // before anything was sent
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("status %d, and %d bytes that end well", resp.StatusCode, len(b))
	}
}
