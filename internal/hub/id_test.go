package hub_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Recorded ids are two numbers of 63 bits and 1, 2 or 3.
func TestNewRegistrationID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := hub.NewRegistrationID()
		parts := strings.Split(id, "-")
		if len(parts) != 3 || parts[2] != "1" && parts[2] != "2" && parts[2] != "3" {
			t.Fatalf("id %s", id)
		}
		for _, p := range parts[:2] {
			if n, err := strconv.ParseInt(p, 10, 64); err != nil || n < 0 {
				t.Fatalf("id %s: %v", id, err)
			}
		}
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}

func TestNewNotificationID(t *testing.T) {
	t.Parallel()
	now := time.Date(2023, 8, 3, 17, 53, 55, 238_999_999, time.FixedZone("", 2*60*60))
	form := regexp.MustCompile(`^NH-20230803155355238-[0-9a-f]{32}-[0-9]{2}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := hub.NewNotificationID(now)
		if !form.MatchString(id) {
			t.Fatalf("id %s", id)
		}
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}

func TestNotificationIDsSortByTime(t *testing.T) {
	t.Parallel()
	at := rapid.Int64Range(0, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli())
	rapid.Check(t, func(t *rapid.T) {
		a, b := at.Draw(t, "a"), at.Draw(t, "b")
		x, y := hub.NewNotificationID(time.UnixMilli(a)), hub.NewNotificationID(time.UnixMilli(b))
		if a < b && x >= y || a > b && x <= y {
			t.Fatalf("%d has %s, %d has %s", a, x, b, y)
		}
	})
}
