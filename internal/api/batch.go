package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// sendBatch is POST /{hub}/messages/$batch: one notification to many handles.
// The flag test, which the .NET client puts on every request, changes nothing:
// it reads no document here.
func (s *server) sendBatch(r *request) (answer, error) {
	n, err := s.batch(r)
	if err != nil {
		return answer{}, err
	}
	return s.accept(r, n)
}

// batch reads a batch. The format and the push service's headers are the
// request's, the content type is that of the notification's part.
func (s *server) batch(r *request) (*hub.Notification, error) {
	body, err := r.body(s.maxBody + maxDevices)
	if err != nil {
		return nil, err
	}
	b, err := wire.DecodeBatch(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	if int64(len(b.Body)) > s.maxBody {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("The notification has more than %d bytes.", s.maxBody)}
	}
	n, err := r.message(b.Body, b.ContentType)
	switch {
	case err != nil:
		return nil, err
	case n.Kind == hub.Template:
		return nil, errDirectTemplate
	case n.Platform == hub.Browser:
		return nil, badRequest("A batch cannot be sent to browsers: a handle alone does not encrypt. Send to each directly, with the HTTP headers %q, %q and %q.",
			wire.HeaderDeviceHandle, headerP256DH, headerAuth)
	}
	for _, handle := range b.Handles {
		n.Direct = append(n.Direct, directHandle(n.Platform, strings.TrimSpace(handle)))
	}
	return n, nil
}

// directHandle checks a handle among many: one that is not valid has an outcome
// of its own, and does not keep the others from theirs.
func directHandle(p hub.Platform, handle string) hub.DirectHandle {
	d := hub.DirectHandle{Handle: handle}
	err := hub.ValidateHandle(p, handle, nil)
	if err == nil {
		err = hubwire.CheckChannel(p, handle)
	}
	if err != nil {
		d.Invalid = err.Error()
	}
	return d
}
