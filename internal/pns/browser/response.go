package browser

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// retryAtOnce is the errno of Mozilla's 503 that asks for no pause; 201 asks
// for one.
const retryAtOnce = 202

// classify says what an answer means for the device. reason is the reason
// phrase of the status line. An answer speaks of one subscription, or at most of
// one origin: what it means for all of them is judged over a batch.
func classify(status int, reason string, h http.Header, body []byte, now time.Time) pns.Result {
	says := parseFault(body)
	r := judge(status, says)
	if r.Class == pns.OK {
		r.Correlation = pns.Reason(h.Get("Location"))
		return r
	}
	if r.Class == pns.Retry {
		r.RetryAfter, _ = pns.RetryAfter(h.Get("Retry-After"), now)
	}
	r.Reason = pns.Reason(reason, says.text)
	return r
}

// judge follows RFC 8030 §5 to §8.4 and RFC 8292 §4.2.
func judge(status int, says fault) pns.Result {
	switch status {
	case 400:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	case 401, 403:
		// The token is out of date, or the subscription was made with another
		// key: nothing that is said of the subscription's own life.
		return pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Again: pns.WithFreshToken}
	case 404, 410:
		if says.page {
			// What a web server shows to people: it may stand before the push service,
			// and no subscription dies of it.
			return pns.Result{Class: pns.Retry, Outcome: hub.PnsInterfaceError}
		}
		if status == http.StatusNotFound {
			return pns.Result{Class: pns.Drop, Outcome: hub.BadChannel}
		}
		return pns.Result{Class: pns.Drop, Outcome: hub.ExpiredChannel}
	case 413:
		return pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	case 429:
		return pns.Result{Class: pns.Retry, Outcome: hub.Throttled}
	case 503:
		if says.errno == retryAtOnce {
			return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable, Again: pns.WithNewConn}
		}
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable}
	case 502, 504:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsUnavailable}
	}
	switch status / 100 {
	case 2: // 201, and 202 where a receipt was asked for
		return pns.Result{Class: pns.OK, Outcome: hub.Success}
	case 5:
		return pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	}
	// Among these, redirects: where to send was the browser's to say.
	return pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}
}

// fault is what the body of a refusal says.
type fault struct {
	errno int // Mozilla's
	text  string
	page  bool // it is a page of HTML, which says nothing
}

// parseFault reads the JSON of Mozilla ("HTTP Endpoints for Push", autopush) and
// of Apple ("Sending web push notifications"), and Google's line of text. Any
// other body says nothing.
func parseFault(body []byte) fault {
	text := strings.TrimSpace(string(body))
	switch {
	case strings.HasPrefix(text, "<"):
		return fault{page: true}
	case !strings.HasPrefix(text, "{"):
		return fault{text: strings.ToValidUTF8(text, "")}
	}
	var doc struct {
		Errno   int    `json:"errno"`
		Message string `json:"message"`
		Reason  string `json:"reason"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return fault{}
	}
	f := fault{errno: doc.Errno}
	if doc.Errno != 0 {
		f.text = pns.Reason("errno "+strconv.Itoa(doc.Errno), doc.Message)
		return f
	}
	f.text = pns.Reason(doc.Reason, doc.Message)
	return f
}
