package notificationhubs_test

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// feed is a page of a list as Azure writes it.
func feed(ids ...string) string {
	s := `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Registrations</title><id>https://h.example/MyHub/registrations?api-version=2020-06</id><updated>2025-03-04T05:06:07Z</updated><link rel="self" href="https://h.example/MyHub/registrations?api-version=2020-06"/>`
	for _, id := range ids {
		s += strings.ReplaceAll(anEntry, "1-2-3", id)
	}
	return s + "</feed>"
}

type page struct {
	ids   []string
	token string // as the header has it
}

// pages answers with one page after the other.
func pages(all ...page) func(int, http.ResponseWriter, request) {
	return func(n int, w http.ResponseWriter, r request) {
		p := all[n-1]
		if p.token != "" {
			w.Header().Set("x-ms-continuationtoken", p.token)
		}
		always(http.StatusOK, feed(p.ids...))(n, w, r)
	}
}

func collect(list iter.Seq2[nh.Registration, error]) (ids []string, err error) {
	for r, e := range list {
		if e != nil {
			return ids, e
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

func TestListPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages []page
		sent  []string // the tokens, decoded once
	}{
		"one page":                  {[]page{{ids: []string{"1", "2"}}}, nil},
		"an empty hub":              {[]page{{}}, nil},
		"a short one, an empty one": {[]page{{[]string{"1"}, "a"}, {nil, "b"}, {[]string{"2"}, ""}}, []string{"a", "b"}},
		// Azure's tokens are base64 that is escaped in the header already.
		"Azure's tokens":   {[]page{{[]string{"1"}, "MzEobik7Mg%3D%3D"}, {[]string{"2"}, ""}}, []string{"MzEobik7Mg=="}},
		"a token with +":   {[]page{{[]string{"1"}, "a+b/c="}, {[]string{"2"}, ""}}, []string{"a+b/c="}},
		"a token with a %": {[]page{{[]string{"1"}, "100%"}, {[]string{"2"}, ""}}, []string{"100%"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := setup(t, nh.ClientOptions{}, pages(c.pages...))
			var want []string
			for _, p := range c.pages {
				want = append(want, p.ids...)
			}
			if ids, err := collect(client.Registrations(t.Context())); err != nil || !slices.Equal(ids, want) {
				t.Errorf("%q, %v, want %q", ids, err, want)
			}
			var sent []string
			for i, r := range rec.all() {
				u, err := url.Parse(r.uri)
				if err != nil || r.method != "GET" || u.Path != "/MyHub/registrations" || u.Query().Get("api-version") != "2020-06" {
					t.Errorf("%s %s, %v", r.method, r.uri, err)
				}
				if i > 0 {
					sent = append(sent, u.Query().Get("continuationtoken"))
				}
			}
			if !slices.Equal(sent, c.sent) {
				t.Errorf("tokens %q, want %q", sent, c.sent)
			}
		})
	}
}

func TestListAddresses(t *testing.T) {
	t.Parallel()
	for want, list := range map[string]func(*nh.Client) iter.Seq2[nh.Registration, error]{
		"/MyHub/tags/vip:de%23/registrations?api-version=2020-06": func(c *nh.Client) iter.Seq2[nh.Registration, error] {
			return c.RegistrationsByTag(t.Context(), "vip:de#")
		},
		"/MyHub/registrations?api-version=2020-06&%24filter=ChannelUri+eq+%2700AA%27": func(c *nh.Client) iter.Seq2[nh.Registration, error] {
			return c.RegistrationsByHandle(t.Context(), "00AA")
		},
		"/MyHub/registrations?api-version=2020-06&%24filter=ChannelUri+eq+%27a%27%27+or+1%26%27": func(c *nh.Client) iter.Seq2[nh.Registration, error] {
			return c.RegistrationsByHandle(t.Context(), "a' or 1&")
		},
	} {
		client, rec := setup(t, nh.ClientOptions{}, pages(page{[]string{"1"}, "x"}, page{}))
		if ids, err := collect(list(client)); err != nil || len(ids) != 1 {
			t.Errorf("%s: %q, %v", want, ids, err)
		}
		all := rec.all()
		if all[0].uri != want {
			t.Errorf("%s, want %s", all[0].uri, want)
		}
		// The second page is asked for with the same filter.
		first, _ := url.ParseRequestURI(all[0].uri)
		second, _ := url.ParseRequestURI(all[1].uri)
		q := second.Query()
		q.Del("continuationtoken")
		if first.Path != second.Path || first.Query().Encode() != q.Encode() {
			t.Errorf("%s is followed by %s", all[0].uri, all[1].uri)
		}
	}
}

// A loop that is left early asks for no further page; one list can be walked
// more than once.
func TestListStops(t *testing.T) {
	t.Parallel()
	client, rec := setup(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
		w.Header().Set("x-ms-continuationtoken", strconv.Itoa(n))
		always(http.StatusOK, feed("1", "2"))(n, w, r)
	})
	list := client.Registrations(t.Context())
	for walk := range 2 {
		for r, err := range list {
			if err != nil || r.ID != "1" {
				t.Fatalf("%+v, %v", r, err)
			}
			break
		}
		if n := len(rec.all()); n != walk+1 {
			t.Errorf("%d requests after %d walks", n, walk+1)
		}
	}
}

func TestListErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(int, http.ResponseWriter, request)
		ids    int
		says   string
	}{
		"the first page fails": {always(http.StatusUnauthorized, ""), 0, "401 Unauthorized"},
		"the second page fails": {func(n int, w http.ResponseWriter, r request) {
			if n == 2 {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			pages(page{[]string{"1"}, "a"})(n, w, r)
		}, 1, "403 Forbidden"},
		"no list":                 {always(http.StatusOK, "{}"), 0, "notificationhubs: the list: "},
		"it does not get further": {pages(page{[]string{"1"}, "a"}, page{[]string{"2"}, "a"}), 1, "does not go on"},
	} {
		client, _ := setup(t, nh.ClientOptions{}, c.answer)
		ids, errs := 0, []error(nil)
		for _, err := range client.Registrations(t.Context()) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			ids++
		}
		if ids != c.ids || len(errs) != 1 || !strings.Contains(errs[0].Error(), c.says) {
			t.Errorf("%s: %d registrations, %v", name, ids, errs)
		}
	}
}
