package notificationhubs_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/wire"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func TestSendDirectBatch(t *testing.T) {
	t.Parallel()
	handles := []string{"https://a/?token=1&b=c", `x"y`}
	for format, n := range map[string]*nh.Notification{
		"windows": nh.NewWindowsNotification("<toast/>", nil), "apple": nh.NewAppleNotification(`{"aps":{}}`, &nh.AppleOptions{Priority: 5}),
	} {
		client, rec := setup(t, nh.ClientOptions{}, accepted)
		sent, err := client.SendDirectBatch(t.Context(), n, handles)
		if err != nil {
			t.Fatal(err)
		}
		if sent.NotificationID != "NH-1" || sent.TrackingID != "t-1" || sent.Outcome != nil {
			t.Errorf("%+v", sent)
		}
		r := rec.last()
		if r.method != "POST" || r.uri != "/MyHub/messages/$batch?api-version=2020-06&direct" || r.header.Get("ServiceBusNotification-Format") != format {
			t.Errorf("%s %s, format %q", r.method, r.uri, r.header.Get("ServiceBusNotification-Format"))
		}
		want := map[string]headers{"windows": {"X-WNS-Type": "wns/toast"}, "apple": {"apns-priority": "5"}}[format]
		for name, value := range want {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		}
		if kind := r.header.Get("Content-Type"); !strings.HasPrefix(kind, `multipart/mixed; boundary="`) {
			t.Errorf("Content-Type %q", kind)
		}
		b, err := wire.DecodeBatch(r.header.Get("Content-Type"), []byte(r.body))
		body, kind := "<toast/>", "application/xml"
		if format == "apple" {
			body, kind = `{"aps":{}}`, "application/json;charset=utf-8"
		}
		if err != nil || string(b.Body) != body || b.ContentType != kind || !slices.Equal(b.Handles, handles) {
			t.Errorf("%+v, %v", b, err)
		}
		if _, err := client.SendDirectBatch(t.Context(), n, slices.Repeat([]string{"a"}, nh.MaxBatch)); err != nil {
			t.Error(err)
		}
		if first, second := r.header.Get("Content-Type"), rec.last().header.Get("Content-Type"); first == second {
			t.Errorf("two batches have one boundary: %s", first)
		}
	}
}

// What cannot be a batch is not sent.
func TestSendDirectBatchRefuses(t *testing.T) {
	t.Parallel()
	one := []string{"a"}
	client, rec := setup(t, nh.ClientOptions{}, accepted)
	for name, c := range map[string]struct {
		n       *nh.Notification
		handles []string
	}{
		"nothing":         {nil, one},
		"a bad payload":   {nh.NewADMNotification("x"), one},
		"a template":      {nh.NewTemplateNotification(nil), one},
		"browsers":        {nh.NewBrowserNotification("x", nil), one},
		"no handles":      {nh.NewADMNotification("{}"), nil},
		"too many":        {nh.NewADMNotification("{}"), slices.Repeat(one, nh.MaxBatch+1)},
		"an empty handle": {nh.NewADMNotification("{}"), []string{"a", " "}},
	} {
		if _, err := client.SendDirectBatch(t.Context(), c.n, c.handles); err == nil {
			t.Errorf("%s was sent", name)
		} else if strings.Contains(name, "empty") && !strings.Contains(err.Error(), "handle 2 ") {
			t.Error(err)
		}
	}
	if all := rec.all(); len(all) != 0 {
		t.Errorf("%d requests", len(all))
	}
	tests, rec := setup(t, nh.ClientOptions{TestSend: true}, accepted)
	if _, err := tests.SendDirectBatch(t.Context(), nh.NewADMNotification("{}"), one); err == nil || len(rec.all()) != 0 {
		t.Errorf("a client of test sends: %v, after %d requests", err, len(rec.all()))
	}
	// It may have been accepted: it is not sent again.
	failing, rec := setup(t, nh.ClientOptions{Retry: &nh.RetryOptions{Attempts: 3, Base: 1}}, always(http.StatusInternalServerError, ""))
	if _, err := failing.SendDirectBatch(t.Context(), nh.NewADMNotification("{}"), one); err == nil || len(rec.all()) != 1 {
		t.Errorf("%v after %d requests", err, len(rec.all()))
	}
}
