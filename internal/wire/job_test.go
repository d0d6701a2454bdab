package wire_test

import (
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// The members and their order are those of the .NET SDK's data contract;
// a progress of nothing is left out.
func TestJobBytes(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 4, 5, 6, 7, 1000, time.UTC)
	j := wire.Job{
		ID: "1", Progress: 12.5, Type: "ImportUpsertRegistrations", Status: "Failed", OutputContainer: "https://a.example/c?x=1&sig=y", ImportFile: "https://a.example/f",
		InputProperties: map[string]string{"b": "2", "a": "<1>"}, Failure: "why", OutputProperties: map[string]string{wire.JobOutputFilePath: "/h/1/Output.txt"},
		CreatedAt: at, UpdatedAt: at.Add(time.Second),
	}
	const envelope = `<entry xmlns="http://www.w3.org/2005/Atom"><id>https://h/x?a=1&amp;b</id><title type="text">1</title><published>2025-03-04T05:06:07.000001Z</published><updated>2025-03-04T05:06:08.000001Z</updated><link rel="self" href="https://h/x?a=1&amp;b"/><content type="application/xml"><NotificationHubJob xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">`
	const arrays = ` xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays">`
	want := envelope + `<JobId>1</JobId><Progress>12.5</Progress><Type>ImportUpsertRegistrations</Type><Status>Failed</Status>` +
		`<OutputContainerUri>https://a.example/c?x=1&amp;sig=y</OutputContainerUri><ImportFileUri>https://a.example/f</ImportFileUri>` +
		`<InputProperties` + arrays + `<d3p1:KeyValueOfstringstring><d3p1:Key>a</d3p1:Key><d3p1:Value>&lt;1&gt;</d3p1:Value></d3p1:KeyValueOfstringstring><d3p1:KeyValueOfstringstring><d3p1:Key>b</d3p1:Key><d3p1:Value>2</d3p1:Value></d3p1:KeyValueOfstringstring></InputProperties>` +
		`<Failure>why</Failure><OutputProperties` + arrays + `<d3p1:KeyValueOfstringstring><d3p1:Key>OutputFilePath</d3p1:Key><d3p1:Value>/h/1/Output.txt</d3p1:Value></d3p1:KeyValueOfstringstring></OutputProperties>` +
		`<CreatedAt>2025-03-04T05:06:07.0000010Z</CreatedAt><UpdatedAt>2025-03-04T05:06:08.0000010Z</UpdatedAt></NotificationHubJob></content></entry>`
	e := wire.JobEntry{URL: "https://h/x?a=1&b", Job: j}
	if got := string(wire.AppendJobEntry(nil, &e)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := wire.DecodeJobEntry(strings.NewReader(want))
	if err != nil || !reflect.DeepEqual(back, j) {
		t.Errorf("read back %+v, %v\nwant      %+v", back, err, j)
	}
	started := wire.JobEntry{URL: "u", Job: wire.Job{ID: "1", Type: "ExportRegistrations", Status: "Started", OutputContainer: "o"}}
	if got := string(wire.AppendJobEntry(nil, &started)); !strings.Contains(got, "<JobId>1</JobId><Type>ExportRegistrations</Type><Status>Started</Status><OutputContainerUri>o</OutputContainerUri></Not") {
		t.Errorf("a job that has just started: %s", got)
	}
	all, err := wire.DecodeJobFeed(strings.NewReader(string(wire.AppendJobFeed(nil, "u", at, []wire.JobEntry{e, started}))))
	if err != nil || !reflect.DeepEqual(all, []wire.Job{j, started.Job}) {
		t.Errorf("the feed is read back as %+v, %v", all, err)
	}
}

// What clients submit: URLs escaped or in CDATA, members in any order.
func TestDecodeJobOfClients(t *testing.T) {
	t.Parallel()
	const head = `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><NotificationHubJob xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">`
	const tail = `</NotificationHubJob></content></entry>`
	for name, c := range map[string]struct {
		text, want string
		wrong      string
	}{
		"CDATA":             {head + `<OutputContainerUri><![CDATA[https://a/c?x=1&sig=y]]></OutputContainerUri><Type>ExportRegistrations</Type>` + tail, "https://a/c?x=1&sig=y", ""},
		"escaped":           {`<?xml version="1.0"?>` + head + `<Type>ExportRegistrations</Type><OutputContainerUri>https://a/c?x=1&amp;sig=y</OutputContainerUri>` + tail, "https://a/c?x=1&sig=y", ""},
		"a URL not escaped": {head + `<OutputContainerUri>https://a/c?x=1&sig=y</OutputContainerUri>` + tail, "", "not well formed"},
		"another element":   {`<entry><content><AppleRegistrationDescription/></content></entry>`, "", "one NotificationHubJob"},
		"no entry":          {`<NotificationHubJob/>`, "", "one NotificationHubJob"},
		"no status":         {head + `<OutputContainerUri>o</OutputContainerUri>` + tail, "o", ""},
		"progress":          {head + `<Progress>much</Progress>` + tail, "", "Progress is not a number"},
		"a Type twice":      {head + `<Type>a</Type><Type>b</Type>` + tail, "", "more than once"},
	} {
		j, err := wire.DecodeJobEntry(strings.NewReader(c.text))
		if j.OutputContainer != c.want && c.wrong == "" || c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %+v, %v; want %q, %q", name, j, err, c.want, c.wrong)
		}
	}
}

