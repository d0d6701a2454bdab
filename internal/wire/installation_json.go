package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// maxJSONDepth bounds the nesting of an installation: tiles hold templates,
// templates hold headers.
const maxJSONDepth = 16

// installationJSON is the document as it stands on the wire. Members are
// pointers or raw where the difference between forms matters; null is absent.
type installationJSON struct {
	InstallationID     string                 `json:"installationId"`
	PushChannel        json.RawMessage        `json:"pushChannel,omitempty"`
	PushChannelExpired *bool                  `json:"pushChannelExpired,omitempty"`
	ExpiredPushChannel *bool                  `json:"expiredPushChannel,omitempty"` // the documentation's name
	Platform           string                 `json:"platform"`
	ExpirationTime     *string                `json:"expirationTime,omitempty"`
	UserID             *string                `json:"userId,omitempty"`
	Tags               []string               `json:"tags,omitempty"`
	PushVariables      optional[string]       `json:"pushVariables,omitempty"`
	Templates          optional[templateJSON] `json:"templates,omitempty"`
	SecondaryTiles     optional[tileJSON]     `json:"secondaryTiles,omitempty"`
}

type templateJSON struct {
	Body         string           `json:"body"`
	BodyTemplate string           `json:"bodyTemplate,omitempty"` // an old sample's name
	Headers      optional[string] `json:"headers,omitempty"`
	Expiry       *string          `json:"expiry,omitempty"`
	Tags         []string         `json:"tags,omitempty"`
}

type tileJSON struct {
	PushChannel        string                 `json:"pushChannel"`
	PushChannelExpired *bool                  `json:"pushChannelExpired,omitempty"`
	Tags               []string               `json:"tags,omitempty"`
	Templates          optional[templateJSON] `json:"templates,omitempty"`
}

// DecodeInstallation reads an installation. null is an absent member, in maps
// too; a browser channel may be an object or the same as a JSON string; unknown
// members are ignored. Bad JSON is a *DecodeError.
func DecodeInstallation(r io.Reader) (Installation, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return Installation{}, err
	}
	body = WithoutBOM(body)
	if err := checkNesting(body, "installation", '{'); err != nil {
		return Installation{}, err
	}
	var doc installationJSON
	if err := json.Unmarshal(body, &doc); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return Installation{}, unreadable("the installation's %s cannot be a JSON %s", kind.Field, kind.Value)
		}
		return Installation{}, unreadable("the installation is not JSON: %s", err)
	}
	return doc.installation()
}

