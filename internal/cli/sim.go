package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

func newSim() *cobra.Command {
	var s simulators
	c := &cobra.Command{
		Use: "sim", Short: "See what simulated devices got, and make their push services fail", Args: noArgs,
		Long: `Looks into the simulated push services of a running fanfare dev, and changes
them: what devices got, a device's fate, a service that is slow or down. The same
is to be had over HTTP below /_fanfare/simulators.

The services are adm, apns, baidu, browser, fcm, mpns, wns and xiaomi.`,
		Example: `  fanfare sim pushes --follow
  fanfare sim wait apns 00FC13ADFF785122B4AD28809A342098
  fanfare sim fate fcm dPhone1:APA91b throttled-2
  fanfare sim stop wns`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f := c.PersistentFlags()
	f.StringVar(&s.address, "address", "", "host:port of fanfare dev (default: of FANFARE_CONNECTION_STRING, or "+app.DevListen+")")
	f.BoolVar(&s.json, "json", false, "print JSON")
	c.AddCommand(simServices(&s), simDevices(&s), simPushes(&s), simWait(&s), simFate(&s), simSubscribe(&s),
		simStop(&s), simStart(&s), simLatency(&s), simQuota(&s), simStreams(&s), simGoAway(&s), simReset(&s))
	return c
}

func simServices(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "services", Short: "List the push services and how they fare", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var o simapi.Overview
			if err := s.call(c.Context(), "GET", "", nil, &o); err != nil {
				return err
			}
			return s.showServices(c, o.Services...)
		}}
}

// change asks for a change of a service, and shows how it is then.
func (s *simulators) change(c *cobra.Command, service string, want simapi.Change) error {
	return s.ask(c, "PATCH", "/services/"+url.PathEscape(service), want)
}

// ask makes a call that answers with a service.
func (s *simulators) ask(c *cobra.Command, method, path string, body any) error {
	var now simapi.Service
	if err := s.call(c.Context(), method, path, body, &now); err != nil {
		return err
	}
	return s.showServices(c, now)
}

func simStop(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "stop SERVICE", Short: "Make a push service unreachable", Args: exactArgs("a service"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.change(c, serviceOf(args[0]), simapi.Change{Stopped: new(true)})
		}}
}

func simStart(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "start SERVICE", Short: "End what stop did", Args: exactArgs("a service"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.change(c, serviceOf(args[0]), simapi.Change{Stopped: new(false)})
		}}
}

func simLatency(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "latency SERVICE TIME", Short: "Make a push service answer later", Args: exactArgs("a service", "a time, as 200ms"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.change(c, serviceOf(args[0]), simapi.Change{Latency: &args[1]})
		}}
}

func simQuota(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "quota SERVICE PUSHES", Short: "Bound the pushes that a service takes in a minute; 0 is no bound", Args: exactArgs("a service", "a number of pushes"),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return misuse{fmt.Errorf("%q is no number of pushes", args[1])}
			}
			return s.change(c, serviceOf(args[0]), simapi.Change{Quota: &n})
		}}
}

func simStreams(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "streams SERVICE NUMBER", Short: "Change how many HTTP/2 streams apns, fcm or browser let a connection have", Args: exactArgs("a service", "a number of streams"),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return misuse{fmt.Errorf("%q is no number of streams", args[1])}
			}
			return s.change(c, serviceOf(args[0]), simapi.Change{Streams: &n})
		}}
}

func simGoAway(s *simulators) *cobra.Command {
	var want simapi.GoAway
	c := &cobra.Command{Use: "goaway SERVICE", Short: "Make apns, fcm or browser leave open connections with a GOAWAY", Args: exactArgs("a service"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.ask(c, "POST", "/services/"+url.PathEscape(serviceOf(args[0]))+"/goaway", want)
		}}
	c.Flags().IntVar(&want.After, "after", 0, "take so many more requests on each before")
	return c
}

