package notificationhubs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// start returns a client of a stand-in for a hub, which takes whatever is sent.
// Against a real one, the client is made as in
// ExampleNewClientFromConnectionString.
func start(o *nh.ClientOptions) (*nh.Client, *recorder) {
	rec := newRecorder(accepted)
	rec.StartTLS()
	o.RootCAs = rec.roots()
	client, err := nh.NewClientFromConnectionString(rec.connectionString(), "MyHub", o)
	if err != nil {
		log.Fatal(err)
	}
	return client, rec
}

// show prints what reached the hub.
func (rec *recorder) show() {
	r := rec.last()
	fmt.Println(r.method, r.uri)
	for _, name := range []string{"Content-Type", "ServiceBusNotification-Format", "ServiceBusNotification-Tags", "X-WNS-Type", "X-WindowsPhone-Target"} {
		if value := r.header.Get(name); value != "" {
			fmt.Printf("%s: %s\n", name, value)
		}
	}
	fmt.Println(r.body)
}

func ExampleNewClientFromConnectionString() {
	client, err := nh.NewClientFromConnectionString(
		"Endpoint=sb://myNamespace.servicebus.windows.net/;SharedAccessKeyName=DefaultFullSharedAccessSignature;SharedAccessKey=bXlLZXk=",
		"myNotificationHubName", nil)
	fmt.Println(client != nil, err)
	// Output: true <nil>
}

// A toast to everybody who has registered a Windows device.
func ExampleClient_Send() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	toast := `<toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>`
	sent, err := client.Send(context.Background(), nh.NewWindowsNotification(toast, nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accepted as", sent.NotificationID)

	hub.show()
	// Output:
	// accepted as NH-1
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/xml
	// ServiceBusNotification-Format: windows
	// X-WNS-Type: wns/toast
	// <toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>
}

func ExampleClient_Send_tag() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewWindowsNotification(`<badge value="1"/>`, nil)
	if _, err := client.Send(context.Background(), n, &nh.SendOptions{Tags: []string{"sports"}}); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/xml
	// ServiceBusNotification-Format: windows
	// ServiceBusNotification-Tags: sports
	// X-WNS-Type: wns/badge
	// <badge value="1"/>
}

func ExampleClient_Send_setOfTags() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewWindowsNotification(`<badge value="1"/>`, nil)
	if _, err := client.Send(context.Background(), n, &nh.SendOptions{Tags: []string{"sports", "politics"}}); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/xml
	// ServiceBusNotification-Format: windows
	// ServiceBusNotification-Tags: sports || politics
	// X-WNS-Type: wns/badge
	// <badge value="1"/>
}

// An expression is given as text, or built from tags that came from elsewhere:
// what is built cannot be changed by what a tag says.
func ExampleClient_Send_tagExpression() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewFCMV1Notification(`{"message":{"data":{"score":"2:1"}}}`)
	fans := nh.AnyTag("follows_RedSox", "follows_Cardinals").And(nh.Tag("muted").Not())
	if _, err := client.Send(context.Background(), n, &nh.SendOptions{To: fans}); err != nil {
		log.Fatal(err)
	}

	hub.show()
	_, err := client.Send(context.Background(), n, &nh.SendOptions{To: nh.Tag("a || everybody")})
	fmt.Println(err != nil)
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: fcmv1
	// ServiceBusNotification-Tags: (follows_RedSox || follows_Cardinals) && !muted
	// {"message":{"data":{"score":"2:1"}}}
	// true
}

// Each device has registered a template of its own, such as one that shows
// $(greeting_en) in a toast.
func ExampleNewTemplateNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewTemplateNotification(map[string]string{"greeting_en": "Hello", "greeting_fr": "Salut"})
	if _, err := client.Send(context.Background(), n, nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: template
	// {"greeting_en":"Hello","greeting_fr":"Salut"}
}

func ExampleNewAppleNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hello!"}}, &nh.AppleOptions{Priority: 5})
	if _, err := client.Send(context.Background(), n, nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: apple
	// {"aps":{"alert":"Hello!"}}
}

// A legacy payload goes out as gcm: Azure knows no other name for it.
func ExampleNewFCMNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewFCMNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}})
	if _, err := client.Send(context.Background(), n, nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: gcm
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewADMNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewADMNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}})
	if _, err := client.Send(context.Background(), n, nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: adm
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewBaiduNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	n := nh.NewBaiduNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}}, nil)
	if _, err := client.Send(context.Background(), n, nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/json;charset=utf-8
	// ServiceBusNotification-Format: baidu
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewMPNSNotification() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()

	toast := `<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>`
	if _, err := client.Send(context.Background(), nh.NewMPNSNotification(toast), nil); err != nil {
		log.Fatal(err)
	}

	hub.show()
	// Output:
	// POST /MyHub/messages?api-version=2020-06
	// Content-Type: application/xml
	// ServiceBusNotification-Format: windowsphone
	// X-WindowsPhone-Target: toast
	// <wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>
}

// The debug option of Azure's how-to: a dump of request and answer, without the
// token, and the outcome at each device.
func ExampleClientOptions_debug() {
	var dump strings.Builder
	client, hub := start(&nh.ClientOptions{Debug: &dump, TestSend: true})
	defer hub.Close()

	sent, err := client.Send(context.Background(), nh.NewWindowsNotification(`<badge value="1"/>`, nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range sent.Outcome.Results {
		fmt.Println(r.Platform, r.Outcome)
	}

	for line := range strings.Lines(dump.String()) {
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "Authorization") {
			fmt.Print(line)
		}
	}
	// Output:
	// windows The Notification was successfully sent to the Push Notification System
	// --- REQUEST ---
	// Authorization: [redacted]
	// --- END REQUEST ---
	// --- RESPONSE ---
	// --- END RESPONSE ---
}

// Whatever a hub answers that is not a success is a *ResponseError.
func ExampleResponseError() {
	client, hub := start(&nh.ClientOptions{})
	defer hub.Close()
	hub.answer = always(http.StatusNotFound, "<Error><Code>404</Code><Detail>Installation not found.</Detail></Error>")

	_, err := client.Installation(context.Background(), "i-1")
	if e, ok := errors.AsType[*nh.ResponseError](err); ok {
		fmt.Println(e.StatusCode, e.Detail)
	}
	// Output: 404 Installation not found.
}
