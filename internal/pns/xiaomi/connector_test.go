package xiaomi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pns/xiaomi"
)

var hello = &pns.Message{Kind: hub.Native, Body: []byte(`{"title":"t","description":"Hello"}`)}

// far is the far side; it answers as the test says, and keeps the forms.
type far struct {
	t      *testing.T
	answer func(w http.ResponseWriter, ids []string) // nil: accepted

	mu    sync.Mutex
	forms []url.Values
}

func (s *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.Method != http.MethodPost || r.ContentLength <= 0 {
		s.t.Errorf("%s over %s, length %d", r.Method, r.Proto, r.ContentLength)
	}
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	f := r.PostForm
	f.Set("", r.Host+r.URL.RequestURI()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type"))
	s.mu.Lock()
	s.forms = append(s.forms, f)
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, strings.Split(f.Get("registration_id"), ","))
		return
	}
	io.WriteString(w, `{"result":"ok","code":0,"trace_id":"T","data":{"id":"1"}}`)
}

func (s *far) took() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms
}

func reach(t *testing.T, s *far, endpoint string) pns.Connector {
	t.Helper()
	s.t = t
	return pnstest.Connect(t, xiaomi.New, credential("s3cret", endpoint), pnstest.Start(t, s))
}

func push(t *testing.T, c pns.Connector, m *pns.Message, handles ...string) []pns.Result {
	t.Helper()
	return pnstest.Send(t, c, &pns.Batch{Message: m, Targets: pnstest.Targets(handles...)})
}

