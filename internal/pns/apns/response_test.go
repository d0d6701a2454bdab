package apns

import (
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// Each answer that Apple documents, two that were only seen, and unknown ones.
func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		reason  string
		class   pns.Class
		outcome hub.Outcome
		again   pns.Again
		service bool
	}{
		{200, "", pns.OK, hub.Success, pns.No, false},
		{400, "BadDeviceToken", pns.Drop, hub.BadChannel, pns.WithOtherEnvironment, false},
		{400, "DeviceTokenNotForTopic", pns.Hold, hub.WrongChannel, pns.No, false},
		{400, "BadCollapseId", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "BadExpirationDate", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "BadMessageId", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "BadPriority", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "BadTopic", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "InvalidPushType", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "DuplicateHeaders", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "PayloadEmpty", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "MissingDeviceToken", pns.Body, hub.InvalidNotificationFormat, pns.No, false},
		{400, "MissingTopic", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{400, "TopicDisallowed", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{400, "IdleTimeout", pns.Reconnect, hub.PnsUnavailable, pns.WithNewConn, false},
		{403, "ExpiredProviderToken", pns.Credential, hub.InvalidToken, pns.WithFreshToken, true},
		{403, "InvalidProviderToken", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "MissingProviderToken", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "UnrelatedKeyIdInToken", pns.Reconnect, hub.InvalidToken, pns.WithNewConn, true},
		{403, "BadEnvironmentKeyIdInToken", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "BadEnvironmentKeyInToken", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "BadCertificate", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "BadCertificateEnvironment", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{403, "Forbidden", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{404, "BadPath", pns.Body, hub.PnsInterfaceError, pns.No, false},
		{405, "MethodNotAllowed", pns.Body, hub.PnsInterfaceError, pns.No, false},
		{410, "Unregistered", pns.Drop, hub.ExpiredChannel, pns.No, false},
		{410, "ExpiredToken", pns.Drop, hub.ExpiredChannel, pns.No, false},
		{413, "PayloadTooLarge", pns.Body, hub.InvalidNotificationSize, pns.No, false},
		{429, "TooManyRequests", pns.Retry, hub.ChannelThrottled, pns.No, false},
		{429, "TooManyProviderTokenUpdates", pns.Reconnect, hub.Throttled, pns.WithNewConn, true},
		{500, "InternalServerError", pns.Retry, hub.PnsServerError, pns.No, false},
		{503, "ServiceUnavailable", pns.Retry, hub.PnsUnavailable, pns.No, true},
		{503, "Shutdown", pns.Reconnect, hub.PnsUnavailable, pns.WithNewConn, true},
		{400, "SomethingNew", pns.Body, hub.UnknownError, pns.No, false},
		{403, "SomethingNew", pns.Credential, hub.InvalidCredentials, pns.No, true},
		{410, "SomethingNew", pns.Drop, hub.ExpiredChannel, pns.No, false},
		{413, "SomethingNew", pns.Body, hub.InvalidNotificationSize, pns.No, false},
		{429, "SomethingNew", pns.Retry, hub.Throttled, pns.No, false},
		{502, "SomethingNew", pns.Retry, hub.PnsServerError, pns.No, false},
		{503, "SomethingNew", pns.Retry, hub.PnsUnavailable, pns.No, true},
	} {
		text := `{"reason":"` + c.reason + `"}`
		if c.reason == "" {
			text = ""
		}
		got := classify(c.status, http.Header{"Apns-Id": {"id"}}, []byte(text), now)
		if got.Class != c.class || got.Outcome != c.outcome || got.Again != c.again || got.Service != c.service {
			t.Errorf("%d %s: %+v", c.status, c.reason, got)
		}
		if got.Correlation != "id" {
			t.Errorf("%d %s: the apns-id is lost", c.status, c.reason)
		}
	}
}

func TestClassifyReadsTimes(t *testing.T) {
	t.Parallel()
	got := classify(410, nil, []byte(`{"reason":"Unregistered","timestamp":1893553445000}`), now)
	if want := time.UnixMilli(1893553445000); !got.DeadSince.Equal(want) {
		t.Errorf("dead since %v, want %v", got.DeadSince, want)
	}
	if got := classify(429, nil, []byte(`{"reason":"TooManyRequests"}`), now); got.RetryAfter != time.Minute {
		t.Errorf("too many for one device: again after %v", got.RetryAfter)
	}
	if got := classify(503, http.Header{"Retry-After": {"120"}}, nil, now); got.RetryAfter != 2*time.Minute {
		t.Errorf("Retry-After 120: again after %v", got.RetryAfter)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(410, `{"reason":"Unregistered","timestamp":1}`)
	f.Add(502, "<html>")
	f.Fuzz(func(t *testing.T, status int, text string) {
		got := classify(status, nil, []byte(text), now)
		if got.Class == pns.Drop && status != 410 && status != 400 {
			t.Errorf("%d %q deletes a handle", status, text)
		}
		if got.Class == pns.OK != (status == 200) {
			t.Errorf("%d is a success: %v", status, got.Class == pns.OK)
		}
		if len(got.Reason) > 400 {
			t.Errorf("a reason of %d bytes", len(got.Reason))
		}
	})
}
