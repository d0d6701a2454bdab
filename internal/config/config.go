// Package config reads the YAML file of fanfare serve. Decoding is strict, and
// every mistake is named with its line. Secrets may stand in files of their
// own: each key NAME that holds one has a twin NAME_file.
package config

import (
	"time"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// Config is a whole, valid configuration.
type Config struct {
	Listen       string // host:port
	Data         string // folder of the database
	MasterKey    []byte // seals secrets at rest; nil: the key file in Data
	CertFile     string // "" with KeyFile "": plain HTTP only
	KeyFile      string
	Log          Log
	Namespace    []hub.Rule
	Hubs         []Hub
	PushServices PushServices
	Dispatch     Dispatch
	JobStorage   egress.Storage // where the files of jobs may be
}

// Hub is one hub that the file names.
type Hub struct {
	Name            string
	RegistrationTTL time.Duration // 0: registrations never expire by themselves
	Rules           []hub.Rule
	Credentials     []hub.Credential
}

// Log says what is logged to standard error, and how.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// PushServices leads every push service's host to one address, for tests and
// staging. Empty: the real services.
type PushServices struct {
	Dial   string // host:port
	CAFile string // PEM; what the services' certificates are verified against
}

// Dispatch tunes sending. Zero values are the defaults.
type Dispatch struct {
	Page           int           // devices in a page
	Window         int           // pages in flight in a range
	Workers        int           // tasks at work at once
	Connections    int           // to one push service, for one credential
	RequestTimeout time.Duration // of one request to a push service
	RetryWindow    time.Duration // from a device's first attempt
	SuspectAfter   time.Duration // before a suspect handle is tried again
	Retention      time.Duration // of notifications, from their final state
	ScheduleWindow time.Duration // how far ahead a send can be scheduled
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8443",
		Data:   "fanfare-data",
		Log:    Log{Level: "info", Format: "text"},

		JobStorage: egress.AzureStorage(),
	}
}
