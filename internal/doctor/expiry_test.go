package doctor

import (
	"strings"
	"testing"
	"time"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	until := time.Date(2027, 5, 25, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		before   time.Duration
		severity Severity
		want     string // "": nothing
	}{
		"half a year":      {181 * day, OK, ""},
		"31 days":          {31 * day, OK, ""},
		"just over 30":     {30*day + time.Second, OK, ""},
		"30 days":          {30 * day, Notice, "expires on 2027-05-25, within 30 days"},
		"just over 7":      {7*day + time.Second, Notice, "expires on 2027-05-25, within 30 days"},
		"7 days":           {7 * day, Warning, "expires on 2027-05-25, within 7 days"},
		"just over a day":  {day + time.Second, Warning, "expires on 2027-05-25, within 7 days"},
		"a day":            {day, Urgent, "expires on 2027-05-25, within a day: clients cannot connect after that"},
		"a minute":         {time.Minute, Urgent, "expires on 2027-05-25, within a day"},
		"the last instant": {0, Urgent, "expires on 2027-05-25, within a day"},
		"over":             {-time.Second, Failed, "expired on 2027-05-25: clients cannot connect until"},
	} {
		severity, got := Expiry(until.Add(-c.before), until, Serving)
		if severity != c.severity || !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %s %q, want %s …%s…", name, severity, got, c.severity, c.want)
		}
	}
}
