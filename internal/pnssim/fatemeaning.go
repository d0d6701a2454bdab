package pnssim

// Meaning is a word for a fate, and what it says of the device.
type Meaning struct {
	Word, Means string
}

// Meanings returns every word, at whatever service, with -N for those that hold
// a number.
func Meanings() []Meaning {
	return []Meaning{
		{live, "The device gets what is pushed to it: no fate."},
		{"gone", "The app was removed from the device."},
		{"expired", "The handle has expired."},
		{"malformed", "The handle is not one of the service's."},
		{"foreign", "The handle is another app's, or was made with another key."},
		{"replaced", "The push is accepted, and the device has another handle now: the same with replaced in place of the word."},
		{"refused", "The service does not take the payload."},
		{"blocked", "The service does not take pushes from this sender."},
		{"dropped", "The push is accepted and thrown away."},
		{"offline", "The device is off. When its fate is taken away, it gets what is kept for it: a browser as long as TTL and Topic let it, " +
			"Windows the last tile, the last badge, and the last raw notification with X-WNS-Cache-Policy: cache."},
		{"kept", "The device is off, and the service keeps toasts for it too, the last one."},
		{"sandbox", "The device is known in the sandbox only."},
		{"throttled-N", "Too many pushes, N times (1); then live."},
		{"full-N", "The device's queue is full, N times (1); then live."},
		{"unavailable-N", "The service is not available, N times (1); then live."},
		{"error-N", "The service fails, N times (1); then live."},
		{"shutdown-N", "The server is going down, N times (1); then live."},
		{"gateway-N", "A front end answers with a page of HTML, N times (1); then live."},
		{"slow-N", "The push is accepted, and answered N milliseconds later (500)."},
		{"hang", "The service never answers."},
		{"reset", "The answer breaks off after its head, and with Web Push before it, once; then live."},
		{"redirect", "The service sends the sender to a private address."},
		{"flood", "The push is accepted, with a body of 16 MiB."},
		{"drip", "The push is accepted, with a body without an end, a byte at a time."},
		{"answer-N", "The HTTP status N. With Baidu and Xiaomi a code of the service's own, or, from 200 to 599, the HTTP status of a front end's page. Below 300, a Web Push is accepted."},
	}
}
