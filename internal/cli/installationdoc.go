package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// installationDocument is an installation as people write it: with the SDK's
// names or with those of Azure's REST API. Most are the same but for their
// letter case, which encoding/json overlooks; here are the others.
type installationDocument struct {
	nh.Installation
	InstallationID     string          // Azure's name of ID
	PushChannelExpired bool            // Azure's name of ChannelExpired; read only
	PushChannel        json.RawMessage // a text or, of a browser, an object
}

// parseInstallation reads a document strictly: what is not understood would be
// missing in the hub.
func parseInstallation(text []byte) (*nh.Installation, error) {
	var doc installationDocument
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, documentError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	i := &doc.Installation
	switch {
	case doc.InstallationID == "":
	case i.ID == "" || i.ID == doc.InstallationID:
		i.ID = doc.InstallationID
	default:
		return nil, errors.New("ID and installationId are two names of one thing, and differ")
	}
	if i.ID == "" || i.Platform == "" {
		return nil, errors.New("installationId and platform are needed")
	}
	i.Platform = nh.Platform(strings.ToLower(string(i.Platform)))
	if err := readChannel(doc.PushChannel, i); err != nil {
		return nil, fmt.Errorf("pushChannel: %w", err)
	}
	return i, nil
}

// documentError says what encoding/json found, without names of Go.
func documentError(err error) error {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s cannot be a JSON %s", kind.Field, kind.Value)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	return errors.New(strings.Replace(text, "unknown field", "unknown member", 1))
}

// readChannel reads a device's channel, or a browser's three parts.
func readChannel(text json.RawMessage, i *nh.Installation) error {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	if text[0] != '{' {
		if err := json.Unmarshal(text, &i.PushChannel); err != nil {
			return errors.New("neither a text nor an object")
		}
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&i.Browser); err != nil {
		return errors.New("not an object of the texts endpoint, p256dh and auth")
	}
	return nil
}
