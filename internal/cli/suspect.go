package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// newSuspects is fanfare hub suspects PLATFORM.
func newSuspects(t *target) *cobra.Command {
	var confirm, clear []string
	var count, confirmAll, clearAll bool
	c := &cobra.Command{Use: "suspects PLATFORM", Short: "See, confirm or clear handles that are suspected of being dead",
		Long: `A push service that calls too many handles dead is not believed: the handles
become suspects, which are kept and not sent to, and so do further ones for a
day. After a day, if the service answers well again, the next send tries each of
them.

Without a flag the suspects are listed, a JSON object each.`,
		Args: exactArgs("a platform: " + platformNames),
		RunE: func(c *cobra.Command, args []string) error {
			given := 0
			for _, flag := range []bool{count, len(confirm) > 0, len(clear) > 0, confirmAll, clearAll} {
				if flag {
					given++
				}
			}
			if given > 1 {
				return misuse{errors.New("give one of --count, --confirm, --confirm-all, --clear and --clear-all")}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			p := platformOf(args[0])
			switch {
			case count:
				n, err := client.CountSuspects(c.Context(), p)
				if err == nil {
					fmt.Fprintln(c.OutOrStdout(), n)
				}
				return err
			case confirmAll || len(confirm) > 0:
				return judge(c, client.ConfirmSuspects, p, confirm, "confirmed")
			case clearAll || len(clear) > 0:
				return judge(c, client.ClearSuspects, p, clear, "cleared")
			}
			for s, err := range client.Suspects(c.Context(), p) {
				if err == nil {
					err = printJSON(c.OutOrStdout(), s)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}}
	f := c.Flags()
	f.BoolVar(&count, "count", false, "print how many there are")
	f.StringArrayVar(&confirm, "confirm", nil, "delete the registrations of this handle; may be repeated")
	f.BoolVar(&confirmAll, "confirm-all", false, "delete the registrations of every suspect")
	f.StringArrayVar(&clear, "clear", nil, "send to this handle again; may be repeated")
	f.BoolVar(&clearAll, "clear-all", false, "send to every suspect again")
	return c
}

func judge(c *cobra.Command, say func(context.Context, nh.Platform, ...string) (int, error), p nh.Platform, handles []string, done string) error {
	n, err := say(c.Context(), p, handles...)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%d %s\n", n, done)
	return nil
}
