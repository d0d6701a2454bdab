package notificationhubs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// namespace returns a client of a namespace with TLS.
func namespace(t *testing.T, o nh.ClientOptions, answer func(int, http.ResponseWriter, request)) (*nh.NamespaceClient, *recorder) {
	t.Helper()
	rec := newRecorder(answer)
	rec.StartTLS()
	t.Cleanup(rec.Close)
	o.RootCAs = rec.roots()
	if o.Retry == nil {
		o.Retry = &nh.RetryOptions{Attempts: 1}
	}
	n, err := nh.NewNamespaceClientFromConnectionString(rec.connectionString(), &o)
	if err != nil {
		t.Fatal(err)
	}
	return n, rec
}

const (
	hubHead = `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><NotificationHubDescription ` +
		`xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">`
	hubTail = `</NotificationHubDescription></content></entry>`

	services = `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Publicly Listed Services</title>%s</feed>`
)

// whole is a hub with everything that one can have; its text is in the order of
// the .NET client's data contract.
func whole() nh.HubDescription {
	return nh.HubDescription{
		Name: "shop", RegistrationTTL: 90 * 24 * time.Hour, UserMetadata: "m", Disabled: true,
		Rules:   []nh.AuthorizationRule{{Name: "r", Rights: []nh.Right{nh.Listen, nh.Send}, PrimaryKey: "p", SecondaryKey: "s"}},
		APNs:    &nh.APNsCredential{Token: "t", KeyID: "k", AppID: "team", AppName: "app", Certificate: "c", CertificateKey: "ck", Thumbprint: "th", Endpoint: "e"},
		FCMV1:   &nh.FCMV1Credential{ProjectID: "p", ClientEmail: "ce", PrivateKey: "pk"},
		GCM:     &nh.GCMCredential{GoogleAPIKey: "g", Endpoint: "ge"},
		WNS:     &nh.WNSCredential{PackageSID: "ps", SecretKey: "sk", Endpoint: "we"},
		MPNS:    &nh.MPNSCredential{Certificate: "mc", CertificateKey: "mck", Thumbprint: "mt"},
		ADM:     &nh.ADMCredential{ClientID: "ci", ClientSecret: "cs", AuthTokenURL: "a", SendURLTemplate: "su"},
		Baidu:   &nh.BaiduCredential{APIKey: "ba", SecretKey: "bs", Endpoint: "be"},
		Browser: &nh.BrowserCredential{Subject: "su", VAPIDPublicKey: "vp", VAPIDPrivateKey: "vs"},
		Xiaomi:  &nh.XiaomiCredential{AppSecret: "xs", Endpoint: "xe", Other: map[string]nh.Secret{"New": "n"}},
	}
}

func credential(element string, pairs ...string) string {
	text := "<" + element + "><Properties>"
	for i := 0; i+1 < len(pairs); i += 2 {
		text += "<Property><Name>" + pairs[i] + "</Name><Value>" + pairs[i+1] + "</Value></Property>"
	}
	return text + "</Properties></" + element + ">"
}

var wholeText = hubHead +
	credential("ApnsCredential", "ApnsCertificate", "c", "AppId", "team", "AppName", "app", "CertificateKey", "ck", "Endpoint", "e", "KeyId", "k", "Thumbprint", "th", "Token", "t") +
	"<RegistrationTtl>P90D</RegistrationTtl>" +
	credential("WnsCredential", "PackageSid", "ps", "SecretKey", "sk", "WindowsLiveEndpoint", "we") +
	`<AuthorizationRules><AuthorizationRule i:type="SharedAccessAuthorizationRule"><ClaimType>SharedAccessKey</ClaimType><ClaimValue>None</ClaimValue>` +
	"<Rights><AccessRights>Listen</AccessRights><AccessRights>Send</AccessRights></Rights><KeyName>r</KeyName><PrimaryKey>p</PrimaryKey><SecondaryKey>s</SecondaryKey></AuthorizationRule></AuthorizationRules>" +
	credential("GcmCredential", "GcmEndpoint", "ge", "GoogleApiKey", "g") +
	credential("MpnsCredential", "CertificateKey", "mck", "MpnsCertificate", "mc", "Thumbprint", "mt") +
	"<UserMetadata>m</UserMetadata>" +
	credential("AdmCredential", "AuthTokenUrl", "a", "ClientId", "ci", "ClientSecret", "cs", "SendUrlTemplate", "su") +
	credential("BaiduCredential", "BaiduApiKey", "ba", "BaiduEndPoint", "be", "BaiduSecretKey", "bs") +
	"<Status>true</Status>" +
	credential("FcmV1Credential", "ClientEmail", "ce", "PrivateKey", "pk", "ProjectId", "p") +
	credential("BrowserCredential", "Subject", "su", "VapidPrivateKey", "vs", "VapidPublicKey", "vp") +
	credential("XiaomiCredential", "AppSecret", "xs", "Endpoint", "xe", "New", "n") + hubTail

