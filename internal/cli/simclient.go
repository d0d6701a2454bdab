package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// simulators is where fanfare sim finds the simulators of a fanfare dev, whose
// port speaks plain HTTP too.
type simulators struct {
	address string // host:port; "": of the connection string in the environment, or fanfare dev's usual one
	json    bool
}

// base is the URL that every call begins with. An address of another machine is
// a mistake: fanfare dev has none.
func (s *simulators) base() (string, error) {
	at, from := s.address, "--address"
	if at == "" {
		at = app.DevListen
		if text := os.Getenv("FANFARE_CONNECTION_STRING"); text != "" {
			cs, err := wire.ParseConnectionString(text)
			if err != nil {
				return "", misuse{fmt.Errorf("FANFARE_CONNECTION_STRING: %w", err)}
			}
			at, from = cs.Endpoint.Host, "FANFARE_CONNECTION_STRING"
		}
	}
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return "", misuse{fmt.Errorf("%s: %q is not host:port, as in %s", from, at, app.DevListen)}
	}
	if app.CheckLoopback(at) != nil {
		return "", misuse{fmt.Errorf("%s: %s is another machine, and fanfare dev serves its own only; give --address", from, host)}
	}
	return "http://" + at + simapi.Prefix, nil
}

// refusal is an answer that is no success.
type refusal struct {
	status int
	why    string
}

func (r *refusal) Error() string { return r.why }

// maxAnswer bounds what is read of an answer, in bytes: a page's bodies and
// what is said of them.
const maxAnswer = 64 << 20

// callTime bounds a call beyond what it waits for.
const callTime = 30 * time.Second

// call makes a request and reads its answer into v.
func (s *simulators) call(ctx context.Context, method, path string, body, v any) error {
	base, err := s.base()
	if err != nil {
		return err
	}
	var b []byte
	if body != nil {
		if b, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	transport := &http.Transport{} // no proxy: it would ask its own loopback address
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: simapi.MaxWait + callTime}).Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which holds a handle
		}
		return fmt.Errorf("reaching fanfare dev at %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	if b, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return fmt.Errorf("reading what fanfare dev answers: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return refused(resp.StatusCode, b)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("reading what fanfare dev answers: %w", err)
	}
	return nil
}

// refused reads an answer that is no success. What the caller can mend is a
// mistake in the call.
func refused(status int, body []byte) error {
	var e simapi.Error
	if json.Unmarshal(body, &e) != nil || e.Error == "" {
		return fmt.Errorf("no fanfare dev serves there: the answer is %d", status)
	}
	if status == http.StatusBadRequest || status == http.StatusNotFound {
		return misuse{errors.New(e.Error)}
	}
	return &refusal{status, e.Error}
}
