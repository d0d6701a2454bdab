package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// event is what the log says of a request, in one line. Nothing in it is a
// handle, a key or a token: paths and queries, which may hold them, stay out.
type event struct {
	method     string
	started    time.Time
	trackingID string
	route      string // the pattern; "" if none matched
	hub        string // once the caller was let in
	err        error
}

// write logs at the level that the status deserves. The error is shown only
// where the fault is ours: those of callers may quote what they sent.
func (e *event) write(ctx context.Context, log *slog.Logger, status int, now time.Time) {
	attrs := []slog.Attr{
		slog.String("method", e.method), slog.String("route", e.route), slog.String("hub", e.hub),
		slog.Int("status", status), slog.Duration("duration", now.Sub(e.started)), slog.String("tracking_id", e.trackingID),
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", e.err))
	}
	// The caller may have gone; its request is logged all the same.
	log.LogAttrs(context.WithoutCancel(ctx), level, "request", attrs...)
}
