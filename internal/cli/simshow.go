package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fanfare-hub/fanfare/internal/pnssim/simapi"
)

// table aligns the cells of lines.
func table(c *cobra.Command, lines func(row func(format string, args ...any))) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	lines(func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) })
	return w.Flush()
}

// each prints a JSON object for each value.
func each[V any](c *cobra.Command, all []V) error {
	for i := range all {
		if err := printJSON(c.OutOrStdout(), all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *simulators) showServices(c *cobra.Command, all ...simapi.Service) error {
	if s.json {
		return each(c, all)
	}
	return table(c, func(row func(string, ...any)) {
		row("SERVICE\tSTATE\tLATENCY\tQUOTA\tREQUESTS\tRECEIVED\tCONNECTIONS")
		for _, x := range all {
			state, quota := "running", "-"
			if x.Stopped {
				state = "stopped"
			}
			if x.Quota > 0 {
				quota = strconv.Itoa(x.Quota)
			}
			row("%s\t%s\t%s\t%s\t%d\t%d\t%d", x.Service, state, x.Latency, quota, x.Requests, x.Received, x.OpenConnections)
		}
	})
}

func (s *simulators) showDevices(c *cobra.Command, all ...simapi.Device) error {
	if s.json {
		return each(c, all)
	}
	return table(c, func(row func(string, ...any)) {
		for _, d := range all {
			fate := d.Fate
			if d.FateSet {
				fate += " (set)"
			}
			row("%s\t%s\tpushes %d\t%s", d.Service, d.Handle, d.Pushes, fate)
		}
	})
}

// showPushes prints what fanfare dev does, with the number before.
func (s *simulators) showPushes(c *cobra.Command, all []simapi.Push) error {
	if s.json {
		return each(c, all)
	}
	for _, p := range all {
		var body bytes.Buffer
		if p.JSON == nil || json.Compact(&body, p.JSON) != nil {
			body.WriteString(p.Text)
			body.Write(p.Base64)
		}
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%d  %s\n", p.Number, receipt(p.At, p.Service, p.Handle, p.Header, body.Bytes())); err != nil {
			return err
		}
	}
	return nil
}
