package api

import (
	"net/http"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/template"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// format is what ServiceBusNotification-Format says: a push service, or
// templates (platform 0).
type format struct {
	kind     hub.Kind
	platform hub.Platform
}

// isJSON reports whether every body of the format is JSON.
func (f format) isJSON() bool {
	return f.platform != hub.WNS && f.platform != hub.MPNS && f.platform != hub.Browser
}

// parseFormat compares without regard to case: documentation and clients
// disagree about fcmV1. fcm, which Azure refuses, is what a published client
// sends for legacy FCM.
func parseFormat(name string) (format, bool) {
	name = strings.ToLower(name)
	if name == "template" {
		return format{kind: hub.Template}, true
	}
	p, ok := hub.ParsePlatform(wire.PlatformOfFormat(name))
	return format{platform: p}, ok
}

// allowedFormats ends Azure's sentence.
const allowedFormats = `Allowed values are "windows", "apple", "gcm", "fcmv1", "template", "adm", "baidu", "browser", "xiaomi", or "windowsphone".`

// formatOf reads the format. Azure documents the header as optional for
// templates, so without it a body that fits a template send is one.
func formatOf(h http.Header, body []byte) (format, error) {
	name := strings.TrimSpace(h.Get(wire.HeaderFormat))
	if name == "" {
		if _, err := template.ParseProperties(body); err == nil {
			return format{kind: hub.Template}, nil
		}
		return format{}, badRequest("The HTTP header %q is missing. %s", wire.HeaderFormat, allowedFormats)
	}
	f, ok := parseFormat(name)
	if !ok {
		return format{}, badRequest("The HTTP header %q has an invalid value: %.100q. %s", wire.HeaderFormat, name, allowedFormats)
	}
	return f, nil
}
