package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newExplain() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use: "explain NOTIFICATION DEVICE", Short: "Say why a device got a notification, or did not",
		Long: `Says what became of a device in a send: whether the send was for it, what it was
sent, every attempt with the push service's own answer, and what happened to its
handle. It says so where something is no longer known.

The device is named by the id of an installation, a registration or a user, or
by a handle. The rule needs the right Manage. Azure has no such call.

Exit codes:
  0  it is explained, whatever became of the device
  1  the hub could not be asked, or knows the notification or the device not, or
     not any more
  2  it was called wrongly`,
		Example: "  fanfare explain NH-20261125221839353-7317ef80d4e98d6b5c67eb3b047725bb-75 my-phone",
		Args:    exactArgs("the notification's id", "the device"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			e, err := client.Explain(c.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), e)
			} else {
				_, err = io.WriteString(c.OutOrStdout(), explanation(e))
			}
			if err == nil && !known(e) {
				err = verdict{exitFailed}
			}
			return err
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// known reports whether the hub knows anything by the device's name.
func known(e *nh.Explanation) bool {
	return !slices.ContainsFunc(e.Registrations, func(r nh.ExplainedRegistration) bool { return r.Cause == "DeviceUnknown" })
}

// timeForm shows milliseconds: attempts are that close together.
const timeForm = "2006-01-02 15:04:05.000"

// explanation is what people read.
func explanation(e *nh.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s  %s, accepted %s UTC", e.Verdict, e.NotificationID, e.State, e.EnqueuedAt.UTC().Format(timeForm))
	if !e.ScheduledAt.IsZero() {
		fmt.Fprintf(&b, ", scheduled for %s UTC", e.ScheduledAt.UTC().Format(timeForm))
	}
	b.WriteByte('\n')
	for _, r := range e.Registrations {
		fmt.Fprintf(&b, "\n%s\n", title(&r))
		if r.Verdict != e.Verdict {
			fmt.Fprintf(&b, "  %s\n", r.Verdict)
		}
		for _, s := range r.Steps {
			if s.Text == e.Verdict {
				continue
			}
			fmt.Fprintf(&b, "    %-12s  %s%s\n", s.About, at(s.At), s.Text)
			detail(&b, "answer", s.Answer)
			detail(&b, "id", s.Correlation)
		}
	}
	if e.More {
		b.WriteString("\nThe device has more registrations: name one to have it explained.\n")
	}
	return b.String()
}

func title(r *nh.ExplainedRegistration) string {
	var parts []string
	for _, p := range []string{r.Platform, r.Kind} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	for _, id := range [][2]string{{"registration ", r.RegistrationID}, {"installation ", r.InstallationID}} {
		if id[1] != "" {
			parts = append(parts, id[0]+id[1])
		}
	}
	word := r.Cause
	if r.Outcome != "" && r.Outcome != r.Cause {
		word += ", counted as " + r.Outcome
	}
	if len(parts) == 0 {
		return word
	}
	return strings.Join(append(parts, "— "+word), " ")
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeForm) + "  "
}

func detail(b *strings.Builder, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %-12s  %s: %s\n", "", name, text)
	}
}
