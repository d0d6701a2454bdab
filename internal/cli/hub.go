package cli

import "github.com/spf13/cobra"

func newHub() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "hub", Short: "Look after a hub", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(newSuspects(&t))
	return c
}
