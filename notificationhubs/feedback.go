package notificationhubs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Feedback is what a push service said of a device's handle.
type Feedback struct {
	Time           time.Time
	Error          Outcome // OutcomeExpiredChannel, OutcomeBadChannel, …
	Platform       Platform
	Handle         string
	NewHandle      string // of one that was replaced
	RegistrationID string // "" where it is an installation's
	InstallationID string
	NotificationID string // of the send that found out
}

// FeedbackContainer returns the signed URL of a container of blob storage with
// the hub's feedback, a file for each day. The URL needs no token, and is a
// secret; Fanfare's is good for a day. Azure has feedback in its tier Standard
// only. It needs the right Manage.
func (c *Client) FeedbackContainer(ctx context.Context) (string, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: []string{"feedbackcontainer"}, want: []int{http.StatusOK}})
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(a.body)), nil
}

// Feedback reads the hub's feedback: handles that push services have called
// dead, or for which they gave new ones. The hub does not send to the old ones
// any more; a back-end that keeps handles should forget them. Files come in the
// order of the container's list, Fanfare's by the day; the whole of what is kept
// is read, so leave the loop when enough was seen. An error ends the list. It
// needs the right Manage.
func (c *Client) Feedback(ctx context.Context) iter.Seq2[Feedback, error] {
	return func(yield func(Feedback, error) bool) {
		container, err := c.FeedbackContainer(ctx)
		if err != nil {
			yield(Feedback{}, err)
			return
		}
		for name, err := range c.blobs(ctx, container) {
			if err != nil {
				yield(Feedback{}, err)
				return
			}
			if !c.readFeedback(ctx, inContainer(container, name), yield) {
				return
			}
		}
	}
}

// NotificationErrors reads the devices that a notification did not reach, from
// the PnsErrorDetailsURI of its telemetry; without one there are none. The list
// is complete once the notification's state is final. An error ends it. It needs
// no right, for the address is signed.
func (c *Client) NotificationErrors(ctx context.Context, d *NotificationDetails) iter.Seq2[Feedback, error] {
	return func(yield func(Feedback, error) bool) {
		if d.PnsErrorDetailsURI != "" {
			c.readFeedback(ctx, d.PnsErrorDetailsURI, yield)
		}
	}
}

// readFeedback reads a file, and reports whether the loop goes on.
func (c *Client) readFeedback(ctx context.Context, address string, yield func(Feedback, error) bool) bool {
	body, err := c.openBlob(ctx, address)
	if err != nil {
		yield(Feedback{}, err)
		return false
	}
	defer body.Close()
	for r := wire.NewFeedbackReader(body); ; {
		w, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			yield(Feedback{}, fmt.Errorf("notificationhubs: reading feedback: %w", err))
			return false
		}
		f := Feedback{
			Time: w.Time, Error: Outcome(w.Error), Platform: Platform(w.Platform), Handle: w.Handle, NewHandle: w.NewHandle,
			RegistrationID: w.RegistrationID, InstallationID: w.InstallationID, NotificationID: w.NotificationID,
		}
		if !yield(f, nil) {
			return false
		}
	}
}

// blobs lists the names of the files in a container, page after page.
func (c *Client) blobs(ctx context.Context, container string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for marker := ""; ; {
			names, next, err := c.blobPage(ctx, container, marker)
			if err == nil && next == marker && next != "" {
				err = errors.New("notificationhubs: the list of feedback does not go on: its marker is the same again")
			}
			if err != nil {
				yield("", err)
				return
			}
			for _, name := range names {
				if !yield(name, nil) {
					return
				}
			}
			if marker = next; marker == "" {
				return
			}
		}
	}
}

func (c *Client) blobPage(ctx context.Context, container, marker string) (names []string, next string, err error) {
	q := "restype=container&comp=list"
	if marker != "" {
		q += "&marker=" + url.QueryEscape(marker)
	}
	body, err := c.openBlob(ctx, container+"&"+q)
	if err != nil {
		return nil, "", err
	}
	defer body.Close()
	names, next, err = wire.DecodeBlobList(body)
	if err != nil {
		return nil, "", fmt.Errorf("notificationhubs: the list of feedback: %w", err)
	}
	return names, next, nil
}

// inContainer is a file's address: its name goes before the signature.
func inContainer(container, name string) string {
	base, query, _ := strings.Cut(container, "?")
	return strings.TrimSuffix(base, "/") + "/" + url.PathEscape(name) + "?" + query
}

// openBlob reads an address that is a key in itself: no token goes there, and
// no error shows it. It is tried again until it begins to answer. What it answers
// is not held to a time limit as a whole, only by ctx: a day's feedback may be long.
func (c *Client) openBlob(ctx context.Context, address string) (body io.ReadCloser, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("notificationhubs: the address of the feedback is not a URL")
	}
	req.Header.Set("User-Agent", c.userAgent)
	client := *c.http
	client.Timeout = 0
	err = c.repeat(ctx, false, func(int) (err error) {
		body, err = getBlob(&client, req)
		return err
	})
	return body, err
}

func getBlob(client *http.Client, req *http.Request) (io.ReadCloser, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", withoutQuery(err))
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBlobError)) // what can be read of it
		return nil, responseError(req, resp, body)
	}
	return resp.Body, nil
}

// maxBlobError bounds what is read of a refusal.
const maxBlobError = 16 << 10
