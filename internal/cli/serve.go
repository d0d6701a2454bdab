package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
)

func newServe() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "serve", Short: "Serve the hubs that a configuration file names", Args: noArgs,
		Long: `Serve the hubs that a configuration file names, until SIGTERM: then nothing more
is accepted, what is in flight comes to an end or is parked, and the process
exits within ten seconds. SIGHUP reads rules and credentials of the hubs again;
what waits for a credential that has changed is tried at once. Other keys that
have changed are named in the log, and taken over at the next start.`,
		Example: "  fanfare serve --config fanfare.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				file = os.Getenv("FANFARE_CONFIG")
			}
			if file == "" {
				return misuse{errors.New("serve needs --config FILE, or FANFARE_CONFIG")}
			}
			return serve(c.Context(), file, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&file, "config", "", "the configuration, YAML (environment: FANFARE_CONFIG)")
	return c
}

func serve(ctx context.Context, file string, stderr io.Writer) error {
	hangup := make(chan os.Signal, 1) // from now on: it would end a process that starts
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	cfg, err := loadConfig(file)
	if err != nil {
		return err
	}
	log := newLogger(cfg.Log, stderr)
	a, err := app.New(ctx, cfg, app.Options{Log: log})
	if err == nil {
		if err = a.Start(ctx); err != nil {
			err = errors.Join(err, a.Stop(ctx))
		}
	}
	if err != nil {
		return startAdvice(err, "listen in "+file, "data in "+file)
	}
	if len(cfg.Hubs) == 0 && len(cfg.Namespace) == 0 {
		log.Warn("the configuration names no hub, and no rule of the namespace to make one with: nothing can be sent")
	}
	if cfg.CertFile == "" && app.CheckLoopback(cfg.Listen) != nil {
		log.Warn("there is no certificate: tokens and payloads are readable on the network", "address", cfg.Listen)
	}
	log.Info("serving", "address", a.Addr().String(), "hubs", len(cfg.Hubs), "tls", cfg.CertFile != "")
	err = reloadUntilDone(ctx, hangup, a, file, log)
	log.Info("stopping")
	return errors.Join(err, stopInTime(a.Stop))
}

// loadConfig reads a configuration; one with mistakes is a mistake in the call.
func loadConfig(file string) (config.Config, error) {
	cfg, err := config.Load(file, app.CheckCredential)
	if mistakes, ok := errors.AsType[*config.Error](err); ok {
		return cfg, misuse{fmt.Errorf("the configuration has mistakes:\n%w", mistakes)}
	}
	return cfg, err
}

// reloadUntilDone reads the hubs of the file again at each SIGHUP. A file with
// mistakes changes nothing.
func reloadUntilDone(ctx context.Context, hangup <-chan os.Signal, a *app.App, file string, log *slog.Logger) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-a.Failed():
			return fmt.Errorf("serving: %w", err)
		case <-hangup:
			cfg, err := config.Load(file, app.CheckCredential)
			if err == nil {
				err = a.Reload(ctx, cfg)
			}
			if err != nil {
				log.Error("reloading: the hubs stay as they are", "error", err)
			} else {
				log.Info("reloaded", "hubs", len(cfg.Hubs))
			}
		}
	}
}

// untilDone waits for the end of ctx, or for a server that fails by itself.
func untilDone(ctx context.Context, a *app.App) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.Failed():
		return fmt.Errorf("serving: %w", err)
	}
}

// patience is what requests and pages in flight get when the process ends; the
// rest of the promised ten seconds is for writing down what is left.
const patience = 7 * time.Second

func stopInTime(stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return stop(ctx)
}

func newLogger(l config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
