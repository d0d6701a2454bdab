package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call runs a command as a shell does.
func call(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

// The demo is the whole product in one process.
func TestDemo(t *testing.T) {
	t.Parallel()
	code, out, errs := call(t.Context(), "demo")
	if code != exitGood {
		t.Fatalf("exit %d: %s\n%s", code, errs, out)
	}
	for _, want := range []string{
		"1. A toast to Windows", "Windows laptop  got <toast>", "2. An alert to iOS", "3. A message to Android", "apns Success 1, wns Success 1",
		"» Salut", "NoTargetFound", "ExpiredChannel 1", "success 1, failure 0", "Every step ended as it should.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not tell %q:\n%s", want, out)
		}
	}
}

func TestDemoFails(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, errs := call(ended, "demo"); code != exitFailed || errs == "" {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nosuch"}, {"demo", "x"}, {"demo", "--nosuch"}, {"send"}, {"send", "{}", "--hub", "h"}, {"serve"}, {"registration", "nosuch"},
		{"registration", "create", "--hub", "h"}, {"registration", "list", "--tag", "a", "--handle", "b"}, {"installation", "show"},
		{"token", "--hub", "h", "--connection-string", "x"}, {"token", "--hub", "h", "--connection-string", "x", "--life", "0s"},
		{"send", "{}", "--format", "x"}, {"send", "[]", "--format", "template"}, {"send", "{}", "--format", "adm", "--header", "x"},
		{"send", "{}", "--format", "apple", "--handle", "00ff", "--tag", "a"}, {"send", "{}", "--format", "apple", "--handle", "00ff", "--expression", "a"},
		{"send", "{}", "--format", "apple", "--tag", "a", "--expression", "b"},
		{"send", "{}", "--format", "apple", "--at", "soon"}, {"send", "{}", "--format", "apple", "--at", "-1h"}, {"send", "{}", "--format", "apple", "--at", "2030-01-02T03:04"},
		{"send", "{}", "--format", "apple", "--at", "1h", "--handle", "00ff"}, {"send", "{}", "--format", "apple", "--at", "1h", "--test"}, {"notification", "cancel"},
		{"send", "{}", "--format", "apple", "--test", "--handle", "00ff", "--handle", "00ee"},
		{"registration", "create", "--platform", "telex", "--handle", "a"}, {"registration", "create", "--platform", "apns", "--handle", "aa", "--template-name", "t"},
		{"installation", "put", `{"ID":"i","Platform":"apns","PushChannel":"00AA","Tag":["misspelt"]}`}, {"installation", "put", `{}`},
		{"installation", "patch", "i"}, {"installation", "patch", "i", `{}`, "--hub", "h", "--connection-string", "x"},
		{"dev", "--listen", "0.0.0.0:0"}, {"dev", "--listen", "127.0.0.1"}, {"dev", "--listen", "127.0.0.1:65536"},
		{"dev", "--hub", "a/b"}, {"hub", "show"}, {"hub", "create"}, {"hub", "delete", "a", "b"}, {"hub", "nosuch"}, {"hub", "list", "--connection-string", "x"},
		{"explain", "NH-1"}, {"explain", "NH-1", "x"}, {"doctor"}, {"doctor", "x"}, {"doctor", "--config", "x", "--connection-string", "y"}, {"hub", "suspects", "--hub", "h", "--connection-string", "x"},
		{"hub", "suspects", "apns", "--count", "--clear-all", "--hub", "h", "--connection-string", "x"},
		{"hub", "update"}, {"hub", "update", "a"}, {"hub", "update", "a", "--metadata", "m", "--connection-string", "x"}, {"hub", "rule", "nosuch"},
		{"hub", "rule", "add", "a", "--hub", "h", "--connection-string", "x"}, {"hub", "rule", "add", "a", "--right", "own"}, {"hub", "rule", "remove"},
		{"hub", "rule", "regenerate", "a", "--key", "third"}, {"hub", "rule", "list", "--connection-string", "x"},
		{"hub", "set-credential", "wns", "--without-certificate"}, {"hub", "set-credential", "mpns", "--without-certificate", "--remove"},
		{"hub", "set-credential", "mpns", "--without-certificate", "--property", "a=b"},
		{"job", "export", "--hub", "h"}, {"job", "import"}, {"job", "import", "merge", "--output", "o", "--file", "f"}, {"job", "import", "upsert", "--output", "o"},
		{"job", "import", "upsert", "--output", "-", "--file", "-"},
		{"hub", "suspects", "apns", "--clear-all", "--confirm", "x", "--hub", "h", "--connection-string", "x"},
	} {
		if code, _, errs := call(t.Context(), args...); code != exitMisuse || errs == "" {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
	}
	// With a good target, that nobody listens at: no request is made.
	for _, c := range []struct {
		says string
		args []string
	}{
		{"a b", []string{"send", "{}", "--format", "adm", "--tag", "a b"}},
		{"21 tags are given", append([]string{"send", "{}", "--format", "adm"}, strings.Fields(strings.Repeat("--tag a ", 21))...)},
		{"not a JSON object", []string{"send", "text", "--format", "apple"}},
		{"give --format windows-raw", []string{"send", "<bad/>", "--format", "windows"}},
		{"installationId and platform are needed", []string{"installation", "put", "{}"}},
		{`unknown member "tagz"`, []string{"installation", "put", `{"installationId":"i","platform":"apns","pushChannel":"00ff","tagz":[]}`}},
		{"Tags cannot be a JSON string", []string{"installation", "put", `{"installationId":"i","platform":"apns","tags":"a"}`}},
		{"endpoint, p256dh and auth", []string{"installation", "put", `{"installationId":"i","platform":"browser","pushChannel":{"key":"x"}}`}},
		{"two names of one thing", []string{"installation", "put", `{"installationId":"i","ID":"j"}`}},
		{"follows the object", []string{"installation", "put", `{"ID":"i"} {}`}},
	} {
		args := append(c.args, "--hub", "h", "--connection-string", "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=n;SharedAccessKey=k")
		if code, _, errs := call(t.Context(), args...); code != exitMisuse || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d, %q, want …%s…", args, code, errs, c.says)
		}
	}
	// A hub that cannot be reached is no misuse.
	if code, _, errs := call(t.Context(), "registration", "delete", "x", "--hub", "h", "--connection-string", "Endpoint=http://127.0.0.1:1/;SharedAccessKeyName=n;SharedAccessKey=k"); code != exitFailed {
		t.Errorf("nobody listens: exit %d, %q", code, errs)
	}
	for _, args := range [][]string{{}, {"help"}, {"version"}, {"registration"}, {"send", "--help"}} {
		if code, out, errs := call(t.Context(), args...); code != exitGood || out == "" {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
	}
}

// lines is output that a test reads while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	select {
	case l.news <- struct{}{}:
	default:
	}
	return len(b), nil
}

