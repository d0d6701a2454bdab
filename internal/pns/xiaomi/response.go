package xiaomi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// The codes that are more than a row of the table.
const (
	codeInvalidDevice = 10029 // one of them; the others got nothing either
	codeNoTarget      = 20301 // none of them
	codeDailyQuota    = 200001
)

// The results that several codes share.
var (
	malformed   = pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationFormat}
	tooLong     = pns.Result{Class: pns.Body, Outcome: hub.InvalidNotificationSize}
	notOurs     = pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError} // a fault of Fanfare's
	serverError = pns.Result{Class: pns.Retry, Outcome: hub.PnsServerError}
	throttled   = pns.Result{Class: pns.Retry, Outcome: hub.Throttled, Service: true}
	notAllowed  = pns.Result{Class: pns.Credential, Outcome: hub.InvalidCredentials, Service: true}
)

// codes are the values of code that are known, but for 0.
var codes = map[int]pns.Result{
	100: malformed, 10008: malformed, 10016: malformed, 10017: malformed, 22100: malformed,
	10001: serverError, 10003: serverError, 10009: serverError, 10010: serverError, 10011: serverError, 22102: serverError,
	10002: {Class: pns.Retry, Outcome: hub.PnsUnavailable, Service: true},
	10018: tooLong, 65015: tooLong,
	10007: notOurs, 10012: notOurs, 10020: notOurs, 10021: notOurs,
	10022: throttled, 10023: throttled, 10024: throttled, 10027: throttled, 10028: throttled, 22101: throttled,
	10004: notAllowed, 10005: notAllowed, 10006: notAllowed, 10013: notAllowed, 10014: notAllowed, 10026: notAllowed,
	22000: notAllowed, 22001: notAllowed, 22002: notAllowed, 22003: notAllowed, 22004: notAllowed, 22005: notAllowed,
	22006: notAllowed, 22007: notAllowed, 22008: notAllowed, 22021: notAllowed, 21301: notAllowed,
	// The package stands in the message: another message may name the right one.
	22022:             {Class: pns.Credential, Outcome: hub.WrongChannel},
	codeInvalidDevice: {Class: pns.Hold, Outcome: hub.BadChannel},
	// Said of all at once it may be the app that is wrong, and not the handles.
	codeNoTarget:   {Class: pns.Drop, Outcome: hub.BadChannel, Malformed: true},
	codeDailyQuota: throttled, // until tomorrow
}

// answer is the JSON body of every answer, whatever its status.
type answer struct {
	Result      pns.Text        `json:"result"`
	Code        pns.Text        `json:"code"`
	Reason      pns.Text        `json:"reason"`
	Description pns.Text        `json:"description"`
	TraceID     pns.Text        `json:"trace_id"`
	Data        json.RawMessage `json:"data"`
}

// verdict is what an answer means for the devices of its request.
type verdict struct {
	each   pns.Result      // for those that are not named
	dead   map[string]bool // the ids that are named as dead
	why    string          // the reason of those
	oneBad bool            // one device was refused, and the others for its sake
}

// classify says what an answer means.
func classify(a *pns.Answer, now time.Time) verdict {
	var said answer
	err := json.Unmarshal(a.Body, &said)
	code, notNumber := strconv.Atoi(string(said.Code))
	r, known := codes[code]
	switch {
	case known:
	case err == nil && notNumber == nil && code == 0 && a.Status == http.StatusOK && strings.EqualFold(string(said.Result), "ok"):
		return accepted(a.Reason, &said)
	case notNumber == nil && code != 0 && a.Status == http.StatusOK:
		r = notOurs
	default:
		r = pns.FrontEnd(a.Status)
	}
	if code == codeDailyQuota {
		r.RetryAfter = untilTomorrow(now)
	}
	if wait, ok := pns.RetryAfter(a.Header.Get("Retry-After"), now); ok && r.Class == pns.Retry {
		r.RetryAfter = wait
	}
	r.Reason = pns.Reason(a.Reason, string(said.Code), string(said.Reason), string(said.Description))
	r.Correlation = pns.Reason(string(said.TraceID))
	return verdict{each: r, oneBad: code == codeInvalidDevice}
}

// accepted reads an answer of code 0: all were taken, but for the ids that it
// names.
func accepted(status string, said *answer) verdict {
	var data struct {
		ID  pns.Text        `json:"id"`
		Bad json.RawMessage `json:"bad_regids"`
	}
	_ = json.Unmarshal(said.Data, &data) // there may be none
	v := verdict{dead: map[string]bool{}, why: pns.Reason(status, "0", "the id is in bad_regids")}
	for _, id := range ids(data.Bad) {
		v.dead[strings.TrimSpace(id)] = true
	}
	v.each = pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: pns.Reason(string(said.TraceID), string(data.ID))}
	return v
}

// ids reads a list of ids: a text with commas between them, or an array.
func ids(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var joined string
	if json.Unmarshal(raw, &joined) == nil {
		return strings.Split(joined, ",")
	}
	return nil
}

// fill sets the results of a request's targets.
func (v *verdict) fill(targets []pns.Target, at []int, results []pns.Result) {
	taken := 0
	for _, k := range at {
		if results[k] = v.each; !v.dead[targets[k].Handle] {
			taken++
		}
	}
	for _, k := range at {
		if v.dead[targets[k].Handle] {
			results[k] = pns.Result{
				Class: pns.Drop, Outcome: hub.BadChannel, Malformed: taken == 0,
				Reason: v.why, Correlation: v.each.Correlation,
			}
		}
	}
}

// untilTomorrow is the time to the end of the day in China, when quotas begin
// anew.
func untilTomorrow(now time.Time) time.Duration {
	local := now.In(time.FixedZone("China", 8*60*60))
	y, m, d := local.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, local.Location()).Sub(now)
}
