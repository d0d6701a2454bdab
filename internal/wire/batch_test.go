package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

const payload = `{"aps":{"alert":"Hi"}}`

// crlf gives a text the line ends of HTTP.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// What each client writes.
func TestDecodeBatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ contentType, body, kind string }{
		"the documentation, with blanks about the boundary and single quotes": {`multipart/mixed; boundary = "simple-boundary"`,
			crlf("--simple-boundary\nContent-Type: application/json\nContent-Disposition: inline; name=notification\n\n" + payload +
				"\n--simple-boundary\nContent-Type: application/json\nContent-Disposition: inline; name=devices\n\n['T1','T2']\n--simple-boundary--\n"), "application/json"},
		"JavaScript, which ends without a line end": {`multipart/mixed; boundary = "nh-boundary-0b9f7c1e"`,
			crlf("--nh-boundary-0b9f7c1e\nContent-type: application/json\nContent-Disposition: inline; name=notification\n\n" + payload +
				"\n--nh-boundary-0b9f7c1e\nContent-type: application/json\nContent-Disposition: inline; name=devices\n\n[\"T1\",\"T2\"]\n--nh-boundary-0b9f7c1e--"), "application/json"},
		".NET": {`multipart/mixed; boundary="nh-batch-multipart-boundary"`,
			crlf("--nh-batch-multipart-boundary\nContent-Type: application/json\nContent-Disposition: inline; name=notification\n\n" + payload +
				"\n--nh-batch-multipart-boundary\nContent-Type: application/json; charset=utf-8\nContent-Disposition: inline; name=devices\n\n[\"T1\",\"T2\"]\n--nh-batch-multipart-boundary--\n"), "application/json"},
		"Java, with a charset and a transfer encoding": {`multipart/mixed; boundary=nh-batch-multipart-boundary; charset=UTF-8`,
			crlf("--nh-batch-multipart-boundary\nContent-Disposition: inline; name=notification\nContent-Type: application/json; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n" + payload +
				"\n--nh-batch-multipart-boundary\nContent-Disposition: inline; name=devices\nContent-Type: application/json\nContent-Transfer-Encoding: 8bit\n\n[\"T1\",\"T2\"]\n--nh-batch-multipart-boundary--\n"),
			"application/json; charset=UTF-8"},
		"Go, which never closes its form-data": {`multipart/form-data; boundary=6f1b`,
			crlf("--6f1b\nContent-Disposition: inline; name=notification\nContent-Type: application/json\n\n" + payload +
				"\n--6f1b\nContent-Disposition: inline; name=devices\nContent-Type: application/json\n\n[\"T1\",\"T2\"]"), "application/json"},
		"lines without CR": {`multipart/mixed; boundary=b`, "--b\nContent-Disposition: inline; name=\"notification\"\n\n" + payload + "\n--b\nContent-Disposition: inline; name=\"devices\"\n\n[\"T1\",\"T2\"]\n--b--", ""},
		"the other way about, with a preamble, in capitals": {`MULTIPART/Mixed; BOUNDARY=b`,
			crlf("preamble\n--b\nCONTENT-DISPOSITION: Form-Data; NAME=\"Devices\"\n\n [ \"T1\" ,\n'T2' ] \n--b\ncontent-disposition: inline;name=NOTIFICATION\ncontent-type: a/b\n\n" + payload + "\n--b--\nepilogue"), "a/b"},
		"parts that are nobody's": {`multipart/mixed; boundary=b`,
			crlf("--b\n\nx\n--b\nContent-Disposition: inline\n\ny\n--b\nContent-Disposition: inline; name=notification\n\n" + payload + "\n--b\nContent-Disposition: inline; name=devices\n\n['T1',\"T2\"]\n--b--"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.DecodeBatch(c.contentType, []byte(c.body))
			if want := (wire.Batch{ContentType: c.kind, Body: []byte(payload), Handles: []string{"T1", "T2"}}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func batch(parts ...string) string {
	return crlf("--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n")
}

func devices(list string) string { return "Content-Disposition: inline; name=devices\n\n" + list }

const notification = "Content-Disposition: inline; name=notification\n\n" + payload

func TestDecodeBatchHandles(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]string{
		`["a"]`: {"a"}, `['a']`: {"a"}, `["a","a",""]`: {"a", "a", ""}, "\ufeff[\"a\"]": {"a"},
		`["it's \"so\" \u0041\n"]`: {"it's \"so\" A\n"}, `['it\'s "so" \u0041\\']`: {`it's "so" A\`},
		`["https://a/b?c=d%2B&e=f"]`: {"https://a/b?c=d%2B&e=f"},
	} {
		b, err := wire.DecodeBatch("multipart/mixed; boundary=b", []byte(batch(notification, devices(list))))
		if err != nil || !slices.Equal(b.Handles, want) {
			t.Errorf("%s: %q, %v", list, b.Handles, err)
		}
	}
	full := strings.Repeat(`"a",`, wire.MaxBatch-1) + `"a"`
	if b, err := wire.DecodeBatch("multipart/mixed; boundary=b", []byte(batch(notification, devices("["+full+"]")))); err != nil || len(b.Handles) != wire.MaxBatch {
		t.Errorf("%d handles, %v", len(b.Handles), err)
	}
	not := func(at int) string {
		return fmt.Sprintf("The part devices is not a JSON array of texts (at byte %d).", at)
	}
	for list, want := range map[string]string{
		`["a"` + strings.Repeat(`,"a"`, wire.MaxBatch) + `]`: "The part devices names more than 1000 handles: send to them in several batches.",
		`[]`: "The part devices names no handle.", ` [ ] `: "The part devices names no handle.",
		``: not(0), `"a"`: not(0), `{}`: not(0), `[`: not(1), `["a`: not(1), `['a"]`: not(1), `["a",]`: not(5), `["a" "b"]`: not(5), `["a"]]`: not(5), `["a"],`: not(5),
		`[1]`: not(1), `[null]`: not(1), `[["a"]]`: not(1), `[,"a"]`: not(1), `["\x"]`: not(5), "[\"\x01\"]": not(4), `["a\`: not(1),
	} {
		_, err := wire.DecodeBatch("multipart/mixed; boundary=b", []byte(batch(notification, devices(list))))
		if _, ok := errors.AsType[*wire.DecodeError](err); !ok || err.Error() != want {
			t.Errorf("%.40s\n got %v\nwant %s", list, err, want)
		}
	}
}

func TestDecodeBatchRefuses(t *testing.T) {
	t.Parallel()
	const kind = "The Content-Type of a batch is multipart/mixed with a boundary of at most 200 characters."
	good := batch(notification, devices(`["a"]`))
	for contentType, want := range map[string]string{
		"": kind, "application/json": kind, "multipart/mixed": kind, "multipart/mixed; boundary=": kind, `multipart/mixed; boundary="`: kind,
		"multipart/mixed; boundary=" + strings.Repeat("b", 201): kind,
		"multipart/mixed; boundary=another":                     "Could not find a part of the multipart content: notification, as Content-Disposition: inline; name=notification.",
	} {
		if _, err := wire.DecodeBatch(contentType, []byte(good)); err == nil || err.Error() != want {
			t.Errorf("%.50s\n got %v\nwant %s", contentType, err, want)
		}
	}
	const missing = "Could not find a part of the multipart content: devices, as Content-Disposition: inline; name=devices."
	for body, want := range map[string]string{
		"":                  "Could not find a part of the multipart content: notification, as Content-Disposition: inline; name=notification.",
		batch(notification): missing,
		batch(notification, "Content-Disposition: inline; name=device\n\n[]"): missing,
		batch(notification, "Content-Disposition: \x00\n\n[]"):                missing,
		batch(notification, notification, devices(`["a"]`)):                   "The multipart content has the part notification twice.",
		batch(slices.Repeat([]string{"A: b\n\n"}, 11)...):                     "The multipart content has more than 10 parts.",
	} {
		if _, err := wire.DecodeBatch("multipart/mixed; boundary=b", []byte(body)); err == nil || err.Error() != want {
			t.Errorf("%q\n got %v\nwant %s", body, err, want)
		}
	}
}

func TestAppendBatch(t *testing.T) {
	t.Parallel()
	want := wire.Batch{ContentType: "application/xml", Body: []byte("<toast/>\r\n"), Handles: []string{"a", `"<b>"`}}
	body, contentType := wire.AppendBatch(nil, "b1", &want)
	if text := crlf("--b1\nContent-Type: application/xml\nContent-Disposition: inline; name=notification\n\n<toast/>\n\n" +
		"--b1\nContent-Type: application/json\nContent-Disposition: inline; name=devices\n\n" + `["a","\"<b>\""]` + "\n--b1--\n"); string(body) != text || contentType != `multipart/mixed; boundary="b1"` {
		t.Errorf("%s: %q, want %q", contentType, body, text)
	}
	if got, err := wire.DecodeBatch(contentType, body); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// What is read, another writer of multipart would have written.
func FuzzDecodeBatch(f *testing.F) {
	f.Add(`multipart/mixed; boundary = "b"`, batch(notification, devices(`['T1',"T2"]`)))
	f.Add("multipart/form-data; boundary=b", strings.TrimSuffix(batch(notification, devices(`["T1"]`)), "\r\n--b--\r\n"))
	f.Add("multipart/mixed; boundary=b; charset=UTF-8", "--b\nContent-Disposition: inline; name=devices\n\n['\\'\"\\u0041']\n--b\nContent-Disposition:inline;name=notification\n\n{}--b--")
	f.Add("multipart/mixed; boundary=b", batch("Content-Transfer-Encoding: quoted-printable\n"+notification, devices(`[]`)))
	f.Fuzz(func(t *testing.T, contentType, body string) {
		got, err := wire.DecodeBatch(contentType, []byte(body))
		if err != nil {
			isDecodeError(t, err)
			return
		}
		if n := len(got.Handles); n == 0 || n > wire.MaxBatch {
			t.Fatalf("%d handles", n)
		}
		list, err := json.Marshal(got.Handles)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		w := multipart.NewWriter(&b)
		for name, text := range map[string]string{"notification": string(got.Body), "devices": string(list)} {
			p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {"form-data; name=" + name}, "Content-Type": {"x/y"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := wire.DecodeBatch(w.FormDataContentType(), []byte(b.String()))
		if err != nil || string(again.Body) != string(got.Body) || !slices.Equal(again.Handles, got.Handles) {
			t.Fatalf("%+v comes back as %+v, %v", got, again, err)
		}
	})
}
