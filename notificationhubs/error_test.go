package notificationhubs_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Errors in every form that Azure has been seen to send.
func TestResponseErrors(t *testing.T) {
	t.Parallel()
	const xmlns = ` xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`
	for name, c := range map[string]struct {
		status int
		header headers
		body   string
		want   nh.ResponseError
		says   string
	}{
		"an older front end names the id in the sentence": {
			404, nil, "<Error><Code>404</Code><Detail>Installation not found.TrackingId:cc8c4f9b-fd82_G3,TimeStamp:11/7/2018 12:18:37 AM</Detail></Error>",
			nh.ResponseError{Code: 404, Detail: "Installation not found.TrackingId:cc8c4f9b-fd82_G3,TimeStamp:11/7/2018 12:18:37 AM", TrackingID: "cc8c4f9b-fd82_G3"},
			": 404 Not Found: Installation not found.TrackingId:cc8c4f9b-fd82_G3,TimeStamp:11/7/2018 12:18:37 AM",
		},
		"a newer one also in a header": {
			500, headers{"TrackingId": "t-9"}, "<Error" + xmlns + "><Code>500</Code><Detail>Unknown error has occured. TrackingId:t-9,TimeStamp:10/14/2022 4:10:33 PM +00:00</Detail></Error>",
			nh.ResponseError{Code: 500, Detail: "Unknown error has occured. TrackingId:t-9,TimeStamp:10/14/2022 4:10:33 PM +00:00", TrackingID: "t-9"},
			": 500 Internal Server Error: Unknown error has occured. TrackingId:t-9,TimeStamp:10/14/2022 4:10:33 PM +00:00",
		},
		"a missing right, without a body": {403, headers{"TrackingId": "t-9"}, "", nh.ResponseError{TrackingID: "t-9"}, ": 403 Forbidden (TrackingId t-9)"},
		"a bad signature": {
			401, nil, "<Error><Code>401</Code><Detail>InvalidSignature: The token has an invalid signature..TrackingId:x_G19,TimeStamp:7/2/2020 6:33:21 PM</Detail></Error>",
			nh.ResponseError{Code: 401, Detail: "InvalidSignature: The token has an invalid signature..TrackingId:x_G19,TimeStamp:7/2/2020 6:33:21 PM", TrackingID: "x_G19"},
			"InvalidSignature: The token has an invalid signature.",
		},
		"a conflict": {
			409, nil, "<Error><Code>409</Code><Detail>SubCode=40900. Conflict.</Detail></Error>",
			nh.ResponseError{Code: 409, Detail: "SubCode=40900. Conflict."}, ": 409 Conflict: SubCode=40900. Conflict.",
		},
		"an empty sentence":       {404, nil, "<Error><Code>404</Code><Detail></Detail></Error>", nh.ResponseError{Code: 404}, ": 404 Not Found"},
		"too much":                {413, nil, "", nh.ResponseError{}, ": 413 Request Entity Too Large"},
		"throttled":               {429, headers{"Retry-After": "7"}, "", nh.ResponseError{RetryAfter: 7 * time.Second}, ": 429 Too Many Requests"},
		"a proxy's page":          {502, nil, "<html><body>Bad Gateway</body></html>", nh.ResponseError{}, ": 502 Bad Gateway"},
		"a code that is no code":  {400, nil, "<Error><Code>x</Code><Detail>d</Detail></Error>", nh.ResponseError{}, ": 400 Bad Request"},
		"a status without a name": {499, nil, "", nh.ResponseError{}, ": 499"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				always(c.status, c.body)(n, w, r)
			})
			_, err := client.NotificationDetails(t.Context(), "NH-1")
			got, ok := errors.AsType[*nh.ResponseError](err)
			if !ok {
				t.Fatal(err)
			}
			c.want.StatusCode, c.want.Method, c.want.Path = c.status, "GET", "/MyHub/messages/NH-1"
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(err.Error(), "notificationhubs: GET /MyHub/messages/NH-1: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, want …%s", err, c.says)
			}
		})
	}
}

// No error shows the key, a token or a handle, whatever goes wrong.
func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	const handle = "https://db5p.notify.windows.com/?token=SECRETHANDLE"
	calls := map[string]func(*nh.Client) error{
		"list": func(c *nh.Client) (err error) {
			for _, err = range c.RegistrationsByHandle(t.Context(), handle) {
			}
			return err
		},
		"registration": func(c *nh.Client) error {
			_, err := c.CreateRegistration(t.Context(), nh.Registration{Platform: nh.WNS, Handle: handle})
			return err
		},
		"direct send": func(c *nh.Client) error {
			_, err := c.SendDirect(t.Context(), nh.NewWindowsNotification(toast, nil), nh.Device{Handle: handle})
			return err
		},
		"installation": func(c *nh.Client) error {
			return c.PutInstallation(t.Context(), nh.Installation{ID: "i", Platform: nh.WNS, PushChannel: handle})
		},
	}
	for failure, answer := range map[string]transport{
		"an answer":      func(int, *http.Request) (*http.Response, error) { return respond(http.StatusBadRequest, "") },
		"no answer":      func(int, *http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"half an answer": func(int, *http.Request) (*http.Response, error) { return halfAnAnswer(http.StatusOK), nil },
	} {
		client, _ := fake(t, nh.ClientOptions{Retry: &nh.RetryOptions{Attempts: 1}}, answer)
		for name, call := range calls {
			err := call(client)
			if err == nil {
				t.Errorf("%s, %s: no error", name, failure)
				continue
			}
			for _, secret := range []string{"SECRETHANDLE", key, "sig="} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s, %s: a secret in %v", name, failure, err)
				}
			}
		}
	}
}

// halfAnAnswer is one whose connection breaks.
func halfAnAnswer(status int) *http.Response {
	body := io.MultiReader(strings.NewReader("<Noti"), brokenReader{})
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What would name a collection, or a step in the path, is not sent.
func TestIDs(t *testing.T) {
	t.Parallel()
	client, times := fake(t, nh.ClientOptions{}, func(int, *http.Request) (*http.Response, error) { return respond(http.StatusOK, "") })
	for _, id := range []string{"", ".", ".."} {
		_, err1 := client.Registration(t.Context(), id)
		_, err2 := client.NotificationDetails(t.Context(), id)
		_, err3 := client.InstallationExists(t.Context(), id)
		errs := []error{err1, err2, err3, client.DeleteRegistration(t.Context(), id, ""), client.DeleteInstallation(t.Context(), id)}
		for i, err := range errs {
			if err == nil || len(*times) != 0 {
				t.Errorf("the id %q, call %d: %d requests, %v", id, i, len(*times), err)
			}
		}
	}
}