// The requests are those of the .NET client: one PUT, which If-Match tells
// apart, and a list of names without api-version, each of which is read.
func TestHubRequests(t *testing.T) {
	t.Parallel()
	n, rec := namespace(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, r request) {
		if r.uri == "/" {
			fmt.Fprintf(w, services, `<entry><id>uuid:1;id=2</id><title type="text">shop</title></entry>`)
			return
		}
		if r.method == http.MethodPut && r.header.Get("If-Match") == "" {
			w.WriteHeader(http.StatusCreated)
		}
		fmt.Fprint(w, wholeText)
	})
	d := whole()
	made, err := n.CreateHub(t.Context(), d)
	if err != nil || !reflect.DeepEqual(*made, d) {
		t.Fatalf("CreateHub = %#v, %v", made, err)
	}
	if r := rec.last(); r.method != "PUT" || r.uri != "/shop?api-version=2020-06" || r.header["If-Match"] != nil || r.body != `<?xml version="1.0" encoding="utf-8"?>`+wholeText {
		t.Errorf("create: %+v", r)
	}
	if _, err := n.UpdateHub(t.Context(), *made); err != nil {
		t.Fatal(err)
	}
	if r := rec.last(); r.method != "PUT" || r.header.Get("If-Match") != "*" || r.body != `<?xml version="1.0" encoding="utf-8"?>`+wholeText {
		t.Errorf("update: %+v", r)
	}
	if got, err := n.Hub(t.Context(), "shop"); err != nil || !reflect.DeepEqual(*got, d) || rec.last().method != "GET" {
		t.Errorf("Hub = %#v, %v", got, err)
	}
	if there, err := n.HubExists(t.Context(), "shop"); err != nil || !there {
		t.Errorf("HubExists: %v, %v", there, err)
	}
	if err := n.DeleteHub(t.Context(), "shop"); err != nil || rec.last().method != "DELETE" {
		t.Errorf("DeleteHub: %v", err)
	}
	before := len(rec.all())
	for got, err := range n.Hubs(t.Context()) {
		if err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("Hubs: %#v, %v", got, err)
		}
	}
	all := rec.all()[before:]
	if len(all) != 2 || all[0].uri != "/" || all[1].uri != "/shop?api-version=2020-06" {
		t.Errorf("the list: %+v", all)
	}
	for _, r := range rec.all() {
		if !strings.Contains(r.header.Get("Authorization"), "sr=https%3A%2F%2F127.0.0.1") || strings.Contains(r.header.Get("Authorization"), "shop") {
			t.Errorf("%s is signed for less than the namespace: %s", r.method, r.header.Get("Authorization"))
		}
	}
}

// A client of one hub works below it, with the namespace's rule.
func TestNamespaceHubClient(t *testing.T) {
	t.Parallel()
	n, rec := namespace(t, nh.ClientOptions{TestSend: true, UserAgent: "a/1"}, accepted)
	client, err := n.Client("a b")
	if err != nil {
		t.Fatal(err)
	}
	if sent, err := client.Send(t.Context(), nh.NewADMNotification(`{}`), nil); err != nil || sent.Outcome == nil {
		t.Errorf("%+v, %v", sent, err)
	}
	r := rec.last()
	if r.uri != "/a%20b/messages?api-version=2020-06&test" || r.header.Get("User-Agent") != "a/1" || strings.Contains(r.header.Get("Authorization"), "a%2520b") {
		t.Errorf("%s, %v", r.uri, r.header)
	}
	if _, err := n.HubExists(t.Context(), "shop"); err == nil || !strings.HasPrefix(rec.last().uri, "/shop?") {
		t.Errorf("the namespace's own client asks for %s, %v", rec.last().uri, err)
	}
	for _, name := range []string{"", "..", "a/b"} {
		if _, err := n.Client(name); err == nil {
			t.Errorf("%q passed for a hub's name", name)
		}
	}
}

