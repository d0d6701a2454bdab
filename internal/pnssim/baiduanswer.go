package pnssim

import (
	"net/http"
	"net/url"
	"strconv"
)

// baiduAnswer is any answer.
type baiduAnswer struct {
	request    uint64
	message    uint64 // its id
	at         int64  // in seconds
	code       int    // 0: accepted
	why        string
	tags       bool // of the app's tags: it has none
	retryAfter string
	status     int // of a front end's page; 0: the service's own answer
}

func (a baiduAnswer) write(w http.ResponseWriter) {
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	switch {
	case a.status != 0:
		writeHTML(w, a.status, http.StatusText(a.status))
	case a.code == 30600:
		writeJSON(w, http.StatusInternalServerError, a.failure())
	case a.code != 0:
		writeJSON(w, http.StatusBadRequest, a.failure())
	case a.tags:
		writeJSON(w, http.StatusOK, map[string]any{"request_id": a.request, "response_params": map[string]any{"total_num": 0, "result": []any{}}})
	default:
		writeJSON(w, http.StatusOK, map[string]any{
			"request_id": a.request, "response_params": map[string]any{"msg_id": strconv.FormatUint(a.message, 10), "send_time": a.at},
		})
	}
}

func (a baiduAnswer) failure() map[string]any {
	return map[string]any{"request_id": a.request, "error_code": a.code, "error_msg": a.why}
}

// baiduRefusals are the answers to fates.
var baiduRefusals = map[string]baiduAnswer{
	"gone":        {code: 30608, why: "Bind Relation Not Found"},
	"expired":     {code: 30607, why: "Channel Token Timeout"},
	"malformed":   {code: 30602, why: "Request Params Not Valid, channel_id"},
	"foreign":     {code: 30605, why: "Data Required Not Found"},
	"throttled":   {code: 30699, why: "Requests Are Too Frequent"},
	"unavailable": {status: http.StatusServiceUnavailable, retryAfter: "30"},
	"error":       {code: 30600, why: "Internal Server Error"},
	"gateway":     {status: http.StatusBadGateway},
	"refused":     {code: 30602, why: "Request Params Not Valid, msg"},
}

// baiduFate is what becomes of a push that is in order.
func (s *Sim) baiduFate(w http.ResponseWriter, r *http.Request, p baiduPush, a baiduAnswer) {
	f := s.fate(Baidu, p.handle)
	if s.dictated(w, r, Baidu, f) {
		return
	}
	refusal, refused := baiduRefusals[f.Kind]
	switch f.Kind {
	case "answer":
		refusal, refused = baiduAnswer{code: f.Times, why: "As The Fate Says"}, true
		if isHTTPStatus(f.Times) {
			refusal.status = f.Times
		}
	case "hang", "reset":
	default:
		if !refused {
			s.deliver(Received{Service: Baidu, Handle: p.handle, Header: baiduHeader(r, p.fields), Body: []byte(p.message), ID: strconv.FormatUint(a.message, 10), Conn: connOf(r)})
		}
	}
	if !s.pause(r.Context(), Baidu, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if f.Kind == "hang" || f.Kind == "reset" {
		breakOff(w, r, f.Kind)
	}
	if refused {
		refusal.request = a.request
		a = refusal
		if f.RetryAfter != "" {
			a.retryAfter = f.RetryAfter
		}
	}
	a.write(w)
}

// baiduHeader is the request's header with those fields of the form that are
// neither the message nor secret.
func baiduHeader(r *http.Request, f url.Values) http.Header {
	h := r.Header.Clone()
	for name := range f {
		switch name {
		case "apikey", "sign", "timestamp", "expires", "msg", "messages":
		default:
			h.Set(name, f.Get(name))
		}
	}
	return h
}
