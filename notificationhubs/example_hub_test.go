package notificationhubs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/hubtest"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// The commonest tasks, each against a whole hub with simulated devices. Against
// another hub, the client is made as in ExampleNewClientFromConnectionString.

// exampleHub is a hub for an example, which has no testing.TB to start it with.
type exampleHub struct {
	*hubtest.Hub
	end func()
}

func startHub() exampleHub {
	tb := &exampleTB{}
	return exampleHub{hubtest.Start(tb), tb.end}
}

// exampleTB is as much of a test as a hub needs. What fails, panics.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (*exampleTB) Helper()                        {}
func (*exampleTB) Output() io.Writer              { return os.Stderr }
func (*exampleTB) Errorf(format string, a ...any) { log.Panicf(format, a...) }
func (*exampleTB) Fatalf(format string, a ...any) { log.Panicf(format, a...) }

func (e *exampleTB) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }

func (e *exampleTB) TempDir() string {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Panic(err)
	}
	e.Cleanup(func() { _ = os.RemoveAll(dir) }) // what is left, the system's own clean-up takes
	return dir
}

func (e *exampleTB) end() {
	for _, f := range slices.Backward(e.cleanups) {
		f()
	}
}

// A template notification reaches each device in the form that it has asked for.
func ExampleClient_Send_template() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()

	phone, desk := hub.Device(nh.APNs, "phone"), hub.Device(nh.WNS, "desk")
	phone.RegisterTemplate(`{"aps":{"alert":"{'Hello, ' + $(name)}"}}`, "greetings")
	desk.RegisterTemplate(`<toast><visual><binding template="ToastText01"><text id="1">$(name)</text></binding></visual></toast>`, "greetings")

	greeting := nh.NewTemplateNotification(map[string]string{"name": "Ada"})
	if _, err := client.Send(ctx, greeting, &nh.SendOptions{Tags: []string{"greetings"}}); err != nil {
		log.Fatal(err)
	}

	hub.Advance(0) // waits for what is in flight
	fmt.Println(phone.Received()[0])
	fmt.Println(desk.Received()[0])
	// Output:
	// {"aps":{"alert":"Hello, Ada"}}
	// <toast><visual><binding template="ToastText01"><text id="1">Ada</text></binding></visual></toast>
}

// A back-end that knows its users installs their devices, and sends to the user.
func ExampleClient_PutInstallation() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	phone := hub.Device(nh.APNs, "phone")

	err := client.PutInstallation(ctx, nh.Installation{
		ID: "4b3c1f", UserID: "ada", Platform: nh.APNs, PushChannel: phone.Handle(), Tags: []string{"beta"},
		Templates: map[string]nh.InstallationTemplate{"reminder": {Body: `{"aps":{"alert":"$(text)"}}`}},
	})
	if err != nil {
		log.Fatal(err)
	}

	reminder := nh.NewTemplateNotification(map[string]string{"text": "The train leaves at six."})
	if _, err := client.Send(ctx, reminder, &nh.SendOptions{To: nh.UserTag("ada").And(nh.Tag("beta"))}); err != nil {
		log.Fatal(err)
	}

	hub.Advance(0)
	fmt.Println(phone.Received())
	// Output: [{"aps":{"alert":"The train leaves at six."}}]
}

// Parts of an installation are changed: all of them, or none.
func ExampleClient_PatchInstallation() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	if err := client.PutInstallation(ctx, hub.Device(nh.APNs, "phone").Installation("4b3c1f", "trial")); err != nil {
		log.Fatal(err)
	}

	var p nh.InstallationPatch
	p.AddTags("vip").RemoveTags("trial").SetUserID("ada")
	p.Template("greet").Set(nh.InstallationTemplate{Body: `{"aps":{"alert":"$(text)"}}`})
	if err := client.PatchInstallation(ctx, "4b3c1f", &p); err != nil {
		log.Fatal(err)
	}

	i, err := client.Installation(ctx, "4b3c1f")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(i.Tags, i.UserID, i.Templates["greet"].Body)
	// Output: [vip] ada {"aps":{"alert":"$(text)"}}
}

