package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/fanfare-hub/fanfare/internal/store"
)

// The bounds of the queue and of one commit.
const (
	maxWaiting = 4096 // members of each class
	maxGroup   = 256  // members of a commit
)

// writer is the one goroutine that writes. Members that wait together share a
// commit, accepts first.
type writer struct {
	conn   *conn
	sealed sealed
	opts   Options

	mu      sync.Mutex
	queues  [3][]*member // by class
	closed  bool
	wake    chan struct{}
	stopped chan struct{}
}

// member is one call of Update.
type member struct {
	ctx      context.Context
	fn       func(store.Tx) error
	err      error
	panicked any
	done     chan struct{}
}

func newWriter(c *conn, s sealed, o Options) *writer {
	w := &writer{conn: c, sealed: s, opts: o, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	go w.run()
	return w
}

func (w *writer) update(ctx context.Context, class store.Class, fn func(store.Tx) error) error {
	m := &member{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.enqueue(class, m); err != nil {
		return err
	}
	<-m.done
	if m.panicked != nil {
		panic(m.panicked)
	}
	return m.err
}

func (w *writer) enqueue(class store.Class, m *member) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return fmt.Errorf("%w: the database is closed", store.ErrBusy)
	case len(w.queues[class]) >= maxWaiting:
		return fmt.Errorf("%w: %d writes are waiting", store.ErrBusy, maxWaiting)
	}
	w.queues[class] = append(w.queues[class], m)
	w.poke()
	return nil
}

func (w *writer) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close lets what waits be committed, and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.poke()
	w.mu.Unlock()
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	for range w.wake {
		// On one processor nobody else has run yet: let those that are about to
		// write join.
		runtime.Gosched()
		for group, more := w.group(); ; group, more = w.group() {
			if len(group) > 0 {
				w.commit(group)
			}
			if !more {
				break
			}
		}
		if w.drained() {
			return
		}
	}
}

func (w *writer) drained() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed && len(w.queues[0])+len(w.queues[1])+len(w.queues[2]) == 0
}

// group takes the members of the next commit, in order of class.
func (w *writer) group() (group []*member, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for class := range w.queues {
		n := min(len(w.queues[class]), maxGroup-len(group))
		group = append(group, w.queues[class][:n]...)
		w.queues[class] = w.queues[class][n:]
	}
	return group, len(group) > 0
}

// commit runs a group in one transaction, each member in a savepoint.
func (w *writer) commit(group []*member) {
	err := w.transaction(group)
	for _, m := range group {
		if err != nil && m.err == nil && m.panicked == nil {
			m.err = fmt.Errorf("%w: %w", store.ErrBusy, err)
		}
		close(m.done)
	}
}

// transaction returns an error if nothing of the group is on disk.
func (w *writer) transaction(group []*member) error {
	if _, err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("beginning to write: %w", err)
	}
	for _, m := range group {
		if m.err = m.ctx.Err(); m.err != nil {
			continue
		}
		if err := w.member(m); err != nil {
			return w.giveUp(err)
		}
	}
	if w.opts.BeforeCommit != nil {
		w.opts.BeforeCommit()
	}
	if _, err := w.conn.exec("COMMIT"); err != nil {
		return w.giveUp(fmt.Errorf("committing: %w", err))
	}
	return nil
}

// giveUp ends a transaction that cannot go on. SQLite may have ended it by
// itself, so a failure to roll back says nothing new.
func (w *writer) giveUp(err error) error {
	w.conn.exec("ROLLBACK") //nolint:errcheck // see above
	return err
}

// member runs one member; its own error undoes its own writes alone. The error
// returned is of the whole transaction.
func (w *writer) member(m *member) error {
	if _, err := w.conn.exec("SAVEPOINT member"); err != nil {
		return err
	}
	w.call(m)
	if m.err != nil || m.panicked != nil {
		if _, err := w.conn.exec("ROLLBACK TO member"); err != nil {
			return fmt.Errorf("undoing a member: %w", err)
		}
	}
	_, err := w.conn.exec("RELEASE member")
	return err
}

func (w *writer) call(m *member) {
	defer func() { m.panicked = recover() }()
	m.err = asBusy(m.fn(&tx{reader{w.conn, w.sealed}}))
}
