// Package cli is the fanfare command: one file for each of its commands.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/config"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// Main runs the command that args name, and returns its exit code. SIGINT and
// SIGTERM end it in good order.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, stdout, stderr)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	if _, said := errors.AsType[verdict](err); err != nil && !said {
		complain(stderr, c, err)
	}
	return exitCode(err)
}

// complain says what is wrong, and what to do about it.
func complain(w io.Writer, c *cobra.Command, err error) {
	fmt.Fprintln(w, "fanfare: "+errorText(err))
	if advice := hint(err); advice != "" {
		fmt.Fprintln(w, advice)
		return
	}
	_, answered := errors.AsType[*nh.ResponseError](err)
	_, inFile := errors.AsType[*config.Error](err)
	if exitCode(err) == exitMisuse && !answered && !inFile {
		fmt.Fprintf(w, "%s --help tells how it is called\n", c.CommandPath())
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "fanfare",
		Short: "A notification hub that speaks the API of Azure Notification Hubs",
		Long: `Fanfare takes one notification and delivers it to every registered device that
a tag expression names, through the device's own push service. It speaks the
REST API of Azure Notification Hubs.

  fanfare demo    the whole story in a few seconds
  fanfare dev     a hub for development, with simulated push services
  fanfare serve   a hub of your own

The client commands (send, hub, registration, installation, notification, job,
token) work against Azure too; explain, doctor and hub suspects do not, and
sim is for fanfare dev.

` + exitHelp,
		SilenceUsage: true, SilenceErrors: true,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newDemo(), newDev(), newServe(), newSend(), newHub(), newRegistration(),
		newInstallation(), newNotification(), newJob(), newExplain(), newDoctor(), newSim(), newToken(), newVersion())
	return root
}

// noArgs refuses arguments as a mistake in the call.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		near := ""
		c.SuggestionsMinimumDistance = 2
		if all := c.SuggestionsFor(args[0]); len(all) > 0 {
			near = ": did you mean " + strings.Join(all, " or ") + "?"
		}
		return misuse{fmt.Errorf("%s has no command %q%s", c.CommandPath(), args[0], near)}
	}
	return misuse{fmt.Errorf("%s takes no arguments, but %q was given", c.CommandPath(), args[0])}
}

// fewArgs asks for arguments by name, of which only the first so many are needed.
func fewArgs(least int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > len(names) {
			return misuse{fmt.Errorf("%s takes %s; %d are needed", c.CommandPath(), strings.Join(names, ", "), least)}
		}
		return nil
	}
}

// exactArgs asks for arguments by name.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return misuse{fmt.Errorf("%s takes %s", c.CommandPath(), strings.Join(names, " and "))}
		}
		return nil
	}
}
