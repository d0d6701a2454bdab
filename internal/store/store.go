// Package store says what Fanfare keeps, as small interfaces, one per noun.
// State and tasks live in one transactional engine, so that a send and its
// task, or a page's outcomes and its cursor, are one commit. The drivers are
// in the folders below; storetest holds what each of them must do.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/task"
)

// Errors that every driver returns, wrapped or as they are.
var (
	ErrNotFound     = errors.New("store: not found")
	ErrExists       = errors.New("store: exists already")
	ErrPrecondition = errors.New("store: the ETag does not match")
	// ErrDerived: the registration belongs to an installation, and changes
	// only with it.
	ErrDerived = errors.New("store: the registration belongs to an installation")
	// ErrBusy: the engine cannot commit now (disk full, locked, too many
	// waiting). Nothing was written; the caller may come back.
	ErrBusy = errors.New("store: cannot write now")
)

// Class orders the members of a group commit.
type Class uint8

// The classes, first served first.
const (
	Accept  Class = iota // a client waits for its 201
	Outcome              // pages of a running send
	Upkeep               // sweeps and clean-up
)

// Store is a database. Times come in as parameters, never from a clock of its
// own.
type Store interface {
	// View runs fn in one read transaction.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn as a member of a group commit, in a savepoint of its own:
	// if fn fails, its writes alone are undone and its error is returned. When
	// Update returns nil the writes are on disk. No member writes more than
	// 256 rows; long work comes in slices. fn must not wait for anything.
	Update(ctx context.Context, class Class, fn func(Tx) error) error
	Close() error
}

// Reader is everything that can be read.
type Reader interface {
	Hubs
	Registrations
	Installations
	Notifications
	Audience
	Handles
	Jobs
	FeedbackReader
	task.Reader
}

// Tx is everything that can be read and written.
type Tx interface {
	Reader
	HubWriter
	RegistrationWriter
	InstallationWriter
	NotificationWriter
	HandleWriter
	JobWriter
	FeedbackWriter
	task.Writer
}

// Hubs reads hubs, rules and credentials.
type Hubs interface {
	// Hub finds a hub by name, or ErrNotFound.
	Hub(name string) (hub.Hub, error)
	HubByID(id int64) (hub.Hub, error)
	// ListHubs returns every hub, by name.
	ListHubs() ([]hub.Hub, error)
	CountHubs() (int, error)
	// NamespaceRules are the rules that hold for every hub.
	NamespaceRules() ([]hub.Rule, error)
	// RulesNamed returns the rules of hubs with a name, without regard to case,
	// of up to limit hubs: those that were made first.
	RulesNamed(name string, limit int) ([]hub.Rule, error)
	// Credential returns a hub's credential for a platform, or ErrNotFound.
	Credential(hubID int64, p hub.Platform) (hub.Credential, error)
}

// HubWriter changes hubs.
type HubWriter interface {
	// PutHub creates the hub, or replaces the one of that name; sets h.ID.
	PutHub(h *hub.Hub) error
	// DeleteHub removes a hub with its rules and credentials, or ErrNotFound.
	// Its name is free at once. Its tasks are claimed no more, and writes under
	// a lease of theirs are ErrFenced. SweepHubs removes the rest.
	DeleteHub(id int64, now time.Time) error
	// SweepHubs removes up to limit rows of hubs that were deleted, and
	// returns how many. A hub deleted before the time given is forgotten once
	// nothing of it is left: until then a request that was let in may write.
	SweepHubs(deletedBefore time.Time, limit int) (int, error)
	PutNamespaceRules(rules []hub.Rule) error
	// PutCredential seals and stores a credential. Equal properties change
	// nothing; others raise the version. It returns the version in force.
	PutCredential(hubID int64, c hub.Credential) (version int64, err error)
	// DeleteCredential removes it; absent is no error.
	DeleteCredential(hubID int64, p hub.Platform) error
}

// ETag is a precondition: nil always holds, "*" holds if the row exists.
type ETag struct {
	Any   bool
	Value int64
}

// RegistrationFilter narrows a list; an empty field does not.
type RegistrationFilter struct {
	Tag    string
	Handle string // any platform, compared as HandleKey does, and as given
	P256DH string // with Handle, for Browser
	Auth   string
}

// Registrations reads registrations. An expired one (ExpiresAt <= now) is gone.
type Registrations interface {
	// Registration finds one by id, or ErrNotFound.
	Registration(hubID int64, id string, now time.Time) (hub.Registration, error)
	// ListRegistrations returns up to limit registrations with a Number above
	// after, in order of Number, those derived from installations among them.
	ListRegistrations(hubID int64, f RegistrationFilter, after int64, limit int, now time.Time) ([]hub.Registration, error)
	// CountRegistrations returns how many a hub has, expired ones that are not
	// yet swept among them, without reading them.
	CountRegistrations(hubID int64) (int64, error)
}

