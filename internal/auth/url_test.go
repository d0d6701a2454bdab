package auth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/auth"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// A signed URL opens its own path and what it allows, until it expires or the
// rule has another key.
func TestSignedURL(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	rule := hub.Rule{Name: "Full", Rights: hub.Manage, PrimaryKey: "k1", SecondaryKey: "k2"}
	grant := auth.Grant{Path: "/x/feedback/MyHub", Resource: "c", Permissions: "rl", Expiry: now.Add(time.Hour)}
	query, err := url.ParseQuery(grant.Query(rule))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(name, value string) url.Values {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		q.Set(name, value)
		return q
	}
	read := auth.Grant{Path: "/x/feedback/myhub", Resource: "c", Permissions: "r"}
	listen := rule
	listen.Rights = hub.Listen | hub.Send
	renewed := rule
	renewed.PrimaryKey, renewed.SecondaryKey = "k3", "k1"
	for name, c := range map[string]struct {
		query url.Values
		want  auth.Grant
		rules []hub.Rule
		now   time.Time
		code  auth.Code
	}{
		"good":                {query, read, []hub.Rule{{Rights: hub.Manage, PrimaryKey: "other"}, rule}, now, ""},
		"to its last second":  {query, read, []hub.Rule{rule}, now.Add(time.Hour), ""},
		"list":                {query, auth.Grant{Path: "/x/feedback/MyHub", Resource: "c", Permissions: "l"}, []hub.Rule{rule}, now, ""},
		"expired":             {query, read, []hub.Rule{rule}, now.Add(time.Hour + time.Second), auth.ExpiredToken},
		"a later expiry":      {changed("se", "2040-01-01T00:00:00Z"), read, []hub.Rule{rule}, now, auth.InvalidSignature},
		"more permissions":    {changed("sp", "rlw"), read, []hub.Rule{rule}, now, auth.InvalidSignature},
		"not allowed":         {query, auth.Grant{Path: "/x/feedback/MyHub", Resource: "c", Permissions: "w"}, []hub.Rule{rule}, now, auth.InvalidAudience},
		"another path":        {query, auth.Grant{Path: "/x/feedback/other", Resource: "c", Permissions: "r"}, []hub.Rule{rule}, now, auth.InvalidSignature},
		"another resource":    {query, auth.Grant{Path: "/x/feedback/MyHub", Resource: "b", Permissions: "r"}, []hub.Rule{rule}, now, auth.MalformedToken},
		"no query":            {url.Values{}, read, []hub.Rule{rule}, now, auth.MalformedToken},
		"a wrong signature":   {changed("sig", strings.Repeat("A", 43)+"="), read, []hub.Rule{rule}, now, auth.InvalidSignature},
		"no signature":        {changed("sig", ""), read, []hub.Rule{rule, {Rights: hub.Manage}}, now, auth.InvalidSignature},
		"a rule that may not": {query, read, []hub.Rule{listen}, now, auth.InvalidSignature},
		"a renewed key":       {query, read, []hub.Rule{renewed}, now, auth.InvalidSignature},
		"no rules":            {query, read, nil, now, auth.InvalidSignature},
	} {
		err := auth.VerifyURL(c.query.Get, c.want, c.rules, c.now)
		var e *auth.Error
		if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &e) || e.Code != c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
