package notificationhubs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// statuses answers with one status after the other, and then with 201; a 0 is
// no answer, because no connection is made, and a -1 because it breaks.
func statuses(retryAfter string, codes ...int) transport {
	return func(n int, r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		switch {
		case n > len(codes):
			return respond(http.StatusCreated, "")
		case codes[n-1] == 0:
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		case codes[n-1] < 0:
			return nil, &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
		case retryAfter == "":
			return respond(codes[n-1], "")
		}
		return respond(codes[n-1], "", "Retry-After", retryAfter)
	}
}

// send is not the same when it is done twice; createID is.
func send(ctx context.Context, c *nh.Client) error {
	_, err := c.Send(ctx, nh.NewADMNotification(`{}`), nil)
	return err
}

func createID(ctx context.Context, c *nh.Client) error {
	_, err := c.CreateRegistrationID(ctx)
	return err
}

// The requests that are made for each answer to the first.
func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	for code, c := range map[int]struct {
		retryAfter   string
		sends, other int
	}{
		0:   {"", 2, 2},
		-1:  {"", 1, 2},
		408: {"", 1, 2},
		429: {"", 2, 2},
		500: {"", 1, 2},
		502: {"", 1, 2},
		503: {"", 2, 2},
		504: {"", 1, 2},
		403: {"1", 2, 2},
		401: {"1", 1, 1},
		400: {"1", 1, 1},
		404: {"1", 1, 1},
		409: {"1", 1, 1},
		413: {"1", 1, 1},
		501: {"1", 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{}, statuses(c.retryAfter, code))
			if err := send(t.Context(), client); (err == nil) != (c.sends == 2) || len(*times) != c.sends {
				t.Errorf("%d: a send made %d requests, want %d: %v", code, len(*times), c.sends, err)
			}
			client, times = fake(t, nh.ClientOptions{}, statuses(c.retryAfter, code))
			_ = createID(t.Context(), client) // the last answer has no Location
			if len(*times) != c.other {
				t.Errorf("%d: what may be repeated made %d requests, want %d", code, len(*times), c.other)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		client, times := fake(t, nh.ClientOptions{}, statuses("", 403))
		if err := send(t.Context(), client); err == nil || len(*times) != 1 {
			t.Errorf("a 403 that is a matter of rights: %d requests, %v", len(*times), err)
		}
	})
}

// What no repetition helps against is tried once, even if it could be repeated.
func TestWhatIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"a stranger's certificate": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"plain HTTP":               http.ErrSchemeMismatch,
		"a caller that gave up":    context.Canceled,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{}, func(int, *http.Request) (*http.Response, error) { return nil, failure })
			if err := createID(t.Context(), client); !errors.Is(err, failure) || len(*times) != 1 {
				t.Errorf("%s: %d requests, %v", name, len(*times), err)
			}
		})
	}
}

// An answer that breaks off is asked for again, but not that to a send.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	broken := func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return halfAnAnswer(http.StatusCreated), nil
		}
		return respond(http.StatusCreated, "", "Location", "https://h.example/MyHub/registrationids/1-2-3?api-version=2020-06")
	}
	synctest.Test(t, func(t *testing.T) {
		client, times := fake(t, nh.ClientOptions{}, broken)
		if id, err := client.CreateRegistrationID(t.Context()); err != nil || id != "1-2-3" || len(*times) != 2 {
			t.Errorf("%d requests, %q, %v", len(*times), id, err)
		}
		client, times = fake(t, nh.ClientOptions{}, broken)
		if err := send(t.Context(), client); !errors.Is(err, io.ErrUnexpectedEOF) || len(*times) != 1 {
			t.Errorf("a send: %d requests, %v", len(*times), err)
		}
	})
}

