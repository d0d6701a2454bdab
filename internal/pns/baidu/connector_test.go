package baidu_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/baidu"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

const hello = `{"title":"t","description":"Hello"}`

// far is the far side; it answers as the test says, and keeps the forms.
type far struct {
	t      *testing.T
	answer func(w http.ResponseWriter, f url.Values) // nil: accepted

	mu    sync.Mutex
	forms []url.Values
}

func (s *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.Method != http.MethodPost || r.ContentLength <= 0 || r.URL.RawQuery != "" {
		s.t.Errorf("%s %s over %s, length %d", r.Method, r.URL, r.Proto, r.ContentLength)
	}
	if ct := r.Header.Get("Content-Type"); ct != "application/x-www-form-urlencoded;charset=utf-8" {
		s.t.Errorf("content type %q", ct)
	}
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	f := r.PostForm
	f.Set("", r.Host+r.URL.Path+" "+r.UserAgent())
	s.mu.Lock()
	s.forms = append(s.forms, f)
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, f)
		return
	}
	fmt.Fprint(w, `{"request_id":1,"response_params":{"msg_id":"2"}}`)
}

func (s *far) took() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms
}

func reach(t *testing.T, s *far, endpoint string) (pns.Connector, *clock.Fake) {
	t.Helper()
	s.t = t
	env := pnstest.Start(t, s)
	return pnstest.Connect(t, baidu.New, credential("key", "s3cret", endpoint), env), env.Clock.(*clock.Fake)
}

func push(t *testing.T, c pns.Connector, m *pns.Message, handles ...string) []pns.Result {
	t.Helper()
	b := pns.Batch{Message: m}
	for i, h := range handles {
		b.Targets = append(b.Targets, pns.Target{Handle: h, MessageID: fmt.Sprint("id", i)})
	}
	return pnstest.Send(t, c, &b)
}

