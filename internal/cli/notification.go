package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// defaultTimeout is how long a command waits for a notification's final state:
// longer than devices are tried again.
const defaultTimeout = 45 * time.Minute

func newNotification() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "notification", Short: "Show what became of a notification, or cancel a scheduled one", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(newNotificationShow(&t), newCancel(&t))
	return c
}

func newNotificationShow(t *target) *cobra.Command {
	var wait bool
	var timeout time.Duration
	c := &cobra.Command{Use: "show ID", Short: "Show a notification's telemetry", Args: exactArgs("the notification's id"),
		Long: `Show a notification's telemetry. With --wait, what was read last is shown also
when the time is over. An id that the hub still does not know after a minute is
given up.

` + exitHelp,
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if wait {
				return showFinal(c, client, args[0], timeout)
			}
			d, err := client.NotificationDetails(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), d)
		}}
	c.Flags().BoolVar(&wait, "wait", false, "wait until the state is final; standard error tells what for")
	c.Flags().DurationVar(&timeout, "timeout", defaultTimeout, "how long --wait waits")
	return c
}

// showFinal waits for a notification's final state and shows it, or what was
// read last. Standard error tells what it waits for. The error says who was not
// reached.
func showFinal(c *cobra.Command, client *nh.Client, id string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(c.Context(), timeout)
	defer cancel()
	var telling sync.WaitGroup
	telling.Go(func() { tellDelays(ctx, client, id, c.ErrOrStderr()) })
	d, err := client.WaitForNotification(ctx, id)
	cancel()
	telling.Wait()
	if d == nil {
		return err
	}
	if err == nil {
		err = delivered(d)
	}
	if _, missed := errors.AsType[undelivered](err); missed && d.State != nh.StateNoTargetFound {
		err = advised{err, "fanfare explain " + id + " DEVICE says why"}
	}
	return errors.Join(printJSON(c.OutOrStdout(), d), err)
}

func newCancel(t *target) *cobra.Command {
	return &cobra.Command{Use: "cancel ID", Short: "Cancel a scheduled notification that was not sent yet", Args: exactArgs("the notification's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			return client.CancelScheduled(c.Context(), args[0])
		}}
}