// The waits stay below bounds that double: half a second, a second, ….
func TestBackOff(t *testing.T) {
	t.Parallel()
	o := &nh.RetryOptions{Attempts: 7, Max: 3 * time.Second}
	bounds := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second}
	seen := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{Retry: o}, statuses("", 503, 503, 503, 503, 503, 503, 503))
			if err := send(t.Context(), client); err == nil || len(*times) != o.Attempts {
				t.Fatalf("%d requests, %v", len(*times), err)
			}
			for i, bound := range bounds {
				wait := (*times)[i+1].Sub((*times)[i])
				if wait <= 0 || wait > bound {
					t.Errorf("wait %d is %v, above 0 and up to %v wanted", i, wait, bound)
				}
				seen[wait] = true
			}
		})
	}
	if len(seen) < 100 {
		t.Errorf("of 120 waits %d differ: they are not random", len(seen))
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1":                                time.Second,
		"30":                               30 * time.Second,
		"Sat, 01 Jan 2000 00:00:05 GMT":    5 * time.Second, // a bubble's clock begins at midnight
		"Saturday, 01-Jan-00 00:00:05 GMT": 5 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{}, statuses(text, 429))
			if err := send(t.Context(), client); err != nil || len(*times) != 2 {
				t.Fatalf("%s: %d requests, %v", text, len(*times), err)
			}
			if wait := (*times)[1].Sub((*times)[0]); wait != want {
				t.Errorf("%s: waited %v, want %v", text, wait, want)
			}
		})
	}
	// What says nothing is as if it were not there.
	for _, text := range []string{"0", "-1", "1.5", "soon", "Sat, 01 Jan 1999 00:00:00 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{}, statuses(text, 429))
			if err := send(t.Context(), client); err != nil || len(*times) != 2 {
				t.Fatalf("%s: %d requests, %v", text, len(*times), err)
			}
			if wait := (*times)[1].Sub((*times)[0]); wait > 500*time.Millisecond {
				t.Errorf("%s: waited %v", text, wait)
			}
		})
	}
	// What is longer than a wait may be is the caller's to wait for.
	for text, want := range map[string]time.Duration{"31": 31 * time.Second, "99999999999999999999": (1<<32 - 1) * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			client, times := fake(t, nh.ClientOptions{}, statuses(text, 429))
			err := send(t.Context(), client)
			if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.RetryAfter != want || len(*times) != 1 {
				t.Errorf("%s: %d requests, %v", text, len(*times), err)
			}
		})
	}
}

func TestContextEndsRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		client, times := fake(t, nh.ClientOptions{}, statuses("20", 503))
		began := time.Now()
		err := send(ctx, client)
		if e, ok := errors.AsType[*nh.ResponseError](err); !errors.Is(err, context.Canceled) || !ok || e.StatusCode != 503 || len(*times) != 1 {
			t.Errorf("%d requests, %v", len(*times), err)
		}
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("it returned after %v", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		client, _ := fake(t, nh.ClientOptions{}, statuses("20", 503))
		began := time.Now()
		err := send(ctx, client)
		if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != 503 || !time.Now().Equal(began) {
			t.Errorf("a wait that outlasts the context: %v after %v", err, time.Since(began))
		}
	})
}

// A deletion whose answer was lost is done.
func TestDeletionIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, times := fake(t, nh.ClientOptions{}, statuses("", -1, 404))
		if err := client.DeleteRegistration(t.Context(), "1-2-3", ""); err != nil || len(*times) != 2 {
			t.Errorf("%d requests, %v", len(*times), err)
		}
		client, _ = fake(t, nh.ClientOptions{}, statuses("", 404))
		if err := client.DeleteRegistration(t.Context(), "1-2-3", ""); err == nil {
			t.Error("that there was nothing to delete was not told")
		}
	})
}

// An update whose answer was lost would find its own change in its way.
func TestUpdateIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, times := fake(t, nh.ClientOptions{}, statuses("", -1, 412))
		_, err := client.UpdateRegistration(t.Context(), nh.Registration{ID: "1-2-3", ETag: "1", Platform: nh.APNs, Handle: "00AA"})
		if _, answered := errors.AsType[*nh.ResponseError](err); err == nil || answered || len(*times) != 1 {
			t.Errorf("%d requests, %v", len(*times), err)
		}
	})
}