// The .NET client's manager asks for a hub's jobs; here, a client of the hub does.
func TestNamespaceJobs(t *testing.T) {
	t.Parallel()
	job := jobAnswer(`<Type>ExportRegistrations</Type><OutputContainerUri>o</OutputContainerUri>`)
	n, rec := namespace(t, nh.ClientOptions{}, func(n int, w http.ResponseWriter, r request) {
		if r.method == http.MethodGet && r.uri == "/shop/jobs?api-version=2020-06" {
			job = `<feed xmlns="http://www.w3.org/2005/Atom">` + job + `</feed>`
		}
		always(http.StatusOK, job)(n, w, r)
	})
	client, err := n.Client("shop")
	if err != nil {
		t.Fatal(err)
	}
	submitted, err := client.SubmitJob(t.Context(), nh.JobRequest{Type: nh.ExportRegistrations, OutputContainerURL: "o"})
	read, err2 := client.Job(t.Context(), "1")
	all, err3 := collectJobs(client.Jobs(t.Context()))
	if err := errors.Join(err, err2, err3); err != nil || submitted.ID != "1" || read.ID != "1" || len(all) != 1 {
		t.Errorf("%+v, %+v, %+v, %v", submitted, read, all, err)
	}
	var got []string
	for _, r := range rec.all() {
		got = append(got, r.method+" "+r.uri)
	}
	const jobs = "/shop/jobs?api-version=2020-06"
	if want := []string{"POST " + jobs, "GET /shop/jobs/1?api-version=2020-06", "GET " + jobs}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What answers say beside the description is read too.
func TestHubAnswer(t *testing.T) {
	t.Parallel()
	n, _ := namespace(t, nh.ClientOptions{}, always(200, `<entry xmlns="http://www.w3.org/2005/Atom"><id>https://h/Shop</id><title type="text">Shop</title>`+
		`<published>2025-03-04T05:06:07Z</published><updated>2025-03-05T05:06:07Z</updated>`+
		strings.TrimPrefix(hubHead, `<entry xmlns="http://www.w3.org/2005/Atom">`)+
		`<DailyOperations>1</DailyOperations><DailyMaxActiveDevices>2</DailyMaxActiveDevices><DailyMaxActiveRegistrations>3</DailyMaxActiveRegistrations>`+hubTail))
	want := nh.HubDescription{
		Name: "Shop", CreatedAt: time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC), UpdatedAt: time.Date(2025, 3, 5, 5, 6, 7, 0, time.UTC),
		DailyOperations: 1, DailyMaxActiveDevices: 2, DailyMaxActiveRegistrations: 3,
	}
	if got, err := n.Hub(t.Context(), "shop"); err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%#v, %v", got, err)
	}
}

// Azure answers 200 with a list for a hub that does not exist.
func TestMissingHub(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(int, http.ResponseWriter, request){
		"Azure": always(200, fmt.Sprintf(services, "")), "Fanfare": always(404, "<Error><Code>404</Code><Detail>No service is hosted at the specified address..</Detail></Error>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, _ := namespace(t, nh.ClientOptions{}, answer)
			_, err := n.Hub(t.Context(), "nosuch")
			if e, ok := errors.AsType[*nh.ResponseError](err); !ok || e.StatusCode != 404 {
				t.Errorf("%v", err)
			}
			if there, err := n.HubExists(t.Context(), "nosuch"); err != nil || there {
				t.Errorf("HubExists: %v, %v", there, err)
			}
		})
	}
}

