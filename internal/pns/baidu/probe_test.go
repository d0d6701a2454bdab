package baidu_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/pns/baidu"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
)

// What Baidu says to the probe, and what that says of the credential.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		ok     bool
		says   string
	}{
		"a list":          {200, `{"request_id":1,"response_params":{"total_num":0,"result":[]}}`, true, "Baidu takes the API key with this secret"},
		"a wrong secret":  {401, `{"request_id":1,"error_code":30603,"error_msg":"Authentication Failed"}`, false, "copy both again from the app's page in Baidu's push console: 401 Unauthorized: 30603: Authentication Failed"},
		"a wrong clock":   {400, `{"request_id":1,"error_code":30606,"error_msg":"Request Time Expired"}`, false, "this machine's clock is wrong: 400"},
		"too many":        {400, `{"request_id":1,"error_code":30699,"error_msg":"Requests Are Too Frequent"}`, false, "neither took nor refused the API key: try again later: 400"},
		"something else":  {200, `{"request_id":1,"error_code":39999}`, false, "neither took nor refused"},
		"a page of HTML":  {502, `<html>`, false, "neither took nor refused the API key: try again later: 502"},
		"another service": {200, `hello`, false, "neither took nor refused"},
	} {
		s := &far{answer: func(w http.ResponseWriter, _ url.Values) {
			w.WriteHeader(c.status)
			io.WriteString(w, c.body) //nolint:errcheck // a failure is the connector's to see
		}}
		conn, _ := reach(t, s, "")
		d := conn.(pns.Prober).Probe(t.Context())
		if d.OK != c.ok || !strings.Contains(d.Sentence, c.says) || strings.Contains(d.Sentence, "s3cret") {
			t.Errorf("%s: %+v, want …%s…", name, d, c.says)
		}
	}
}

// Nothing of a probe is a message or a device. The signatures were computed
// in Python, from the fields.
func TestProbeRequest(t *testing.T) {
	t.Parallel()
	const agent = "BCCS_SDK/3.0 (Fanfare) Go (Baidu Push Server SDK V3.0.0)"
	for endpoint, want := range map[string]url.Values{
		"": {
			"": {"api.tuisong.baidu.com/rest/3.0/app/query_tags " + agent}, "apikey": {"key"}, "timestamp": {"1795608000"},
			"start": {"0"}, "limit": {"1"}, "sign": {"df8a49a2ffe3c618252fa2d1ce59d2e5"},
		},
		"https://channel.api.duapp.com/rest/2.0/channel/channel": {
			"": {"channel.api.duapp.com/rest/2.0/channel/channel " + agent}, "apikey": {"key"}, "timestamp": {"1795608000"},
			"method": {"fetch_tag"}, "start": {"0"}, "limit": {"1"}, "sign": {"8a33f7d018bf2cbfad8954c0b27f0037"},
		},
	} {
		s := &far{}
		conn, _ := reach(t, s, endpoint)
		if d := conn.(pns.Prober).Probe(t.Context()); !d.OK {
			t.Errorf("%q: %+v", endpoint, d)
		}
		if diff := cmp.Diff([]url.Values{want}, s.took()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", endpoint, diff)
		}
	}
}

func TestProbeWithoutTheService(t *testing.T) {
	t.Parallel()
	d := pnstest.Connect(t, baidu.New, credential("key", "s3cret", ""), pnstest.Unreachable()).(pns.Prober).Probe(t.Context())
	if d.OK || !strings.HasPrefix(d.Sentence, "Baidu could not be asked") || !strings.Contains(d.Sentence, "connection refused") {
		t.Errorf("%+v", d)
	}
}
