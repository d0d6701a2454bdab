package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

func newJob() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "job", Short: "Export and import registrations", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	t.flags(c)
	c.AddCommand(newJobExport(&t), newJobImport(&t), newJobShow(&t), newJobList(&t))
	return c
}

// jobFlags are what both ways of a job take.
type jobFlags struct {
	output  string
	wait    bool
	timeout time.Duration
}

func (j *jobFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&j.output, "output", "", "signed URL of the container for the output: text, @FILE or -")
	j.addWait(c)
}

func (j *jobFlags) addWait(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&j.wait, "wait", false, "wait until the job has ended, and show its progress")
	f.DurationVar(&j.timeout, "timeout", 24*time.Hour, "of --wait")
}

func newJobExport(t *target) *cobra.Command {
	var j jobFlags
	c := &cobra.Command{Use: "export", Short: "Export every registration into blob storage", Args: noArgs,
		Example: "  fanfare job export --output @container-url --wait",
		RunE: func(c *cobra.Command, _ []string) error {
			return j.submit(c, t, nh.JobRequest{Type: nh.ExportRegistrations}, "")
		}}
	j.add(c)
	return c
}

// imports are the operations of an import.
var imports = map[string]nh.JobType{
	"create": nh.ImportCreateRegistrations, "update": nh.ImportUpdateRegistrations,
	"upsert": nh.ImportUpsertRegistrations, "delete": nh.ImportDeleteRegistrations,
}

func newJobImport(t *target) *cobra.Command {
	var j jobFlags
	var file string
	c := &cobra.Command{Use: "import OPERATION", Short: "Create, update, upsert or delete registrations from a file in blob storage",
		Long: `Create, update, upsert or delete registrations, one for each line of a file in
blob storage, as an export writes it. Lines that fail are listed in Failed.txt in
the output container; they do not fail the job.`,
		Args:    exactArgs("an operation: create, update, upsert or delete"),
		Example: "  fanfare job import upsert --file @file-url --output @container-url --wait",
		RunE: func(c *cobra.Command, args []string) error {
			typ, ok := imports[args[0]]
			if !ok {
				return misuse{fmt.Errorf("%q is none of %s", args[0], strings.Join(slices.Sorted(maps.Keys(imports)), ", "))}
			}
			if file == "" {
				return misuse{errors.New("an import needs --file")}
			}
			return j.submit(c, t, nh.JobRequest{Type: typ}, file)
		}}
	c.Flags().StringVar(&file, "file", "", "signed URL of the file: text, @FILE or -")
	j.add(c)
	return c
}

// submit reads the URLs, which are secrets and so may stand in files, and
// submits the job.
func (j *jobFlags) submit(c *cobra.Command, t *target, r nh.JobRequest, file string) error {
	switch {
	case j.output == "":
		return misuse{errors.New("a job needs --output")}
	case j.output == "-" && file == "-":
		return misuse{errors.New("only one of --file and --output can be read from standard input")}
	}
	var err error
	if r.OutputContainerURL, err = urlArg(c, j.output); err != nil {
		return err
	}
	if r.ImportFileURL, err = urlArg(c, file); err != nil {
		return err
	}
	client, err := t.client(nh.ClientOptions{})
	if err != nil {
		return err
	}
	job, err := client.SubmitJob(c.Context(), r)
	if err != nil {
		return err
	}
	return j.show(c, client, job)
}

func urlArg(c *cobra.Command, arg string) (string, error) {
	text, err := input(arg, c.InOrStdin())
	return strings.TrimSpace(string(text)), err
}

// show prints a job, once it has ended if that is asked for. One that failed
// fails the command.
func (j *jobFlags) show(c *cobra.Command, client *nh.Client, job *nh.Job) error {
	if j.wait {
		ctx, cancel := context.WithTimeout(c.Context(), j.timeout)
		defer cancel()
		var err error
		shown := -1.0
		job, err = client.WaitForJob(ctx, job.ID, func(now *nh.Job) {
			if now.Progress != shown {
				shown = now.Progress
				fmt.Fprintf(c.ErrOrStderr(), "%s  %s  %.2f %%\n", now.ID, now.Status, now.Progress)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := printJSON(c.OutOrStdout(), withoutSignatures(job)); err != nil {
		return err
	}
	if j.wait && job.Status == nh.JobFailed {
		return fmt.Errorf("the job has failed: %s", job.Failure)
	}
	return nil
}

// withoutSignatures is a job whose URLs open nothing: it is shown.
func withoutSignatures(job *nh.Job) nh.Job {
	out := *job
	out.OutputContainerURL, _, _ = strings.Cut(job.OutputContainerURL, "?")
	out.ImportFileURL, _, _ = strings.Cut(job.ImportFileURL, "?")
	return out
}

func newJobShow(t *target) *cobra.Command {
	var j jobFlags
	c := &cobra.Command{Use: "show ID", Short: "Show a job, without the signatures of its URLs", Args: exactArgs("the job's id"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			job, err := client.Job(c.Context(), args[0])
			if err != nil {
				return err
			}
			return j.show(c, client, job)
		}}
	j.addWait(c)
	return c
}

func newJobList(t *target) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List jobs, the newest first, a JSON object each", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := t.client(nh.ClientOptions{})
			if err != nil {
				return err
			}
			for job, err := range client.Jobs(c.Context()) {
				if err != nil {
					return err
				}
				if err := printJSON(c.OutOrStdout(), withoutSignatures(&job)); err != nil {
					return err
				}
			}
			return nil
		}}
}
