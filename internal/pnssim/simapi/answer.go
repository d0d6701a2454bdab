package simapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
)

// problem is an error of the caller's, or of the moment.
type problem struct {
	status int
	why    string
}

func (p *problem) Error() string { return p.why }

func refuse(status int, format string, args ...any) error {
	return &problem{status, fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) error { return refuse(http.StatusBadRequest, format, args...) }

// Error is the body of every answer that is no success.
type Error struct {
	Error string `json:"error"`
}

// raw is a body that is sent as it is.
type raw []byte

// write sends what a call returns, and notes the request in the log, whose
// path and query may hold a handle.
func (a *API) write(w http.ResponseWriter, r *http.Request, v any, err error) {
	if errors.Is(err, context.Canceled) { // the caller has gone
		return
	}
	status, contentType := http.StatusOK, "application/json"
	if err != nil {
		status, v = http.StatusInternalServerError, Error{err.Error()}
		if p, ok := errors.AsType[*problem](err); ok {
			status = p.status
		}
	}
	body, isRaw := v.(raw)
	if isRaw {
		contentType = "application/octet-stream" // whatever it was: a page of HTML must not be one here
	} else {
		body = encode(v)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusTooManyRequests {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the caller has gone
	a.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request",
		slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Int("status", status))
}

// encode writes JSON that people can read.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	enc.Encode(v) //nolint:errcheck // the views hold nothing that is no JSON
	return b.Bytes()
}