// A line of a job's file is one line whatever the template holds, and reads
// back as it was.
func TestDescriptionLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SampledFrom([]string{"\n", "\r\n", "]]>", "<![CDATA[", "&#xA;", "a", "{\"b\":\"$(c)\"}", " "})
		want := wire.Registration{
			Platform: "apns", Template: true, RegistrationID: "1-2-3", Handle: "aa", Tags: []string{"x"}, ETag: "1",
			BodyTemplate:  strings.Join(rapid.SliceOf(body).Draw(t, "body"), ""),
			PushVariables: map[string]string{"k": "a\nb"}, ExpirationTime: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		line := wire.AppendDescriptionLine(nil, &want)
		if n := strings.Count(string(line), "\n"); n != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("%d line breaks in %q", n, line)
		}
		got, err := wire.DecodeEntry(strings.NewReader(string(line)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\nreads as %+v, %v\nwant     %+v", line, got, err, want)
		}
		if id, err := wire.DecodeRegistrationID(strings.NewReader(string(line))); id != "1-2-3" || err != nil {
			t.Fatalf("its id is read as %q, %v", id, err)
		}
	})
}

func TestDecodeRegistrationID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<RegistrationDescription xmlns="c"><RegistrationId> 1-2-3 </RegistrationId></RegistrationDescription>`:              "1-2-3",
		`<RegistrationDescription xmlns:i="x" i:type="Unheard"><RegistrationId>4</RegistrationId></RegistrationDescription>`: "4",
		`<RegistrationDescription/>`:                                                                   "",
		`<Registration><RegistrationId>4</RegistrationId></Registration>`:                              "",
		`<RegistrationDescription><RegistrationId><b>4</b></RegistrationId></RegistrationDescription>`: "",
		`not XML`: "",
	} {
		id, err := wire.DecodeRegistrationID(strings.NewReader(text))
		var bad *wire.DecodeError
		if id != want || (want == "") != errors.As(err, &bad) {
			t.Errorf("%s: %q, %v", text, id, err)
		}
	}
}

func FuzzDecodeJobEntry(f *testing.F) {
	f.Add(`<entry><content><NotificationHubJob><Type>ExportRegistrations</Type><OutputContainerUri>https://a/c</OutputContainerUri></NotificationHubJob></content></entry>`)
	f.Add(`<entry><content><NotificationHubJob><Progress>1</Progress><InputProperties><KeyValueOfstringstring><Key>k</Key><Value>v</Value></KeyValueOfstringstring></InputProperties></NotificationHubJob></content></entry>`)
	f.Fuzz(func(t *testing.T, s string) {
		j, err := wire.DecodeJobEntry(strings.NewReader(s))
		if err != nil {
			return
		}
		dec := xml.NewDecoder(strings.NewReader(string(wire.AppendJobEntry(nil, &wire.JobEntry{Job: j}))))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("%q makes an answer that is not XML: %v", s, err)
			}
		}
	})
}

// What a line of an import says is written out again as one line that says it.
func FuzzDescriptionLine(f *testing.F) {
	f.Add(`<GcmRegistrationDescription><GcmRegistrationId>a</GcmRegistrationId></GcmRegistrationDescription>`)
	f.Add("<WindowsTemplateRegistrationDescription><ChannelUri>u</ChannelUri><BodyTemplate>a\nb]]&gt;</BodyTemplate></WindowsTemplateRegistrationDescription>")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := wire.DecodeEntry(strings.NewReader(s))
		if err != nil {
			return
		}
		line := wire.AppendDescriptionLine(nil, &r)
		if strings.Count(string(line), "\n") != 1 {
			t.Fatalf("%q makes more than one line: %q", s, line)
		}
		back, err := wire.DecodeEntry(strings.NewReader(string(line)))
		if err != nil || back.BodyTemplate != r.BodyTemplate {
			t.Fatalf("%q is read back as %+v, %v", line, back, err)
		}
	})
}
