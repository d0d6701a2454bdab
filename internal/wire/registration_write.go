package wire

import (
	"strings"
	"time"
)

// Entry is an Atom entry that holds a registration.
type Entry struct {
	URL                string // id and self: the request's URL with its query
	Title              string
	Published, Updated time.Time
	Registration       Registration
}

// Feed is an Atom feed of registrations.
type Feed struct {
	Title, URL, NextURL string // NextURL: "" on the last page
	Updated             time.Time
	Entries             []Entry
}

// The XML of answers stands on one line: the .NET SDK reads the start tag of
// content and takes the very next node for the description.

// AppendEntry writes the entry of an answer (RFC 4287). A registration without
// an expiry is shown to expire at the end of the calendar, since some clients
// cannot do without.
func AppendEntry(b []byte, e *Entry) []byte {
	return appendEntry(b, e, appendAttr(nil, "xmlns", nsAtom))
}

// appendEntry writes an entry; namespace is the attribute that declares Atom's,
// which an entry in a feed inherits.
func appendEntry(b []byte, e *Entry, namespace []byte) []byte {
	b = append(b, "<entry"...)
	b = appendAttr(b, "a:etag", `W/"`+e.Registration.ETag+`"`)
	b = append(b, namespace...)
	b = appendAttr(b, "xmlns:a", nsMetadata)
	b = append(b, '>')
	b = appendElement(b, "id", e.URL)
	b = appendTitle(b, e.Title)
	b = appendElement(b, "published", formatTime(e.Published))
	b = appendElement(b, "updated", formatTime(e.Updated))
	b = appendLink(b, "self", e.URL)
	b = append(b, `<content type="application/xml">`...)
	reg := e.Registration
	if reg.ExpirationTime.IsZero() {
		reg.ExpirationTime = never()
	}
	b = appendDescription(b, &reg)
	return append(b, "</content></entry>"...)
}

// never is what the service shows for a registration without an expiry.
func never() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC) }

func appendTitle(b []byte, title string) []byte {
	b = append(b, `<title type="text">`...)
	return append(appendText(b, title), "</title>"...)
}

func appendLink(b []byte, rel, url string) []byte {
	b = append(b, "<link"...)
	b = appendAttr(b, "rel", rel)
	b = appendAttr(b, "href", url)
	return append(b, "/>"...)
}

// AppendFeed writes the feed of a list (RFC 4287). Every entry declares the
// metadata namespace again, as Azure's do.
func AppendFeed(b []byte, f *Feed) []byte {
	b = append(b, "<feed"...)
	b = appendAttr(b, "xmlns", nsAtom)
	b = append(b, '>')
	b = appendTitle(b, f.Title)
	b = appendElement(b, "id", f.URL)
	b = appendElement(b, "updated", formatTime(f.Updated))
	b = appendLink(b, "self", f.URL)
	if f.NextURL != "" {
		b = appendLink(b, "next", f.NextURL)
	}
	for i := range f.Entries {
		b = appendEntry(b, &f.Entries[i], nil)
	}
	return append(b, "</feed>"...)
}

// AppendRegistrationRequest writes the entry that a client sends. Id, ETag and
// expiry are left out: the service takes them from the address, the If-Match
// header and its own settings.
func AppendRegistrationRequest(b []byte, r *Registration) []byte {
	sent := *r
	sent.ETag, sent.RegistrationID, sent.ExpirationTime = "", "", time.Time{}
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><entry`...)
	b = appendAttr(b, "xmlns", nsAtom)
	b = append(b, `><content type="application/xml">`...)
	b = appendDescription(b, &sent)
	return append(b, "</content></entry>"...)
}

// appendDescription writes the members in the order of the .NET SDK's data
// contract: to it a member out of order is lost.
func appendDescription(b []byte, r *Registration) []byte {
	name := namesOf(r.Platform).element
	if r.Template {
		name += "Template"
	}
	name += "RegistrationDescription"
	b = append(append(append(append(b, '<'), name...), connect...), '>')
	b = appendOptional(b, "ETag", r.ETag)
	if !r.ExpirationTime.IsZero() {
		// Three digits and a Z: the iOS SDK reads nothing else.
		b = appendElement(b, "ExpirationTime", r.ExpirationTime.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	b = appendOptional(b, "RegistrationId", r.RegistrationID)
	b = appendOptional(b, "Tags", strings.Join(r.Tags, ","))
	if len(r.PushVariables) > 0 {
		b = appendElement(b, "PushVariables", string(appendJSON(nil, r.PushVariables)))
	}
	b = appendHandle(b, r)
	if r.Template {
		b = appendTemplate(b, r)
	}
	return appendClose(b, name)
}

func appendHandle(b []byte, r *Registration) []byte {
	switch r.Platform {
	case apns:
		return appendElement(b, "DeviceToken", r.Handle)
	case wns, mpns:
		b = appendElement(b, "ChannelUri", r.Handle)
		return appendOptional(b, "SecondaryTileName", r.SecondaryTileName)
	case baidu:
		user, channel, _ := strings.Cut(r.Handle, "-")
		b = appendElement(b, "BaiduUserId", user)
		return appendElement(b, "BaiduChannelId", channel)
	case browser:
		b = appendElement(b, "Endpoint", r.Handle)
		b = appendElement(b, "P256DH", r.P256DH)
		return appendElement(b, "Auth", r.Auth)
	}
	return appendElement(b, namesOf(r.Platform).element+"RegistrationId", r.Handle)
}

func appendTemplate(b []byte, r *Registration) []byte {
	b = appendCDATA(b, "BodyTemplate", r.BodyTemplate)
	switch r.Platform {
	case wns:
		b = appendHeaders(b, "Wns", r.Headers) // these two are required, even empty
	case mpns:
		b = appendHeaders(b, "Mpns", r.Headers)
	case apns:
		b = appendOptional(b, "Expiry", r.Expiry)
	}
	b = appendOptional(b, "TemplateName", r.TemplateName)
	switch r.Platform {
	case apns:
		b = appendOptional(b, "Priority", r.Priority)
		if len(r.Headers) > 0 {
			b = appendHeaders(b, "Apns", r.Headers)
		}
	case baidu:
		b = appendOptional(b, "MessageType", r.MessageType)
	}
	return b
}

func appendHeaders(b []byte, service string, headers []Header) []byte {
	b = appendOpen(b, service+"Headers")
	for _, h := range headers {
		b = appendOpen(b, service+"Header")
		b = appendElement(b, "Header", h.Name)
		b = appendElement(b, "Value", h.Value)
		b = appendClose(b, service+"Header")
	}
	return appendClose(b, service+"Headers")
}
