package api_test

import (
	"slices"
	"strings"
	"testing"
)

// quirk is a habit of a client's that a hub must know. It is shown by an
// exchange, or is the client's own affair.
type quirk struct {
	client, what string
	file, name   string // of the exchange
	own          affair // why there is none
}

// affair is why no exchange can show a quirk. There are no other reasons.
type affair string

const (
	ownString    affair = "it is about how the client reads its connection string; what Fanfare prints, every client reads"
	ownTransport affair = "it is about which schemes and certificates the client takes"
	ownObjects   affair = "it is about the client's own objects and arguments: nothing of it is sent, and nothing in an answer changes it"
	notOffered   affair = "the client has no such operation, so it asks for nothing"
	noAnswer     affair = "the client fails whatever it is answered"
)

// shown is a quirk with an exchange.
func shown(client, what, file, name string) quirk {
	return quirk{client: client, what: what, file: file, name: name}
}

func kept(client, what string, why affair) quirk { return quirk{client: client, what: what, own: why} }

// Every quirk of every client has an exchange, which TestExchanges replays and of
// which TestExchangesFindEveryChange changes the answer; or one of few reasons why
// it has none.
func TestQuirks(t *testing.T) {
	t.Parallel()
	all := slices.Concat(quirksOfSending(), quirksOfDevices(), quirksOfDeviceSDKs())
	exchanges := readExchanges(t)
	seen := map[string]bool{}
	for _, q := range all {
		key := q.client + ": " + q.what
		if seen[key] {
			t.Errorf("%s: there twice", key)
		}
		seen[key] = true
		if q.own != "" {
			if !slices.Contains([]affair{ownString, ownTransport, ownObjects, notOffered, noAnswer}, q.own) {
				t.Errorf("%s: %q is no reason for having no exchange", key, q.own)
			}
			continue
		}
		found := 0
		for _, e := range exchanges[q.file] {
			if e.name == q.name {
				found++
			}
		}
		if found != 1 || q.name == "" {
			t.Errorf("%s: %s.http has %d exchanges with the name %q, want one", key, q.file, found, q.name)
		}
	}
	for _, client := range []string{
		"Python", ".NET", "@azure/notification-hubs", "azure-sb", "Java", "PHP", "Go", "Ruby", "mock", "old Android", "Android", "old iOS", "iOS",
	} {
		if !slices.ContainsFunc(all, func(q quirk) bool { return q.client == client && q.file != "" }) {
			t.Errorf("%s: no exchange", client)
		}
	}
	for _, q := range all {
		if strings.TrimSpace(q.what) == "" || strings.TrimSpace(q.client) == "" {
			t.Errorf("a quirk without a name: %+v", q)
		}
	}
}
