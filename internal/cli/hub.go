package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newHub() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "hub", Short: "Make, show, list and delete hubs, set their credentials, and look after their handles", Args: noArgs,
		Long: `These commands need a rule of the namespace with the Manage right; a hub's own
rule with Manage will do to show, change and delete that hub. Keys and secrets
are never shown.`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(
		newHubList(&t), newHubShow(&t), newHubCreate(&t), newHubDelete(&t), newHubSetCredential(&t), newSuspects(&t),
	)
	return c
}

func newHubList(t *target) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the hubs of the namespace, a name each", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			n, err := t.namespace()
			if err != nil {
				return err
			}
			for h, err := range n.ListHubs(c.Context()) {
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(c.OutOrStdout(), h.Name); err != nil {
					return err
				}
			}
			return nil
		}}
}

func newHubShow(t *target) *cobra.Command {
	return &cobra.Command{Use: "show NAME", Short: "Show a hub without its secrets", Args: exactArgs("the hub's name"),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := t.namespace()
			if err != nil {
				return err
			}
			h, err := n.GetHub(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), h)
		}}
}

func newHubCreate(t *target) *cobra.Command {
	var h nh.HubDescription
	var ttl time.Duration
	c := &cobra.Command{Use: "create NAME", Short: "Make a hub with Azure's two default rules", Args: exactArgs("the hub's name"),
		Example: "  fanfare hub create shop --registration-ttl 2160h",
		RunE: func(c *cobra.Command, args []string) error {
			n, err := t.namespace()
			if err != nil {
				return err
			}
			h.Name, h.RegistrationTTL = args[0], ttl
			made, err := n.CreateHub(c.Context(), h)
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), made)
		}}
	c.Flags().DurationVar(&ttl, "registration-ttl", 0, "how long registrations live after their last write, a day (24h) at least; 0: for ever")
	c.Flags().StringVar(&h.UserMetadata, "metadata", "", "a note of your own")
	return c
}

func newHubDelete(t *target) *cobra.Command {
	return &cobra.Command{Use: "delete NAME", Short: "Delete a hub with all its registrations", Args: exactArgs("the hub's name"),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := t.namespace()
			if err != nil {
				return err
			}
			if err := n.DeleteHub(c.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "deleted", args[0])
			return err
		}}
}
