package pnssim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

const (
	xiaomiV2 = "https://api.xmpush.xiaomi.com/v2/message/regid"
	xiaomiV3 = "https://api.xmpush.xiaomi.com/v3/message/regid"
)

// xiaomiSays is an answer of Xiaomi's.
type xiaomiSays struct {
	Result string
	Code   int
	Reason string
	Trace  string `json:"trace_id"`
	Data   struct {
		ID  string
		Bad string `json:"bad_regids"`
	}
}

// xiaomi pushes to ids with a form that is right but for change.
func (f *fixture) xiaomi(to, ids string, change ...string) xiaomiSays {
	f.Helper()
	form := url.Values{"registration_id": {ids}, "title": {"t"}, "description": {"d"}}
	for i := 0; i < len(change); i += 2 {
		if form.Set(change[i], change[i+1]); change[i+1] == "absent" {
			form.Del(change[i])
		}
	}
	return f.xiaomiRaw(to, form.Encode(), "key="+f.sim.XiaomiCredential()["appSecret"], "application/x-www-form-urlencoded")
}

func (f *fixture) xiaomiRaw(to, body, authorization, contentType string) (says xiaomiSays) {
	f.Helper()
	status, _, text := f.post(to, body, "Authorization", authorization, "Content-Type", contentType)
	if err := json.Unmarshal([]byte(text), &says); status != 200 || err != nil || says.Trace == "" || (says.Result == "ok") != (says.Code == 0) || (says.Reason == "") != (says.Code == 0) {
		f.Errorf("%d %s: %v", status, text, err)
	}
	return says
}

func TestXiaomiSenders(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const form, good = "registration_id=a&title=t&description=d", "application/x-www-form-urlencoded;charset=UTF-8"
	key := "key=" + f.sim.XiaomiCredential()["appSecret"]
	for name, c := range map[string]struct {
		to, body, authorization, contentType string
		code                                 int
	}{
		"version 2":         {xiaomiV2, form, key, good, 0},
		"version 3":         {xiaomiV3, form, key, good, 0},
		"another region":    {"https://fr-api.xmpush.global.xiaomi.com/v3/message/regid", form, key, good, 0},
		"no key":            {xiaomiV3, form, "", good, 21301},
		"KEY":               {xiaomiV3, form, strings.ToUpper(key[:4]) + key[4:], good, 21301},
		"Bearer":            {xiaomiV3, form, "Bearer " + key[4:], good, 21301},
		"another secret":    {xiaomiV3, form, "key=" + f.sim.ForeignXiaomiCredential()["appSecret"], good, 22008},
		"another interface": {"https://api.xmpush.xiaomi.com/v3/message/all", form, key, good, 10020},
		"JSON":              {xiaomiV3, `{}`, key, "application/json", 10007},
		"no form":           {xiaomiV3, "%zz", key, good, 10012},
		"a field twice":     {xiaomiV3, form + "&title=u", key, good, 10012},
		"too long to read":  {xiaomiV3, form + "&x=" + strings.Repeat("x", 4<<20), key, good, 10018},
	} {
		if says := f.xiaomiRaw(c.to, c.body, c.authorization, c.contentType); says.Code != c.code {
			t.Errorf("%s: %+v, want %d", name, says, c.code)
		}
	}
	resp, err := f.client.Get(xiaomiV3)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var says xiaomiSays
	if err := json.NewDecoder(resp.Body).Decode(&says); err != nil || says.Code != 10021 {
		t.Errorf("GET: %+v, %v", says, err)
	}
}

