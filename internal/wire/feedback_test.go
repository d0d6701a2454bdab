package wire_test

import (
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The members and their order are those of the .NET SDK's data contract.
func TestFeedbackBytes(t *testing.T) {
	t.Parallel()
	const head = `<?xml version="1.0" encoding="utf-16"?><PnsFeedback xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">`
	f := wire.Feedback{Time: time.Date(2030, 1, 2, 3, 4, 5, 1e8, time.UTC), Error: "ExpiredChannel", Platform: "wns", Handle: "https://h/?a=1&b", NotificationID: "NH-1"}
	want := head + `<FeedbackTime>2030-01-02T03:04:05.1Z</FeedbackTime><NotificationSystemError>ExpiredChannel</NotificationSystemError><Platform>windows</Platform><PnsHandle>https://h/?a=1&amp;b</PnsHandle><NotificationId>NH-1</NotificationId></PnsFeedback>` + "\n"
	if got := string(wire.AppendFeedback(nil, &f)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f.RegistrationID, f.InstallationID, f.NewHandle = "r", "i", "n"
	if got := string(wire.AppendFeedback(nil, &f)); !strings.Contains(got, `</PnsHandle><RegistrationId>r</RegistrationId><InstallationId>i</InstallationId><NotificationId>NH-1</NotificationId><NewPnsHandle>n</NewPnsHandle></PnsFeedback>`) {
		t.Errorf("all members: %s", got)
	}
}

func records(t *testing.T, text string) (all []wire.Feedback, failed []error) {
	t.Helper()
	r := wire.NewFeedbackReader(strings.NewReader(text))
	for {
		f, err := r.Next()
		var bad *wire.DecodeError
		switch {
		case err == nil:
			all = append(all, f)
		case errors.Is(err, io.EOF):
			return all, failed
		case errors.As(err, &bad):
			failed = append(failed, err)
		default:
			return all, append(failed, err)
		}
	}
}

// Records come back, on lines or one behind the other.
func TestFeedbackRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringMatching(`[a-z<>&"' ]{0,8}x`)
		var want []wire.Feedback
		text := ""
		for range rapid.IntRange(0, 4).Draw(rt, "records") {
			f := wire.Feedback{
				Time: time.Unix(rapid.Int64Range(0, 1<<32).Draw(rt, "time"), 0).UTC(), Error: "BadChannel",
				Platform: rapid.SampledFrom([]string{"apns", "mpns", "wns", "gcm", "adm", "baidu", "browser", "xiaomi", "fcmv1"}).Draw(rt, "platform"),
				Handle:   strings.TrimSpace(word.Draw(rt, "handle")), RegistrationID: strings.TrimSpace(word.Draw(rt, "id")), NewHandle: strings.TrimSpace(word.Draw(rt, "new")),
			}
			want = append(want, f)
			text += string(wire.AppendFeedback(nil, &f))
		}
		for _, form := range []string{text, strings.ReplaceAll(text, "\n", ""), strings.ReplaceAll(text, "\n", "\r\n"), "\ufeff" + text} {
			if got, failed := records(t, form); !reflect.DeepEqual(got, want) || failed != nil {
				rt.Fatalf("%q\nreads as %+v, %v", form, got, failed)
			}
		}
	})
}

// A record that is wrong does not hide the next; what has no records is no
// endless reading.
func TestFeedbackMistakes(t *testing.T) {
	t.Parallel()
	good := string(wire.AppendFeedback(nil, &wire.Feedback{Time: time.Unix(0, 0), Error: "BadChannel", Platform: "apns", Handle: "h"}))
	for name, c := range map[string]struct {
		text         string
		good, failed int
	}{
		"a wrong time":  {strings.Replace(good, "1970", "soon", 1) + good, 1, 1},
		"a wrong root":  {`<x></PnsFeedback>` + good, 1, 1},
		"no end":        {good + `<PnsFeedback><PnsHandle>`, 1, 1},
		"text":          {good + "and so on", 1, 1},
		"a long record": {strings.Replace(good, ">h<", ">"+strings.Repeat("h", 70<<10)+"<", 1) + good, 0, 1},
	} {
		if all, failed := records(t, c.text); len(all) != c.good || len(failed) != c.failed {
			t.Errorf("%s: %d records, %v", name, len(all), failed)
		}
	}
}

func TestBlobList(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	const want = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://h/" ContainerName="c"><Blobs><Blob><Name>01022030</Name><Properties><Last-Modified>Wed, 02 Jan 2030 03:04:05 GMT</Last-Modified><Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob></Blobs><NextMarker/></EnumerationResults>`
	got := string(wire.AppendBlobList(nil, "https://h/", "c", []wire.BlobItem{{Name: "01022030", LastModified: at}}))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	names, next, err := wire.DecodeBlobList(strings.NewReader(strings.Replace(want, "<NextMarker/>", "<NextMarker>m</NextMarker>", 1)))
	if err != nil || len(names) != 1 || names[0] != "01022030" || next != "m" {
		t.Errorf("%v, %q, %v", names, next, err)
	}
	if _, _, err := wire.DecodeBlobList(strings.NewReader("<Error><Code>AuthenticationFailed</Code></Error>")); err == nil {
		t.Error("an error is read as a list")
	}
}

// Reading never fails to end, and what it reads can be written.
func FuzzFeedback(f *testing.F) {
	f.Add(string(wire.AppendFeedback(nil, &wire.Feedback{Error: "BadChannel", Platform: "apns", Handle: "h"})))
	f.Add(`<PnsFeedback></PnsFeedback><PnsFeedback>`)
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := records(t, text)
		for i := range all {
			again, failed := records(t, string(wire.AppendFeedback(nil, &all[i])))
			if len(again) != 1 || failed != nil || again[0].Handle != all[i].Handle {
				t.Fatalf("%+v comes back as %+v, %v", all[i], again, failed)
			}
		}
	})
}

func FuzzBlobList(f *testing.F) {
	f.Add(`<EnumerationResults><Blobs><Blob><Name>a</Name></Blob></Blobs><NextMarker/></EnumerationResults>`)
	f.Fuzz(func(t *testing.T, text string) {
		names, _, err := wire.DecodeBlobList(strings.NewReader(text))
		if err != nil {
			return
		}
		var items []wire.BlobItem
		for _, n := range names {
			items = append(items, wire.BlobItem{Name: n})
		}
		again, next, err := wire.DecodeBlobList(strings.NewReader(string(wire.AppendBlobList(nil, "e", "c", items))))
		if err != nil || next != "" || !slices.Equal(again, names) {
			t.Fatalf("%q come back as %q, %q, %v", names, again, next, err)
		}
	})
}
