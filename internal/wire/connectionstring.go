package wire

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// ConnectionString names a namespace and a rule of it. Its key is a secret:
// only String and the field show it, and package fmt and logs never do.
type ConnectionString struct {
	Endpoint *url.URL // scheme sb, https or http, as given
	KeyName  string
	Key      string `json:"-"` // used as text, never decoded
}

// The names of a connection string's parts. Azure's tools may add an
// EntityPath, which names no more than the request does.
const (
	partEndpoint = "Endpoint"
	partKeyName  = "SharedAccessKeyName"
	partKey      = "SharedAccessKey"
)

// maxConnectionString bounds the text, in bytes. Azure's parts have 260 and
// twice 256 characters at most.
const maxConnectionString = 4096

// ParseConnectionString reads Endpoint=…;SharedAccessKeyName=…;SharedAccessKey=….
// Parts come in any order and letter case; blanks around them and empty parts
// are nothing, a value may hold and end with =, and other parts, such as
// EntityPath, are ignored. Errors never show the key.
func ParseConnectionString(s string) (ConnectionString, error) {
	if len(s) > maxConnectionString {
		return ConnectionString{}, fmt.Errorf("connection string: it has more than %d characters", maxConnectionString)
	}
	parts, err := splitConnectionString(s)
	if err != nil {
		return ConnectionString{}, err
	}
	for _, name := range []string{partEndpoint, partKeyName, partKey} {
		if parts[name] == "" {
			return ConnectionString{}, fmt.Errorf("connection string: %s=… is missing", name)
		}
	}
	endpoint, err := parseEndpoint(parts[partEndpoint])
	if err != nil {
		return ConnectionString{}, err
	}
	return ConnectionString{Endpoint: endpoint, KeyName: parts[partKeyName], Key: parts[partKey]}, nil
}

// splitConnectionString returns the known parts by their names. A part of which
// nothing is known is not shown in an error: it may be a key that was pasted in
// the wrong place.
func splitConnectionString(s string) (map[string]string, error) {
	parts := map[string]string{}
	for i, part := range strings.Split(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("connection string: part %d has no =, as in Name=value", i+1)
		}
		name, ok = knownPart(strings.TrimSpace(name))
		if !ok {
			continue
		}
		if _, twice := parts[name]; twice {
			return nil, fmt.Errorf("connection string: part %d is a second %s=", i+1, name)
		}
		parts[name] = strings.TrimSpace(value)
	}
	return parts, nil
}

func knownPart(name string) (string, bool) {
	for _, known := range []string{partEndpoint, partKeyName, partKey} {
		if strings.EqualFold(name, known) {
			return known, true
		}
	}
	return "", false
}

func parseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("connection string: Endpoint is not a URL, as in sb://name.servicebus.windows.net/")
	case u.Scheme != "sb" && u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("connection string: Endpoint begins with none of sb://, https://, http://")
	case u.Hostname() == "":
		return nil, errors.New("connection string: Endpoint has no host, as in sb://name.servicebus.windows.net/")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("connection string: Endpoint has a user, a query or a fragment; a host and a port are all it may have")
	}
	return u, nil
}

// String returns the form that every published client can parse: three parts in
// this order, sb:// with a lower-case host and a slash at its end; or http://,
// where the endpoint is one without TLS. It shows the key.
func (c ConnectionString) String() string { return c.text(c.Key) }

func (c ConnectionString) text(key string) string {
	scheme := "sb"
	if c.Endpoint != nil && c.Endpoint.Scheme == "http" {
		scheme = "http"
	}
	return partEndpoint + "=" + scheme + "://" + c.host() + "/;" + partKeyName + "=" + c.KeyName + ";" + partKey + "=" + key
}

func (c ConnectionString) host() string {
	if c.Endpoint == nil {
		return ""
	}
	return strings.ToLower(c.Endpoint.Host)
}

func (c ConnectionString) redacted() string { return c.text("REDACTED") }

// Format hides the key from package fmt, whatever the verb.
func (c ConnectionString) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, c.redacted()) // package fmt has no use for the error
}

// LogValue hides the key from package slog.
func (c ConnectionString) LogValue() slog.Value { return slog.StringValue(c.redacted()) }