// RegistrationWriter changes registrations.
type RegistrationWriter interface {
	// PutRegistration creates r, or replaces the one with its id: the number
	// stays unless platform or kind change, ETag is raised. With a
	// precondition the registration must exist (ErrNotFound) and match
	// (ErrPrecondition). It sets Number and ETag of r; UpdatedAt is the
	// caller's now. One that belongs to an installation is ErrDerived. The
	// handle is suspect no more: its device is there.
	PutRegistration(hubID int64, r *hub.Registration, match *ETag, now time.Time) error
	// DeleteRegistration removes one: ErrNotFound, ErrPrecondition.
	DeleteRegistration(hubID int64, id string, match *ETag, now time.Time) error
	// SweepRegistrations removes up to limit registrations and installations
	// of all hubs that have expired, and returns how many; limit also where it
	// stopped early since they have many tags. Then it removes templates that
	// no registration has had for an hour.
	SweepRegistrations(now time.Time, limit int) (int, error)
}

// Installations reads installations.
type Installations interface {
	Installation(hubID int64, id string, now time.Time) (hub.Installation, error)
	// ChannelEnd returns how the device's own channel was last called dead: it is
	// kept when the device writes another. All zero: never, or not noted.
	ChannelEnd(hubID int64, id string) (ChannelEnd, error)
}

// ChannelEnd says when the channel of an installation was marked as expired, and
// by the answer to which notification ("": an operator's word).
type ChannelEnd struct {
	At           time.Time
	Notification string
	Outcome      hub.Outcome
}

// InstallationWriter changes installations and, with them, the registrations
// derived from them (hub.Derive): each keeps its number across writes.
type InstallationWriter interface {
	// PutInstallation creates an installation, or replaces it. Its handles are
	// suspect no more.
	PutInstallation(hubID int64, i *hub.Installation, now time.Time) error
	// ChangeInstallation reads an installation (ErrNotFound), lets change alter
	// it, and writes it: no other write comes between. An error of change is
	// returned, and nothing is written. change may be called again, with what
	// has been read anew; it leaves the id alone. Suspects
	// stay: whoever changes the tags of a device may know nothing of its channel.
	ChangeInstallation(hubID int64, id string, now time.Time, change func(*hub.Installation) error) error
	// DeleteInstallation removes it; absent is no error.
	DeleteInstallation(hubID int64, id string) error
}

// Notifications reads notifications.
type Notifications interface {
	Notification(hubID int64, id string) (hub.Notification, error)
	// OutcomeCounts returns a notification's counts, by platform and outcome.
	OutcomeCounts(hubID int64, id string) ([]hub.Count, error)
	// DeliveryLog calls fn for the log's pages in the order written: a large
	// send has thousands. fn reads nothing else, and its error ends the walk.
	DeliveryLog(hubID int64, id string, fn func(LogPage) error) error
}

// LogPage is the delivery log of one attempt at a page or a list, as package
// dispatch packs it: the outcomes that became final, under 8 bytes a device,
// and notes of what was no plain success, at most 64 KiB.
type LogPage struct {
	ID       int64 // grows; LogPages sets it
	Platform hub.Platform
	Entries  []byte
	Notes    []byte // nil: there are none, or none were kept
	At       time.Time
}

// NotificationWriter changes notifications.
type NotificationWriter interface {
	InsertNotification(n *hub.Notification) error
	// EnqueueNotification moves Scheduled to Enqueued; in another state nothing
	// changes.
	EnqueueNotification(hubID int64, id string) error
	// CancelNotification moves Scheduled to Canceled, for good; in another state
	// nothing changes. Its task is the caller's.
	CancelNotification(hubID int64, id string, now time.Time) error
	// StartNotification moves Enqueued to Processing, with the bound of the send
	// and the Sequence at which it was fixed; in another state nothing changes.
	StartNotification(hubID int64, id string, bound, sequence int64, now time.Time) error
	// FinishNotification sets the final state.
	FinishNotification(hubID int64, id string, s hub.State, now time.Time) error
	AddOutcomes(hubID int64, id string, counts []hub.Count) error
	AddPerhapsTwice(hubID int64, id string, n int64) error
	AppendLog(hubID int64, id string, p LogPage) error
	// SweepNotifications removes up to limit notifications, with counts and
	// log, that ended before the time given and have no task left.
	SweepNotifications(endedBefore time.Time, limit int) (int, error)
}

// Selector names one posting-list space: a platform's native or template
// registrations in a hub.
type Selector struct {
	HubID    int64
	Platform hub.Platform
	Kind     hub.Kind
}

// Target is a registration as a send needs it.
type Target struct {
	Number         int64
	RegistrationID string
	InstallationID string
	Handle         string
	Browser        *hub.BrowserKeys
	TemplateID     int64 // of the body, once per distinct content; 0: native
	PushVariables  map[string]string
	Tags           []string // filled only where asked for
	ExpiresAt      time.Time
	UpdatedAt      time.Time
	// Changed is the store's Sequence when handle, tags, platform or kind last
	// changed; Written the one of the last write of any sort.
	Changed, Written int64
	Shared           bool // another native registration has, or had, this handle
	SuspectSince     time.Time
	OtherEnvironment bool // the environment that last worked was the other one
}

