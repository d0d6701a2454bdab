package wns

import (
	"net/http"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// Each answer that Microsoft documents, those that were only seen, and unknown
// ones.
func TestClassify(t *testing.T) {
	t.Parallel()
	h := func(pairs ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			out.Set(pairs[i], pairs[i+1])
		}
		return out
	}
	for name, c := range map[string]struct {
		status  int
		header  http.Header
		class   pns.Class
		outcome hub.Outcome
		service bool
		wait    time.Duration
	}{
		"received":                 {200, h("X-WNS-Status", "received"), pns.OK, hub.Success, false, 0},
		"received, older name":     {200, h("X-WNS-NotificationStatus", "received"), pns.OK, hub.Success, false, 0},
		"dropped, offline":         {200, h("X-WNS-Status", "dropped", "X-WNS-DeviceConnectionStatus", "disconnected"), pns.Hold, hub.ChannelDisconnected, false, 0},
		"dropped":                  {200, h("X-WNS-Status", "dropped"), pns.Hold, hub.Dropped, false, 0},
		"channel throttled":        {200, h("X-WNS-Status", "channelthrottled"), pns.Retry, hub.ChannelThrottled, false, 10 * time.Minute},
		"channel throttled, until": {200, h("X-WNS-Status", "channelthrottled", "X-WNS-CONTINUE-AFTER", "90"), pns.Retry, hub.ChannelThrottled, false, 90 * time.Second},
		"bad request":              {400, nil, pns.Body, hub.InvalidNotificationFormat, false, 0},
		"token":                    {401, nil, pns.Credential, hub.InvalidToken, true, 0},
		"another app's":            {403, nil, pns.Hold, hub.WrongToken, false, 0},
		"unknown channel":          {404, nil, pns.Drop, hub.BadChannel, false, 0},
		"method":                   {405, nil, pns.Body, hub.PnsInterfaceError, false, 0},
		"throttled":                {406, nil, pns.Retry, hub.Throttled, true, time.Minute},
		"throttled, until":         {406, h("Retry-After", "300"), pns.Retry, hub.Throttled, true, 5 * time.Minute},
		"gone":                     {410, nil, pns.Drop, hub.ExpiredChannel, false, 0},
		"domain blocked":           {410, h("X-WNS-Error-Description", "Domain Blocked"), pns.Credential, hub.InvalidCredentials, true, 0},
		"offline":                  {412, nil, pns.Retry, hub.ChannelDisconnected, false, time.Hour},
		"too large":                {413, nil, pns.Body, hub.InvalidNotificationSize, false, 0},
		"server error":             {500, nil, pns.Retry, hub.PnsServerError, false, 0},
		"unavailable":              {503, h("Retry-After", "30"), pns.Retry, hub.PnsUnavailable, true, 30 * time.Second},
		"unavailable, a bad time":  {503, h("Retry-After", "soon"), pns.Retry, hub.PnsUnavailable, true, 0},
		"a gateway":                {502, nil, pns.Retry, hub.PnsUnavailable, true, 0},
		"a redirect":               {302, h("Location", "https://evil/"), pns.Body, hub.PnsInterfaceError, false, 0},
		"unknown 4xx":              {418, nil, pns.Body, hub.PnsInterfaceError, false, 0},
		"unknown 5xx":              {599, nil, pns.Retry, hub.PnsServerError, false, 0},
	} {
		header := c.header
		if header == nil {
			header = http.Header{}
		}
		got := classify(c.status, http.StatusText(c.status), header, now)
		if got.Class != c.class || got.Outcome != c.outcome || got.Service != c.service || got.RetryAfter != c.wait {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(410, "Gone", "Domain Blocked", "5")
	f.Add(200, "OK", "received", "x")
	f.Fuzz(func(t *testing.T, status int, reason, text, wait string) {
		h := http.Header{"X-Wns-Error-Description": {text}, "X-Wns-Status": {text}, "Retry-After": {wait}}
		got := classify(status, reason, h, now)
		if got.Class == pns.Drop && status != 404 && status != 410 {
			t.Errorf("%d deletes a handle", status)
		}
		if got.RetryAfter < 0 || got.RetryAfter > 24*time.Hour {
			t.Errorf("again after %v", got.RetryAfter)
		}
	})
}
