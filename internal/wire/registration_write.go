package wire

import (
	"encoding/json"
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

// AppendEntry writes the entry of an answer.
func AppendEntry(b []byte, e *Entry) []byte {
	return appendEntry(b, e, ` xmlns="`+nsAtom+`"`)
}

func appendEntry(b []byte, e *Entry, ns string) []byte {
	etag := `W/"` + e.Registration.ETag + `"`
	b = append(b, `<entry a:etag="`...)
	b = appendText(b, etag)
	b = append(b, `"`+ns+` xmlns:a="`+nsMetadata+`">`...)
	b = appendElement(b, "id", e.URL)
	b = append(b, `<title type="text">`...)
	b = appendText(b, e.Title)
	b = append(b, `</title>`...)
	b = appendElement(b, "published", formatTime(e.Published))
	b = appendElement(b, "updated", formatTime(e.Updated))
	b = appendLink(b, "self", e.URL)
	b = append(b, `<content type="application/xml">`...)
	b = appendDescription(b, &e.Registration, elementName(&e.Registration), connect)
	return append(b, `</content></entry>`...)
}

func appendLink(b []byte, rel, url string) []byte {
	b = append(b, `<link rel="`+rel+`" href="`...)
	b = appendText(b, url)
	return append(b, `"/>`...)
}

// AppendFeed writes the feed of a list.
func AppendFeed(b []byte, f *Feed) []byte {
	b = append(b, `<feed xmlns="`+nsAtom+`"><title type="text">`...)
	b = appendText(b, f.Title)
	b = append(b, `</title>`...)
	b = appendElement(b, "id", f.URL)
	b = appendElement(b, "updated", formatTime(f.Updated))
	b = appendLink(b, "self", f.URL)
	if f.NextURL != "" {
		b = appendLink(b, "next", f.NextURL)
	}
	for i := range f.Entries {
		b = appendEntry(b, &f.Entries[i], "")
	}
	return append(b, `</feed>`...)
}

// AppendRegistrationRequest writes the entry that a client sends.
func AppendRegistrationRequest(b []byte, r *Registration) []byte {
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><entry xmlns="`+nsAtom+`"><content type="application/xml">`...)
	b = appendDescription(b, r, elementName(r), connect)
	return append(b, `</content></entry>`...)
}

func elementName(r *Registration) string {
	name := namesOf(r.Platform).element
	if r.Template {
		name += "Template"
	}
	return name + "RegistrationDescription"
}

// appendDescription writes the members in the order of the .NET SDK's data
// contract: a member out of order is lost to it.
func appendDescription(b []byte, r *Registration, name, ns string) []byte {
	b = append(b, '<')
	b = append(b, name+ns+">"...)
	b = appendOptional(b, "ETag", r.ETag)
	if !r.ExpirationTime.IsZero() {
		b = appendElement(b, "ExpirationTime", r.ExpirationTime.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	b = appendOptional(b, "RegistrationId", r.RegistrationID)
	b = appendOptional(b, "Tags", strings.Join(r.Tags, ","))
	if len(r.PushVariables) > 0 {
		b = appendElement(b, "PushVariables", jsonText(r.PushVariables))
	}
	b = appendHandle(b, r)
	if r.Template {
		b = appendTemplate(b, r)
	}
	return append(b, "</"+name+">"...)
}

// jsonText writes a map as JSON, in order of name.
func jsonText(m map[string]string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(m) //nolint:errcheck // strings always encode
	return strings.TrimSuffix(b.String(), "\n")
}

func appendHandle(b []byte, r *Registration) []byte {
	switch r.Platform {
	case "apns":
		b = appendElement(b, "DeviceToken", r.Handle)
	case "wns", "mpns":
		b = appendElement(b, "ChannelUri", r.Handle)
		b = appendOptional(b, "SecondaryTileName", r.SecondaryTileName)
	case "baidu":
		user, channel, _ := strings.Cut(r.Handle, "-")
		b = appendElement(b, "BaiduUserId", user)
		b = appendElement(b, "BaiduChannelId", channel)
	case "browser":
		b = appendElement(b, "Endpoint", r.Handle)
		b = appendElement(b, "P256DH", r.P256DH)
		b = appendElement(b, "Auth", r.Auth)
	default:
		b = appendElement(b, namesOf(r.Platform).element+"RegistrationId", r.Handle)
	}
	return b
}

func appendTemplate(b []byte, r *Registration) []byte {
	b = append(b, "<BodyTemplate>"...)
	b = appendCDATA(b, r.BodyTemplate)
	b = append(b, "</BodyTemplate>"...)
	switch r.Platform {
	case "wns":
		b = appendHeaders(b, "Wns", r.Headers)
		return appendOptional(b, "TemplateName", r.TemplateName)
	case "mpns":
		b = appendHeaders(b, "Mpns", r.Headers)
		return appendOptional(b, "TemplateName", r.TemplateName)
	case "apns":
		b = appendOptional(b, "Expiry", r.Expiry)
		b = appendOptional(b, "TemplateName", r.TemplateName)
		b = appendOptional(b, "Priority", r.Priority)
		if len(r.Headers) > 0 {
			b = appendHeaders(b, "Apns", r.Headers)
		}
		return b
	case "baidu":
		b = appendOptional(b, "TemplateName", r.TemplateName)
		return appendOptional(b, "MessageType", r.MessageType)
	}
	return appendOptional(b, "TemplateName", r.TemplateName)
}

func appendHeaders(b []byte, service string, headers []Header) []byte {
	b = append(b, "<"+service+"Headers>"...)
	for _, h := range headers {
		b = append(b, "<"+service+"Header>"...)
		b = appendElement(b, "Header", h.Name)
		b = appendElement(b, "Value", h.Value)
		b = append(b, "</"+service+"Header>"...)
	}
	return append(b, "</"+service+"Headers>"...)
}
