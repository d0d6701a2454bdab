package pnssim

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Fate is what becomes of the pushes to a device.
type Fate struct {
	Kind       string        // a word of the package's documentation; "" is live
	Times      int           // of the words with -N: so often, then live; 0: once. Of answer: the status or code
	Since      time.Time     // gone and expired, at APNs: since when; zero: now
	Delay      time.Duration // slow: answered so much later, in real time
	RetryAfter string        // throttled and unavailable, but at APNs: sent as it is; "": as the service does
	Answer     *Answer       // of answer: what the service says, to the letter
}

// kinds are the words, and whether each wears off.
var kinds = map[string]bool{
	"gone": false, "expired": false, "malformed": false, "foreign": false, "refused": false, "offline": false, "kept": false,
	"dropped": false, "blocked": false, "sandbox": false, "replaced": false, "answer": false, "slow": false, "hang": false,
	"redirect": false, "flood": false, "drip": false, // of Web Push
	"throttled": true, "full": true, "unavailable": true, "error": true, "shutdown": true, "gateway": true, "reset": true,
}

// defaultSlow is how late a slow device's answer is when nothing is said.
const defaultSlow = 500 * time.Millisecond

// maxTries bounds the devices whose tries are remembered.
const maxTries = 100_000

// maxFates bounds the devices whose fate is set.
const maxFates = 100_000

// ErrTooManyFates is what those get who set more than 100,000.
var ErrTooManyFates = errors.New("pnssim: the fates of 100000 devices are set: clear some, or reset")

// SetFate gives a device a fate that its handle does not ask for, from the
// beginning. A Fate without a kind makes it live.
func (s *Sim) SetFate(svc Service, handle string, f Fate) error {
	defer s.comeOnline(svc, handle) // when the lock is free again
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(svc, handle)
	if _, set := s.fates[k]; !set && len(s.fates) >= maxFates {
		return ErrTooManyFates
	}
	s.fates[k] = f
	delete(s.tries, k)
	return nil
}

// ClearFate leaves a device to the fate that its handle asks for, from the
// beginning.
func (s *Sim) ClearFate(svc Service, handle string) {
	defer s.comeOnline(svc, handle) // when the lock is free again
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(svc, handle)
	delete(s.fates, k)
	delete(s.tries, k)
}

// fate returns what becomes of this push, and counts it.
func (s *Sim) fate(svc Service, handle string) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(svc, handle)
	f := s.fateOf(k)
	if !kinds[f.Kind] {
		return f
	}
	if len(s.tries) >= maxTries {
		clear(s.tries)
	}
	if s.tries[k]++; s.tries[k] > max(f.Times, 1) {
		return Fate{}
	}
	return f
}

// answerStatus is the status that the word answer asks for; one that no HTTP
// answer can have is 500.
func (f Fate) answerStatus() int {
	if f.Times < 200 || f.Times > 599 {
		return http.StatusInternalServerError
	}
	return f.Times
}

// fateOf looks without counting. The caller holds mu.
func (s *Sim) fateOf(k device) Fate {
	if f, set := s.fates[k]; set {
		return f
	}
	return ParseFate(k.service, k.handle)
}

// inSandbox reports which of APNs' environments a device is known in.
func (s *Sim) inSandbox(handle string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fateOf(key(APNs, handle)).Kind == "sandbox"
}

// ParseFate reads the fate that a handle asks for; an unknown word is live.
func ParseFate(svc Service, handle string) Fate {
	text := handle
	if svc == APNs {
		b, err := hex.DecodeString(handle)
		if err != nil {
			return Fate{}
		}
		text = string(b)
	}
	_, rest, ok := strings.Cut(text, "fate-")
	if !ok {
		return Fate{}
	}
	word, _, _ := strings.Cut(rest, ".")
	f, _ := readWord(word)
	return f
}
