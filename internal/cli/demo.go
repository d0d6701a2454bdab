package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "The whole story in a few seconds, on simulated devices", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), demoTime)
			defer cancel()
			return demo(ctx, c.OutOrStdout())
		},
	}
}

// demoTime bounds the whole demo.
const demoTime = time.Minute

// demo starts a development hub in a temporary folder, tells its story, and
// takes it down. It fails if a step does not end as it must.
func demo(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "fanfare-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	hub, err := app.StartDev(ctx, app.DevOptions{Data: dir, Listen: "127.0.0.1:0", Hub: app.DevHub})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopInTime(hub.Stop)) }()
	pem, err := os.ReadFile(hub.CAFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client, err := nh.NewClientFromConnectionString(hub.ConnectionString, hub.Hub, &nh.ClientOptions{RootCAs: roots})
	if err != nil {
		return err
	}
	s := &story{ctx: ctx, w: w, hub: hub, client: client, got: map[*demoDevice]int{}}
	if err := s.tell(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nEvery step ended as it should. Next: fanfare dev, and send to it from your own back-end.\n")
	return nil
}

// demoDevice is a simulated device with its registration.
type demoDevice struct {
	name     string
	service  pnssim.Service
	platform nh.Platform
	handle   string
	tags     []string
	template string
}

const toast = `<toast><visual><binding template="ToastText01"><text id="1">%s</text></binding></visual></toast>`

// The cast. Handles have the form of the real ones.
var (
	windows = &demoDevice{"Windows laptop", pnssim.WNS, nh.WNS, "https://db5p.notify.windows.com/?token=AwYAAADemoLaptop", []string{"sports", "en"}, ""}
	iphone  = &demoDevice{"iPhone", pnssim.APNs, nh.APNs, "00FC13ADFF785122B4AD28809A3420982341241421348097878E577C991DE8F0", []string{"politics", "fr"}, ""}
	android = &demoDevice{"Android phone", pnssim.FCM, nh.FCMV1, "dPhone1:APA91bDemoAndroidPhoneToken", []string{"sports", "politics"}, ""}
	oldPack = &demoDevice{"older Android", pnssim.FCM, nh.GCM, "dPhone0:APA91bDemoOlderAndroidToken", []string{"sports"}, ""}
	english = &demoDevice{"English tablet", pnssim.WNS, nh.WNS, "https://db5p.notify.windows.com/?token=AwYAAADemoTablet", []string{"greetings"}, fmt.Sprintf(toast, "$(greeting_en)")}
	french  = &demoDevice{"French iPad", pnssim.APNs, nh.APNs, "11FC13ADFF785122B4AD28809A3420982341241421348097878E577C991DE8F1", []string{"greetings"}, `{"aps":{"alert":"{'» ' + $(greeting_fr)}"}}`}
	// The bytes of this token say fate-gone: the simulated APNs knows it no more.
	gone = &demoDevice{"lost iPhone", pnssim.APNs, nh.APNs, "666174652d676f6e652e00FC13ADFF785122B4AD2880", []string{"sports", "lost"}, ""}
)

// story tells what is sent, what each device receives and what telemetry says.
type story struct {
	ctx    context.Context
	w      io.Writer
	hub    *app.Dev
	client *nh.Client
	got    map[*demoDevice]int // pushes so far
	number int
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.w, format+"\n", args...) }

func (s *story) tell() error {
	s.say("Fanfare demo: a whole hub, its push services and devices, all in this process.\n")
	s.say("The hub %q is at %s. Devices register:", s.hub.Hub, s.hub.Endpoint)
	for _, d := range []*demoDevice{windows, iphone, android, oldPack, english, french, gone} {
		if err := s.register(d); err != nil {
			return err
		}
	}
	hello := fmt.Sprintf(toast, "Hello world!")
	apple := nh.NewAppleNotification(map[string]any{"aps": map[string]any{"alert": "Hello!"}}, nil)
	properties := map[string]string{"greeting_en": "Hello", "greeting_fr": "Salut"}
	for _, step := range []step{
		{title: "A toast to Windows", n: nh.NewWindowsNotification(hello, nil), reach: cast(windows, "Hello world!")},
		{title: "An alert to iOS, for one tag", n: apple, o: &nh.SendOptions{Tags: []string{"politics"}}, reach: cast(iphone, "Hello!")},
		{title: "A message to Android, through FCM v1", n: nh.NewFCMV1Notification(`{"message":{"notification":{"title":"News","body":"Hello!"}}}`), reach: cast(android, "Hello!")},
		{title: "The same with a legacy payload, which the hub translates", n: nh.NewFCMNotification(`{"data":{"msg":"Hello!"}}`), reach: cast(oldPack, "Hello!")},
		{title: "A set of tags", n: nh.NewWindowsNotification(hello, nil), o: &nh.SendOptions{Tags: []string{"sports", "politics"}}, reach: cast(windows, "Hello world!")},
		{title: "A tag expression", n: nh.NewFCMV1Notification(`{"message":{"data":{"score":"2:1"}}}`), o: &nh.SendOptions{To: nh.Tag("sports").And(nh.Tag("fr").Not())}, reach: cast(android, "2:1")},
		{title: "One greeting, in each device's own template", n: nh.NewTemplateNotification(properties), o: &nh.SendOptions{Tags: []string{"greetings"}}, reach: map[*demoDevice]string{english: "Hello", french: "» Salut"}},
		{title: "A tag that nobody carries", n: apple, o: &nh.SendOptions{Tags: []string{"chess"}}, state: nh.StateNoTargetFound},
		{title: "A device that is gone", n: apple, o: &nh.SendOptions{Tags: []string{"lost"}}, outcome: nh.OutcomeExpiredChannel},
	} {
		if err := s.play(step); err != nil {
			return err
		}
	}
	return errors.Join(s.afterwards(), s.debugSend(apple))
}

// step is one send and what must come of it.
type step struct {
	title   string
	n       *nh.Notification
	o       *nh.SendOptions
	reach   map[*demoDevice]string // who gets it, and a text that must be in it
	state   nh.NotificationState   // "": Completed
	outcome nh.Outcome             // of the one device that is not reached; "": everybody is
}

func cast(d *demoDevice, text string) map[*demoDevice]string { return map[*demoDevice]string{d: text} }

func (s *story) register(d *demoDevice) error {
	r := nh.Registration{Platform: d.platform, Handle: d.handle, Tags: d.tags}
	if d.template != "" {
		r.Template = &nh.RegistrationTemplate{Name: "greeting", Body: d.template}
	}
	made, err := s.client.CreateRegistration(s.ctx, r)
	if err != nil {
		return fmt.Errorf("registering the %s: %w", d.name, err)
	}
	s.say("  %-15s %-6s tags %-18s id %s", d.name, d.platform, strings.Join(d.tags, ", "), made.ID)
	return nil
}

func (s *story) play(p step) error {
	s.number++
	s.say("\n%d. %s", s.number, p.title)
	sent, err := s.client.Send(s.ctx, p.n, p.o)
	if err != nil {
		return fmt.Errorf("step %d, %s: %w", s.number, p.title, err)
	}
	s.say("   accepted   %s", sent.NotificationID)
	d, err := s.client.WaitForNotification(s.ctx, sent.NotificationID)
	if err != nil {
		return fmt.Errorf("step %d, %s: %w", s.number, p.title, err)
	}
	s.say("   telemetry  %s%s", d.State, counts(d))
	for _, device := range slices.SortedFunc(maps.Keys(p.reach), func(a, b *demoDevice) int { return strings.Compare(a.name, b.name) }) {
		if err := s.arrived(device, p.reach[device]); err != nil {
			return fmt.Errorf("step %d, %s: %w", s.number, p.title, err)
		}
	}
	return s.check(p, d)
}

// arrived shows what a device got.
func (s *story) arrived(d *demoDevice, text string) error {
	s.got[d]++
	got := s.hub.Sim.Received(d.service, d.handle)
	if len(got) != s.got[d] {
		return fmt.Errorf("the %s has %d pushes, not %d", d.name, len(got), s.got[d])
	}
	last := string(got[len(got)-1].Body)
	s.say("   %-15s got %s", d.name, oneLine(got[len(got)-1].Body))
	if !strings.Contains(last, text) {
		return fmt.Errorf("what the %s got is without %q", d.name, text)
	}
	return nil
}

func counts(d *nh.NotificationDetails) string {
	var out strings.Builder
	for _, platform := range slices.Sorted(maps.Keys(d.Outcomes)) {
		for _, outcome := range slices.Sorted(maps.Keys(d.Outcomes[platform])) {
			fmt.Fprintf(&out, ", %s %s %d", platform, outcome, d.Outcomes[platform][outcome])
		}
	}
	return out.String()
}

func (s *story) check(p step, d *nh.NotificationDetails) error {
	state := p.state
	if state == "" {
		state = nh.StateCompleted
	}
	switch {
	case d.State != state:
		return fmt.Errorf("step %d: the state is %s, not %s", s.number, d.State, state)
	case d.Count(nh.OutcomeSuccess) != int64(len(p.reach)):
		return fmt.Errorf("step %d: telemetry counts %d successes, not %d", s.number, d.Count(nh.OutcomeSuccess), len(p.reach))
	case p.outcome != "" && d.Count(p.outcome) != 1:
		return fmt.Errorf("step %d: telemetry does not count one %s", s.number, p.outcome)
	}
	return nil
}

// afterwards looks whether the hub has dropped the device that is gone.
func (s *story) afterwards() error {
	if err := s.hub.Dispatcher().Idle(s.ctx); err != nil {
		return err
	}
	for r, err := range s.client.RegistrationsByHandle(s.ctx, gone.handle) {
		if err != nil {
			return err
		}
		return fmt.Errorf("the %s is still registered, as %s", gone.name, r.ID)
	}
	s.say("   the push service called it gone, so the hub has dropped its registration")
	return nil
}

// debugSend is the documents' debug option: the outcome comes with the answer.
func (s *story) debugSend(n *nh.Notification) error {
	s.number++
	s.say("\n%d. A broadcast to iOS as a debug send: the outcome comes with the answer", s.number)
	o, err := s.client.TestSend(s.ctx, n, nil)
	if err != nil {
		return fmt.Errorf("step %d, debug send: %w", s.number, err)
	}
	for _, r := range o.Results {
		s.say("   %s  %s", short(r.Handle), r.Outcome)
	}
	s.say("   success %d, failure %d", o.Success, o.Failure)
	if o.Success != 1 || o.Failure != 0 {
		return fmt.Errorf("step %d: %d successes and %d failures, not 1 and 0", s.number, o.Success, o.Failure)
	}
	return s.arrived(iphone, "Hello!")
}
