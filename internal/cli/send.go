package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

type sendOptions struct {
	target
	format     string
	tags       []string
	expression string
	at         string
	handles    []string
	headers    []string
	test       bool
	wait       bool
	debug      bool
	timeout    time.Duration
}

func newSend() *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use: "send PAYLOAD", Short: "Send a notification", Args: exactArgs("a payload: text, @FILE or - for standard input"),
		Long: `Send a notification to everybody, to those that --tag or --expression names, or
to one device with --handle.

` + exitHelp,
		Example: `  fanfare send --format apple --tag sports '{"aps":{"alert":"Goal!"}}'
  fanfare send --format template --expression 'en && !muted' '{"greeting":"Hello"}'
  fanfare send --format apple --at 2h30m '{"aps":{"alert":"Half-time"}}'
  fanfare send --format adm --handle TOKEN1 --handle TOKEN2 '{"data":{"a":"b"}}'
  fanfare send --format windows --test @toast.xml`,
		RunE: func(c *cobra.Command, args []string) error {
			payload, err := input(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return o.run(c.Context(), c, payload)
		},
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.format, "format", "", formatNames)
	f.StringArrayVar(&o.tags, "tag", nil, "send to those who carry this tag, or one of several: may be given up to 20 times")
	f.StringVar(&o.expression, "expression", "", "send to those for whom a tag expression holds")
	f.StringArrayVar(&o.handles, "handle", nil, "send to this device, which needs no registration; may be given up to 1,000 times")
	f.StringVar(&o.at, "at", "", "send later: after a while, as in 2h30m, or at a time of RFC 3339, as in "+exampleTime+"; up to seven days ahead, unless the hub is told otherwise")
	f.StringArrayVar(&o.headers, "header", nil, "Name: value, for the push service; may be repeated")
	f.BoolVar(&o.test, "test", false, "wait for the outcome at up to ten devices")
	f.BoolVar(&o.wait, "wait", false, "wait for the final state and print the telemetry; standard error tells what it waits for")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "how long --wait waits, from the time of --at on")
	f.BoolVar(&o.debug, "debug", false, "print requests and answers, without the token, to standard error")
	return c
}

// audience refuses a send to whom could be read in two ways.
func (o *sendOptions) audience() error {
	switch {
	case len(o.handles) > 0 && (len(o.tags) > 0 || o.expression != ""):
		return misuse{errors.New("--handle names the devices: --tag and --expression do not go with it")}
	case len(o.handles) > 1 && o.test:
		return misuse{errors.New("there is no test send to several handles: give one --handle, or leave --test out")}
	case len(o.handles) > nh.MaxBatch:
		return misuse{fmt.Errorf("--handle was given %d times; at most %d are allowed", len(o.handles), nh.MaxBatch)}
	case len(o.tags) > 0 && o.expression != "":
		return misuse{errors.New("give --tag or --expression, not both")}
	case o.at != "" && (len(o.handles) > 0 || o.test):
		return misuse{errors.New("--at does not go with --handle and --test, which are sends at once")}
	}
	return nil
}

// exampleTime shows the form of a time.
const exampleTime = "2006-01-02T15:04:05Z"

// dueAt reads --at; zero: at once.
func (o *sendOptions) dueAt(now time.Time) (time.Time, error) {
	if o.at == "" {
		return time.Time{}, nil
	}
	if after, err := time.ParseDuration(o.at); err == nil && after >= 0 {
		return now.Add(after), nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return at, misuse{fmt.Errorf("--at: %q is neither a duration, as in 2h30m, nor a time, as in %s", o.at, exampleTime)}
	}
	return at, nil
}