// An app that keeps the id has one registration, however often it registers.
func ExampleClient_CreateOrUpdateRegistration() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	token := hub.Device(nh.FCMV1, "phone").Handle()

	id, err := client.CreateRegistrationID(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, tags := range [][]string{{"sports"}, {"sports", "politics"}} {
		r := nh.Registration{ID: id, Platform: nh.FCMV1, Handle: token, Tags: tags}
		if _, err := client.CreateOrUpdateRegistration(ctx, r); err != nil {
			log.Fatal(err)
		}
	}

	for r, err := range client.RegistrationsByHandle(ctx, token) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.ID == id, r.Platform, r.Tags, "ETag", r.ETag)
	}
	// Output: true fcmv1 [sports politics] ETag 2
}

// Whoever writes what has been read meanwhile is told, and reads it again.
func ExampleClient_UpdateRegistration() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	mine := hub.Device(nh.APNs, "phone").Register("sports")

	theirs := *mine
	theirs.Tags = append(theirs.Tags, "politics")
	if _, err := client.UpdateRegistration(ctx, theirs); err != nil {
		log.Fatal(err)
	}

	mine.Tags = append(mine.Tags, "chess")
	_, err := client.UpdateRegistration(ctx, *mine)
	if e, ok := errors.AsType[*nh.ResponseError](err); ok && e.StatusCode == http.StatusPreconditionFailed {
		if mine, err = client.Registration(ctx, mine.ID); err != nil {
			log.Fatal(err)
		}
		mine.Tags = append(mine.Tags, "chess")
		mine, err = client.UpdateRegistration(ctx, *mine)
	}
	fmt.Println(mine.Tags, err)
	// Output: [sports politics chess] <nil>
}

// A list is read page after page, as far as the loop goes.
func ExampleClient_RegistrationsByTag() {
	hub := startHub()
	defer hub.end()
	hub.Device(nh.APNs, "a phone").Register("sports")
	hub.Device(nh.WNS, "a desk").Register("sports", "politics")
	hub.Device(nh.FCMV1, "a tablet").Register("politics")

	for r, err := range hub.Client().RegistrationsByTag(context.Background(), "sports") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Platform, r.Tags)
	}
	// Output:
	// apns [sports]
	// wns [sports politics]
}

// A device's handle is gone: so is all that was registered for it.
func ExampleClient_DeleteRegistrationsByHandle() {
	hub := startHub()
	defer hub.end()
	phone := hub.Device(nh.APNs, "phone")
	phone.Register("sports")
	phone.RegisterTemplate(`{"aps":{"alert":"$(text)"}}`, "sports")

	n, err := hub.Client().DeleteRegistrationsByHandle(context.Background(), phone.Handle())
	fmt.Println(n, err)
	// Output: 2 <nil>
}

// One notification to many devices, which need no registration.
func ExampleClient_SendDirectBatch() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	phones := []*hubtest.Device{hub.Device(nh.APNs, "a"), hub.Device(nh.APNs, "b"), hub.Device(nh.APNs, "c")}
	phones[1].SetFate(hubtest.Gone)

	n := nh.NewAppleNotification(`{"aps":{"alert":"Hello"}}`, &nh.AppleOptions{CollapseID: "greeting"})
	sent, err := client.SendDirectBatch(ctx, n, []string{phones[0].Handle(), phones[1].Handle(), phones[2].Handle()})
	if err != nil {
		log.Fatal(err)
	}

	details, err := client.WaitForNotification(ctx, sent.NotificationID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(details.State, details.Outcomes)
	// Output: Completed map[apns:map[ExpiredChannel:1 Success:2]]
}

