package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newDoctor() *cobra.Command {
	var t target
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Check credentials against their push services, without sending to a device", Args: noArgs,
		Long: `Asks every push service of a hub about its credential, without sending anything
to a device; says what is wrong and what to do about it, and which certificates
expire within 30, 7 and 1 days.

With a connection string it is the running hub that asks, from where it stands,
with the credentials that it uses; the rule needs the right Manage. With --config
it is this machine that asks, with what the file names: all hubs, or the one of
--hub. Nothing is served for it, nothing is changed, and a hub that runs with the
file is not disturbed. Azure has no such call.

WNS and ADM are asked for an access token, which is all that can be asked without
a device. MPNS and Web Push offer no check: of those the form is looked at, and
of MPNS the certificate's last day.

Exit codes:
  0  all is well
  1  the hub could not be asked
  2  it was called wrongly, or the file has mistakes: each is named with its line
  3  something will fail: a certificate expires within 30 days, there is no
     credential at all, or that of gcm alone, which is delivered with fcmv1's
  4  something fails: a credential is refused or could not be checked, or a
     certificate has expired`,
		Example: "  fanfare doctor --hub myhub\n  fanfare doctor --config fanfare.yaml --json",
		RunE: func(c *cobra.Command, _ []string) error {
			reports, err := examine(c.Context(), &t, file)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(c.OutOrStdout(), reports)
			} else {
				err = printReports(c.OutOrStdout(), reports)
			}
			if err != nil {
				return err
			}
			return verdictOf(reports)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&file, "config", "", "check what this configuration names, from here, instead of asking a hub")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: a list of reports")
	return c
}

// examine asks the hub, or does what it would do with a file.
func examine(ctx context.Context, t *target, file string) ([]nh.DoctorReport, error) {
	switch {
	case file != "" && t.connectionString != "":
		return nil, misuse{errors.New("give --config or --connection-string: a file is checked from here, a hub checks for itself")}
	case file != "":
		return examineFile(ctx, file, t.hub)
	}
	client, err := t.client(nh.ClientOptions{})
	if err != nil {
		return nil, err
	}
	r, err := client.Doctor(ctx)
	if err != nil {
		return nil, err
	}
	return []nh.DoctorReport{*r}, nil
}

func examineFile(ctx context.Context, file, hub string) ([]nh.DoctorReport, error) {
	cfg, err := loadConfig(file)
	if err != nil {
		return nil, err
	}
	if hub != "" {
		cfg.Hubs = slices.DeleteFunc(cfg.Hubs, func(h config.Hub) bool { return !strings.EqualFold(h.Name, hub) })
		if len(cfg.Hubs) == 0 {
			return nil, misuse{fmt.Errorf("--hub: %s names no hub %q", file, hub)}
		}
	}
	found, err := app.ExamineConfig(ctx, cfg, app.Options{})
	if err != nil {
		return nil, err
	}
	var reports []nh.DoctorReport
	for _, r := range found {
		out := nh.DoctorReport{Hub: r.Hub, At: r.At, Severity: nh.Severity(r.Severity.String())}
		for _, f := range r.Findings {
			out.Findings = append(out.Findings, nh.DoctorFinding{About: f.About, Severity: nh.Severity(f.Severity.String()), Text: f.Text, NotAfter: f.NotAfter})
		}
		reports = append(reports, out)
	}
	return reports, nil
}

// printReports is what people read.
func printReports(w io.Writer, reports []nh.DoctorReport) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if r.Hub == "" {
			r.Hub = "the process"
		}
		fmt.Fprintf(out, "%s: %s\n", r.Hub, r.Severity)
		for _, f := range r.Findings {
			fmt.Fprintf(out, "  %s\t%s\t%s\n", f.Severity, f.About, f.Text)
		}
	}
	return out.Flush()
}

// verdictOf is the exit code that the worst report asks for.
func verdictOf(reports []nh.DoctorReport) error {
	code := exitGood
	for _, r := range reports {
		switch r.Severity {
		case nh.SeverityOK:
		case nh.SeverityNotice, nh.SeverityWarning, nh.SeverityUrgent:
			code = max(code, exitWarned)
		default: // also of a hub that is newer than this command
			code = exitUnwell
		}
	}
	if code == exitGood {
		return nil
	}
	return verdict{code}
}
