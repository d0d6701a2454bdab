package pnssim

import (
	"maps"
	"net/http"
)

// Answer is what a service says of a push, to the letter; the device does not
// get it.
type Answer struct {
	Status int
	// Header stands beside the service's own; one without a value takes the
	// service's own away. APNs sends none of them.
	Header http.Header
	Body   string
}

// dictated writes the answer that a fate dictates, and reports whether it does.
func (s *Sim) dictated(w http.ResponseWriter, r *http.Request, svc Service, f Fate) bool {
	if f.Answer == nil {
		return false
	}
	if !s.pause(r.Context(), svc, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	f.Answer.write(w)
	return true
}

// SetTokenAnswer has the token endpoint of FCM, WNS or ADM say exactly that to
// everybody; nil ends it. Tokens that were given out stay good.
func (s *Sim) SetTokenAnswer(svc Service, a *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[svc].token = a
}

// dictatedToken writes the answer of SetTokenAnswer, and reports whether there
// is one.
func (s *Sim) dictatedToken(w http.ResponseWriter, svc Service) bool {
	s.mu.Lock()
	a := s.faults[svc].token
	s.mu.Unlock()
	if a != nil {
		a.write(w)
	}
	return a != nil
}

func (a *Answer) write(w http.ResponseWriter) {
	h := w.Header()
	maps.Copy(h, a.Header)
	maps.DeleteFunc(h, func(_ string, values []string) bool { return values[0] == "" })
	w.WriteHeader(a.Status)
	w.Write([]byte(a.Body)) //nolint:errcheck // the client is gone
}
