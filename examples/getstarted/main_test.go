package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A hub with a local authority gets what the how-to sends.
func TestRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	hub := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Get("ServiceBusNotification-Format")+" "+string(body))
		w.Header().Set("Location", fmt.Sprintf("https://%s%s/NH-%d?api-version=2020-06", r.Host, r.URL.Path, len(got)))
		w.WriteHeader(http.StatusCreated)
	}))
	defer hub.Close()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hub.Certificate().Raw})
	if err := os.WriteFile(caFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"FANFARE_CONNECTION_STRING": "Endpoint=sb://" + hub.Listener.Addr().String() + "/;SharedAccessKeyName=Full;SharedAccessKey=bXlLZXk=",
		"FANFARE_HUB":               "myhub", "FANFARE_CA_FILE": caFile,
	}
	var out strings.Builder
	if err := run(t.Context(), func(name string) string { return env[name] }, &out); err != nil {
		t.Fatal(err)
	}
	const printed = `Windows       accepted as NH-1
Windows Phone accepted as NH-2
iOS           accepted as NH-3
Android       accepted as NH-4
Kindle Fire   accepted as NH-5
Baidu         accepted as NH-6
`
	if out.String() != printed {
		t.Errorf("%s\nwant\n%s", &out, printed)
	}
	const sent = `windows <toast><visual><binding template="ToastText01"><text id="1">Test</text></binding></visual></toast>
windowsphone <?xml version="1.0" encoding="utf-8"?><wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>
apple {"aps":{"alert":"Hello!"}}
gcm {"data":{"msg":"Hello!"}}
adm {"data":{"msg":"Hello!"}}
baidu {"data":{"msg":"Hello!"}}`
	if all := strings.Join(got, "\n"); all != sent {
		t.Errorf("%s\nwant\n%s", all, sent)
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const cs = "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=Full;SharedAccessKey=bXlLZXk="
	for says, env := range map[string]map[string]string{
		"FANFARE_CONNECTION_STRING is not set": {},
		"FANFARE_HUB is not set":               {"FANFARE_CONNECTION_STRING": cs},
		"SharedAccessKey=… is missing":         {"FANFARE_CONNECTION_STRING": "Endpoint=sb://h/;SharedAccessKeyName=n", "FANFARE_HUB": "h"},
		"FANFARE_CA_FILE: open":                {"FANFARE_CONNECTION_STRING": cs, "FANFARE_HUB": "h", "FANFARE_CA_FILE": empty + "x"},
		"empty.pem holds no PEM certificate":   {"FANFARE_CONNECTION_STRING": cs, "FANFARE_HUB": "h", "FANFARE_CA_FILE": empty},
	} {
		err := run(t.Context(), func(name string) string { return env[name] }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want …%s…", err, says)
		}
	}
}
