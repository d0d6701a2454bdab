package cli

import (
	"context"
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
	var wait bool
	var timeout time.Duration
	show := &cobra.Command{Use: "show ID", Short: "Show a notification's telemetry", Args: exactArgs("the notification's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			read := client.NotificationDetails
			if wait {
				read = client.WaitForNotification
			}
			ctx, cancel := context.WithTimeout(c.Context(), timeout)
			defer cancel()
			d, err := read(ctx, args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), d)
		}}
	show.Flags().BoolVar(&wait, "wait", false, "wait until the state is final")
	show.Flags().DurationVar(&timeout, "timeout", defaultTimeout, "of --wait; also while the hub does not know the notification")
	c.AddCommand(show, newCancel(&t))
	return c
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
