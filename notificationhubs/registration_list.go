package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// Registrations lists every registration of the hub, page after page as the
// loop goes on: leave the loop where you have enough, and nothing more is read.
// An error ends the list. What is written meanwhile may be in it or not. It needs
// the right Manage.
func (c *Client) Registrations(ctx context.Context) iter.Seq2[Registration, error] {
	return c.list(ctx, []string{"registrations"}, nil)
}

// RegistrationsByTag lists the registrations that carry a tag, as Registrations
// does. An installation's are found by $InstallationId:{ID} and $UserId:{UserID}
// too. It needs the right Manage.
func (c *Client) RegistrationsByTag(ctx context.Context, tag string) iter.Seq2[Registration, error] {
	return c.list(ctx, []string{"tags", tag, "registrations"}, nil)
}

// RegistrationsByHandle lists the registrations of a device's handle, on
// whatever platform, as Registrations does. It needs the right Listen.
func (c *Client) RegistrationsByHandle(ctx context.Context, handle string) iter.Seq2[Registration, error] {
	// The service looks for the handle on every platform, whatever the name.
	filter := "ChannelUri eq '" + strings.ReplaceAll(handle, "'", "''") + "'"
	return c.list(ctx, []string{"registrations"}, url.Values{"$filter": {filter}})
}

// list reads page after page. The service may give a short page, or an empty
// one, and go on: only a missing token is the end.
func (c *Client) list(ctx context.Context, path []string, query url.Values) iter.Seq2[Registration, error] {
	return func(yield func(Registration, error) bool) {
		token := ""
		for {
			page, next, err := c.listPage(ctx, path, query, token)
			if err == nil && next == token && next != "" {
				err = errors.New("notificationhubs: the list does not go on: its continuation token is the same again")
			}
			if err != nil {
				yield(Registration{}, err)
				return
			}
			for i := range page {
				if !yield(registrationFromWire(&page[i]), nil) {
					return
				}
			}
			if next == "" {
				return
			}
			token = next
		}
	}
}

func (c *Client) listPage(ctx context.Context, path []string, query url.Values, token string) (page []wire.Registration, next string, err error) {
	q := maps.Clone(query)
	if token != "" {
		if q == nil {
			q = url.Values{}
		}
		q.Set("continuationtoken", token)
	}
	a, err := c.do(ctx, call{method: http.MethodGet, path: path, query: q, want: []int{http.StatusOK}})
	if err != nil {
		return nil, "", err
	}
	if page, err = wire.DecodeFeed(bytes.NewReader(a.body)); err != nil {
		return nil, "", fmt.Errorf("notificationhubs: the list: %w", err)
	}
	next = a.header.Get(wire.HeaderContinuation)
	if plain, err := url.PathUnescape(next); err == nil {
		next = plain // Azure escapes it in the header already, and wants it back escaped once
	}
	return page, next, nil
}
