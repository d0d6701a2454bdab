package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

func newToken() *cobra.Command {
	var t target
	var life time.Duration
	c := &cobra.Command{
		Use: "token", Short: "Print a SAS token, for curl and the like", Args: noArgs,
		Example: `  curl --cacert "$FANFARE_CA_FILE" -H "Authorization: $(fanfare token)" https://127.0.0.1:8443/myhub/registrations`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := t.complete(); err != nil {
				return err
			}
			if life < time.Second {
				return misuse{errors.New("--life: a token lives for a second at least")}
			}
			cs, err := wire.ParseConnectionString(t.connectionString)
			if err != nil {
				return t.mistaken(err)
			}
			resource := *cs.Endpoint
			resource.Scheme, resource.Path = "https", "/"+t.hub
			_, err = fmt.Fprintln(c.OutOrStdout(), wire.SignSAS(resource.String(), cs.KeyName, cs.Key, time.Now().Add(life)))
			return err
		},
	}
	t.flags(c)
	c.Flags().DurationVar(&life, "life", time.Hour, "how long the token is good for; Fanfare takes it five minutes longer, since clocks differ")
	return c
}
