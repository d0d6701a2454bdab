package hub

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/template"
)

// maxTemplateName is Azure's limit, in characters.
const maxTemplateName = 200

// Complete adds the headers that Azure's SDKs derive from a template's root
// element where the client gave none: X-WNS-Type for WNS, target and class for
// MPNS.
func (b *TemplateBody) Complete(p Platform) {
	switch p {
	case WNS:
		b.fill("X-WNS-Type", RootWNSType([]byte(b.Body)))
	case MPNS:
		target, class := RootMPNS([]byte(b.Body))
		b.fill("X-WindowsPhone-Target", target)
		b.fill("X-NotificationClass", class)
	}
}

// fill sets a header that is missing or empty.
func (b *TemplateBody) fill(name, value string) {
	if value == "" {
		return
	}
	for i, h := range b.Headers {
		if !strings.EqualFold(h.Name, name) {
			continue
		}
		if h.Value == "" {
			b.Headers[i].Value = value
		}
		return
	}
	b.Headers = append(b.Headers, Header{name, value})
}

// Validate says what is wrong with a template for a platform, as *Invalid.
func (b *TemplateBody) Validate(p Platform) error {
	if strings.HasPrefix(b.Name, "$") {
		return invalid("The template name can not start with $.")
	}
	if n := utf8.RuneCountInString(b.Name); n > maxTemplateName {
		return invalid("The template name has %d characters; at most %d are allowed.", n, maxTemplateName)
	}
	body, err := template.Compile(b.Body)
	if err != nil {
		return invalid("%s", err)
	}
	if !body.JSON() && p != WNS && p != MPNS {
		return invalid("The body template is not valid: a JSON object is expected.")
	}
	if err := b.validateHeaders(p); err != nil {
		return err
	}
	return b.validateFields()
}

func (b *TemplateBody) validateHeaders(p Platform) error {
	if len(b.Headers) > maxHeaders {
		return invalid("The template has %d headers; at most %d are allowed.", len(b.Headers), maxHeaders)
	}
	for _, h := range b.Headers {
		if err := validateHeader(p, h); err != nil {
			return err
		}
	}
	switch {
	case p == WNS && b.header("X-WNS-Type") == "":
		return invalid("The template needs the header X-WNS-Type: its root element is none of toast, tile, badge.")
	case p == MPNS && b.header("X-NotificationClass") == "":
		return invalid("The template needs the header X-NotificationClass: it is neither a toast nor a tile.")
	}
	return nil
}

// validateFields checks what has a member of its own rather than a header:
// expiry and priority of Apple's, message type of Baidu's.
func (b *TemplateBody) validateFields() error {
	expiry, err := template.CompileValue(b.Expiry)
	if err != nil {
		return invalid("The expiry is not valid: %s", err)
	}
	if expiry.Literal() {
		if _, _, err := ParseExpiry(expiry.Render(template.Properties{})); err != nil {
			return invalid("The expiry is not valid: %s.", err)
		}
	}
	if b.MessageType != "" {
		if _, err := strconv.ParseInt(b.MessageType, 10, 32); err != nil {
			return invalid("The message type %.100q is not a number.", b.MessageType)
		}
	}
	return validateHeader(APNs, Header{"apns-priority", b.Priority})
}

func (b *TemplateBody) header(name string) string {
	for _, h := range b.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