func simReset(s *simulators) *cobra.Command {
	return &cobra.Command{Use: "reset [SERVICE]", Short: "Forget pushes, fates and faults, of one service or of all", Args: fewArgs(0, "a service"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return s.ask(c, "POST", "/services/"+url.PathEscape(serviceOf(args[0]))+"/reset", nil)
			}
			var o simapi.Overview
			if err := s.call(c.Context(), "POST", "/reset", nil, &o); err != nil {
				return err
			}
			return s.showServices(c, o.Services...)
		}}
}

func simFate(s *simulators) *cobra.Command {
	var clear bool
	var since, retryAfter string
	c := &cobra.Command{Use: "fate SERVICE HANDLE [FATE]", Short: "See, set or clear a device's fate", Args: fewArgs(2, "a service", "a handle", "a fate"),
		Long: `Sets what becomes of the pushes to a device: gone, throttled-2 (twice, then it is
live), slow-200 (milliseconds), answer-403, live. Each service has its own fates:
fanfare sim services --json lists them. Without a fate the device is shown.`,
		RunE: func(c *cobra.Command, args []string) error {
			if clear && len(args) == 3 || len(args) < 3 && (since != "" || retryAfter != "") {
				return misuse{errors.New("give a fate, with --since or --retry-after, or --clear")}
			}
			var d simapi.Device
			at := url.Values{"service": {serviceOf(args[0])}, "handle": args[1:2]}
			path := "/services/" + url.PathEscape(serviceOf(args[0])) + "/fate"
			switch {
			case clear:
				if err := s.call(c.Context(), "DELETE", path+"?"+url.Values{"handle": args[1:2]}.Encode(), nil, &d); err != nil {
					return err
				}
			case len(args) == 3:
				want := simapi.Fate{Handle: args[1], Fate: args[2], RetryAfter: retryAfter}
				if since != "" {
					t, err := time.Parse(time.RFC3339, since)
					if err != nil {
						return misuse{fmt.Errorf("--since: %w", err)}
					}
					want.Since = &t
				}
				if err := s.call(c.Context(), "PUT", path, want, &d); err != nil {
					return err
				}
			default:
				var page simapi.Devices
				if err := s.call(c.Context(), "GET", "/devices?"+at.Encode(), nil, &page); err != nil {
					return err
				}
				d = page.Devices[0]
			}
			return s.showDevices(c, d)
		}}
	f := c.Flags()
	f.BoolVar(&clear, "clear", false, "leave the device to the fate that its handle asks for")
	f.StringVar(&since, "since", "", "of gone and expired at apns: since when, as 2030-01-31T12:00:00Z")
	f.StringVar(&retryAfter, "retry-after", "", "of throttled and unavailable: the Retry-After header, as it is")
	return c
}

func simSubscribe(s *simulators) *cobra.Command {
	var want simapi.Subscribe
	c := &cobra.Command{Use: "subscribe", Short: "Make a browser that can read what is pushed to it, and print its subscription", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var sub simapi.Subscription
			if err := s.call(c.Context(), "POST", "/services/browser/subscriptions", want, &sub); err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), sub)
		}}
	c.Flags().StringVar(&want.Endpoint, "endpoint", "", "https://…; may hold a fate, as in /fate-gone.1 (default: one is made up)")
	c.Flags().StringVar(&want.ApplicationServerKey, "key", "", "VAPID public key that may push to it (default: that of fanfare dev's hub)")
	return c
}

// walk calls fn for each page of devices.
func (s *simulators) walk(ctx context.Context, service string, fn func(simapi.Devices) error) error {
	q := url.Values{}
	if service != "" {
		q.Set("service", serviceOf(service))
	}
	for {
		var page simapi.Devices
		if err := s.call(ctx, "GET", "/devices?"+q.Encode(), nil, &page); err != nil {
			return err
		}
		if err := fn(page); err != nil || page.Next == "" {
			return err
		}
		q.Set("after", page.Next)
	}
}

func simDevices(s *simulators) *cobra.Command {
	var service string
	c := &cobra.Command{Use: "devices", Short: "List the devices that got something, or whose fate was set", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.walk(c.Context(), service, func(page simapi.Devices) error { return s.showDevices(c, page.Devices...) })
		}}
	c.Flags().StringVar(&service, "service", "", "only of this service")
	return c
}