func TestSend(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"": "api.xmpush.xiaomi.com/v3/message/regid",
		"https://sgp-api.xmpush.global.xiaomi.com":       "sgp-api.xmpush.global.xiaomi.com/v3/message/regid",
		"https://api.xmpush.xiaomi.com/v2/message/regid": "api.xmpush.xiaomi.com/v2/message/regid",
		"https://push.example/v3/message/regid/":         "push.example/v3/message/regid",
		"https://sandbox.xmpush.xiaomi.com":              "sandbox.xmpush.xiaomi.com/v3/message/regid",
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			s := &far{}
			got := push(t, reach(t, s, endpoint), hello, "a+/=", "b")
			ok := pns.Result{Class: pns.OK, Outcome: hub.Success, Correlation: "T: 1"}
			if diff := cmp.Diff([]pns.Result{ok, ok}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			form := url.Values{
				"":      {want + " key=s3cret application/x-www-form-urlencoded;charset=UTF-8"},
				"title": {"t"}, "description": {"Hello"}, "registration_id": {"a+/=,b"},
			}
			if diff := cmp.Diff([]url.Values{form}, s.took()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// 2,001 ids are three requests, and the answers name many more ids than other
// services' answers have room for.
func TestThousandsOfIDs(t *testing.T) {
	t.Parallel()
	s := &far{}
	s.answer = func(w http.ResponseWriter, ids []string) {
		fmt.Fprintf(w, `{"result":"ok","code":0,"data":{"bad_regids":%q}}`, strings.Join(ids[1:], ","))
	}
	c := reach(t, s, "")
	handles := make([]string, 2001)
	for i := range handles {
		handles[i] = fmt.Sprintf("%064d", i)
	}
	got := push(t, c, hello, handles...)
	accepted := 0
	for i, r := range got {
		switch {
		case i%1000 == 0 && r.Class == pns.OK:
			accepted++
		case i%1000 == 0 || r.Class != pns.Drop || r.Outcome != hub.BadChannel || r.Malformed:
			t.Fatalf("result %d: %+v", i, r)
		}
	}
	sizes := map[int]int{}
	for _, f := range s.took() {
		sizes[strings.Count(f.Get("registration_id"), ",")+1]++
	}
	if diff := cmp.Diff(map[int]int{1000: 2, 1: 1}, sizes); diff != "" || accepted != 3 {
		t.Errorf("%d accepted; ids of the requests (-want +got):\n%s", accepted, diff)
	}
}

// Long ids make requests of fewer.
func TestRequestsAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	s := &far{}
	c := reach(t, s, "")
	handles := make([]string, 50)
	for i := range handles {
		handles[i] = fmt.Sprintf("%04096d", i)
	}
	for i, r := range push(t, c, hello, handles...) {
		if r.Class != pns.OK {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	for _, f := range s.took() {
		if n := len(f.Get("registration_id")); n > 96<<10 {
			t.Errorf("a request has %d bytes of ids", n)
		}
	}
}

// Two registrations of one id get a copy each, in requests of their own, and a
// handle that would be two ids is not sent to.
func TestOddHandles(t *testing.T) {
	t.Parallel()
	s := &far{}
	c := reach(t, s, "")
	got := push(t, c, hello, "a", "b", "a", "x,y", "", "a")
	for i, want := range []pns.Class{pns.OK, pns.OK, pns.OK, pns.Body, pns.Body, pns.OK} {
		if got[i].Class != want || want == pns.Body && got[i].Outcome != hub.BadChannel {
			t.Errorf("result %d: %+v", i, got[i])
		}
	}
	sent := map[string]int{}
	for _, f := range s.took() {
		sent[f.Get("registration_id")]++
	}
	if diff := cmp.Diff(map[string]int{"a,b": 1, "a": 2}, sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A request that is refused for one device is sent again in halves: the others
// get it once, and the one is held.
func TestOneInvalidDevice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]int{}
	s := &far{answer: func(w http.ResponseWriter, ids []string) {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range ids {
			if id == "d5" {
				io.WriteString(w, `{"result":"error","code":10029,"reason":"invalid device"}`)
				return
			}
		}
		for _, id := range ids {
			got[id]++
		}
		io.WriteString(w, `{"result":"ok","code":0}`)
	}}
	c := reach(t, s, "")
	var handles []string
	want := map[string]int{}
	for i := range 16 {
		handles = append(handles, fmt.Sprint("d", i))
		if i != 5 {
			want[handles[i]] = 1
		}
	}
	for i, r := range push(t, c, hello, handles...) {
		if i == 5 != (r.Class == pns.Hold && r.Outcome == hub.BadChannel) || i != 5 && r.Class != pns.OK {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	if n := len(s.took()); n != 9 { // 16, then two each of 8, 4, 2 and 1
		t.Errorf("%d requests, want 9", n)
	}
}

// A wrong secret stops the service: no handle is touched.
func TestAWrongSecret(t *testing.T) {
	t.Parallel()
	s := &far{answer: func(w http.ResponseWriter, _ []string) {
		io.WriteString(w, `{"result":"error","code":22008,"reason":"app secret invalid"}`)
	}}
	c := reach(t, s, "")
	for i, r := range push(t, c, hello, "a", "b") {
		if r.Class != pns.Credential || r.Outcome != hub.InvalidCredentials || !r.Service || strings.Contains(r.Reason, "s3cret") {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestWhatIsRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	s := &far{}
	c := reach(t, s, "")
	for i, r := range push(t, c, &pns.Message{Body: []byte(`{"title":"t","sound":1}`)}, "a", "b") {
		if r.Class != pns.Body || r.Outcome != hub.InvalidNotificationFormat {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if n := len(s.took()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   pns.Result
	}{
		"closed": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, pns.Result{Class: pns.Unknown, Outcome: hub.PnsUnreachable}},
		"closed in its body": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"result":"ok"`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, pns.Result{Class: pns.Unknown, Outcome: hub.PnsInterfaceError}},
		"a redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://token.example/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, pns.Result{Class: pns.Body, Outcome: hub.PnsInterfaceError}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &far{answer: func(w http.ResponseWriter, _ []string) { c.answer(w) }}
			for i, r := range push(t, reach(t, s, ""), hello, "a", "b") {
				r.Reason = ""
				if diff := cmp.Diff(c.want, r); diff != "" {
					t.Errorf("result %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestAnUnreachableService(t *testing.T) {
	t.Parallel()
	c := pnstest.Connect(t, xiaomi.New, credential("s3cret", ""), pnstest.Unreachable())
	for i, r := range push(t, c, hello, "a", "b") {
		if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || !r.Service {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestTheEndOfTheContextFillsEveryResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	block := make(chan struct{})
	s := &far{t: t, answer: func(http.ResponseWriter, []string) {
		cancel()
		<-block
	}}
	env := pnstest.Start(t, s)
	defer close(block)
	env.Conns = 1
	c := pnstest.Connect(t, xiaomi.New, credential("s3cret", ""), env)
	results := make([]pns.Result, 2)
	// The same id twice: two requests, one of which never gets a connection.
	c.Send(ctx, &pns.Batch{Message: hello, Targets: []pns.Target{{Handle: "a"}, {Handle: "a"}}, NewConn: true}, results)
	for i, want := range []pns.Class{pns.Unknown, pns.Unsent} {
		if r := results[i]; r.Class != want || r.Outcome != hub.PnsUnreachable {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}
