package pnssim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Xiaomi is Mi Push.
const Xiaomi Service = "xiaomi"

// The app that Xiaomi knows.
const (
	xiaomiSecret  = "c2ltdWxhdGVk+secret/of=xiaomi"
	xiaomiPackage = "org.example.fanfare"
)

// XiaomiCredential is an app that Xiaomi knows; its package is
// org.example.fanfare.
func (s *Sim) XiaomiCredential() map[string]string {
	return map[string]string{"appSecret": xiaomiSecret}
}

// ForeignXiaomiCredential is a secret that Xiaomi does not know.
func (s *Sim) ForeignXiaomiCredential() map[string]string {
	return map[string]string{"appSecret": "another+secret"}
}

// Xiaomi's limits. Titles and descriptions must be shorter, in characters, and
// all extra together, in bytes.
const (
	maxXiaomiRequest = 4 << 20 // bytes
	maxXiaomiIDs     = 1000
	maxXiaomiPayload = 4096 // bytes, unescaped
	xiaomiTitle      = 50
	xiaomiText       = 128
	xiaomiExtra      = 2048
)

func (s *Sim) xiaomiHandler() http.Handler { return http.HandlerFunc(s.xiaomiSend) }

func (s *Sim) xiaomiSend(w http.ResponseWriter, r *http.Request) {
	f, a := s.checkXiaomi(w, r)
	ids := xiaomiIDs(f)
	s.count(Xiaomi, func(n *counts) { n.pushes += max(len(ids), 1) })
	if a.code == 0 {
		a = checkXiaomiForm(f, ids, strings.HasPrefix(r.URL.Path, "/v3/"))
	}
	if a.code == 0 && !s.spendAll(Xiaomi, len(ids)) {
		a = xiaomiAnswer{code: 10027, why: "The request quota of the app is used up"}
	}
	if a.code != 0 {
		a.write(w)
		return
	}
	s.xiaomiFate(w, r, f, ids)
}

// spendAll takes n pushes from the quota; false if it has fewer.
func (s *Sim) spendAll(svc Service, n int) bool {
	enough := true
	for range n {
		enough = s.spend(svc) && enough
	}
	return enough
}

// checkXiaomi checks where a request goes and who sends it.
func (s *Sim) checkXiaomi(w http.ResponseWriter, r *http.Request) (url.Values, xiaomiAnswer) {
	secret, isKey := strings.CutPrefix(r.Header.Get("Authorization"), "key=")
	switch {
	case r.URL.Path != "/v2/message/regid" && r.URL.Path != "/v3/message/regid":
		return nil, xiaomiAnswer{code: 10020, why: "No such interface"}
	case r.Method != http.MethodPost:
		return nil, xiaomiAnswer{code: 10021, why: "The HTTP method is not supported"}
	case !isKey: // in lower case
		return nil, xiaomiAnswer{code: 21301, why: "Authentication failed"}
	case secret != xiaomiSecret:
		return nil, xiaomiAnswer{code: 22008, why: "The app secret is invalid"}
	}
	f, why := readForm(w, r, maxXiaomiRequest)
	switch {
	case strings.Contains(why, "Content-Type"):
		return nil, xiaomiAnswer{code: 10007, why: why}
	case strings.Contains(why, "too long"):
		return nil, xiaomiAnswer{code: 10018, why: why}
	case why != "":
		return nil, xiaomiAnswer{code: 10012, why: why}
	}
	return f, xiaomiAnswer{}
}

// xiaomiIDs are the devices of a request, each once.
func xiaomiIDs(f url.Values) []string {
	var ids []string
	seen := map[string]bool{}
	for _, id := range strings.Split(f.Get("registration_id"), ",") {
		if id = strings.TrimSpace(id); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// checkXiaomiForm checks a message.
func checkXiaomiForm(f url.Values, ids []string, several bool) xiaomiAnswer {
	packages := strings.Split(f.Get("restricted_package_name"), ",")
	switch {
	case len(ids) == 0:
		return xiaomiAnswer{code: 10016, why: "registration_id is missing"}
	case len(ids) > maxXiaomiIDs:
		return xiaomiAnswer{code: 10008, why: "registration_id has more than 1000 ids"}
	case f.Has("restricted_package_name") && (!several && len(packages) > 1 || slices.ContainsFunc(packages, func(p string) bool { return p != xiaomiPackage })):
		return xiaomiAnswer{code: 22022, why: "The package name is invalid"}
	case !wholeNumber(f, "pass_through", 0, 1) || !wholeNumber(f, "notify_type", -1, 7) || !wholeNumber(f, "notify_id", -1<<31, 1<<31-1) ||
		!wholeNumber(f, "time_to_live", 1, 1<<62) || !wholeNumber(f, "time_to_send", 0, 1<<62):
		return xiaomiAnswer{code: 10017, why: "A parameter has a bad value"}
	}
	if a := checkXiaomiSizes(f); a.code != 0 || f.Get("pass_through") == "1" {
		return a
	}
	title, text := f.Get("title"), f.Get("description")
	switch {
	case strings.TrimSpace(title) == "" || strings.TrimSpace(text) == "":
		return xiaomiAnswer{code: 10016, why: "title or description is missing"}
	case utf8.RuneCountInString(title) >= xiaomiTitle || utf8.RuneCountInString(text) >= xiaomiText:
		return xiaomiAnswer{code: 22100, why: "title or description is too long"}
	}
	return xiaomiAnswer{}
}

func checkXiaomiSizes(f url.Values) xiaomiAnswer {
	payload, err := url.QueryUnescape(f.Get("payload"))
	extra := 0
	for name, v := range f {
		if key, ok := strings.CutPrefix(name, "extra."); ok {
			extra += len(key) + len(v[0])
		}
	}
	switch {
	case err != nil:
		return xiaomiAnswer{code: 10017, why: "payload is not URL-encoded"}
	case len(payload) > maxXiaomiPayload:
		return xiaomiAnswer{code: 10018, why: "payload is too long"}
	case extra >= xiaomiExtra:
		return xiaomiAnswer{code: 65015, why: "extra is too long"}
	}
	return xiaomiAnswer{}
}
