package cli

import (
	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newNotification() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "notification", Short: "Show what became of a notification", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	var wait bool
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
			d, err := read(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), d)
		}}
	show.Flags().BoolVar(&wait, "wait", false, "wait until the state is final")
	c.AddCommand(show)
	return c
}
