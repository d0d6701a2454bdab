package fcm

import (
	"encoding/json"
	"strconv"
	"time"
)

// maxLife is how long FCM keeps a message at most.
const maxLife = 28 * 24 * time.Hour

// expire has a message end with its notification, on each platform that FCM
// reaches: as Android's ttl, APNs' apns-expiration and Web Push's TTL. What the
// sender says of one of them stays.
func expire(message map[string]json.RawMessage, expiry, now time.Time) {
	left := min(max(expiry.Sub(now).Truncate(time.Second), time.Second), maxLife)
	seconds := strconv.FormatInt(int64(left/time.Second), 10)
	object(message, "android", func(android map[string]json.RawMessage) {
		text(android, "ttl", seconds+"s")
	})
	object(message, "apns", func(apns map[string]json.RawMessage) {
		object(apns, "headers", func(h map[string]json.RawMessage) {
			text(h, "apns-expiration", strconv.FormatInt(expiry.Unix(), 10))
		})
	})
	object(message, "webpush", func(push map[string]json.RawMessage) {
		object(push, "headers", func(h map[string]json.RawMessage) {
			text(h, "TTL", seconds)
		})
	})
}

// object changes a member, which is made where there is none. One that is no
// object stays as it is: FCM says what is wrong with it.
func object(of map[string]json.RawMessage, name string, change func(map[string]json.RawMessage)) {
	members := map[string]json.RawMessage{}
	if given, there := of[name]; there && (json.Unmarshal(given, &members) != nil || members == nil) {
		return
	}
	change(members)
	b, err := json.Marshal(members)
	if err == nil {
		of[name] = b
	}
}

// text sets a member that is not there.
func text(of map[string]json.RawMessage, name, value string) {
	if _, there := of[name]; !there {
		of[name] = json.RawMessage(strconv.Quote(value))
	}
}