// until waits for a text in the output.
func (l *lines) until(t *testing.T, want string) string {
	t.Helper()
	for {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		if strings.Contains(text, want) {
			return text
		}
		select {
		case <-l.news:
		case <-t.Context().Done():
			t.Fatalf("no %q in %s", want, text)
		case <-time.After(20 * time.Second):
			t.Fatalf("no %q in %s", want, text)
		}
	}
}

// startDev runs fanfare dev until the test ends, and returns what its ready file
// says, and its output.
func startDev(t *testing.T) (ready, *lines) {
	t.Helper()
	dir := t.TempDir()
	readyFile := filepath.Join(dir, "ready.json")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Rel(here, filepath.Join(dir, "the user's data"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{news: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"dev", "--data", data, "--listen", "127.0.0.1:0", "--ready-file", readyFile}, out, out)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitGood {
			t.Errorf("fanfare dev: exit %d: %s", code, out.text.String())
		}
	})
	out.until(t, "Ctrl-C ends it.")
	var r ready
	for r.Endpoint == "" { // the file comes right after the announcement
		if b, err := os.ReadFile(readyFile); err == nil {
			if err := json.Unmarshal(b, &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r, out
}

// goneToken says fate-gone to the simulated APNs.
const goneToken = "666174652d676f6e652e"

// p256dh is a browser's key: that of the example in RFC 8291, section 5.
const p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"

// fanfare dev, and the client commands against it, as in the README.
func TestDevAndClient(t *testing.T) {
	t.Parallel()
	r, out := startDev(t)
	exports := "  export FANFARE_CONNECTION_STRING='" + r.ConnectionString + "'\n  export FANFARE_HUB=myhub FANFARE_CA_FILE='" + strings.ReplaceAll(r.CAFile, "'", `'\''`) + "'\n"
	if banner := out.until(t, "Ctrl-C ends it."); !strings.Contains(banner, exports) {
		t.Errorf("%s\nis without\n%s", banner, exports)
	}
	if !filepath.IsAbs(r.CAFile) {
		t.Errorf("%s means another file in another folder", r.CAFile)
	}
	if r.Hub != "myhub" || r.Simulators.Address == "" || !strings.HasPrefix(r.Endpoint, "https://127.0.0.1:") {
		t.Errorf("%+v", r)
	}
	fanfare := func(args ...string) string {
		t.Helper()
		args = append(args, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
		code, stdout, stderr := call(t.Context(), args...)
		if code != exitGood {
			t.Fatalf("%v: exit %d: %s", args, code, stderr)
		}
		return stdout
	}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(fanfare("registration", "create", "--platform", "apns", "--handle", "00FC13ADFF785122", "--tag", "sports")), &made); err != nil {
		t.Fatal(err)
	}
	fanfare("installation", "put", `{"installationId":"i-1","platform":"FCMV1","pushChannel":"fcm-token-0"}`)
	fanfare("installation", "put", `{"ID":"i-1","Platform":"fcmv1","PushChannel":"fcm-token-1","Tags":["sports"]}`)
	const browser = `{"installationId":"i-2","platform":"browser","pushChannel":{"endpoint":"https://updates.push.services.mozilla.com/wpush/v2/x","p256dh":"` + p256dh + `","auth":"AAAAAAAAAAAAAAAAAAAAAA"}}`
	fanfare("installation", "put", browser)
	fanfare("installation", "put", fanfare("installation", "show", "i-2"))
	if got := fanfare("installation", "show", "i-2"); !strings.Contains(got, p256dh) {
		t.Errorf("installation show: %s", got)
	}
	fanfare("installation", "delete", "i-2")
	for _, args := range [][]string{
		{"registration", "show", made.ID}, {"registration", "list"}, {"registration", "list", "--tag", "sports"}, {"registration", "list", "--handle", "00fc13adff785122"},
	} {
		if got := fanfare(args...); !strings.Contains(got, made.ID) {
			t.Errorf("%v: %s", args, got)
		}
	}
	if got := fanfare("hub", "suspects", "fcmv1") + fanfare("hub", "suspects", "fcmv1", "--count") + fanfare("hub", "suspects", "fcmv1", "--clear-all"); got != "0\n0 cleared\n" {
		t.Errorf("hub suspects: %s", got)
	}
	if got := fanfare("doctor"); !strings.HasPrefix(got, "myhub: ok\n") || strings.Count(got, "\n  ok  ") != 8 {
		t.Errorf("doctor: %s", got)
	}
	if got := fanfare("doctor", "--json"); !strings.Contains(got, `"severity": "ok"`) || !strings.HasPrefix(got, "[") {
		t.Errorf("doctor --json: %s", got)
	}
	if got := fanfare("installation", "patch", "i-1", `[{"op":"add","path":"/tags","value":"vip"}]`); got != "patched i-1\n" {
		t.Errorf("installation patch: %s", got)
	}
	if got := fanfare("installation", "show", "i-1"); !strings.Contains(got, "fcm-token-1") || !strings.Contains(got, `"vip"`) {
		t.Errorf("installation show: %s", got)
	}
	id := strings.TrimSpace(fanfare("send", "--format", "apple", "--tag", "sports", `{"aps":{"alert":"Goal!"}}`))
	if got := fanfare("notification", "show", "--wait", id); !strings.Contains(got, `"Completed"`) || !strings.Contains(got, `"Success": 1`) {
		t.Errorf("notification show: %s", got)
	}
	for args, want := range map[string]string{made.ID: "— Delivered, counted as Success", "i-1": "— OtherPlatform", "i-1 --json": `"cause": "OtherPlatform"`} {
		if got := fanfare(append([]string{"explain", id}, strings.Fields(args)...)...); !strings.Contains(got, want) {
			t.Errorf("explain %s: %s", args, got)
		}
	}
	for _, flag := range []string{"--json=false", "--json"} {
		code, got, errs := call(t.Context(), "explain", id, "nobody", flag, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
		if code != exitFailed || !strings.Contains(got, "No installation, registration") || strings.Contains(got, "—") || errs != "" {
			t.Errorf("explain of an unknown device: exit %d, %s%s", code, got, errs)
		}
	}
	out.until(t, "Goal!")
	if got := fanfare("send", "--format", "fcmv1", "--expression", "sports && !x", "--test", `{"message":{}}`); !strings.Contains(got, `"Success": 1`) {
		t.Errorf("test send: %s", got)
	}
	if got := fanfare("send", "--format", "apple", "--handle", "00ff", "--wait", `{"aps":{}}`); !strings.Contains(got, `"Completed"`) {
		t.Errorf("direct send: %s", got)
	}
	scheduled := strings.TrimSpace(fanfare("send", "--format", "apple", "--tag", "sports", "--at", "72h", `{"aps":{"alert":"Later"}}`))
	if got := fanfare("explain", scheduled, made.ID); !strings.Contains(got, "— NotYetDue") || !strings.Contains(got, ", scheduled for 20") {
		t.Errorf("explain of a scheduled one: %s", got)
	}
	fanfare("notification", "cancel", scheduled)
	if got := fanfare("notification", "show", scheduled); !strings.Contains(got, `"Canceled"`) {
		t.Errorf("notification show of a cancelled one: %s", got)
	}
	soon := time.Now().UTC().Format(time.RFC3339) // whole seconds: it has passed
	if got := fanfare("send", "--format", "apple", "--at", soon, "--wait", `{"aps":{"alert":"Now"}}`); !strings.Contains(got, `"Completed"`) {
		t.Errorf("a scheduled send that is waited for: %s", got)
	}
	later := append([]string{"send", "--format", "apple", "--tag", "sports", "--at", "1s", "--wait", "--timeout", "19s", `{"aps":{"alert":"Soon"}}`}, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
	if code, got, errs := call(t.Context(), later...); code != exitGood || !strings.Contains(got, `"Completed"`) || !strings.Contains(errs, " is sent at 20") {
		t.Errorf("a send that waits for its time: exit %d, %s%s", code, got, errs)
	}
	for _, c := range []struct {
		code int
		says string // on standard error
		show string // on standard output
		args []string
	}{
		{exitNobody, "the device was not reached", `"ExpiredChannel": 1`, []string{"send", "--format", "apple", "--handle", goneToken, "--wait", `{"aps":{}}`}},
		{exitNobody, "the device was not reached", `"Failure": 1`, []string{"send", "--format", "apple", "--handle", goneToken, "--test", `{"aps":{}}`}},
		{exitNobody, "no device is registered for the notification\nfanfare registration list shows who", "NoTargetFound", []string{"send", "--format", "apple", "--tag", "nobody", "--wait", `{"aps":{}}`}},
		{exitNobody, "no device is registered", `"Failure": 0`, []string{"send", "--format", "apple", "--tag", "nobody", "--test", `{"aps":{}}`}},
		{exitMisuse, "168h ahead, which is as far as dispatch.schedule_window", "", []string{"send", "--format", "apple", "--at", "169h", `{"aps":{}}`}},
		{exitMisuse, "400", "", []string{"registration", "create", "--platform", "apns", "--handle", "not hexadecimal"}},
		{exitFailed, "404", "", []string{"notification", "show", "none"}},
		{exitFailed, "The notification is not known, or is no longer kept. (", "", []string{"explain", "NH-none", "i-1"}},
		{exitFailed, "the time is over", "", []string{"notification", "show", "none", "--wait", "--timeout", "50ms"}},
	} {
		args := append(c.args, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
		if code, stdout, stderr := call(t.Context(), args...); code != c.code || !strings.Contains(stderr, c.says) || !strings.Contains(stdout, c.show) {
			t.Errorf("%v: exit %d, want %d: %s%s, want …%s… and …%s…", args, code, c.code, stdout, stderr, c.says, c.show)
		}
	}
	several := []string{"send", "--format", "apple", "--handle", "00ff", "--handle", "00ee", "--handle", "none", "--wait", `{"aps":{}}`, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile}
	if code, got, _ := call(t.Context(), several...); code != exitPartly || !strings.Contains(got, `"Success": 2`) || !strings.Contains(got, `"BadChannel": 1`) {
		t.Errorf("direct send to several: exit %d, %s", code, got)
	}
	var foreign struct{ ID string } // another app's: it is not reached, and stays registered
	if err := json.Unmarshal([]byte(fanfare("registration", "create", "--platform", "apns", "--handle", "666174652d666f726569676e2e", "--tag", "sports")), &foreign); err != nil {
		t.Fatal(err)
	}
	args := []string{"send", "--format", "apple", "--tag", "sports", "--wait", `{"aps":{}}`, "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile}
	if code, _, stderr := call(t.Context(), args...); code != exitPartly || !strings.Contains(stderr, "1 of 2 devices was not reached\nfanfare explain NH-") {
		t.Errorf("one of two devices is another app's: exit %d, %s", code, stderr)
	}
	fanfare("registration", "delete", foreign.ID)
	if got := fanfare("token"); !strings.HasPrefix(got, "SharedAccessSignature sr=https%3A%2F%2F127.0.0.1") {
		t.Errorf("token: %s", got)
	}
	clientJobs(t, fanfare)
	fanfare("registration", "delete", made.ID)
	fanfare("installation", "delete", "i-1")
	if got := fanfare("registration", "list"); got != "" {
		t.Errorf("registrations are left: %s", got)
	}
	code, _, errs := call(t.Context(), "registration", "show", "none", "--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
	if code != exitFailed || !strings.Contains(errs, "404") {
		t.Errorf("an unknown registration: exit %d, %s", code, errs)
	}
	code, shown, errs := call(t.Context(), "job", "export", "--wait", "--output", "http://127.0.0.1:1/c?sig=x", "--timeout", "0s",
		"--connection-string", r.ConnectionString, "--hub", r.Hub, "--ca-file", r.CAFile)
	if code != exitFailed || shown != "" || !strings.Contains(errs, "the time is over") {
		t.Errorf("a job that was not waited for: exit %d, %s, %s", code, shown, errs)
	}
}

// A configuration with mistakes is a misuse, with every line named.
func TestServeMistakes(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte("listen: x\nnosuch: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := call(t.Context(), "serve", "--config", name); code != exitMisuse || !strings.Contains(errs, ":2:") || strings.Contains(errs, "--help") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, _ := call(t.Context(), "serve", "--config", name+"x"); code != exitFailed {
		t.Errorf("a missing file: exit %d", code)
	}
}
