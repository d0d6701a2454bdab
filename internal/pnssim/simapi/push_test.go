package simapi_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

func TestPush(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i, c := range []struct{ body, json, text, base64 string }{
		{`{ "b": 12345678901234567890, "a": "<é>" }`, `{"b":12345678901234567890,"a":"<é>"}`, "", ""},
		{"[1,\n2]", "[1,2]", "", ""},
		{"123", "", "123", ""},
		{`{"a":`, "", `{"a":`, ""},
		{"<toast/>\n", "", "<toast/>\n", ""},
		{"\x00\xff\xfe", "", "", "\x00\xff\xfe"},
		{`{"a":"` + "\xff" + `"}`, "", "", `{"a":"` + "\xff" + `"}`},
		{"", "", "", ""},
	} {
		f.push(phone, c.body)
		p := get[simapi.Push](f, "GET", fmt.Sprint("/pushes/", i+1), "")
		var compact bytes.Buffer
		compact.Write(p.JSON)
		if got := strings.NewReplacer("\n", "", " ", "").Replace(compact.String()); got != c.json || p.Text != c.text || string(p.Base64) != c.base64 || p.Size != len(c.body) {
			t.Errorf("%q: %+v", c.body, p)
		}
		status, h, text := f.call("GET", fmt.Sprint("/pushes/", i+1, "/body"), "")
		if status != 200 || text != c.body || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the body: %d %q %v, want %q", status, text, h, c.body)
		}
	}
	p := get[simapi.Push](f, "GET", "/pushes/1", "")
	if p.Number != 1 || p.Service != pnssim.MPNS || p.Handle != phone || !p.At.Equal(f.clock.Now()) || p.ID != "11111111-2222-3333-4444-555555555555" ||
		p.Connection != 1 || p.Header.Get("X-NotificationClass") != "3" {
		t.Errorf("%+v", p)
	}
}

// numbers are those of a page.
func numbers(p simapi.Pushes) string {
	var b strings.Builder
	for _, x := range p.Pushes {
		fmt.Fprint(&b, x.Number, " ")
	}
	return fmt.Sprint(b.String(), "more ", p.More, " next ", p.Next)
}

func TestPages(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if got := numbers(get[simapi.Pushes](f, "GET", "/pushes", "")); got != "more false next 0" {
		t.Errorf("before anything has come: %s", got)
	}
	for _, handle := range []string{phone, phone2, phone, phone, phone2} {
		f.push(handle, "x")
	}
	for query, want := range map[string]string{
		"":                                 "1 2 3 4 5 more false next 5",
		"?limit=2":                         "1 2 more true next 2",
		"?limit=2&after=2":                 "3 4 more true next 4",
		"?limit=2&after=4":                 "5 more false next 5",
		"?after=5":                         "more false next 5",
		"?after=99":                        "more false next 5",
		"?service=mpns&handle=" + q(phone): "1 3 4 more false next 5",
		"?service=mpns&handle=" + q(phone) + "&limit=1&after=1": "3 more true next 3",
		"?service=fcm": "more false next 5",
		"?service=mpns&handle=" + q(phone2) + "&wait=1s&count=2&limit=2": "2 5 more false next 5",
		"?wait=1s&limit=3": "1 2 3 more true next 3",
	} {
		if got := numbers(get[simapi.Pushes](f, "GET", "/pushes"+query, "")); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// A page holds no more than 1 MiB of bodies, whatever the limit.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const size, count = 3000, 500 // MPNS takes no more than 3 KiB
	for range count {
		f.push(phone, strings.Repeat("x", size))
	}
	var pages []int
	for after, more := int64(0), true; more; {
		p := get[simapi.Pushes](f, "GET", fmt.Sprint("/pushes?limit=1000&after=", after), "")
		pages = append(pages, len(p.Pushes))
		after, more = p.Next, p.More
	}
	if want := []int{1 << 20 / size, count - 1<<20/size}; !slices.Equal(pages, want) {
		t.Errorf("pages of %v pushes, want %v", pages, want)
	}
}

// waiter is a call that waits.
type waiter struct {
	*httptest.ResponseRecorder
	done  chan struct{}
	leave context.CancelFunc
}

func (f *fixture) wait(query string) *waiter {
	ctx, leave := context.WithCancel(f.Context())
	w := &waiter{httptest.NewRecorder(), make(chan struct{}), leave}
	go func() {
		f.api.ServeHTTP(w, request(ctx, "GET", "/pushes?"+query, ""))
		close(w.done)
	}()
	f.Cleanup(leave)
	return w
}

func TestWaitEndsByPush(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.push(phone, "before")
	one := f.wait("service=mpns&handle=" + q(phone) + "&after=1&wait=30s")
	any := f.wait("after=1&wait=30s&count=2")
	f.push(phone2, "another's")
	f.push(phone, "at last")
	for w, want := range map[*waiter]string{one: "3 more false next 3", any: "2 3 more false next 3"} {
		<-w.done
		var p simapi.Pushes
		f.read(w.Body.String(), &p)
		if got := numbers(p); w.Code != 200 || got != want {
			t.Errorf("%d %s, want %s", w.Code, got, want)
		}
	}
}

func TestWaitEndsByTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.push(phone, "one")
	w := f.wait("wait=30s&count=2")
	for began := f.clock.Now(); ; f.clock.Advance(time.Second) { // the call sets its timer when it gets there
		select {
		case <-w.done:
			if want := `"1 pushes of 2 came within 30s"`; w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if f.clock.Now().Sub(began) < 30*time.Second {
				t.Errorf("it ended after %v", f.clock.Now().Sub(began))
			}
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestWaitEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	f := setup(t)
	w := f.wait("wait=30s")
	w.leave()
	<-w.done
	if w.Body.Len() != 0 {
		t.Errorf("somebody who has left is told %s", w.Body)
	}
}

func TestWaitEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*fixture){
		"the API is closed": func(f *fixture) { f.api.Close() },
		"the Sim is closed": func(f *fixture) { f.close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			before := f.wait("wait=30s")
			stop(f)
			for _, w := range []*waiter{before, f.wait("wait=30s")} {
				<-w.done
				if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "stopping") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
}

// The hundred-and-first call that would wait is refused, until one is done.
func TestWaitersAreBounded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ended := make(chan *waiter, 101)
	for range cap(ended) {
		w := f.wait("wait=30s")
		go func() {
			<-w.done
			ended <- w
		}()
	}
	w := <-ended
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.push(phone, "x")
	for range 100 {
		if w := <-ended; w.Code != 200 {
			t.Errorf("one of a hundred: %d %s", w.Code, w.Body)
		}
	}
	if got := numbers(get[simapi.Pushes](f, "GET", "/pushes?wait=30s", "")); got != "1 more false next 1" {
		t.Errorf("afterwards: %s", got)
	}
}
