package notificationhubs_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// The dump shows everything but the token and a browser's secret.
func TestDump(t *testing.T) {
	t.Parallel()
	var dump strings.Builder
	client, _ := fake(t, nh.ClientOptions{Debug: &dump, TestSend: true, UserAgent: "test/1"}, func(int, *http.Request) (*http.Response, error) {
		return respond(http.StatusCreated, outcome, "TrackingId", "t-1")
	})
	_, err := client.SendDirect(t.Context(), nh.NewBrowserNotification(`{"a":"b"}`, nil), nh.Device{Handle: "https://push.example/x", P256DH: "p", Auth: "browser-secret"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `--- REQUEST ---
POST https://hub.example/MyHub/messages?api-version=2020-06&direct&test
Auth: [redacted]
Authorization: [redacted]
Content-Type: application/json;charset=utf-8
P256dh: p
Servicebusnotification-Devicehandle: https://push.example/x
Servicebusnotification-Format: browser
User-Agent: test/1

{"a":"b"}
--- END REQUEST ---
--- RESPONSE ---
Created
Trackingid: t-1

` + outcome + `
--- END RESPONSE ---
`
	if got := dump.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Every attempt is dumped, a failure's answer too.
func TestDumpOfRetries(t *testing.T) {
	t.Parallel()
	var dump strings.Builder
	client, _ := setup(t, nh.ClientOptions{Debug: &dump, Retry: &nh.RetryOptions{Attempts: 2, Base: 1}}, func(n int, w http.ResponseWriter, r request) {
		if n == 1 {
			always(http.StatusServiceUnavailable, "<Error><Code>503</Code><Detail>Busy.</Detail></Error>")(n, w, r)
			return
		}
		accepted(n, w, r)
	})
	if err := send(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	got := dump.String()
	for text, want := range map[string]int{"--- REQUEST ---": 2, "--- RESPONSE ---": 2, "503 Service Unavailable": 1, "Busy.": 1, "201 Created": 1, "SharedAccessSignature": 0, key: 0} {
		if n := strings.Count(got, text); n != want {
			t.Errorf("%q is there %d times, want %d:\n%s", text, n, want, got)
		}
	}
}

// A writer that is not safe for concurrent use is written to by one at a time,
// and each dump in one piece.
func TestDumpIsSerial(t *testing.T) {
	t.Parallel()
	var dump strings.Builder
	client, _ := fake(t, nh.ClientOptions{Debug: &dump}, func(int, *http.Request) (*http.Response, error) { return respond(http.StatusCreated, "") })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := send(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	piece := regexp.MustCompile(`(?s)--- (REQUEST|RESPONSE) ---.*?--- END (REQUEST|RESPONSE) ---`)
	pieces := piece.FindAllStringSubmatch(dump.String(), -1)
	if len(pieces) != 40 {
		t.Errorf("%d dumps, want 40", len(pieces))
	}
	for _, p := range pieces {
		if p[1] != p[2] {
			t.Errorf("a dump within another:\n%s", p[0])
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestDumpThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	client, _ := fake(t, nh.ClientOptions{Debug: fullDisk{}}, func(int, *http.Request) (*http.Response, error) { return respond(http.StatusCreated, "") })
	if err := send(t.Context(), client); err != nil {
		t.Errorf("a send failed for its dump: %v", err)
	}
}
