package cli

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newRegistration() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "registration", Short: "Make, show, list and delete registrations", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(newRegistrationCreate(&t), newRegistrationList(&t), newRegistrationShow(&t), newRegistrationDelete(&t))
	return c
}

func newRegistrationCreate(t *target) *cobra.Command {
	var r nh.Registration
	var platform, body, name string
	c := &cobra.Command{Use: "create", Short: "Register a device", Args: noArgs,
		Example: `  fanfare registration create --platform apns --handle 00FC13ADFF785122B4AD28809A342098 --tag sports
  fanfare registration create --platform fcmv1 --handle dPhone1:APA91bExample --template '{"message":{"notification":{"body":"$(text)"}}}'`,
		RunE: func(c *cobra.Command, _ []string) error {
			if platform == "" || r.Handle == "" {
				return misuse{errors.New("a registration needs --platform and --handle")}
			}
			r.Platform = platformOf(platform)
			switch {
			case !slices.Contains(platforms, r.Platform):
				return misuse{fmt.Errorf("--platform: %q is not %s", platform, platformNames)}
			case name != "" && body == "":
				return misuse{errors.New("--template-name names a template: give --template too")}
			}
			if body != "" {
				text, err := input(body, c.InOrStdin())
				if err != nil {
					return err
				}
				r.Template = &nh.RegistrationTemplate{Name: name, Body: string(text)}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			made, err := client.CreateRegistration(c.Context(), r)
			if err != nil {
				return t.calledWrongly(err)
			}
			return printJSON(c.OutOrStdout(), made)
		}}
	f := c.Flags()
	f.StringVar(&platform, "platform", "", platformNames)
	f.StringVar(&r.Handle, "handle", "", "device token, channel URI, endpoint")
	f.StringVar(&r.P256DH, "p256dh", "", "of a browser")
	f.StringVar(&r.Auth, "auth", "", "of a browser")
	f.StringArrayVar(&r.Tags, "tag", nil, "may be repeated")
	f.StringVar(&body, "template", "", "body of a template: text, @FILE or -")
	f.StringVar(&name, "template-name", "", "name of the template")
	return c
}

func newRegistrationList(t *target) *cobra.Command {
	var tag, handle string
	c := &cobra.Command{Use: "list", Short: "List registrations, a JSON object each", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if tag != "" && handle != "" {
				return misuse{errors.New("give --tag or --handle, not both")}
			}
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			var list iter.Seq2[nh.Registration, error]
			switch {
			case tag != "":
				list = client.RegistrationsByTag(c.Context(), tag)
			case handle != "":
				list = client.RegistrationsByHandle(c.Context(), handle)
			default:
				list = client.Registrations(c.Context())
			}
			for r, err := range list {
				if err != nil {
					return err
				}
				if err := printJSON(c.OutOrStdout(), r); err != nil {
					return err
				}
			}
			return nil
		}}
	c.Flags().StringVar(&tag, "tag", "", "those that carry a tag")
	c.Flags().StringVar(&handle, "handle", "", "those of a device")
	return c
}

func newRegistrationShow(t *target) *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show a registration", Args: exactArgs("the registration's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			r, err := client.Registration(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printJSON(c.OutOrStdout(), r)
		}}
}

func newRegistrationDelete(t *target) *cobra.Command {
	return &cobra.Command{Use: "delete ID", Short: "Delete a registration", Args: exactArgs("the registration's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			if err := client.DeleteRegistration(c.Context(), args[0], ""); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "deleted", args[0])
			return err
		}}
}
