package api

import (
	"io"
	"net/http"
	"time"
)

// lingerTimeout is how long the rest of a body is waited for that nobody reads.
const lingerTimeout = 2 * time.Second

// linger takes in what is left of a request's body, once the answer is out, on a
// connection that ends with it. Closed under bytes that were not read, the
// connection would be reset, and a caller that sends its body first might never
// see why it was refused. net/http does so for bodies of a quarter megabyte and
// more only, and waits for the others before it answers.
func linger(w http.ResponseWriter, hr *http.Request) {
	ends := hr.Close || w.Header().Get("Connection") == "close"
	if !ends || hr.ProtoMajor != 1 || hr.Body == http.NoBody || hr.Header.Get("Expect") != "" { // who waits for a 100 has sent nothing
		return
	}
	c := http.NewResponseController(w)
	if c.Flush() != nil || c.SetReadDeadline(time.Now().Add(lingerTimeout)) != nil {
		return
	}
	io.Copy(io.Discard, hr.Body) //nolint:errcheck // as much as comes
}
