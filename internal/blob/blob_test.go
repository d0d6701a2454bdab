package blob_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fanfare-hub/fanfare/internal/blob"
	"github.com/fanfare-hub/fanfare/internal/blob/blobtest"
	"github.com/fanfare-hub/fanfare/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T, before func(w http.ResponseWriter, r *http.Request) bool) (*blobtest.Storage, *blob.Client) {
	t.Helper()
	s := blobtest.Start(t)
	s.Before = before
	c := blob.New(egress.AzureStorage().WithLoopback())
	t.Cleanup(c.Close)
	return s, c
}

func TestIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ container, path, want string }{
		{"https://a.example/c?sig=x%2By", "/hub/1/Output.txt", "https://a.example/c/hub/1/Output.txt?sig=x%2By"},
		{"https://a.example/c/?sig=x", "hub/1", "https://a.example/c/hub/1?sig=x"},
		{"http://127.0.0.1:10000/account/c%20d", "/a b/ü?#%", "http://127.0.0.1:10000/account/c%20d/a%20b/%C3%BC%3F%23%25"},
	} {
		if got, err := blob.In(c.container, c.path); err != nil || got != c.want {
			t.Errorf("In(%q, %q) = %q, %v; want %q", c.container, c.path, got, err, c.want)
		}
	}
	if _, err := blob.In("https://a.example/%zz?sig=SECRET", "x"); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("a URL that is none: %v", err)
	}
}

// A file is made of its blocks, in the order of the list; putting a block and
// the list again changes nothing.
func TestWrite(t *testing.T) {
	t.Parallel()
	s, c := setup(t, nil)
	file := s.URL("/c/f")
	for range 2 {
		for id, data := range map[string]string{"b-1": "one,", "b-2": "two"} {
			if err := c.PutBlock(t.Context(), file, id, []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.PutBlockList(t.Context(), file, []string{"b-1", "b-2"}); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Get("/c/f"); got != "one,two" || !ok {
			t.Errorf("the file is %q", got)
		}
	}
	if err := c.PutBlockList(t.Context(), s.URL("/c/empty"), nil); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Get("/c/empty"); got != "" || !ok {
		t.Errorf("the empty file is %q, %t", got, ok)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	s, c := setup(t, nil)
	s.Put("/c/f", "0123456789")
	s.Put("/c/empty", "")
	for _, want := range []struct {
		path   string
		offset int64
		n      int
		data   string
		size   int64
	}{
		{"/c/f", 0, 4, "0123", 10}, {"/c/f", 4, 4, "4567", 10}, {"/c/f", 8, 4, "89", 10}, {"/c/f", 0, 100, "0123456789", 10}, {"/c/empty", 0, 4, "", 0},
	} {
		p, err := c.Read(t.Context(), s.URL(want.path), want.offset, want.n, "")
		if err != nil || string(p.Data) != want.data || p.Size != want.size {
			t.Errorf("%+v: %q of %d, %v", want, p.Data, p.Size, err)
		}
	}
	p, err := c.Read(t.Context(), s.URL("/c/f"), 0, 4, "")
	if err != nil {
		t.Fatal(err)
	}
	s.Put("/c/f", "something else")
	_, err = c.Read(t.Context(), s.URL("/c/f"), 4, 4, p.ETag)
	var e *blob.Error
	if !errors.As(err, &e) || e.Status != http.StatusPreconditionFailed || e.Temporary {
		t.Errorf("a file that was changed: %v", err)
	}
}

// Each refusal says what it means, and whether it is worth coming back.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		status    int
		code      string
		header    string // Retry-After
		temporary bool
		after     time.Duration
		want      string
	}{
		{"expired", 403, "AuthenticationFailed", "", false, 0, "reading the file: the storage answered 403 AuthenticationFailed: the URL's signature is wrong, has expired, or lacks a right"},
		{"no container", 404, "ContainerNotFound", "", false, 0, "reading the file: the storage answered 404 ContainerNotFound: there is no such container or file"},
		{"no code", 409, "", "", false, 0, "reading the file: the storage answered 409"},
		{"a code that is text", 409, "<b>&sig=SECRET</b>", "", false, 0, "reading the file: the storage answered 409"},
		{"a redirect", 302, "", "", false, 0, "reading the file: the storage answered 302"},
		{"busy", 503, "ServerBusy", "7", true, 7 * time.Second, "reading the file: the storage answered 503 ServerBusy"},
		{"throttled without end", 429, "", "999999", true, 10 * time.Minute, "reading the file: the storage answered 429"},
		{"broken", 500, "InternalError", "soon", true, 0, "reading the file: the storage answered 500 InternalError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, client := setup(t, func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("x-ms-error-code", c.code)
				w.Header().Set("Retry-After", c.header)
				w.WriteHeader(c.status)
				return true
			})
			_, err := client.Read(t.Context(), s.URL("/c/f"), 0, 10, "")
			var e *blob.Error
			if !errors.As(err, &e) || e.Error() != c.want || e.Temporary != c.temporary || e.RetryAfter != c.after || e.Status != c.status {
				t.Errorf("got %+v (%v)\nwant %q, temporary %t, after %v", e, err, c.want, c.temporary, c.after)
			}
			if n := len(s.Served()); n != 1 {
				t.Errorf("%d requests were made, want one attempt", n)
			}
		})
	}
}

