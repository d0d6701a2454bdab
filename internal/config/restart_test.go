package config_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Every part of a configuration is taken over while the process runs, or named.
func TestNeedRestart(t *testing.T) {
	t.Parallel()
	storage, err := egress.ParseStorage([]string{"https://storage.example"})
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"Listen":       {func(c *config.Config) { c.Listen = "127.0.0.1:1" }, "listen"},
		"Data":         {func(c *config.Config) { c.Data = "elsewhere" }, "data"},
		"MasterKey":    {func(c *config.Config) { c.MasterKey = make([]byte, 32) }, "master_key"},
		"CertFile":     {func(c *config.Config) { c.CertFile = "a" }, "tls"},
		"KeyFile":      {func(c *config.Config) { c.KeyFile = "a" }, "tls"},
		"Log":          {func(c *config.Config) { c.Log.Level = "debug" }, "log"},
		"PushServices": {func(c *config.Config) { c.PushServices.Dial = "127.0.0.1:1" }, "push_services"},
		"Dispatch":     {func(c *config.Config) { c.Dispatch.Retention = time.Hour }, "dispatch"},
		"JobStorage":   {func(c *config.Config) { c.JobStorage = storage }, "job_storage"},
		"Namespace":    {func(c *config.Config) { c.Namespace = []hub.Rule{{Name: "r"}} }, ""},
		"Hubs":         {func(c *config.Config) { c.Hubs = []config.Hub{{Name: "h"}} }, ""},
	}
	if same := config.Default().NeedRestart(config.Default()); same != nil {
		t.Errorf("nothing has changed, but %q", same)
	}
	for f := range reflect.TypeFor[config.Config]().Fields() {
		c, ok := changes[f.Name]
		if !ok {
			t.Errorf("%s is not tried", f.Name)
			continue
		}
		next := config.Default()
		c.change(&next)
		got := config.Default().NeedRestart(next)
		if want := []string{c.want}; !slices.Equal(got, want) && (c.want != "" || got != nil) {
			t.Errorf("%s: %q, want %q", f.Name, got, c.want)
		}
	}
}
