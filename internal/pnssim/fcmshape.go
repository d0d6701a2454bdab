package pnssim

// kind is what a member of a message may be.
type kind int

const (
	object kind = iota
	text
	texts
	textMap
	flag
	number
	duration
	choice
	free // any JSON
)

// String is the kind's name in the service's errors.
func (k kind) String() string {
	switch k {
	case text, texts, textMap:
		return "TYPE_STRING"
	case flag:
		return "TYPE_BOOL"
	case number:
		return "TYPE_INT32"
	case duration:
		return "type.googleapis.com/google.protobuf.Duration"
	case choice:
		return "TYPE_ENUM"
	}
	return "TYPE_MESSAGE"
}

// shape is a member with what is in it.
type shape struct {
	kind    kind
	members map[string]*shape
	choices []string
}

func of(k kind) *shape { return &shape{kind: k} }

func oneOf(choices ...string) *shape { return &shape{kind: choice, choices: choices} }

// members makes an object of texts and others.
func members(others map[string]*shape, plain ...string) *shape {
	s := &shape{members: map[string]*shape{}}
	for name, m := range others {
		s.members[name] = m
	}
	for _, name := range plain {
		s.members[name] = of(text)
	}
	return s
}

// fcmRequest is the request of projects.messages.send in the HTTP v1 API.
var fcmRequest = members(map[string]*shape{
	"validate_only": of(flag),
	"message": members(map[string]*shape{
		"data":         of(textMap),
		"notification": members(nil, "title", "body", "image"),
		"android":      fcmAndroid,
		"apns": members(map[string]*shape{
			"headers": of(textMap), "payload": of(free), "fcm_options": members(nil, "analytics_label", "image"),
		}, "live_activity_token"),
		"webpush": members(map[string]*shape{
			"headers": of(textMap), "data": of(textMap), "notification": of(free), "fcm_options": members(nil, "link", "analytics_label"),
		}),
		"fcm_options": members(nil, "analytics_label"),
	}, "name", "token", "topic", "condition"),
})

var fcmAndroid = members(map[string]*shape{
	"priority":                 oneOf("NORMAL", "HIGH"),
	"ttl":                      of(duration),
	"data":                     of(textMap),
	"direct_boot_ok":           of(flag),
	"bandwidth_constrained_ok": of(flag),
	"restricted_satellite_ok":  of(flag),
	"fcm_options":              members(nil, "analytics_label"),
	"notification": members(map[string]*shape{
		"body_loc_args": of(texts), "title_loc_args": of(texts), "vibrate_timings": of(texts),
		"sticky": of(flag), "local_only": of(flag), "default_sound": of(flag), "default_vibrate_timings": of(flag),
		"default_light_settings": of(flag), "bypass_proxy_notification": of(flag),
		"notification_count": of(number), "light_settings": of(free),
		"notification_priority": oneOf("PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"),
		"visibility":            oneOf("VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
		"proxy":                 oneOf("PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"),
	}, "title", "body", "icon", "color", "sound", "tag", "click_action", "body_loc_key", "title_loc_key", "channel_id", "ticker", "event_time", "image"),
}, "collapse_key", "restricted_package_name")