// A hub that goes while the list is read is passed over; any other error ends it.
func TestHubListErrors(t *testing.T) {
	t.Parallel()
	entries := `<entry><title type="text">a</title></entry><entry><title type="text">b</title></entry><entry><title type="text">c</title></entry>`
	n, _ := namespace(t, nh.ClientOptions{}, func(_ int, w http.ResponseWriter, r request) {
		switch {
		case r.uri == "/":
			fmt.Fprintf(w, services, entries)
		case strings.HasPrefix(r.uri, "/a"):
			w.WriteHeader(http.StatusNotFound)
		case strings.HasPrefix(r.uri, "/c"):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			fmt.Fprint(w, hubHead+hubTail)
		}
	})
	var got []string
	for d, err := range n.Hubs(t.Context()) {
		got = append(got, fmt.Sprint(d.Name, " ", err != nil))
	}
	if want := []string{"b false", " true"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for range n.Hubs(t.Context()) {
		break
	}
	for _, body := range []string{"<entry/>", "", fmt.Sprintf(services, "<entry/>")} {
		broken, _ := namespace(t, nh.ClientOptions{}, always(200, body))
		for _, err := range broken.Hubs(t.Context()) {
			if err == nil {
				t.Errorf("%q was taken for a list", body)
			}
		}
		if _, err := broken.Hub(t.Context(), "a"); err == nil {
			t.Errorf("%q was taken for a hub", body)
		}
	}
}

func TestHubMisuse(t *testing.T) {
	t.Parallel()
	n, rec := namespace(t, nh.ClientOptions{}, always(200, ""))
	for _, d := range []nh.HubDescription{{}, {Name: ".."}, {Name: "a", RegistrationTTL: -1}} {
		if _, err := n.CreateHub(t.Context(), d); err == nil {
			t.Errorf("%v was sent", d)
		}
	}
	if len(rec.all()) != 0 {
		t.Errorf("requests: %+v", rec.all())
	}
	if _, err := nh.NewNamespaceClientFromConnectionString("x", nil); err == nil {
		t.Error("a connection string without parts was taken")
	}
	if err := new(nh.HubDescription).SetCredential("pager", map[string]nh.Secret{"a": "b"}); err == nil {
		t.Error("a credential of no platform was taken")
	}
}

// Keys are in the bodies: no dump shows them, and what is refused is still told.
func TestHubDump(t *testing.T) {
	t.Parallel()
	var dump strings.Builder
	n, _ := namespace(t, nh.ClientOptions{Debug: &dump}, func(n int, w http.ResponseWriter, _ request) {
		if n == 2 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<Error><Code>400</Code><Detail>why</Detail></Error>")
			return
		}
		fmt.Fprint(w, hubHead+credential("GcmCredential", "GoogleApiKey", "very-secret")+hubTail)
	})
	d := nh.HubDescription{Name: "shop", GCM: &nh.GCMCredential{GoogleAPIKey: "very-secret"}}
	if _, err := n.UpdateHub(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := n.UpdateHub(t.Context(), d); err == nil {
		t.Fatal("400 is no error")
	}
	if got := dump.String(); strings.Contains(got, "very-secret") || strings.Count(got, "\n[redacted]\n") != 3 || !strings.Contains(got, "<Detail>why</Detail>") {
		t.Errorf("%s", got)
	}
}

// A secret is shown by nothing but its own conversion.
func TestSecret(t *testing.T) {
	t.Parallel()
	d := whole()
	d.Rules[0].PrimaryKey, d.GCM.GoogleAPIKey, d.Xiaomi.Other = "very-secret", "very-secret", map[string]nh.Secret{"New": "very-secret"}
	text, err := json.Marshal(d)
	if err != nil || !strings.Contains(string(text), `"PrimaryKey":"REDACTED"`) {
		t.Errorf("%s, %v", text, err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", d.Rules[0].PrimaryKey)
	for _, shown := range []string{
		string(text), log.String(), fmt.Sprintf("%v %+v %#v %s %q %x", d.Rules, d.Rules, d.Rules, d.GCM.GoogleAPIKey, d.GCM.GoogleAPIKey, d.GCM.GoogleAPIKey),
		fmt.Sprintf("%v %+v %#v", *d.GCM, *d.Xiaomi, *d.GCM),
	} {
		if strings.Contains(shown, "very-secret") || strings.Contains(shown, fmt.Sprintf("%x", "very-secret")) {
			t.Errorf("shown: %s", shown)
		}
	}
	if fmt.Sprint(nh.Secret("")) != "" || string(d.GCM.GoogleAPIKey) != "very-secret" {
		t.Error("an empty secret is shown, or a secret cannot be used")
	}
}

// Credentials by Azure's names are the typed ones.
func TestSetCredential(t *testing.T) {
	t.Parallel()
	want := whole()
	var d nh.HubDescription
	for _, p := range []nh.Platform{nh.APNs, nh.FCMV1, nh.GCM, nh.WNS, nh.MPNS, nh.ADM, nh.Baidu, nh.Browser, nh.Xiaomi} {
		if d.Credential(p) != nil {
			t.Errorf("%s has a credential", p)
		}
		if err := d.SetCredential(p, want.Credential(p)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(d.Credential(p), want.Credential(p)) || len(d.Credential(p)) == 0 {
			t.Errorf("%s: %#v", p, d.Credential(p))
		}
		if err := want.SetCredential(p, nil); err != nil || want.Credential(p) != nil {
			t.Errorf("%s is not removed: %v", p, err)
		}
	}
	full := whole()
	full.Name, full.Rules, full.RegistrationTTL, full.UserMetadata, full.Disabled = "", nil, 0, "", false
	if !reflect.DeepEqual(d, full) {
		t.Errorf("%#v", d)
	}
	if err := d.SetCredential(nh.Xiaomi, map[string]nh.Secret{"appSecret": "a"}); err != nil || d.Xiaomi.AppSecret != "a" {
		t.Errorf("letter case counts: %#v, %v", d.Xiaomi, err)
	}
}

// MPNS works without a certificate: its credential may be empty, which is not
// the same as none.
func TestMPNSWithoutCertificate(t *testing.T) {
	t.Parallel()
	const bare = "<MpnsCredential><Properties></Properties></MpnsCredential>"
	n, rec := namespace(t, nh.ClientOptions{}, always(200, hubHead+bare+hubTail))
	for name, d := range map[string]nh.HubDescription{
		"typed": {Name: "shop", MPNS: &nh.MPNSCredential{}, WNS: &nh.WNSCredential{}},
		"named": func() (d nh.HubDescription) {
			d.Name = "shop"
			if err := errors.Join(d.SetCredential(nh.MPNS, map[string]nh.Secret{}), d.SetCredential(nh.WNS, map[string]nh.Secret{})); err != nil {
				t.Fatal(err)
			}
			return d
		}(),
	} {
		back, err := n.UpdateHub(t.Context(), d)
		if err != nil || back.MPNS == nil || back.Credential(nh.MPNS) == nil {
			t.Errorf("%s: %+v, %v", name, back, err)
		}
		if body := rec.last().body; !strings.Contains(body, bare) || strings.Contains(body, "WnsCredential") {
			t.Errorf("%s: sent %s", name, body)
		}
	}
}

// A rule is found by its name in any letter case, and what changes in it changes
// in the hub; its connection string is one that a client takes.
func TestRules(t *testing.T) {
	t.Parallel()
	d := nh.HubDescription{Rules: []nh.AuthorizationRule{{Name: "a"}, {Name: "Backend", PrimaryKey: nh.NewKey()}}}
	d.Rule("backEND").SecondaryKey = nh.NewKey()
	if d.Rule("nosuch") != nil || d.Rules[1].SecondaryKey == "" {
		t.Errorf("%+v", d.Rules)
	}
	key, err := base64.StdEncoding.DecodeString(string(d.Rules[1].PrimaryKey))
	if err != nil || len(key) != 32 || d.Rules[1].PrimaryKey == d.Rules[1].SecondaryKey {
		t.Errorf("a key is %q, %v", string(d.Rules[1].PrimaryKey), err)
	}
	for given, want := range map[string]string{
		"sb://ns.servicebus.windows.net/": "sb://ns.servicebus.windows.net/", "https://h:8443": "sb://h:8443/", "http://127.0.0.1:1/": "http://127.0.0.1:1/",
	} {
		n, err := nh.NewNamespaceClientFromConnectionString("Endpoint="+given+";SharedAccessKeyName=r;SharedAccessKey=k", nil)
		if err != nil {
			t.Fatal(err)
		}
		cs := n.ConnectionString(d.Rules[1])
		if want := "Endpoint=" + want + ";SharedAccessKeyName=Backend;SharedAccessKey=" + string(d.Rules[1].PrimaryKey); string(cs) != want {
			t.Errorf("%s: %s, want %s", given, string(cs), want)
		}
		if _, err := nh.NewClientFromConnectionString(string(cs), "shop", nil); err != nil || fmt.Sprint(cs) != "REDACTED" {
			t.Errorf("%v, shown as %v", err, cs)
		}
	}
}
