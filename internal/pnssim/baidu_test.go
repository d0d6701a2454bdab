package pnssim_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const (
	baiduV3    = "https://api.tuisong.baidu.com/rest/3.0/push/single_device"
	baiduV2    = "https://channel.api.duapp.com/rest/2.0/channel/channel"
	baiduAgent = "BCCS_SDK/3.0 (Linux; x86_64) test/1.0"
)

// baiduRequest is a signed request that is right but for change: of its
// fields, and under the names below, of what goes round them.
type baiduRequest map[string]string

const (
	theURL    = "url"
	theAgent  = "agent"
	theSecret = "secret"
	theType   = "content type"
)

func (f *fixture) baidu(change baiduRequest) (status, code int, body string) {
	f.Helper()
	q := baiduRequest{
		theURL: baiduV3, theAgent: baiduAgent, theSecret: f.sim.BaiduCredential()["BaiduSecretKey"], theType: "application/x-www-form-urlencoded",
		"apikey": f.sim.BaiduCredential()["BaiduApiKey"], "timestamp": strconv.FormatInt(f.clock.Now().Unix(), 10),
		"channel_id": "22", "msg": "hello", "msg_type": "0",
	}
	if change[theURL] == baiduV2 {
		delete(q, "msg")
		maps.Copy(q, baiduRequest{"method": "push_msg", "push_type": "1", "user_id": "11", "messages": "hello", "msg_keys": "k"})
	}
	maps.Copy(q, change)
	form := url.Values{}
	text := "POST" + q[theURL]
	for _, name := range slices.Sorted(maps.Keys(q)) {
		switch name {
		case theURL, theAgent, theSecret, theType:
			continue
		}
		if q[name] != "absent" {
			form.Set(name, q[name])
			text += name + "=" + q[name]
		}
	}
	sum := md5.Sum([]byte(strings.ReplaceAll(url.QueryEscape(text+q[theSecret]), "~", "%7E")))
	form.Set("sign", hex.EncodeToString(sum[:]))
	status, _, body = f.post(q[theURL], form.Encode(), "User-Agent", q[theAgent], "Content-Type", q[theType])
	var answer struct {
		Code int    `json:"error_code"`
		ID   uint64 `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err == nil && answer.ID == 0 {
		f.Errorf("%s has no request_id", body)
	}
	return status, answer.Code, body
}

func TestBaiduAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	now := f.clock.Now().Unix()
	at := func(d int64) string { return strconv.FormatInt(now+d, 10) }
	long := strings.Repeat("x", 4096)
	for name, c := range map[string]struct {
		change baiduRequest
		code   int
	}{
		"today's":                       {nil, 0},
		"the older one":                 {baiduRequest{theURL: baiduV2}, 0},
		"another channel's URL":         {baiduRequest{theURL: "https://channel.api.duapp.com/rest/2.0/channel/22", "method": "push_msg", "push_type": "1", "user_id": "11", "messages": "a", "msg_keys": "k"}, 0},
		"characters that differ":        {baiduRequest{"msg": "~ !*'()é&=+%/"}, 0},
		"a notification":                {baiduRequest{"msg_type": "1", "msg": `{"description":"d"}`}, 0},
		"a notification for iOS":        {baiduRequest{"msg_type": "1", "msg": `{"aps":{"alert":"a"}}`, "device_type": "4"}, 0},
		"no type":                       {baiduRequest{"msg_type": "absent"}, 0},
		"every field":                   {baiduRequest{"device_type": "3", "msg_expires": "604800", "expires": at(60)}, 0},
		"the largest":                   {baiduRequest{"msg": long}, 0},
		"almost ten minutes old":        {baiduRequest{"timestamp": at(-600)}, 0},
		"older than ten minutes":        {baiduRequest{"timestamp": at(-601)}, 30606},
		"of the future":                 {baiduRequest{"timestamp": at(601)}, 30606},
		"past the end it names":         {baiduRequest{"expires": at(-1)}, 30606},
		"old, and good until later":     {baiduRequest{"timestamp": at(-3000), "expires": at(1)}, 0},
		"no time":                       {baiduRequest{"timestamp": "absent"}, 30602},
		"a time that is none":           {baiduRequest{"timestamp": "noon"}, 30602},
		"a wrong secret":                {baiduRequest{theSecret: f.sim.ForeignBaiduCredential()["BaiduSecretKey"]}, 30603},
		"a wrong key":                   {baiduRequest{"apikey": "x"}, 30603},
		"no key":                        {baiduRequest{"apikey": "absent"}, 30603},
		"no SDK":                        {baiduRequest{theAgent: "curl/8"}, 30602},
		"an SDK without its system":     {baiduRequest{theAgent: "BCCS_SDK/3.0"}, 30602},
		"no SDK, the older one":         {baiduRequest{theURL: baiduV2, theAgent: "curl/8"}, 0},
		"another method":                {baiduRequest{theURL: "https://api.tuisong.baidu.com/rest/3.0/push/nothing"}, 30601},
		"JSON":                          {baiduRequest{theType: "application/json"}, 30602},
		"no channel":                    {baiduRequest{"channel_id": "absent"}, 30602},
		"no message":                    {baiduRequest{"msg": "absent"}, 30602},
		"one byte more":                 {baiduRequest{"msg": long + "x"}, 30602},
		"more than can be read":         {baiduRequest{"msg": strings.Repeat("x", 70_000)}, 30602},
		"an unknown type":               {baiduRequest{"msg_type": "2"}, 30602},
		"an unknown device":             {baiduRequest{"device_type": "5"}, 30602},
		"an expiry of none":             {baiduRequest{"msg_expires": "0"}, 30602},
		"an expiry beyond a week":       {baiduRequest{"msg_expires": "604801"}, 30602},
		"a notification of text":        {baiduRequest{"msg_type": "1"}, 30602},
		"a notification of nothing":     {baiduRequest{"msg_type": "1", "msg": `{"title":"t"}`}, 30602},
		"no user, the older one":        {baiduRequest{theURL: baiduV2, "user_id": "absent"}, 30602},
		"no message key":                {baiduRequest{theURL: baiduV2, "msg_keys": "absent"}, 30602},
		"another method, the older one": {baiduRequest{theURL: baiduV2, "method": "bind"}, 30602},
		"to all, the older one":         {baiduRequest{theURL: baiduV2, "push_type": "3"}, 30602},
		"today's message at the older":  {baiduRequest{theURL: baiduV2, "messages": "absent", "msg": "a"}, 30602},
	} {
		status, code, body := f.baidu(c.change)
		if code != c.code || (status == 200) != (c.code == 0) || (c.code == 0) != strings.Contains(body, "msg_id") {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.code)
		}
	}
}

// What is signed and what is sent are the same fields.
func TestBaiduTamperedWith(t *testing.T) {
	t.Parallel()
	f := setup(t)
	status, _, body := f.post(baiduV3, url.Values{
		"apikey": {f.sim.BaiduCredential()["BaiduApiKey"]}, "timestamp": {strconv.FormatInt(f.clock.Now().Unix(), 10)},
		"channel_id": {"22"}, "msg": {"hello"}, "sign": {strings.Repeat("0", 32)},
	}.Encode(), "User-Agent", baiduAgent, "Content-Type", "application/x-www-form-urlencoded")
	if status != 400 || !strings.Contains(body, "30603") {
		t.Errorf("%d %s", status, body)
	}
	if resp, err := f.client.Get(baiduV3); err != nil || resp.StatusCode != 400 {
		t.Errorf("GET: %v %v", resp, err)
	} else {
		resp.Body.Close()
	}
	for _, double := range []string{"msg=a&msg=b", "msg=%ff", "%zz"} {
		if _, _, body := f.post(baiduV3, double, "User-Agent", baiduAgent, "Content-Type", "application/x-www-form-urlencoded"); !strings.Contains(body, "30602") {
			t.Errorf("%s: %s", double, body)
		}
	}
}

// The sum was computed in Python, with hashlib and quote_plus.
func TestBaiduSign(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, baiduV3, nil)
	form := url.Values{
		"apikey": {"SimulatedBaiduApiKey0001"}, "timestamp": {"1795608000"}, "channel_id": {"22"}, "msg": {"a b~!*'()é&="}, "msg_type": {"0"}, "sign": {"x"},
	}
	if got := pnssim.BaiduSign(r, form); got != "38107144fa25d7d3785d6fb596cace93" {
		t.Errorf("signature %s", got)
	}
}

func TestBaiduFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for word, want := range map[string]struct{ status, code int }{
		"gone": {400, 30608}, "expired": {400, 30607}, "malformed": {400, 30602}, "foreign": {400, 30605}, "throttled": {400, 30699},
		"unavailable": {503, 0}, "error": {500, 30600}, "gateway": {502, 0}, "refused": {400, 30602}, "slow-1": {200, 0}, "dropped": {200, 0},
		"answer-30604": {400, 30604}, "answer-30609": {400, 30609}, "answer-39999": {400, 39999}, "answer-504": {504, 0},
	} {
		channel := "fate-" + word + ".1"
		for _, change := range []baiduRequest{{"channel_id": channel}, {theURL: baiduV2, "channel_id": channel + "x"}} {
			status, code, body := f.baidu(change)
			if status != want.status || code != want.code {
				t.Errorf("%s: %d %s, want %+v", word, status, body, want)
			}
			handle := "7-" + change["channel_id"]
			if got := len(f.sim.Received(pnssim.Baidu, handle)); got == 1 != (want.status == 200) {
				t.Errorf("%s: the device got %d pushes", word, got)
			}
		}
	}
	f.sim.SetFate(pnssim.Baidu, "11-22", pnssim.Fate{Kind: "gone"})
	if _, code, _ := f.baidu(nil); code != 30608 {
		t.Errorf("after SetFate: %d", code)
	}
}

func TestBaiduCountedFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i, want := range []int{30699, 30699, 0} {
		if _, code, body := f.baidu(baiduRequest{"channel_id": "fate-throttled-2."}); code != want {
			t.Errorf("push %d: %s, want %d", i+1, body, want)
		}
	}
}

// What a device got is its message, with the other fields among the headers,
// and the channel alone tells which device it is.
func TestBaiduReceived(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.baidu(baiduRequest{"msg": `{"a":1}`, "msg_expires": "60"})
	f.baidu(baiduRequest{theURL: baiduV2, "messages": "two"})
	got := f.sim.Received(pnssim.Baidu, "any-22")
	if len(got) != 2 || string(got[0].Body) != `{"a":1}` || string(got[1].Body) != "two" || got[1].Handle != "11-22" || got[0].ID == "" {
		t.Fatalf("%+v", got)
	}
	h := got[0].Header
	if h.Get("msg_type") != "0" || h.Get("msg_expires") != "60" || h.Get("User-Agent") != baiduAgent || h.Get("sign")+h.Get("apikey")+h.Get("msg") != "" {
		t.Errorf("%v", h)
	}
}

func TestBaiduQuotaAndTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetQuota(pnssim.Baidu, 1)
	for i, want := range []int{0, 30699} {
		if _, code, body := f.baidu(nil); code != want {
			t.Errorf("push %d: %s, want %d", i+1, body, want)
		}
	}
	f.clock.Advance(time.Minute)
	if _, code, body := f.baidu(nil); code != 0 {
		t.Errorf("a minute later: %s", body)
	}
	if n := f.sim.Requests(pnssim.Baidu); n != 3 {
		t.Errorf("%d requests were counted", n)
	}
}

func TestBaiduBrokenAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetFate(pnssim.Baidu, "1-22", pnssim.Fate{Kind: "reset"})
	form := url.Values{"apikey": {f.sim.BaiduCredential()["BaiduApiKey"]}, "timestamp": {strconv.FormatInt(f.clock.Now().Unix(), 10)}, "channel_id": {"22"}, "msg": {"m"}}
	form.Set("sign", pnssim.BaiduSign(httptest.NewRequest(http.MethodPost, baiduV3, nil), form))
	push := func() error {
		_, _, _, err := f.try(baiduV3, form.Encode(), "User-Agent", baiduAgent, "Content-Type", "application/x-www-form-urlencoded")
		return err
	}
	if push() == nil {
		t.Error("reset: a whole answer")
	}
	if err := push(); err != nil {
		t.Errorf("reset, again: %v", err)
	}
}

// The list of an app's tags is for whoever can sign, in both interfaces, and is
// no push.
func TestBaiduTags(t *testing.T) {
	t.Parallel()
	f := setup(t)
	today := baiduRequest{theURL: "https://api.tuisong.baidu.com/rest/3.0/app/query_tags", "channel_id": "absent", "msg": "absent", "msg_type": "absent", "limit": "1"}
	with := func(q baiduRequest, name, value string) baiduRequest {
		q = maps.Clone(q)
		q[name] = value
		return q
	}
	for name, c := range map[string]struct {
		change baiduRequest
		code   int
	}{
		"today's":            {today, 0},
		"the older one":      {baiduRequest{theURL: baiduV2, "method": "fetch_tag", "start": "0"}, 0},
		"a wrong secret":     {with(today, theSecret, "x"), 30603},
		"no SDK":             {with(today, theAgent, "curl/8"), 30602},
		"a limit of nothing": {with(today, "limit", "0"), 30602},
	} {
		status, code, body := f.baidu(c.change)
		if code != c.code || (status == 200) != (c.code == 0) || (c.code == 0) != strings.Contains(body, `"total_num":0`) {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.code)
		}
	}
	if n, got := f.sim.Requests(pnssim.Baidu), f.sim.Count(pnssim.Baidu); n != 0 || got != 0 {
		t.Errorf("%d pushes were asked for, %d delivered", n, got)
	}
}
