package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// following says which pushes are meant.
type following struct {
	service, handle string
	after           int64
}

func (f *following) query() url.Values {
	q := url.Values{"after": {strconv.FormatInt(f.after, 10)}}
	for name, value := range map[string]string{"service": serviceOf(f.service), "handle": f.handle} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// next returns the page after what is known. With a wait it waits so long for
// count pushes, and returns an empty page if they do not come.
func (s *simulators) next(ctx context.Context, f *following, count int, wait time.Duration) (page simapi.Pushes, err error) {
	q := f.query()
	if wait > 0 {
		q.Set("wait", max(wait, time.Millisecond).String())
		q.Set("count", strconv.Itoa(count))
	}
	err = s.call(ctx, "GET", "/pushes?"+q.Encode(), nil, &page)
	if no, ok := errors.AsType[*refusal](err); ok && no.status == http.StatusGatewayTimeout {
		return simapi.Pushes{More: true, Next: f.after}, nil
	}
	return page, err
}

func simPushes(s *simulators) *cobra.Command {
	var f following
	var follow bool
	c := &cobra.Command{Use: "pushes", Short: "List what devices got, the oldest first", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			wait := time.Duration(0)
			for {
				page, err := s.next(c.Context(), &f, 1, wait)
				if err != nil && follow && c.Context().Err() != nil {
					return nil // as it is meant to end
				}
				if err == nil {
					err = s.showPushes(c, page.Pushes)
				}
				if err != nil || !page.More && !follow {
					return err
				}
				f.after = page.Next
				if follow && !page.More {
					wait = simapi.MaxWait
				}
			}
		}}
	c.Flags().StringVar(&f.service, "service", "", "only of this service")
	c.Flags().StringVar(&f.handle, "handle", "", "only of this device of the service")
	c.Flags().Int64Var(&f.after, "after", 0, "only those after the one with this number")
	c.Flags().BoolVar(&follow, "follow", false, "go on as more come, until Ctrl-C")
	return c
}

func simWait(s *simulators) *cobra.Command {
	var f following
	var count int
	var timeout time.Duration
	c := &cobra.Command{Use: "wait SERVICE HANDLE", Short: "Wait until a device has got a push, and print it", Args: exactArgs("a service", "a handle"),
		Long: `Waits until a device has got a push, and prints it; at once if it has one
already. With --after it waits for those after the one with that number. It fails
if the time is over before.`,
		RunE: func(c *cobra.Command, args []string) error {
			if count < 1 || timeout <= 0 {
				return misuse{errors.New("--count and --timeout: more than nothing is needed")}
			}
			f.service, f.handle = args[0], args[1]
			for end := time.Now().Add(timeout); ; {
				left := time.Until(end)
				if left <= 0 {
					return fmt.Errorf("the device got fewer than %d pushes in %v", count, timeout)
				}
				page, err := s.next(c.Context(), &f, count, min(left, simapi.MaxWait))
				if err != nil {
					return err
				}
				if len(page.Pushes) > 0 {
					return s.showPushes(c, page.Pushes)
				}
			}
		}}
	c.Flags().IntVar(&count, "count", 1, "wait for so many, 100 at most")
	c.Flags().Int64Var(&f.after, "after", 0, "only those after the one with this number")
	c.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long to wait")
	return c
}
