package api

import "net/http"

// answer is everything that goes back to the caller.
type answer struct {
	status int
	header http.Header // may be nil
	body   []byte
	// rest gives what follows the body, piece by piece; nil: nothing. What it
	// fails with can only cut the answer off.
	rest func(put func([]byte) error) error
}

// reply builds an answer; fields are names and values by turns, and those with
// an empty value are left out.
func reply(status int, body []byte, fields ...string) answer {
	a := answer{status: status, header: http.Header{}, body: body}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] != "" {
			a.header.Set(fields[i], fields[i+1])
		}
	}
	return a
}
