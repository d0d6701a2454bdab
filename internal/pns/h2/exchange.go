package h2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
)

// request refuses what cannot be written, before a stream is looked for.
func (s *Sender) request(r *Request) (*http.Request, error) {
	if !strings.HasPrefix(r.Path, "/") {
		return nil, errors.New("h2: the path does not begin with /")
	}
	req, err := http.NewRequest(http.MethodPost, "https://"+s.host+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errors.New("h2: the path is not one of a URL") // the cause would print a handle
	}
	req.Header["User-Agent"] = nil // no header at all
	for _, f := range r.Fields {
		if !httpguts.ValidHeaderFieldName(f.Name) || !httpguts.ValidHeaderFieldValue(f.Value) {
			return nil, fmt.Errorf("h2: the header %q cannot be written", f.Name)
		}
		req.Header.Set(f.Name, f.Value)
	}
	return req, nil
}

// roundTrip sends a request on a connection that has a stream reserved for it.
func (s *Sender) roundTrip(ctx context.Context, c *conn, req *http.Request) Response {
	limited, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	resp := exchange(limited, c.cc, req)
	err := resp.Err
	if ctx.Err() != nil {
		err = nil // the caller gave up, which says nothing of the connection
	}
	s.done(c, resp.Status, err)
	if resp.Err != nil && resp.Status == 0 && unprocessed(&resp) {
		return Response{Err: fmt.Errorf("%w: %w", ErrUnprocessed, resp.Err)}
	}
	return resp
}

func exchange(ctx context.Context, cc *http.ClientConn, req *http.Request) Response {
	var written atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	resp, err := cc.RoundTrip(req.WithContext(traced))
	if err != nil {
		// The stock client does not wait for its writer when a context ends.
		return Response{Err: err, Written: written.Load() || ctx.Err() != nil}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Err: err, Written: err != nil}
}

// unprocessed reports whether a request without an answer surely was not
// looked at.
func unprocessed(r *Response) bool { return !r.Written || refused(r.Err) || leaving(r.Err) }

// refused reports whether the peer refused the stream (RFC 9113 §8.7).
func refused(err error) bool {
	var se http2.StreamError
	return errors.As(err, &se) && se.Code == http2.ErrCodeRefusedStream
}

// leaving reports whether the peer has said GOAWAY, and that it processes
// nothing of this stream (RFC 9113 §6.8). The stock client's errors for it have
// no type that can be asked.
func leaving(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "http2: Transport received") || strings.HasPrefix(text, "http2: client conn not usable")
}
