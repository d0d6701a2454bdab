// Package task is durable work: rows that are due at a time, claimed by lease,
// fenced, and taken over when their owner dies. It declares the storage that
// it needs; package store provides it.
package task

import (
	"errors"
	"time"
)

// ErrFenced says that a task is no longer held by this owner and attempt:
// somebody took it over, or its hub or notification is gone.
var ErrFenced = errors.New("task: lease lost")

// Kind names what a task does; package dispatch gives the kinds meaning.
type Kind string

// Task is one row of work.
type Task struct {
	ID           int64
	Kind         Kind
	HubID        int64
	Notification string // id, or "" for work that belongs to none
	Platform     uint8  // 0: none
	DueAt        time.Time
	Owner        string // "" when free
	LeaseUntil   time.Time
	// Attempt is raised by every claim, and fences: a write names the attempt
	// that it belongs to.
	Attempt int64
	// Reason is why the task waits, for people; "" when it does not.
	Reason string
	// Payload is the kind's own state.
	Payload []byte
}

// Lease says who holds a task.
type Lease struct {
	ID      int64
	Owner   string
	Attempt int64
}

// Lease returns the lease under which t was claimed.
func (t *Task) Lease() Lease { return Lease{ID: t.ID, Owner: t.Owner, Attempt: t.Attempt} }

// Lane is one hub's work for one push service. Lanes are kept from crowding
// each other out: see Runner.
type Lane struct {
	HubID    int64
	Platform uint8 // 0: work that belongs to no push service
}

// Lane returns the lane of t.
func (t *Task) Lane() Lane { return Lane{t.HubID, t.Platform} }

// Reader reads tasks.
type Reader interface {
	// TasksOf returns a notification's tasks in order of id.
	TasksOf(hubID int64, notification string) ([]Task, error)
	// HasTasks reports whether a notification has any.
	HasTasks(hubID int64, notification string) (bool, error)
	// NextDue returns when the next task outside the lanes in skip falls due:
	// its DueAt if free, the end of its lease if held. ok is false if there is
	// none.
	NextDue(skip []Lane) (at time.Time, ok bool, err error)
}

// Writer changes tasks, inside a transaction.
type Writer interface {
	// InsertTask writes t and sets its ID. With an Owner it is born claimed,
	// as attempt 1.
	InsertTask(t *Task) error
	// ClaimTasks leases up to limit tasks that are due and free, or whose
	// lease has ended, oldest due first and none of the lanes in skip, and
	// returns them with the attempt raised. Owner and LeaseUntil of the
	// returned tasks are the new ones; a task taken over is recognised by its
	// own payload.
	ClaimTasks(owner string, now, until time.Time, limit int, skip []Lane) ([]Task, error)
	// RenewTasks extends leases, and returns the ids of those that were lost.
	RenewTasks(leases []Lease, until time.Time) (lost []int64, err error)
	// SaveTask writes t's DueAt, Reason, Payload, Owner and LeaseUntil under
	// its lease: ErrFenced if that is lost. An empty Owner frees the task.
	SaveTask(lease Lease, t *Task) error
	// DeleteTask removes a finished task under its lease, or ErrFenced.
	DeleteTask(lease Lease) error
	// DropTasks removes a notification's tasks, whoever holds them: a holder is
	// fenced at its next write. The caller knows that they are few.
	DropTasks(hubID int64, notification string) error
	// WakeTasks makes due at now every free task of a hub and platform, for
	// instance because a new credential has come.
	WakeTasks(hubID int64, platform uint8, now time.Time) (int64, error)
	// FreeTasks ends every lease that owner does not hold: a process that is
	// alone with its database calls it when it starts.
	FreeTasks(owner string) (int64, error)
}
