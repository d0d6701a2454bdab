package job

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/wire"
)

// item is a line of an import, understood, and what became of it.
type item struct {
	line         int64
	registration hub.Registration // for a deletion only its ID
	status       string           // why it failed, in Azure's word; "" if it did not
	problem      string           // the same as a sentence
}

// The words of Failed.txt: the names of the statuses that the API would answer.
const (
	badRequest = "BadRequest"
	notFound   = "NotFound"
)

// maxID bounds a registration's id, in bytes, as in the API's paths.
const maxID = 512

// understand reads a line as the registration that it creates, updates or
// deletes.
func understand(typ hub.JobType, l *line) item {
	i := item{line: l.number}
	if l.tooLong {
		return i.fail(badRequest, fmt.Sprintf("The line has more than %d bytes.", maxLine))
	}
	id, err := i.read(typ, l.text)
	if err != nil {
		return i.fail(badRequest, err.Error())
	}
	switch {
	case typ == hub.ImportCreateRegistrations:
		id = hub.NewRegistrationID() // as a POST: what the line says of it is not taken over
	case id == "":
		return i.fail(badRequest, "RegistrationId is missing: only an import that creates does without.")
	case len(id) > maxID || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return i.fail(badRequest, fmt.Sprintf("RegistrationId is not valid: at most %d bytes without control characters are allowed.", maxID))
	}
	i.registration.ID = id
	return i
}

// read returns the line's id. Its errors are sentences.
func (i *item) read(typ hub.JobType, text []byte) (id string, err error) {
	if typ == hub.ImportDeleteRegistrations {
		return wire.DecodeRegistrationID(bytes.NewReader(text))
	}
	w, err := wire.DecodeEntry(bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	i.registration, err = hubwire.FromWire(&w)
	return w.RegistrationID, err
}

func (i item) fail(status, problem string) item {
	return item{line: i.line, status: status, problem: problem}
}

// apply writes what the line says. An error is the store's; what is wrong with
// the line is noted in it.
func (i *item) apply(tx store.Tx, hubID int64, typ hub.JobType, now time.Time) error {
	if i.status != "" {
		return nil
	}
	var err error
	switch typ {
	case hub.ImportCreateRegistrations, hub.ImportUpsertRegistrations:
		err = tx.PutRegistration(hubID, &i.registration, nil, now)
	case hub.ImportUpdateRegistrations:
		err = tx.PutRegistration(hubID, &i.registration, &store.ETag{Any: true}, now)
	case hub.ImportDeleteRegistrations:
		err = tx.DeleteRegistration(hubID, i.registration.ID, nil, now)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		*i = i.fail(notFound, "There is no such registration.")
	case errors.Is(err, store.ErrDerived):
		*i = i.fail(badRequest, "The registration belongs to an installation. Write the installation instead.")
	default:
		return err
	}
	return nil
}

// report says what became of the line, as a row of one of the files (RFC 4180).
func (i *item) report(files *[2]bytes.Buffer) {
	row, file := []string{strconv.FormatInt(i.line, 10)}, hub.JobOutput
	switch {
	case i.status != "":
		row, file = append(row, i.status, i.problem), hub.JobFailures
	case i.registration.Handle == "": // of a deletion there is nothing to show
		row = append(row, "Deleted")
	default:
		w := hubwire.ToWire(&i.registration)
		row = append(row, strings.TrimSuffix(string(wire.AppendDescriptionLine(nil, &w)), "\n"))
	}
	c := csv.NewWriter(&files[file])
	c.Write(row) //nolint:errcheck // a bytes.Buffer takes everything
	c.Flush()
}