func TestXiaomiMessages(t *testing.T) {
	t.Parallel()
	f := setup(t)
	x := func(n int) string { return strings.Repeat("x", n) }
	const app = "org.example.fanfare"
	for name, c := range map[string]struct {
		to     string
		change []string
		code   int
	}{
		"its package":                   {xiaomiV2, []string{"restricted_package_name", app}, 0},
		"its package twice":             {xiaomiV3, []string{"restricted_package_name", app + "," + app}, 0},
		"two packages in version 2":     {xiaomiV2, []string{"restricted_package_name", app + "," + app}, 22022},
		"another package":               {xiaomiV3, []string{"restricted_package_name", "org.example.other"}, 22022},
		"one of them another":           {xiaomiV3, []string{"restricted_package_name", app + ",org.example.other"}, 22022},
		"an empty package":              {xiaomiV3, []string{"restricted_package_name", ""}, 22022},
		"no ids":                        {xiaomiV3, []string{"registration_id", "absent"}, 10016},
		"empty ids":                     {xiaomiV3, []string{"registration_id", " ,"}, 10016},
		"no title":                      {xiaomiV3, []string{"title", "absent"}, 10016},
		"a blank title":                 {xiaomiV3, []string{"title", " "}, 10016},
		"no description":                {xiaomiV3, []string{"description", "absent"}, 10016},
		"data without a title":          {xiaomiV3, []string{"title", "absent", "pass_through", "1"}, 0},
		"the longest title":             {xiaomiV3, []string{"title", strings.Repeat("你", 49)}, 0},
		"a title too long":              {xiaomiV3, []string{"title", x(50)}, 22100},
		"the longest description":       {xiaomiV3, []string{"description", x(127)}, 0},
		"a description too long":        {xiaomiV3, []string{"description", x(128)}, 22100},
		"the longest payload":           {xiaomiV3, []string{"payload", strings.Repeat("%20", 4096)}, 0},
		"a payload too long":            {xiaomiV3, []string{"payload", x(4097)}, 10018},
		"a payload that is not escaped": {xiaomiV3, []string{"payload", "100% sure"}, 10017},
		"the largest extra":             {xiaomiV3, []string{"extra.a", x(1000), "extra.b", x(1045)}, 0},
		"extra too large":               {xiaomiV3, []string{"extra.a", x(1000), "extra.b", x(1046)}, 65015},
		"every number":                  {xiaomiV3, []string{"pass_through", "0", "notify_type", "-1", "notify_id", "5", "time_to_live", "1000", "time_to_send", "1795608000000"}, 0},
		"pass_through":                  {xiaomiV3, []string{"pass_through", "2"}, 10017},
		"notify_type":                   {xiaomiV3, []string{"notify_type", "8"}, 10017},
		"notify_id":                     {xiaomiV3, []string{"notify_id", "x"}, 10017},
		"time_to_live":                  {xiaomiV3, []string{"time_to_live", "0"}, 10017},
		"time_to_send":                  {xiaomiV3, []string{"time_to_send", "-1"}, 10017},
	} {
		if says := f.xiaomi(c.to, "a", c.change...); says.Code != c.code {
			t.Errorf("%s: %+v, want %d", name, says, c.code)
		}
	}
}

func TestXiaomiManyIDs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ids := make([]string, 1001)
	for i := range ids {
		ids[i] = fmt.Sprint("d", i)
	}
	if says := f.xiaomi(xiaomiV3, strings.Join(ids[:1000], ",")+",d0"); says.Code != 0 || says.Data.Bad != "" || f.sim.Count(pnssim.Xiaomi) != 1000 {
		t.Errorf("%+v, %d pushes", says, f.sim.Count(pnssim.Xiaomi))
	}
	if says := f.xiaomi(xiaomiV3, strings.Join(ids, ",")); says.Code != 10008 || f.sim.Count(pnssim.Xiaomi) != 1000 {
		t.Errorf("%+v, %d pushes", says, f.sim.Count(pnssim.Xiaomi))
	}
	if n := f.sim.Requests(pnssim.Xiaomi); n != 2001 {
		t.Errorf("%d pushes were asked for", n)
	}
}