// Who is registered in three hours gets it, unless it is cancelled by then.
func ExampleClient_Schedule() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	phone := hub.Device(nh.APNs, "phone")
	phone.Register("sports")

	n := nh.NewAppleNotification(`{"aps":{"alert":"Kick-off"}}`, nil)
	evening := hub.Now().Add(3 * time.Hour) // elsewhere, any time.Time
	_, err := client.Schedule(ctx, n, evening, &nh.SendOptions{Tags: []string{"sports"}})
	if err != nil {
		log.Fatal(err)
	}
	wrong, err := client.Schedule(ctx, n, evening, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.CancelScheduled(ctx, wrong.NotificationID); err != nil {
		log.Fatal(err)
	}

	hub.Advance(2 * time.Hour)
	fmt.Println(phone.Received())
	hub.Advance(time.Hour)
	fmt.Println(phone.Received())
	// Output:
	// []
	// [{"aps":{"alert":"Kick-off"}}]
}

// A test send tells at once what came of it at each device.
func ExampleClient_TestSend() {
	hub := startHub()
	defer hub.end()
	hub.Device(nh.APNs, "phone").Register("sports")

	n := nh.NewAppleNotification(`{"aps":{"alert":"Hello"}}`, nil)
	outcome, err := hub.Client().TestSend(context.Background(), n, &nh.SendOptions{Tags: []string{"sports"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range outcome.Results {
		fmt.Printf("%s: %s\n", r.Platform, r.Outcome)
	}
	// Output: apple: The Notification was successfully sent to the Push Notification System
}

// Why has a device not got it?
func ExampleClient_Explain() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	phone := hub.Device(nh.APNs, "phone")
	phone.Register("politics")

	n := nh.NewAppleNotification(`{"aps":{"alert":"Goal!"}}`, nil)
	sent, err := client.Send(ctx, n, &nh.SendOptions{Tags: []string{"sports"}})
	if err != nil {
		log.Fatal(err)
	}
	why, err := client.Explain(ctx, sent.NotificationID, phone.Handle())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(why.Registrations[0].Cause)
	// Output: TagsDoNotMatch
}

// A back-end that keeps handles forgets those that are dead.
func ExampleClient_Feedback() {
	hub := startHub()
	defer hub.end()
	ctx, client := context.Background(), hub.Client()
	phone := hub.Device(nh.APNs, "phone")
	phone.Register()
	phone.SetFate(hubtest.Gone)
	if _, err := client.Send(ctx, nh.NewAppleNotification(`{"aps":{"alert":"Hello"}}`, nil), nil); err != nil {
		log.Fatal(err)
	}

	hub.Advance(0)
	for f, err := range client.Feedback(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Handle == phone.Handle(), f.Platform, f.Error)
	}
	// Output: true apns ExpiredChannel
}

// A hub is made, and given access to a push service.
func ExampleNamespaceClient_CreateHub() {
	hub := startHub()
	defer hub.end()
	ctx := context.Background()
	namespace, err := nh.NewNamespaceClientFromConnectionString(hub.ConnectionString(), nil)
	if err != nil {
		log.Fatal(err)
	}

	shop, err := namespace.CreateHub(ctx, nh.HubDescription{Name: "shop", RegistrationTTL: 90 * 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	shop.WNS = &nh.WNSCredential{PackageSID: "ms-app://S-1-15-2-1", SecretKey: "a secret of the store"}
	if shop, err = namespace.UpdateHub(ctx, *shop); err != nil {
		log.Fatal(err)
	}
	fmt.Println(shop.Name, shop.RegistrationTTL, shop.WNS.PackageSID, shop.WNS.SecretKey)

	// What a device needs to register: a rule that may do no more.
	fmt.Println(shop.Rule("DefaultListenSharedAccessSignature").Rights)
	// Output:
	// shop 2160h0m0s ms-app://S-1-15-2-1 REDACTED
	// [Listen]
}

// An expression is built from tags that came from anywhere.
func ExampleTagExpression() {
	fans := nh.AnyTag("follows_RedSox", "follows_Cardinals")
	fmt.Println(fans.And(nh.Tag("muted").Not()).Text())
	fmt.Println(fans.And(nh.Tag("a || everybody")).Text())
	// Output:
	// (follows_RedSox || follows_Cardinals) && !muted <nil>
	//  notificationhubs: the tag "a || everybody": An invalid tag(s) 'a || everybody' was supplied. Valid tag characters are alphanumeric, _, @, -, ., : and # (at position 2)
}