// The signatures of both requests were computed in Python, from the fields.
func TestSend(t *testing.T) {
	t.Parallel()
	m := &pns.Message{
		Kind: hub.Native, Body: []byte(hello), Expiry: pnstest.Now.Add(time.Minute),
		Headers: []hub.Header{{Name: "X-Baidu-Message-Type", Value: "1"}, {Name: "X-Baidu-Other", Value: "x"}},
	}
	const agent = "BCCS_SDK/3.0 (Fanfare) Go (Baidu Push Server SDK V3.0.0)"
	for name, c := range map[string]struct {
		endpoint string
		want     url.Values
	}{
		"today's": {"", url.Values{
			"": {"api.tuisong.baidu.com/rest/3.0/push/single_device " + agent}, "apikey": {"key"}, "timestamp": {"1795608000"},
			"channel_id": {"22"}, "device_type": {"3"}, "msg_type": {"1"}, "msg": {hello}, "msg_expires": {"60"},
			"sign": {"af7151154ca411d007888fe4cbae36ee"},
		}},
		"the older one": {"https://Channel.API.duapp.com:443/rest/2.0/channel/channel", url.Values{
			"": {"channel.api.duapp.com/rest/2.0/channel/channel " + agent}, "apikey": {"key"}, "timestamp": {"1795608000"},
			"method": {"push_msg"}, "push_type": {"1"}, "user_id": {"11"}, "channel_id": {"22"}, "device_type": {"3"},
			"message_type": {"1"}, "messages": {hello}, "message_expires": {"60"}, "msg_keys": {"id0"},
			"sign": {"e921c435d083161816f8a3ef785d55f8"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &far{}
			conn, _ := reach(t, s, c.endpoint)
			got := push(t, conn, m, "11-22")
			if diff := cmp.Diff([]pns.Result{{Class: pns.OK, Outcome: hub.Success, Correlation: "1: 2"}}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]url.Values{c.want}, s.took()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSignatureMovesWithTheClock(t *testing.T) {
	t.Parallel()
	s := &far{}
	c, clk := reach(t, s, "")
	m := &pns.Message{Body: []byte(hello)}
	push(t, c, m, "11-22")
	clk.Advance(time.Hour)
	push(t, c, m, "11-22")
	forms := s.took()
	if a, b := forms[0], forms[1]; a.Get("timestamp") != "1795608000" || b.Get("timestamp") != "1795611600" || a.Get("sign") == b.Get("sign") {
		t.Errorf("%v and %v", a, b)
	}
}

func TestAnswersOfOneBatchAreKeptApart(t *testing.T) {
	t.Parallel()
	s := &far{answer: func(w http.ResponseWriter, f url.Values) {
		switch f.Get("channel_id") {
		case "gone":
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"request_id":1,"error_code":30608,"error_msg":"Bind Relation Not Found"}`)
		case "busy":
			io.WriteString(w, `{"request_id":1,"error_code":30699,"error_msg":"Requests Are Too Frequent"}`)
		case "cut":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"request_id":1`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "reset":
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, `{"request_id":1}`)
		}
	}}
	c, _ := reach(t, s, "")
	got := push(t, c, &pns.Message{Body: []byte(hello)}, "1-ok", "1-gone", "1-busy", "1-cut", "1-reset", "nothing")
	want := []pns.Result{
		{Class: pns.OK, Outcome: hub.Success, Correlation: "1"},
		{Class: pns.Drop, Outcome: hub.BadChannel, Correlation: "1"},
		{Class: pns.Retry, Outcome: hub.Throttled, Service: true, Correlation: "1", RetryAfter: time.Minute},
		{Class: pns.Unknown, Outcome: hub.PnsInterfaceError},
		{Class: pns.Unknown, Outcome: hub.PnsUnreachable},
		{Class: pns.Body, Outcome: hub.BadChannel, Unasked: true},
	}
	for i := range got {
		if (got[i].Reason == "") != (got[i].Class == pns.OK) {
			t.Errorf("result %d: %+v", i, got[i])
		}
		got[i].Reason = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(s.took()); n != 5 {
		t.Errorf("%d requests, want 5: a handle of another form is not sent to", n)
	}
}

// A wrong secret stops the service: no handle is touched.
func TestAWrongSecret(t *testing.T) {
	t.Parallel()
	s := &far{answer: func(w http.ResponseWriter, _ url.Values) {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"request_id":1,"error_code":30603,"error_msg":"Authentication Failed"}`)
	}}
	c, _ := reach(t, s, "")
	for i, r := range push(t, c, &pns.Message{Body: []byte(hello)}, "1-a", "1-b") {
		if r.Class != pns.Credential || r.Outcome != hub.InvalidCredentials || !r.Service || strings.Contains(r.Reason, "s3cret") {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestWhatIsRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	s := &far{}
	c, _ := reach(t, s, "")
	for i, r := range push(t, c, &pns.Message{Body: []byte(strings.Repeat("x", 5000))}, "1-a", "1-b") {
		if r.Class != pns.Body || r.Outcome != hub.InvalidNotificationSize {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if n := len(s.took()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := &far{answer: func(w http.ResponseWriter, _ url.Values) {
		w.Header().Set("Location", "https://token.example/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}}
	c, _ := reach(t, s, "")
	if r := push(t, c, &pns.Message{Body: []byte(hello)}, "1-a")[0]; r.Class != pns.Body || r.Outcome != hub.PnsInterfaceError {
		t.Errorf("result %+v", r)
	}
	if n := len(s.took()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestAnUnreachableService(t *testing.T) {
	t.Parallel()
	c := pnstest.Connect(t, baidu.New, credential("key", "s3cret", ""), pnstest.Unreachable())
	for i, r := range push(t, c, &pns.Message{Body: []byte(hello)}, "1-a", "1-b") {
		if r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable || !r.Service {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestTheEndOfTheContextFillsEveryResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	block := make(chan struct{})
	s := &far{t: t, answer: func(http.ResponseWriter, url.Values) {
		cancel()
		<-block
	}}
	env := pnstest.Start(t, s)
	defer close(block)
	env.Conns = 1
	c := pnstest.Connect(t, baidu.New, credential("key", "s3cret", ""), env)
	results := make([]pns.Result, 3)
	c.Send(ctx, &pns.Batch{Message: &pns.Message{Body: []byte(hello)}, Targets: []pns.Target{{Handle: "1-a"}, {Handle: "1-b"}, {Handle: "1-c"}}, NewConn: true}, results)
	unknown := 0
	for i, r := range results {
		if r.Class == pns.Unknown {
			unknown++
		}
		if r.Class != pns.Unknown && r.Class != pns.Unsent || r.Outcome != hub.PnsUnreachable {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if unknown != 1 {
		t.Errorf("%d results are unknown, want the one that was written", unknown)
	}
}
