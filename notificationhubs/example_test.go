package notificationhubs_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// hub is a stand-in for the examples: it takes whatever is sent.
func hub(o *nh.ClientOptions) (*nh.Client, *recorder) {
	rec := newRecorder(accepted)
	if o == nil {
		o = &nh.ClientOptions{}
	}
	o.RootCAs = rec.roots()
	client, err := nh.NewClientFromConnectionString(rec.connectionString(), "myhub", o)
	if err != nil {
		log.Fatal(err)
	}
	return client, rec
}

// sent sends, and shows what the hub got.
func sent(n *nh.Notification, o *nh.SendOptions) {
	client, rec := hub(nil)
	defer rec.Close()
	if _, err := client.Send(context.Background(), n, o); err != nil {
		log.Fatal(err)
	}
	r := rec.last()
	fmt.Println("format:", r.header.Get("ServiceBusNotification-Format"))
	if tags := r.header.Get("ServiceBusNotification-Tags"); tags != "" {
		fmt.Println("tags:", tags)
	}
	fmt.Println(r.body)
}

func ExampleNewClientFromConnectionString() {
	_, err := nh.NewClientFromConnectionString("Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=DefaultFullSharedAccessSignature;SharedAccessKey=c2VjcmV0", "myhub", nil)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleNewWindowsNotification() {
	sent(nh.NewWindowsNotification(`<toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>`), nil)
	// Output:
	// format: windows
	// <toast><visual><binding template="ToastText01"><text id="1">Hello world!</text></binding></visual></toast>
}

func ExampleNewAppleNotification() {
	sent(nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hello!"}}, nil), nil)
	// Output:
	// format: apple
	// {"aps":{"alert":"Hello!"}}
}

func ExampleNewFCMNotification() {
	sent(nh.NewFCMNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}}), nil)
	// Output:
	// format: gcm
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewADMNotification() {
	sent(nh.NewADMNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}}), nil)
	// Output:
	// format: adm
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewBaiduNotification() {
	sent(nh.NewBaiduNotification(map[string]any{"data": map[string]any{"msg": "Hello!"}}, -1), nil)
	// Output:
	// format: baidu
	// {"data":{"msg":"Hello!"}}
}

func ExampleNewMPNSNotification() {
	sent(nh.NewMPNSNotification(`<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>`), nil)
	// Output:
	// format: windowsphone
	// <wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>Test</wp:Text1></wp:Toast></wp:Notification>
}

func ExampleClient_Send_tag() {
	sent(nh.NewWindowsNotification(`<badge value="1"/>`), &nh.SendOptions{Tags: []string{"sports"}})
	// Output:
	// format: windows
	// tags: sports
	// <badge value="1"/>
}

func ExampleClient_Send_setOfTags() {
	sent(nh.NewWindowsNotification(`<badge value="1"/>`), &nh.SendOptions{Tags: []string{"sports", "politics"}})
	// Output:
	// format: windows
	// tags: sports || politics
	// <badge value="1"/>
}

func ExampleClient_Send_expression() {
	sent(nh.NewWindowsNotification(`<badge value="1"/>`), &nh.SendOptions{To: nh.Tag("sports").And(nh.Tag("muted").Not())})
	// Output:
	// format: windows
	// tags: sports && !muted
	// <badge value="1"/>
}

func ExampleNewTemplateNotification() {
	sent(nh.NewTemplateNotification(map[string]string{"greeting_en": "Hello", "greeting_fr": "Salut"}), nil)
	// Output:
	// format: template
	// {"greeting_en":"Hello","greeting_fr":"Salut"}
}

// The debug option of Azure's how-to: a dump of request and answer, and the
// outcome at each device.
func ExampleClientOptions_debug() {
	var dump strings.Builder
	client, rec := hub(&nh.ClientOptions{Debug: &dump, TestSend: true})
	defer rec.Close()
	sent, err := client.Send(context.Background(), nh.NewWindowsNotification(`<badge value="1"/>`), nil)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(dump.String()) {
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "Authorization") {
			os.Stdout.WriteString(line) //nolint:errcheck // an example
		}
	}
	fmt.Println(sent.Outcome.Results[0].Outcome)
	// Output:
	// --- REQUEST ---
	// Authorization: [redacted]
	// --- END REQUEST ---
	// --- RESPONSE ---
	// --- END RESPONSE ---
	// The Notification was successfully sent to the Push Notification System
}