// checkNesting refuses what is not one JSON value that begins with first, or
// nests too deep. what names the value.
func checkNesting(body []byte, what string, first byte) error {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != first {
		return unreadable("the %s is not a JSON %s", what, map[byte]string{'{': "object", '[': "array"}[first])
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	for depth := 0; ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable("the %s is not JSON: %s", what, err)
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxJSONDepth {
				return unreadable("the %s nests deeper than %d", what, maxJSONDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func (d *installationJSON) installation() (Installation, error) {
	i := Installation{
		InstallationID: d.InstallationID, UserID: value(d.UserID), Platform: strings.ToLower(d.Platform),
		PushChannelExpired: value(d.PushChannelExpired) || value(d.ExpiredPushChannel),
		Tags:               d.Tags, PushVariables: d.PushVariables, Templates: templatesOf(d.Templates),
	}
	if s := value(d.ExpirationTime); s != "" {
		t, err := ParseTime(s)
		if err != nil {
			return i, unreadable("expirationTime: %s", err)
		}
		i.ExpirationTime = t
	}
	for name, t := range d.SecondaryTiles {
		if i.SecondaryTiles == nil {
			i.SecondaryTiles = map[string]SecondaryTile{}
		}
		i.SecondaryTiles[name] = t.tile()
	}
	return i, d.channel(&i)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// channel reads the pushChannel: text, or a browser's object in either kind.
func (d *installationJSON) channel(i *Installation) error {
	raw := bytes.TrimSpace(d.PushChannel)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &i.PushChannel); err != nil {
			return unreadable("pushChannel: %s", err)
		}
		if i.Platform != "browser" {
			return nil
		}
		raw, i.ChannelAsString = []byte(i.PushChannel), true
		i.PushChannel = ""
	case i.Platform != "browser":
		return unreadable("pushChannel is not a text, which the platform %.20q needs", i.Platform)
	}
	i.Browser = &BrowserChannel{}
	if err := json.Unmarshal(raw, i.Browser); err != nil {
		return unreadable("pushChannel is not an object with endpoint, p256dh and auth")
	}
	return nil
}

func templatesOf(in map[string]templateJSON) map[string]InstallationTemplate {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]InstallationTemplate, len(in))
	for name, t := range in {
		out[name] = t.template()
	}
	return out
}

func (t *templateJSON) template() InstallationTemplate {
	body := t.Body
	if body == "" {
		body = t.BodyTemplate
	}
	return InstallationTemplate{body, t.Headers, value(t.Expiry), t.Tags}
}

func (t *tileJSON) tile() SecondaryTile {
	return SecondaryTile{t.PushChannel, value(t.PushChannelExpired), t.Tags, templatesOf(t.Templates)}
}

// neverExpires is how the service writes an installation without an expiry.
const neverExpires = "9999-12-31T23:59:59.9999999Z"

// AppendInstallation writes the answer to a GET: absent members are left out,
// the expiry always stands, a browser channel comes back in the kind it came.
func AppendInstallation(b []byte, i *Installation) []byte {
	doc := documentOf(i)
	doc.PushChannelExpired = &i.PushChannelExpired
	expiry := neverExpires
	if !i.ExpirationTime.IsZero() {
		expiry = formatTime(i.ExpirationTime)
	}
	doc.ExpirationTime = &expiry
	return appendJSON(b, doc)
}

// AppendInstallationRequest writes what a client puts.
func AppendInstallationRequest(b []byte, i *Installation) []byte {
	doc := documentOf(i)
	if !i.ExpirationTime.IsZero() {
		expiry := i.ExpirationTime.UTC().Format(time.RFC3339Nano)
		doc.ExpirationTime = &expiry
	}
	return appendJSON(b, doc)
}

func documentOf(i *Installation) *installationJSON {
	doc := &installationJSON{
		InstallationID: i.InstallationID, Platform: i.Platform, Tags: i.Tags,
		PushVariables: i.PushVariables, Templates: templatesJSON(i.Templates),
	}
	if i.UserID != "" {
		doc.UserID = &i.UserID
	}
	switch {
	case i.Browser != nil && i.ChannelAsString:
		doc.PushChannel = appendJSON(nil, string(appendJSON(nil, i.Browser)))
	case i.Browser != nil:
		doc.PushChannel = appendJSON(nil, i.Browser)
	default:
		doc.PushChannel = appendJSON(nil, i.PushChannel)
	}
	for name, t := range i.SecondaryTiles {
		if doc.SecondaryTiles == nil {
			doc.SecondaryTiles = map[string]tileJSON{}
		}
		expired := t.PushChannelExpired
		doc.SecondaryTiles[name] = tileJSON{t.PushChannel, &expired, t.Tags, templatesJSON(t.Templates)}
	}
	return doc
}

func templatesJSON(in map[string]InstallationTemplate) map[string]templateJSON {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]templateJSON, len(in))
	for name, t := range in {
		out[name] = documentOfTemplate(&t)
	}
	return out
}

func documentOfTemplate(t *InstallationTemplate) templateJSON {
	j := templateJSON{Body: t.Body, Headers: t.Headers, Tags: t.Tags}
	if expiry := t.Expiry; expiry != "" {
		j.Expiry = &expiry
	}
	return j
}
