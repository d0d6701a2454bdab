package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newInstallation() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "installation", Short: "Write, patch, show and delete installations", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(newInstallationPut(&t), newInstallationPatch(&t), newInstallationShow(&t), newInstallationDelete(&t))
	return c
}

func newInstallationPut(t *target) *cobra.Command {
	return &cobra.Command{Use: "put DOCUMENT", Short: "Write an installation", Args: exactArgs("a JSON document: text, @FILE or -"),
		Long: `Write an installation, whether there is one or not; the old one is replaced
whole. The document is what Azure's REST API documents, or what "show" prints; a
member that neither knows is refused.`,
		Example: `  fanfare installation put '{"installationId":"i-1","platform":"apns","pushChannel":"00FC13ADFF785122B4AD28809A342098","tags":["sports"]}'`,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := input(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			i, err := parseInstallation(text)
			if err != nil {
				return misuse{fmt.Errorf("the document: %w", err)}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if err := client.PutInstallation(c.Context(), *i); err != nil {
				return t.calledWrongly(err)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "wrote", i.ID)
			return err
		}}
}

func newInstallationPatch(t *target) *cobra.Command {
	return &cobra.Command{Use: "patch ID PATCH", Short: "Change parts of an installation", Args: exactArgs("the installation's id", "a JSON Patch: text, @FILE or -"),
		Example: `  fanfare installation patch i-1 '[{"op":"add","path":"/tags","value":"vip"},{"op":"remove","path":"/tags/trial"}]'
  fanfare installation patch i-1 '[{"op":"replace","path":"/templates/greet/body","value":"{\"aps\":{\"alert\":\"$(text)\"}}"}]'`,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := input(args[1], c.InOrStdin())
			if err != nil {
				return err
			}
			var p nh.InstallationPatch
			if err := json.Unmarshal(text, &p); err != nil {
				return misuse{err}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if err := client.PatchInstallation(c.Context(), args[0], &p); err != nil {
				return t.calledWrongly(err)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "patched", args[0])
			return err
		}}
}

func newInstallationShow(t *target) *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show an installation", Args: exactArgs("the installation's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			i, err := client.Installation(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), i)
		}}
}

func newInstallationDelete(t *target) *cobra.Command {
	return &cobra.Command{Use: "delete ID", Short: "Delete an installation", Args: exactArgs("the installation's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if err := client.DeleteInstallation(c.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "deleted", args[0])
			return err
		}}
}
