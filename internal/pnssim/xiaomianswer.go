package pnssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// xiaomiAnswer is any answer; Xiaomi's own have status 200, whatever their code.
type xiaomiAnswer struct {
	code       int // 0: accepted
	why        string
	id         string   // of the message, with code 0
	dead       []string // ids that do not exist, with code 0
	retryAfter string
	status     int // of a front end's page; 0: the service's own answer
}

func (a xiaomiAnswer) write(w http.ResponseWriter) {
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if a.status != 0 {
		writeHTML(w, a.status, http.StatusText(a.status))
		return
	}
	body := map[string]any{"code": a.code, "trace_id": fmt.Sprintf("Xsim%d", randomNumber())}
	if a.code != 0 {
		body["result"], body["reason"], body["description"], body["info"] = "error", a.why, "failed", ""
	} else {
		data := map[string]string{"id": a.id}
		if len(a.dead) > 0 {
			data["bad_regids"] = strings.Join(a.dead, ",")
		}
		body["result"], body["description"], body["data"] = "ok", "success", data
	}
	writeJSON(w, http.StatusOK, body)
}

// xiaomiDead are the fates that an accepted request names.
var xiaomiDead = map[string]bool{"gone": true, "expired": true, "malformed": true}

// xiaomiRefusals are the answers to fates for which the whole request is
// refused: no device gets it.
var xiaomiRefusals = map[string]xiaomiAnswer{
	"foreign":     {code: 10029, why: "Invalid device"},
	"throttled":   {code: 10027, why: "Too many requests of the app"},
	"unavailable": {code: 10002, why: "The service is paused"},
	"error":       {code: 10001, why: "System error"},
	"gateway":     {status: http.StatusBadGateway},
	"refused":     {code: 22100, why: "The notification is malformed"},
	"blocked":     {code: 10004, why: "The IP address is not allowed"},
}

// xiaomiOutcome is what becomes of the devices of a request.
type xiaomiOutcome struct {
	live, dead []string
	refusal    *xiaomiAnswer // of the whole request
	dictated   *Answer       // to the whole request
	broken     string        // hang or reset, of the whole request
	delay      time.Duration
}

// xiaomiNobody is the registration id that no device gets.
const xiaomiNobody = "0"

// xiaomiOutcome asks for the fate of each device. The first of those that
// befall the whole request counts.
func (s *Sim) xiaomiOutcome(ids []string) xiaomiOutcome {
	var o xiaomiOutcome
	for _, id := range ids {
		f := s.fate(Xiaomi, id)
		a, refused := xiaomiRefusals[f.Kind]
		if f.Kind == "answer" {
			a, refused = xiaomiAnswer{code: f.Times, why: "As the fate says"}, true
			if isHTTPStatus(f.Times) {
				a.status = f.Times
			}
		}
		whole := o.refusal != nil || o.broken != "" || o.dictated != nil
		switch {
		case f.Answer != nil && !whole:
			o.dictated = f.Answer
		case xiaomiDead[f.Kind], id == xiaomiNobody:
			o.dead = append(o.dead, id)
		case refused && !whole:
			if f.RetryAfter != "" {
				a.retryAfter = f.RetryAfter
			}
			o.refusal = &a
		case (f.Kind == "hang" || f.Kind == "reset") && !whole:
			o.broken = f.Kind
		default:
			o.live = append(o.live, id)
		}
		o.delay = max(o.delay, f.Delay)
	}
	if len(o.live) == 0 && o.refusal == nil && o.broken == "" && o.dictated == nil {
		o.refusal = &xiaomiAnswer{code: 20301, why: "No valid targets"}
	}
	return o
}

// xiaomiFate is what becomes of a request that is in order.
func (s *Sim) xiaomiFate(w http.ResponseWriter, r *http.Request, f url.Values, ids []string) {
	o := s.xiaomiOutcome(ids)
	a := xiaomiAnswer{id: fmt.Sprintf("scm%d", randomNumber()), dead: o.dead}
	if o.refusal != nil {
		a = *o.refusal
	}
	if o.refusal == nil && o.broken == "" && o.dictated == nil {
		body := xiaomiBody(f)
		for _, id := range o.live {
			s.deliver(Received{Service: Xiaomi, Handle: id, Header: r.Header.Clone(), Body: body, ID: a.id, Conn: connOf(r)})
		}
	}
	if !s.pause(r.Context(), Xiaomi, o.delay) {
		panic(http.ErrAbortHandler)
	}
	switch {
	case o.broken != "":
		breakOff(w, r, o.broken)
	case o.dictated != nil:
		o.dictated.write(w)
	default:
		a.write(w)
	}
}

// xiaomiBody is what a device gets: the fields but its id, as a JSON object,
// and the payload as the app reads it.
func xiaomiBody(f url.Values) []byte {
	fields := map[string]string{}
	for name := range f {
		if name != "registration_id" {
			fields[name] = f.Get(name)
		}
	}
	if f.Has("payload") {
		fields["payload"], _ = url.QueryUnescape(f.Get("payload")) // it was read before
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return nil // strings always make JSON
	}
	return b
}
