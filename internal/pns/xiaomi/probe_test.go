package xiaomi_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pns/xiaomi"
)

// What Xiaomi says to a push to nobody, and what that says of the secret.
func TestProbe(t *testing.T) {
	t.Parallel()
	for body, c := range map[string]struct {
		ok   bool
		says string
	}{
		`{"result":"ok","code":0,"data":{"id":"1","bad_regids":"0"}}`:                {true, "Xiaomi takes the app secret"},
		`{"result":"error","code":20301,"reason":"No valid targets!"}`:               {true, "Xiaomi takes the app secret"},
		`{"result":"error","code":10029,"reason":"Invalid device"}`:                  {true, "Xiaomi takes the app secret"},
		`{"result":"error","code":22022,"reason":"Invalid package"}`:                 {true, "for messages that name the app's package"},
		`{"result":"error","code":21301,"reason":"Invalid application credentials"}`: {false, "copy it again from the app's page in Xiaomi's push console"},
		`{"result":"error","code":10004,"reason":"IP not allowed"}`:                  {false, "address of this machine are allowed: 200 OK: 10004: IP not allowed"},
		`{"result":"error","code":10027,"reason":"Too many requests"}`:               {false, "neither took nor refused the app secret: try again later: 200 OK: 10027"},
		`{"result":"error","code":10017,"reason":"A parameter has a bad value"}`:     {false, "neither took nor refused"},
		`{"result":"error","code":39999,"reason":"Nobody knows"}`:                    {false, "neither took nor refused"},
		`<html>`: {false, "neither took nor refused"},
	} {
		s := &far{answer: func(w http.ResponseWriter, _ []string) { io.WriteString(w, body) }} //nolint:errcheck // a failure is the connector's to see
		d := reach(t, s, "").(pns.Prober).Probe(t.Context())
		if d.OK != c.ok || !strings.Contains(d.Sentence, c.says) || strings.Contains(d.Sentence, "s3cret") {
			t.Errorf("%s: %+v, want …%s…", body, d, c.says)
		}
		want := url.Values{
			"":             {"api.xmpush.xiaomi.com/v3/message/regid key=s3cret application/x-www-form-urlencoded;charset=UTF-8"},
			"pass_through": {"1"}, "payload": {"0"}, "time_to_live": {"1"}, "registration_id": {"0"},
		}
		if diff := cmp.Diff([]url.Values{want}, s.took()); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	}
}

func TestProbeWithoutTheService(t *testing.T) {
	t.Parallel()
	d := pnstest.Connect(t, xiaomi.New, credential("s3cret", ""), pnstest.Unreachable()).(pns.Prober).Probe(t.Context())
	if d.OK || !strings.HasPrefix(d.Sentence, "Xiaomi could not be asked") || !strings.Contains(d.Sentence, "connection refused") {
		t.Errorf("%+v", d)
	}
}
