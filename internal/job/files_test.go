package job_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
)

const connect = ` xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

// gcm is a line of an import, as the .NET SDK serializes a registration.
func gcm(id, handle, tags string) string {
	return `<RegistrationDescription` + connect + ` i:type="GcmRegistrationDescription"><ETag>7</ETag><ExpirationTime>2031-01-01T00:00:00Z</ExpirationTime>` +
		`<RegistrationId>` + id + `</RegistrationId><Tags>` + tags + `</Tags><GcmRegistrationId>` + handle + `</GcmRegistrationId></RegistrationDescription>`
}

// described is the description that an output shows.
func described(id, handle, tags string, etag int) string {
	return fmt.Sprintf(`<GcmRegistrationDescription%s><ETag>%d</ETag><ExpirationTime>9999-12-31T23:59:59.999Z</ExpirationTime><RegistrationId>%s</RegistrationId><Tags>%s</Tags><GcmRegistrationId>%s</GcmRegistrationId></GcmRegistrationDescription>`,
		connect, etag, id, tags, handle)
}

// rows reads a file of an import.
func rows(t *testing.T, text string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
