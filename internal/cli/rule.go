package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// rules is the hub whose rules a command is about, and how it shows them.
type rules struct {
	t    *target
	keys bool
}

// newHubRule is fanfare hub rule.
func newHubRule(t *target) *cobra.Command {
	r := &rules{t: t}
	c := &cobra.Command{Use: "rule", Short: "List, add and remove a hub's authorization rules, and renew their keys", Args: noArgs,
		Long: `A rule is a name with two keys and the rights Listen, Send and Manage, of which
Manage takes the others with it. Either key opens the hub: so give programs the
one, renew the other, give them that, and renew the first.

Changes are read, made and written back: two at the same time may undo each other.`,
		Example: `  fanfare hub rule list --hub shop --keys
  fanfare hub rule add backend --right send --hub shop --keys
  fanfare hub rule regenerate backend --key secondary --hub shop`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.PersistentFlags().BoolVar(&r.keys, "keys", false, "show keys and connection strings: whoever reads them can use the hub")
	c.AddCommand(r.list(), r.add(), r.remove(), r.regenerate())
	return c
}

func (r *rules) list() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the rules, a JSON object each", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			n, err := r.namespace()
			if err != nil {
				return err
			}
			h, err := n.Hub(c.Context(), r.t.hub)
			if err != nil {
				return err
			}
			for _, rule := range h.Rules {
				if err := r.show(c, n, rule); err != nil {
					return err
				}
			}
			return nil
		}}
}

func (r *rules) add() *cobra.Command {
	var given []string
	c := &cobra.Command{Use: "add NAME", Short: "Add a rule with new keys", Args: exactArgs("the rule's name"),
		RunE: func(c *cobra.Command, args []string) error {
			rights, err := parseRights(given)
			if err != nil {
				return err
			}
			return r.change(c, args[0], func(h *nh.HubDescription) error {
				if h.Rule(args[0]) != nil {
					return fmt.Errorf("hub %s has a rule named %q already", h.Name, args[0])
				}
				h.Rules = append(h.Rules, nh.AuthorizationRule{Name: args[0], Rights: rights, PrimaryKey: nh.NewKey(), SecondaryKey: nh.NewKey()})
				return nil
			})
		}}
	c.Flags().StringSliceVar(&given, "right", nil, "listen, send or manage; may be repeated")
	return c
}

func (r *rules) remove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Remove a rule: its keys open nothing from then on", Args: exactArgs("the rule's name"),
		RunE: func(c *cobra.Command, args []string) error {
			err := r.change(c, "", func(h *nh.HubDescription) error {
				if err := hasRule(h, args[0]); err != nil {
					return err
				}
				h.Rules = slices.DeleteFunc(h.Rules, func(rule nh.AuthorizationRule) bool { return strings.EqualFold(rule.Name, args[0]) })
				return nil
			})
			if err == nil {
				_, err = fmt.Fprintln(c.OutOrStdout(), "removed", args[0])
			}
			return err
		}}
}

func (r *rules) regenerate() *cobra.Command {
	var key string
	c := &cobra.Command{Use: "regenerate NAME", Short: "Give a rule a new key: the old one opens nothing from then on", Args: exactArgs("the rule's name"),
		RunE: func(c *cobra.Command, args []string) error {
			if key != "primary" && key != "secondary" {
				return misuse{fmt.Errorf("--key: %q is neither primary nor secondary", key)}
			}
			return r.change(c, args[0], func(h *nh.HubDescription) error {
				if err := hasRule(h, args[0]); err != nil {
					return err
				}
				rule := h.Rule(args[0])
				if key == "primary" {
					rule.PrimaryKey = nh.NewKey()
				} else {
					rule.SecondaryKey = nh.NewKey()
				}
				return nil
			})
		}}
	c.Flags().StringVar(&key, "key", "primary", "primary or secondary")
	return c
}

// change changes the hub and shows the rule of a name as it is then.
func (r *rules) change(c *cobra.Command, show string, change func(*nh.HubDescription) error) error {
	n, err := r.namespace()
	if err != nil {
		return err
	}
	h, err := changeHub(c.Context(), n, r.t.hub, change)
	if err != nil {
		return err
	}
	if rule := h.Rule(show); rule != nil {
		return r.show(c, n, *rule)
	}
	return nil
}

func (r *rules) namespace() (*nh.NamespaceClient, error) {
	if err := r.t.complete(); err != nil {
		return nil, err
	}
	return r.t.namespace()
}

// show prints a rule, its keys only where that was asked for.
func (r *rules) show(c *cobra.Command, n *nh.NamespaceClient, rule nh.AuthorizationRule) error {
	shown := struct {
		Name                                       string
		Rights                                     []nh.Right
		PrimaryKey, SecondaryKey, ConnectionString string `json:",omitempty"`
	}{Name: rule.Name, Rights: rule.Rights}
	if r.keys {
		shown.PrimaryKey, shown.SecondaryKey = string(rule.PrimaryKey), string(rule.SecondaryKey)
		shown.ConnectionString = string(n.ConnectionString(rule))
	}
	return printJSON(c.OutOrStdout(), shown)
}

func hasRule(h *nh.HubDescription, name string) error {
	if h.Rule(name) == nil {
		return fmt.Errorf("hub %s has no rule named %q", h.Name, name)
	}
	return nil
}

// parseRights reads rights; Manage takes the others with it.
func parseRights(names []string) ([]nh.Right, error) {
	if len(names) == 0 {
		return nil, misuse{errors.New("what may the rule do? give --right listen, send or manage")}
	}
	every := []nh.Right{nh.Listen, nh.Manage, nh.Send}
	var out []nh.Right
	for _, name := range names {
		i := slices.IndexFunc(every, func(r nh.Right) bool { return strings.EqualFold(string(r), name) })
		if i < 0 {
			return nil, misuse{fmt.Errorf("--right: %q is none of listen, send, manage", name)}
		}
		if every[i] == nh.Manage {
			return every, nil
		}
		out = append(out, every[i])
	}
	return out, nil
}
