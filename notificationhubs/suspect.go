package notificationhubs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Suspect is a handle that its push service has called dead while it said so
// of too many: Fanfare does not send to it, and has not deleted it.
type Suspect struct {
	Handle string    `json:"handle"`
	Since  time.Time `json:"since"`
}

// Suspects lists the suspects of a platform in order of their handles, page
// after page as the loop goes on. An error ends the list. Azure has no such
// call, and answers 404. It needs the right Manage.
func (c *Client) Suspects(ctx context.Context, p Platform) iter.Seq2[Suspect, error] {
	return func(yield func(Suspect, error) bool) {
		for query := (url.Values{}); ; {
			page, err := c.suspectPage(ctx, p, query)
			if err == nil && page.Next != "" && page.Next == query.Get("after") {
				err = errors.New("notificationhubs: the list of suspects does not go on: its next page is the same again")
			}
			if err != nil {
				yield(Suspect{}, err)
				return
			}
			for _, s := range page.Suspects {
				if !yield(s, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("after", page.Next)
		}
	}
}

// CountSuspects returns how many suspects a platform has. It needs the right
// Manage.
func (c *Client) CountSuspects(ctx context.Context, p Platform) (int, error) {
	page, err := c.suspectPage(ctx, p, url.Values{"$top": {"1"}})
	return page.Total, err
}

type suspectPage struct {
	Total    int
	Suspects []Suspect
	Next     string
}

func (c *Client) suspectPage(ctx context.Context, p Platform, query url.Values) (page suspectPage, err error) {
	a, err := c.do(ctx, call{method: http.MethodGet, own: true, path: []string{"suspects", string(p)}, query: query, want: []int{http.StatusOK}})
	if err != nil {
		return page, err
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return page, fmt.Errorf("notificationhubs: the list of suspects: %w", err)
	}
	return page, nil
}

// ConfirmSuspects says that suspects of a platform are dead, and deletes their
// registrations; no handle is all of them. What was written since the suspicion
// stays. It returns how many were judged. It needs the right Manage.
func (c *Client) ConfirmSuspects(ctx context.Context, p Platform, handles ...string) (int, error) {
	return c.judgeSuspects(ctx, p, "confirm", handles)
}

// ClearSuspects says that suspects of a platform are alive: the next send tries
// them. No handle is all of them. It returns how many were judged. It needs the
// right Manage.
func (c *Client) ClearSuspects(ctx context.Context, p Platform, handles ...string) (int, error) {
	return c.judgeSuspects(ctx, p, "clear", handles)
}

func (c *Client) judgeSuspects(ctx context.Context, p Platform, verb string, handles []string) (int, error) {
	if len(handles) == 0 {
		return c.judge(ctx, p, verb, `{"all":true}`)
	}
	total := 0
	for _, h := range handles {
		body, err := json.Marshal(map[string]string{"handle": h})
		if err != nil {
			return total, err
		}
		n, err := c.judge(ctx, p, verb, string(body))
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (c *Client) judge(ctx context.Context, p Platform, verb, body string) (int, error) {
	a, err := c.do(ctx, call{
		method: http.MethodPost, own: true, path: []string{"suspects", string(p), verb}, want: []int{http.StatusOK},
		header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body),
	})
	if err != nil {
		return 0, err
	}
	var done struct{ Changed int }
	if err := json.Unmarshal(a.body, &done); err != nil {
		return 0, fmt.Errorf("notificationhubs: the answer about suspects: %w", err)
	}
	return done.Changed, nil
}