// A URL without a signature is refused in many ways, which all mean the same.
func TestRefusalsOfNoSignature(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 404, 409} {
		s, client := setup(t, func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			return true
		})
		for _, query := range []string{"", "?sv=2020-01-01"} {
			err := client.PutBlock(t.Context(), s.Address()+"/c/f"+query, "1", nil)
			if want := "the URL has no signature"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d, %q: %v, want %q", status, query, err, want)
			}
		}
		if err := client.PutBlock(t.Context(), s.URL("/c/f"), "1", nil); err == nil || strings.Contains(err.Error(), "no signature") {
			t.Errorf("%d with a signature: %v", status, err)
		}
	}
}

// Storage that does not do as Azure's does is found out.
func TestStrangeStorage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer    http.HandlerFunc
		want      string
		temporary bool
	}{
		"the whole of a large file": {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 100)) }, "sends the whole", false},
		"another part": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(http.StatusPartialContent)
		}, "is not that of the part", false},
		"no Content-Range": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }, "is not that of the part", false},
		"a size below the part": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-9/0")
			w.WriteHeader(http.StatusPartialContent)
		}, "is not that of the part", false},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(make([]byte, 5))
		}, "unexpected EOF", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := setup(t, func(w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return true })
			_, err := client.Read(t.Context(), s.URL("/c/f"), 0, 10, "")
			var e *blob.Error
			if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || e.Temporary != c.temporary {
				t.Errorf("%v, want %q, temporary %t", err, c.want, c.temporary)
			}
		})
	}
}

// No error shows the signature, whatever fails.
func TestErrorsKeepTheSignature(t *testing.T) {
	t.Parallel()
	s, c := setup(t, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	closed := blobtest.Start(t)
	outside := blob.New(egress.AzureStorage())
	t.Cleanup(outside.Close)
	for name, call := range map[string]func() error{
		"unreachable": func() error {
			_, err := c.Read(t.Context(), "http://127.0.0.1:1/c/f?sig=SECRET", 0, 1, "")
			return err
		},
		"a wrong signature": func() error {
			return c.PutBlock(t.Context(), s.Address()+"/c/f?sig=SECRET", "1", nil)
		},
		"no URL": func() error {
			return c.PutBlockList(t.Context(), "http://127.0.0.1:bad/c/f?sig=SECRET", nil)
		},
		"a ctx that has ended": func() error {
			_, err := c.Read(gone, s.Address()+"/c/f?sig=SECRET", 0, 1, "")
			return err
		},
		"not allowed": func() error {
			return outside.PutBlock(t.Context(), closed.Address()+"/c/f?sig=SECRET", "1", nil)
		},
	} {
		err := call()
		if err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", name, err)
		}
		var e *blob.Error
		switch isError := errors.As(err, &e); name {
		case "a ctx that has ended":
			if !errors.Is(err, context.Canceled) || isError {
				t.Errorf("%s: %v is not the caller's own end", name, err)
			}
		case "unreachable":
			if !isError || !e.Temporary {
				t.Errorf("%s: %v is not temporary", name, err)
			}
		default:
			if !isError || e.Temporary {
				t.Errorf("%s: %v is temporary", name, err)
			}
		}
	}
	if len(closed.Served()) != 0 {
		t.Error("a storage that is not allowed was reached")
	}
}