func (o *sendOptions) run(ctx context.Context, c *cobra.Command, payload []byte) error {
	if err := o.audience(); err != nil {
		return err
	}
	due, err := o.dueAt(time.Now())
	if err != nil {
		return err
	}
	n, err := makeNotification(o.format, payload)
	if err != nil {
		return misuse{err}
	}
	for _, h := range o.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return misuse{fmt.Errorf("--header: %q is not Name: value", h)}
		}
		n.SetHeader(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	options := nh.ClientOptions{TestSend: o.test}
	if o.debug {
		options.Debug = c.ErrOrStderr()
	}
	client, err := o.client(options)
	if err != nil {
		return err
	}
	sent, err := o.send(ctx, client, n, due)
	if err != nil {
		return inFlags(o.calledWrongly(err))
	}
	return o.show(c, client, sent, due)
}

func (o *sendOptions) send(ctx context.Context, client *nh.Client, n *nh.Notification, due time.Time) (*nh.SendResult, error) {
	audience := &nh.SendOptions{Tags: o.tags, Expression: o.expression}
	switch {
	case len(o.handles) == 1:
		return client.SendDirect(ctx, n, nh.Device{Handle: o.handles[0]})
	case len(o.handles) > 1:
		return client.SendDirectBatch(ctx, n, o.handles)
	case !due.IsZero():
		return client.Schedule(ctx, n, due, audience)
	}
	return client.Send(ctx, n, audience)
}

// inFlags says in this command's words what the SDK says in names of its own.
func inFlags(err error) error {
	const call = "use NewWindowsRawNotification"
	if text := err.Error(); strings.Contains(text, call) {
		return misuse{errors.New(strings.Replace(text, call, "give --format windows-raw", 1))}
	}
	return err
}

func (o *sendOptions) show(c *cobra.Command, client *nh.Client, sent *nh.SendResult, due time.Time) error {
	out := c.OutOrStdout()
	switch {
	case sent.Outcome != nil && sent.Outcome.Success+sent.Outcome.Failure == 0:
		return errors.Join(printJSON(out, sent.Outcome), nobody)
	case sent.Outcome != nil:
		return errors.Join(printJSON(out, sent.Outcome), shortfall(sent.Outcome.Success, sent.Outcome.Failure))
	case !o.wait:
		_, err := fmt.Fprintln(out, sent.NotificationID)
		return err
	}
	timeout := o.timeout
	if ahead := time.Until(due); ahead > 0 {
		timeout += ahead
		fmt.Fprintf(c.ErrOrStderr(), "waiting: %s is sent at %s\n", sent.NotificationID, due.UTC().Format(time.RFC3339))
	}
	return showFinal(c, client, sent.NotificationID, timeout)
}

// makeNotification makes what a format's name asks for.
func makeNotification(format string, payload []byte) (*nh.Notification, error) {
	text := string(payload)
	switch formatOf(format) {
	case "apple":
		return nh.NewAppleNotification(text, nil), nil
	case "fcmv1":
		return nh.NewFCMV1Notification(text), nil
	case "gcm":
		return nh.NewFCMNotification(text), nil
	case "windows":
		return nh.NewWindowsNotification(text, nil), nil
	case "windows-raw":
		return nh.NewWindowsRawNotification(payload, nil), nil
	case "windowsphone":
		return nh.NewMPNSNotification(text), nil
	case "adm":
		return nh.NewADMNotification(text), nil
	case "baidu":
		return nh.NewBaiduNotification(text, nil), nil
	case "browser":
		return nh.NewBrowserNotification(text, nil), nil
	case "xiaomi":
		return nh.NewXiaomiNotification(text), nil
	case "template":
		var properties map[string]string
		if err := json.Unmarshal(payload, &properties); err != nil {
			return nil, errors.New(`the properties of a template send are a JSON object of texts, as in {"greeting":"Hello"}; a number stands between quotes`)
		}
		return nh.NewTemplateNotification(properties), nil
	case "":
		return nil, errors.New("for which platform? give --format: " + formatNames)
	}
	return nil, fmt.Errorf("--format: %q is not %s", format, formatNames)
}
