package notificationhubs

import (
	"math"
	"net/http"
	"testing"
	"time"
)

// Waits of centuries cannot be watched from outside: bounds that would overflow
// when they double are held all the same.
func TestGreatBounds(t *testing.T) {
	t.Parallel()
	busy := &ResponseError{StatusCode: http.StatusServiceUnavailable}
	for _, o := range []RetryOptions{
		{Attempts: math.MaxInt, Base: time.Hour, Max: math.MaxInt64},
		{Attempts: math.MaxInt, Base: math.MaxInt64 - 1, Max: math.MaxInt64 - 1},
		{Attempts: math.MaxInt, Base: math.MaxInt64, Max: 1},
	} {
		for _, attempt := range []int{1, 2, 3, 60, 64, 65, 1 << 30} {
			if wait, again := o.after(busy, attempt, true); wait <= 0 || !again {
				t.Errorf("%+v, attempt %d: %v, %v", o, attempt, wait, again)
			}
		}
	}
}
