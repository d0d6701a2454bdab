package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
)

type devOptions struct {
	data, listen, hub, readyFile string
	verbose                      bool
}

func newDev() *cobra.Command {
	var o devOptions
	c := &cobra.Command{
		Use: "dev", Short: "Run a hub for development, with simulated push services", Args: noArgs,
		Long: `Run a hub that needs no account and no credentials. Its push services are
simulated and check what the real ones check; each push that reaches a device is
a line on the terminal. Any well-formed device handle is a live device.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return dev(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&o.data, "data", "", "folder of the database and the local certificate authority (default: fanfare-dev in your configuration folder)")
	c.Flags().StringVar(&o.listen, "listen", app.DevListen, "loopback address to serve on, TLS and plain HTTP on one port")
	c.Flags().StringVar(&o.hub, "hub", app.DevHub, "name of the hub")
	c.Flags().StringVar(&o.readyFile, "ready-file", "", "write a JSON file with the endpoint and the connection string once it serves")
	c.Flags().BoolVar(&o.verbose, "verbose", false, "log each request")
	return c
}

func dev(ctx context.Context, o devOptions, stdout, stderr io.Writer) error {
	if !config.ValidHubName(o.hub) {
		return misuse{fmt.Errorf("--hub: %q is not a hub name: letters, digits and . _ -, first a letter or digit, at most 260", o.hub)}
	}
	if o.data == "" {
		home, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("no folder for the data: %w; give --data", err)
		}
		o.data = filepath.Join(home, "fanfare-dev")
	}
	var err error
	if o.data, err = filepath.Abs(o.data); err != nil { // what is announced holds in every folder
		return fmt.Errorf("--data: %w", err)
	}
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelInfo
	}
	if err := app.CheckLoopback(o.listen); err != nil {
		return misuse{err}
	}
	received := newReceipts(stdout)
	d, err := app.StartDev(ctx, app.DevOptions{
		Data: o.data, Listen: o.listen, Hub: o.hub, OnReceive: received.add,
		Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		received.close()
		return startAdvice(err, "--listen; 127.0.0.1:0 is any free port", "--data")
	}
	err = announce(d, o, stdout)
	if err == nil {
		err = untilDone(ctx, d.App)
	}
	err = errors.Join(err, stopInTime(d.Stop))
	received.close()
	return err
}

// announce tells a person, and a waiting program, where the hub is.
func announce(d *app.Dev, o devOptions, stdout io.Writer) error {
	simulators, err := d.SimulatorCA()
	if err != nil {
		return err
	}
	if o.readyFile != "" {
		err := writeReady(o.readyFile, ready{
			Endpoint: d.Endpoint, ConnectionString: d.ConnectionString, Hub: d.Hub, CAFile: d.CAFile,
			Simulators: readySimulators{Address: d.Sim.Addr(), CAFile: simulators, API: d.SimulatorAPI()},
		})
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, `Fanfare serves the hub %q at %s (TLS and plain HTTP).

  connection string  %s
  trust this CA      %s
  simulators         %s

For fanfare's commands and the examples, in another terminal:

  export FANFARE_CONNECTION_STRING=%s
  export FANFARE_HUB=%s FANFARE_CA_FILE=%s

Every push that reaches a simulated device is shown here. Ctrl-C ends it.

`, d.Hub, d.Endpoint, d.ConnectionString, d.CAFile, d.SimulatorAPI(), quoted(d.ConnectionString), d.Hub, quoted(d.CAFile))
	return err
}

// quoted is a word for a POSIX shell (IEEE Std 1003.1, 2.2.2).
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// ready is what a program that started fanfare dev reads.
type ready struct {
	Endpoint         string          `json:"endpoint"`
	ConnectionString string          `json:"connectionString"`
	Hub              string          `json:"hub"`
	CAFile           string          `json:"caFile"`
	Simulators       readySimulators `json:"simulators"`
}

type readySimulators struct {
	Address string `json:"address"` // where every push service's host leads
	CAFile  string `json:"caFile"`
	API     string `json:"api"` // where they are looked at and changed
}

// writeReady writes the file whole or not at all: a reader that waits for it
// never sees half of it.
func writeReady(name string, r ready) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	next := name + ".new"
	if err := os.WriteFile(next, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the ready file: %w", err)
	}
	if err := os.Rename(next, name); err != nil {
		return fmt.Errorf("writing the ready file: %w", err)
	}
	return nil
}
