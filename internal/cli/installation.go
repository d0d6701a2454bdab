package cli

import (
	"bytes"
	"encoding/json"
	"errors"
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
		Example: `  fanfare installation put '{"ID":"i-1","Platform":"apns","PushChannel":"00AA…","Tags":["sports"]}'`,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := input(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			i, err := readInstallation(text)
			if err != nil {
				return misuse{err}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if err := client.PutInstallation(c.Context(), i); err != nil {
				return err
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
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "patched", args[0])
			return err
		}}
}

// readInstallation reads what show prints. A member that it does not know would
// be lost, and with it what the installation had: it is written whole.
func readInstallation(text []byte) (i nh.Installation, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	switch err := dec.Decode(&i); {
	case err != nil:
		return i, fmt.Errorf("the document: %w; its members are those that installation show prints", err)
	case i.ID == "" || i.Platform == "":
		return i, errors.New("the document: ID and Platform are needed")
	}
	return i, nil
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
