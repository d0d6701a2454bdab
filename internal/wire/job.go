package wire

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Job is a NotificationHubJob.
type Job struct {
	ID               string
	Progress         float64 // percent
	Type             string  // ExportRegistrations, ImportCreateRegistrations, …
	Status           string  // Started, Running, Completed, Failed; "" in requests
	OutputContainer  string  // URLs with signatures: secrets
	ImportFile       string
	InputProperties  map[string]string
	Failure          string
	OutputProperties map[string]string // see the Job… names
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// The names in OutputProperties: paths below the output container.
const (
	JobOutputFilePath = "OutputFilePath"
	JobFailedFilePath = "FailedFilePath"
)

// startedStatus is a job's status where Azure leaves it out.
const startedStatus = "Started"

// JobEntry is an Atom entry that holds a job.
type JobEntry struct {
	URL string // id and self
	Job Job
}

// AppendJobEntry writes the entry of an answer. Unlike a registration's it has
// no ETag.
func AppendJobEntry(b []byte, e *JobEntry) []byte {
	return appendJobEntry(b, e, appendAttr(nil, "xmlns", nsAtom))
}

func appendJobEntry(b []byte, e *JobEntry, namespace []byte) []byte {
	b = append(append(append(b, "<entry"...), namespace...), '>')
	b = appendElement(b, "id", e.URL)
	b = appendTitle(b, e.Job.ID)
	b = appendElement(b, "published", formatTime(e.Job.CreatedAt))
	b = appendElement(b, "updated", formatTime(e.Job.UpdatedAt))
	b = appendLink(b, "self", e.URL)
	b = append(b, `<content type="application/xml">`...)
	b = appendJob(b, &e.Job)
	return append(b, "</content></entry>"...)
}

// AppendJobFeed writes the feed of a hub's jobs.
func AppendJobFeed(b []byte, url string, updated time.Time, entries []JobEntry) []byte {
	b = append(appendAttr(append(b, "<feed"...), "xmlns", nsAtom), '>')
	b = appendTitle(b, "Jobs")
	b = appendElement(b, "id", url)
	b = appendElement(b, "updated", formatTime(updated))
	b = appendLink(b, "self", url)
	for i := range entries {
		b = appendJobEntry(b, &entries[i], nil)
	}
	return append(b, "</feed>"...)
}

// AppendJobRequest writes the entry that a client submits.
func AppendJobRequest(b []byte, j *Job) []byte {
	sent := Job{Type: j.Type, OutputContainer: j.OutputContainer, ImportFile: j.ImportFile, InputProperties: j.InputProperties}
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><entry`...)
	b = appendAttr(b, "xmlns", nsAtom)
	b = append(b, `><content type="application/xml">`...)
	b = appendJob(b, &sent)
	return append(b, "</content></entry>"...)
}

// appendJob writes the members in the order of the .NET SDK's data contract. A
// progress of nothing is left out, as Azure does; the status is not, since to the
// JavaScript SDK a job without one has none.
func appendJob(b []byte, j *Job) []byte {
	b = append(b, "<NotificationHubJob"+connect+">"...)
	b = appendOptional(b, "JobId", j.ID)
	if j.Progress != 0 {
		b = appendElement(b, "Progress", strconv.FormatFloat(j.Progress, 'f', -1, 64))
	}
	b = appendElement(b, "Type", j.Type)
	b = appendOptional(b, "Status", j.Status)
	b = appendElement(b, "OutputContainerUri", j.OutputContainer)
	b = appendOptional(b, "ImportFileUri", j.ImportFile)
	b = appendDictionary(b, "InputProperties", j.InputProperties)
	b = appendOptional(b, "Failure", j.Failure)
	b = appendDictionary(b, "OutputProperties", j.OutputProperties)
	b = appendTicks(b, "CreatedAt", j.CreatedAt)
	b = appendTicks(b, "UpdatedAt", j.UpdatedAt)
	return append(b, "</NotificationHubJob>"...)
}

// appendTicks writes a time with all seven digits.
func appendTicks(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendElement(b, name, t.UTC().Format("2006-01-02T15:04:05.0000000Z"))
}

// appendDictionary writes names in order. The prefix is part of what the
// JavaScript and Java SDKs look for.
func appendDictionary(b []byte, name string, d map[string]string) []byte {
	if len(d) == 0 {
		return b
	}
	b = append(append(b, '<'), name...)
	b = append(appendAttr(b, "xmlns:d3p1", "http://schemas.microsoft.com/2003/10/Serialization/Arrays"), '>')
	for _, key := range slices.Sorted(maps.Keys(d)) {
		b = appendOpen(b, "d3p1:KeyValueOfstringstring")
		b = appendElement(b, "d3p1:Key", key)
		b = appendElement(b, "d3p1:Value", d[key])
		b = appendClose(b, "d3p1:KeyValueOfstringstring")
	}
	return appendClose(b, name)
}

// DecodeJobEntry reads a job from the Atom entry of a request or an answer. A
// document that cannot be read is a *DecodeError; other errors are those of r.
func DecodeJobEntry(r io.Reader) (Job, error) {
	root, err := readXML(r)
	if err != nil {
		return Job{}, err
	}
	return decodeJobEntry(root)
}

// DecodeJobFeed reads the jobs of a list, in the list's order.
func DecodeJobFeed(r io.Reader) ([]Job, error) {
	root, err := readXML(r)
	if err != nil {
		return nil, err
	}
	if root.name != "feed" {
		return nil, unreadable("A feed is expected, not the element %.80s.", root.name)
	}
	var out []Job
	for _, c := range root.children {
		if c.name != "entry" {
			continue
		}
		j, err := decodeJobEntry(c)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

func decodeJobEntry(root *node) (Job, error) {
	entry := members{of: root}
	content := entry.child("content")
	if entry.err != nil {
		return Job{}, entry.err
	}
	if root.name != "entry" || content == nil || len(content.children) != 1 || content.children[0].name != "NotificationHubJob" {
		return Job{}, unreadable("An entry is expected whose content element holds one NotificationHubJob.")
	}
	m := members{of: content.children[0]}
	j := Job{
		ID: m.text("JobId"), Progress: m.percent("Progress"), Type: m.text("Type"), Status: m.text("Status"),
		OutputContainer: m.text("OutputContainerUri"), ImportFile: m.text("ImportFileUri"), InputProperties: m.dictionary("InputProperties"),
		Failure: m.text("Failure"), OutputProperties: m.dictionary("OutputProperties"), CreatedAt: m.time("CreatedAt"), UpdatedAt: m.time("UpdatedAt"),
	}
	if j.Status == "" {
		j.Status = startedStatus
	}
	return j, m.err
}

func (m *members) percent(name string) float64 {
	s := m.text(name)
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 100) {
		m.fail("%s is not a number from 0 to 100: %.40q.", name, s)
	}
	return f
}

// dictionary returns nil for one that is absent or empty.
func (m *members) dictionary(name string) map[string]string {
	var out map[string]string
	m.each(name, "KeyValueOfstringstring", func(pair *members) {
		if out == nil {
			out = map[string]string{}
		}
		out[pair.text("Key")] = pair.raw("Value")
	})
	return out
}
