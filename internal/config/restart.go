package config

import "slices"

// NeedRestart names the keys, blocks for the most part, in which next differs
// from c and which a running process does not take over. Those of hubs and of
// the namespace are none of them.
func (c Config) NeedRestart(next Config) []string {
	var changed []string
	for _, k := range []struct {
		name string
		same bool
	}{
		{"listen", c.Listen == next.Listen},
		{"data", c.Data == next.Data},
		{"master_key", slices.Equal(c.MasterKey, next.MasterKey)},
		{"tls", c.CertFile == next.CertFile && c.KeyFile == next.KeyFile},
		{"log", c.Log == next.Log},
		{"push_services", c.PushServices == next.PushServices},
		{"dispatch", c.Dispatch == next.Dispatch},
		{"job_storage", c.JobStorage.Equal(next.JobStorage)},
	} {
		if !k.same {
			changed = append(changed, k.name)
		}
	}
	return changed
}
