package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// target is the hub that a client command speaks to.
type target struct {
	connectionString, hub, caFile string

	asked bool // a request was made
}

func (t *target) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&t.connectionString, "connection-string", "", "Endpoint=…;SharedAccessKeyName=…;SharedAccessKey=… (environment: FANFARE_CONNECTION_STRING)")
	f.StringVar(&t.hub, "hub", "", "name of the hub (environment: FANFARE_HUB)")
	f.StringVar(&t.caFile, "ca-file", "", "PEM file of a certificate authority to trust, as fanfare dev prints it (environment: FANFARE_CA_FILE)")
}

// complete takes what no flag gave from the environment.
func (t *target) complete() error {
	if err := t.completeNamespace(); err != nil {
		return err
	}
	fromEnv(&t.hub, "FANFARE_HUB")
	if t.hub == "" {
		return misuse{errors.New("which hub? give --hub, or FANFARE_HUB")}
	}
	return nil
}

// completeNamespace is complete for what is about no single hub.
func (t *target) completeNamespace() error {
	fromEnv(&t.connectionString, "FANFARE_CONNECTION_STRING")
	fromEnv(&t.caFile, "FANFARE_CA_FILE")
	if t.connectionString == "" {
		return misuse{errors.New("which hub? give --connection-string, or FANFARE_CONNECTION_STRING; fanfare dev prints its own")}
	}
	return nil
}

// mistaken is an error in the connection string. One without its other parts was
// likely cut off by a shell.
func (t *target) mistaken(err error) error {
	if !strings.Contains(t.connectionString, ";") {
		return advised{misuse{err}, "was it cut off? A shell ends a command at ; unless the connection string stands between quotes"}
	}
	return misuse{err}
}

func fromEnv(v *string, name string) {
	if *v == "" {
		*v = os.Getenv(name)
	}
}