func TestXiaomiReceived(t *testing.T) {
	t.Parallel()
	f := setup(t)
	says := f.xiaomi(xiaomiV3, "a,b", "payload", "%7B%22k%22%3A%22a+b%22%7D", "extra.channel_id", "c", "notify_id", "5")
	for _, id := range []string{"a", "b"} {
		got := f.sim.Received(pnssim.Xiaomi, id)
		if len(got) != 1 || got[0].ID == "" || got[0].ID != says.Data.ID || got[0].Header.Get("Authorization") != "" {
			t.Fatalf("%s: %+v of %+v", id, got, says)
		}
		var fields map[string]string
		if err := json.Unmarshal(got[0].Body, &fields); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"title": "t", "description": "d", "payload": `{"k":"a b"}`, "extra.channel_id": "c", "notify_id": "5"}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestXiaomiFates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for word, want := range map[string]int{
		"gone": 0, "expired": 0, "malformed": 0, "slow-1": 0, "dropped": 0,
		"foreign": 10029, "throttled": 10027, "unavailable": 10002, "error": 10001, "refused": 22100, "blocked": 10004,
		"answer-100": 100, "answer-10018": 10018, "answer-200001": 200001, "answer-99999": 99999,
	} {
		id, other := "fate-"+word+".1", "live-"+word
		says := f.xiaomi(xiaomiV3, id+","+other)
		named := word == "gone" || word == "expired" || word == "malformed"
		if says.Code != want || says.Data.Bad != map[bool]string{true: id}[named] {
			t.Errorf("%s: %+v, want %d", word, says, want)
		}
		// A request that is refused reaches nobody.
		mine, theirs := len(f.sim.Received(pnssim.Xiaomi, id)), len(f.sim.Received(pnssim.Xiaomi, other))
		if theirs == 1 != (want == 0) || mine == 1 != (want == 0 && !named) {
			t.Errorf("%s: the device got %d pushes, the other %d", word, mine, theirs)
		}
	}
	if says := f.xiaomi(xiaomiV3, "fate-gone.1,fate-expired.2"); says.Code != 20301 {
		t.Errorf("all are dead: %+v", says)
	}
	if says := f.xiaomi(xiaomiV3, "0"); says.Code != 20301 || len(f.sim.Received(pnssim.Xiaomi, "0")) != 0 {
		t.Errorf("nobody: %+v", says)
	}
	for i, want := range []int{10027, 10027, 0} {
		if says := f.xiaomi(xiaomiV3, "a,fate-throttled-2.2"); says.Code != want {
			t.Errorf("push %d: %+v, want %d", i+1, says, want)
		}
	}
}

func TestXiaomiFrontEnd(t *testing.T) {
	t.Parallel()
	f := setup(t)
	form := func(id string) string { return "title=t&description=d&registration_id=" + id }
	header := []string{"Authorization", "key=" + f.sim.XiaomiCredential()["appSecret"], "Content-Type", "application/x-www-form-urlencoded"}
	for id, want := range map[string]int{"fate-gateway.1": 502, "fate-answer-503.1": 503, "fate-answer-200.1": 200} {
		if status, h, _ := f.post(xiaomiV3, form(id), header...); status != want || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v", id, status, h)
		}
	}
	f.sim.SetFate(pnssim.Xiaomi, "b", pnssim.Fate{Kind: "throttled", RetryAfter: "120"})
	if _, h, _ := f.post(xiaomiV3, form("b"), header...); h.Get("Retry-After") != "120" {
		t.Errorf("%v", h)
	}
	if status, _, _, err := f.try(xiaomiV3, form("fate-reset.1"), header...); err == nil {
		t.Errorf("reset: %d and a whole answer", status)
	}
	if status, _, _, err := f.try(xiaomiV3, form("fate-reset.1"), header...); status != http.StatusOK || err != nil {
		t.Errorf("reset, again: %d %v", status, err)
	}
}

func TestXiaomiQuota(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sim.SetQuota(pnssim.Xiaomi, 3)
	for i, want := range []int{0, 10027} {
		if says := f.xiaomi(xiaomiV3, "a,b"); says.Code != want {
			t.Errorf("push %d: %+v, want %d", i+1, says, want)
		}
	}
	f.clock.Advance(time.Minute)
	if says := f.xiaomi(xiaomiV3, "a,b"); says.Code != 0 {
		t.Errorf("a minute later: %+v", says)
	}
}
