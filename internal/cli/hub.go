package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newHub() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "hub", Short: "Make, change and delete hubs, their credentials and rules, and look after their handles", Args: noArgs,
		Long: `These commands need a rule of the namespace with the Manage right; a hub's own
rule with Manage will do to show, change and delete that hub. Secrets of
credentials are never shown, and keys of rules only where that is asked for.`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(
		newHubList(&t), newHubShow(&t), newHubCreate(&t), newHubUpdate(&t), newHubDelete(&t),
		newHubSetCredential(&t), newHubRule(&t), newSuspects(&t),
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
			for h, err := range n.Hubs(c.Context()) {
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
			h, err := n.Hub(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printHub(c, h)
		}}
}

// printHub shows a hub as people read it: no nanoseconds, and nothing of what is
// not kept.
func printHub(c *cobra.Command, h *nh.HubDescription) error {
	shown := struct {
		nh.HubDescription
		RegistrationTTL             string    `json:",omitempty"`
		CreatedAt, UpdatedAt        time.Time `json:",omitzero"`
		DailyOperations             int64     `json:",omitzero"`
		DailyMaxActiveDevices       int64     `json:",omitzero"`
		DailyMaxActiveRegistrations int64     `json:",omitzero"`
	}{
		HubDescription: *h, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt, DailyOperations: h.DailyOperations,
		DailyMaxActiveDevices: h.DailyMaxActiveDevices, DailyMaxActiveRegistrations: h.DailyMaxActiveRegistrations,
	}
	if h.RegistrationTTL > 0 {
		shown.RegistrationTTL = strings.TrimSuffix(h.RegistrationTTL.String(), "0m0s")
	}
	return printJSON(c.OutOrStdout(), shown)
}

func newHubCreate(t *target) *cobra.Command {
	var h nh.HubDescription
	var ttl time.Duration
	c := &cobra.Command{Use: "create NAME", Short: "Make a hub with Azure's two default rules; in fanfare dev also with simulated credentials", Args: exactArgs("the hub's name"),
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
			return printHub(c, made)
		}}
	c.Flags().DurationVar(&ttl, "registration-ttl", 0, ttlUsage)
	c.Flags().StringVar(&h.UserMetadata, "metadata", "", "a note of your own")
	return c
}

const ttlUsage = "how long registrations live after their last write, a day (24h) at least; 0: for ever"

func newHubUpdate(t *target) *cobra.Command {
	var given nh.HubDescription
	c := &cobra.Command{Use: "update NAME", Short: "Change a hub's settings", Args: exactArgs("the hub's name"),
		Long: `What is not given stays as it is. A new registration TTL holds for what is written
from now on. A disabled hub takes neither registrations nor notifications.`,
		Example: "  fanfare hub update shop --registration-ttl 2160h\n  fanfare hub update shop --disabled",
	}
	f := c.Flags()
	f.DurationVar(&given.RegistrationTTL, "registration-ttl", 0, ttlUsage)
	f.StringVar(&given.UserMetadata, "metadata", "", "a note of your own")
	f.BoolVar(&given.Disabled, "disabled", false, "disable the hub; --disabled=false enables it again")
	c.RunE = func(c *cobra.Command, args []string) error {
		settings := map[string]func(*nh.HubDescription){
			"registration-ttl": func(h *nh.HubDescription) { h.RegistrationTTL = given.RegistrationTTL },
			"metadata":         func(h *nh.HubDescription) { h.UserMetadata = given.UserMetadata },
			"disabled":         func(h *nh.HubDescription) { h.Disabled = given.Disabled },
		}
		maps.DeleteFunc(settings, func(name string, _ func(*nh.HubDescription)) bool { return !f.Changed(name) })
		if len(settings) == 0 {
			return misuse{errors.New("what is to be changed? give --registration-ttl, --metadata or --disabled")}
		}
		n, err := t.namespace()
		if err != nil {
			return err
		}
		h, err := changeHub(c.Context(), n, args[0], func(h *nh.HubDescription) error {
			for _, set := range settings {
				set(h)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return printHub(c, h)
	}
	return c
}

// changeHub reads a hub, changes it and writes it back; it returns the hub as it
// is then.
func changeHub(ctx context.Context, n *nh.NamespaceClient, name string, change func(*nh.HubDescription) error) (*nh.HubDescription, error) {
	h, err := n.Hub(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := change(h); err != nil {
		return nil, err
	}
	return n.UpdateHub(ctx, *h)
}

func newHubDelete(t *target) *cobra.Command {
	var sure bool
	c := &cobra.Command{Use: "delete NAME", Short: "Delete a hub with all its registrations", Args: exactArgs("the hub's name"),
		Example: "  fanfare hub delete shop --yes",
		RunE: func(c *cobra.Command, args []string) error {
			if !sure {
				return misuse{fmt.Errorf("%s goes with all its registrations and credentials, and cannot be brought back: say --yes", args[0])}
			}
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
	c.Flags().BoolVar(&sure, "yes", false, "delete it for good")
	return c
}
