// Package api is HTTP in: the REST API of Azure Notification Hubs. routes.go
// is the table of what there is; error.go is the one place that writes errors.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/fanfare-hub/fanfare/internal/clock"
	"github.com/fanfare-hub/fanfare/internal/dispatch"
	"github.com/fanfare-hub/fanfare/internal/doctor"
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// Dispatcher takes over accepted notifications. *dispatch.Dispatcher is one.
type Dispatcher interface {
	// Accept stores a notification and sets its ID, State and EnqueuedAt. It is
	// on disk when Accept returns nil; store.ErrBusy means nothing was written.
	Accept(ctx context.Context, n *hub.Notification) error
	// Schedule stores a notification that is sent at its ScheduledAt, and sets
	// what Accept sets, with the same promise.
	Schedule(ctx context.Context, n *hub.Notification) error
	// Cancel withdraws a notification if its state is Scheduled, and returns the
	// state that it had; store.ErrNotFound: it is not known.
	Cancel(ctx context.Context, hubID int64, id string) (was hub.State, err error)
	// TestSend delivers to at most ten devices at once, and sets the ID.
	TestSend(ctx context.Context, n *hub.Notification) ([]dispatch.TestResult, error)
	// Explain says what became of a device in a send; store.ErrNotFound: the
	// notification is not known.
	Explain(ctx context.Context, hubID int64, notificationID, device string) (dispatch.Explanation, error)
	// Delays says what a notification waits for; store.ErrNotFound: it is not known.
	Delays(ctx context.Context, hubID int64, notificationID string) ([]dispatch.Delay, error)
	// Faults calls fn with the devices that a notification did not reach, some at
	// a time; store.ErrNotFound: the notification is not known.
	Faults(ctx context.Context, hubID int64, notificationID string, fn func([]dispatch.Fault) error) error
	// CredentialChanged wakes what waits for a credential: it is another one now.
	CredentialChanged(ctx context.Context, hubID int64, p hub.Platform) error
	// HubDeleted gives up what is held for a hub that is gone.
	HubDeleted(hubID int64)
}

// Jobs takes over exports and imports. *job.Jobs is one.
type Jobs interface {
	// Submit stores a job and sets its ID, Status and times: *hub.Invalid,
	// job.ErrTooMany, store.ErrBusy.
	Submit(ctx context.Context, j *hub.Job) error
}

// Doctor says whether a hub's credentials are in order. *app.App is one.
type Doctor interface {
	// Examine asks the push services, and takes less than a minute.
	// doctor.ErrBusy: the hub is being examined already.
	Examine(ctx context.Context, h hub.Hub) (doctor.Report, error)
}

// Config is what the API stands on. Store, Dispatch, Doctor, Jobs, Clock and Log
// are needed.
type Config struct {
	Store    store.Store
	Dispatch Dispatcher
	Doctor   Doctor
	Jobs     Jobs
	Clock    clock.Clock
	Tokens   clock.Clock    // what the expiry of tokens is held against; nil: Clock
	Limits   tagexpr.Limits // of tag expressions
	Log      *slog.Logger   // one event for each request
	MaxBody  int64          // of a send, in bytes; 0: Azure's 64 KiB
	// CheckCredential says what is wrong with a credential, before it is
	// stored; nil: nothing is.
	CheckCredential func(hub.Credential) error
	// NewHub are the credentials of a hub that is made without any; nil: none.
	NewHub []hub.Credential
	// ScheduleWindow is how far ahead a send can be scheduled; 0: Azure's 7 days.
	ScheduleWindow time.Duration
	// PlainToo: plain HTTP is served beside TLS, so that nothing asks browsers
	// for TLS alone, which those of localhost would obey for every port.
	PlainToo bool
}

// The bounds of bodies, in bytes. A registration or an installation holds
// templates, each of which may be longer than what it renders; a batch names a
// thousand devices beside the notification, some by URLs of 4 KiB.
const (
	maxSendBody = 64 << 10
	maxDocument = 1 << 20
	maxDevices  = 5 << 20
)

type server struct {
	store    store.Store
	dispatch Dispatcher
	doctor   Doctor
	jobs     Jobs
	clock    clock.Clock
	tokens   clock.Clock
	limits   tagexpr.Limits
	log      *slog.Logger
	maxBody  int64
	check    func(hub.Credential) error
	newHub   []hub.Credential
	window   time.Duration // of schedules
	plainToo bool
	routes   []route
}

// New returns the handler of every request.
func New(cfg Config) http.Handler {
	s := &server{
		store: cfg.Store, dispatch: cfg.Dispatch, doctor: cfg.Doctor, jobs: cfg.Jobs, clock: cfg.Clock, tokens: cfg.Tokens, limits: cfg.Limits, log: cfg.Log, maxBody: cfg.MaxBody,
		check: cfg.CheckCredential, newHub: cfg.NewHub, window: cfg.ScheduleWindow, plainToo: cfg.PlainToo,
	}
	if s.maxBody == 0 {
		s.maxBody = maxSendBody
	}
	if s.window == 0 {
		s.window = scheduleWindow
	}
	if s.tokens == nil {
		s.tokens = s.clock
	}
	s.routes = s.table()
	return s
}