// Audience reads what sends need. Every method leaves expired registrations out.
type Audience interface {
	// Sequence is the number of the last registration write; it only grows.
	Sequence() (int64, error)
	// LastNumber is the highest registration number given so far.
	LastNumber() (int64, error)
	// PlatformsOf returns the platforms of a hub that have registrations of a kind.
	PlatformsOf(hubID int64, k hub.Kind) ([]hub.Platform, error)
	// Numbers returns the first limit numbers in (after, bound] of the posting
	// list of a tag, in order; tags compare without regard to case.
	Numbers(s Selector, tag string, after, bound int64, limit int) ([]int64, error)
	// Scan is Numbers over every registration of the selector.
	Scan(s Selector, after, bound int64, limit int) ([]int64, error)
	// Cut returns the numbers that stand at every n-th place of Scan, without
	// the last: the bounds at which a range is split into equal counts. If that
	// makes more ranges than most, the places are further apart.
	Cut(s Selector, bound int64, every, most int) ([]int64, error)
	// Targets fetches the registrations with these numbers, in order; those
	// that are gone, expired or no longer of the selector are left out.
	Targets(s Selector, numbers []int64, withTags bool, now time.Time) ([]Target, error)
	// Sharing calls fn with the targets that have a handle, in order, with tags,
	// until it returns false.
	Sharing(s Selector, handle string, now time.Time, fn func(Target) (more bool)) error
	// TemplateBody returns an interned template.
	TemplateBody(hubID, id int64) (hub.TemplateBody, error)
}

// Handles reads what is known of handles and of the answers about them.
type Handles interface {
	// Breaker returns the window of a credential's answers (nil if none yet);
	// package dispatch packs it.
	Breaker(hubID int64, p hub.Platform, credential int64) ([]byte, error)
	// Suspects returns since when handles are suspected of being dead; those
	// that are not are left out. Keys are the handles as given.
	Suspects(hubID int64, p hub.Platform, handles []string) (map[string]time.Time, error)
	// ListSuspects returns up to limit suspects of a platform whose handle is
	// above after, in order of handle.
	ListSuspects(hubID int64, p hub.Platform, after string, limit int) ([]Suspect, error)
	// CountSuspects returns how many suspects a platform has.
	CountSuspects(hubID int64, p hub.Platform) (int64, error)
}

// Suspect is a handle that a push service has called dead, and that was not
// deleted for it, since too many were called so.
type Suspect struct {
	Handle string // in the form in which handles are compared
	Since  time.Time
}

// Dead is a handle that a push service called dead.
type Dead struct {
	Number  int64 // of the registration; 0 for a direct send
	Handle  string
	Written int64     // Target.Written when the page was read; 0 for a direct send
	Since   time.Time // the service's own word, or when the request started
	// What feedback says of it; an operator's word has neither.
	Outcome      hub.Outcome
	Notification string
}

// Replacement is a handle for which a push service gave a new one.
type Replacement struct {
	Number       int64 // of the registration; 0 for a direct send
	Old, New     string
	Notification string
}

// HandleWriter changes what is known of handles.
type HandleWriter interface {
	// PutBreaker keeps the window of a version of the credential; those of the
	// last few are kept.
	PutBreaker(hubID int64, p hub.Platform, credential int64, window []byte) error
	// DropHandle removes the registration that d names, if its handle is still
	// that one and it was not written since (Written, Since); a registration
	// of an installation goes too, and marks the installation's channel as
	// expired. Direct: the registrations of (platform, handle) not written
	// since; where those are many, some, and the caller comes again until
	// nothing is written. It returns how many rows it wrote, postings among
	// them; 0: nothing was dropped.
	DropHandle(hubID int64, p hub.Platform, d Dead, now time.Time) (rows int, err error)
	// ReplaceHandle gives the registration that c names its new handle, if it
	// still has the old one; an installation's channel follows. Direct: all that
	// have the old one. Rows, and what the caller does, are those of DropHandle.
	ReplaceHandle(hubID int64, p hub.Platform, c Replacement, now time.Time) (rows int, err error)
	// Suspect marks the handle of d as perhaps dead, and reports whether it was
	// not marked before. Like a drop it comes too late for a registration that is
	// gone, has another handle, or was written since.
	Suspect(hubID int64, p hub.Platform, d Dead, now time.Time) (marked bool, err error)
	ClearSuspect(hubID int64, p hub.Platform, handle string) error
	// ClearSuspects clears up to limit suspects of a platform, and returns how many.
	ClearSuspects(hubID int64, p hub.Platform, limit int) (int, error)
	// RememberEnvironment notes which APNs environment a handle works in.
	RememberEnvironment(hubID int64, handle string, other bool) error
}
