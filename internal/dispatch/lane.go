package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// lane is one version of one hub's credential for one push service, and the
// connector built for it. conn is nil where there is no credential, or none
// that a connector can be built for: lacks and reason say which.
type lane struct {
	key     laneKey
	version int64
	conn    pns.Connector
	lacks   event
	reason  string
	users   int
	retired bool
}

type laneKey struct {
	hubID    int64
	platform hub.Platform
}

// lanes keeps the connectors in use, one for each hub and platform.
type lanes struct {
	store    store.Store
	services map[hub.Platform]Service
	env      pns.Env
	log      *slog.Logger

	mu   sync.Mutex
	open map[laneKey]*lane
}

func newLanes(cfg Config) *lanes {
	return &lanes{store: cfg.Store, services: cfg.Connectors, env: cfg.Env, log: cfg.Log, open: map[laneKey]*lane{}}
}

// use returns the lane of the credential that is in force. The caller releases it.
func (l *lanes) use(ctx context.Context, hubID int64, p hub.Platform) (*lane, error) {
	key := laneKey{hubID, p}
	service, known := l.services[p]
	if !known {
		return &lane{key: key, users: 1, retired: true, lacks: noConnector, reason: "there is no connector for this push service"}, nil
	}
	var cred hub.Credential
	err := l.store.View(ctx, func(r store.Reader) (err error) {
		cred, err = r.Credential(hubID, service.Credential)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		l.forget(func(k laneKey) bool { return k == key })
		return &lane{key: key, users: 1, retired: true, lacks: noCredential, reason: "the hub has no credential for this push service"}, nil
	}
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.open[key]
	if old != nil && old.version == cred.Version {
		old.users++
		return old, nil
	}
	if old != nil {
		l.retire(old)
	}
	fresh := &lane{key: key, version: cred.Version, users: 1}
	if fresh.conn, err = service.New(cred, l.env); err != nil {
		l.log.Error("building a connector", "hub", hubID, "platform", p.String(), "error", err)
		fresh.conn, fresh.lacks, fresh.reason = nil, badCredential, pns.Reason(err.Error())
	}
	l.open[key] = fresh
	return fresh, nil
}

func (l *lanes) release(x *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x.users--
	if x.retired && x.users == 0 && x.conn != nil {
		x.conn.Close()
	}
}

// retire takes a lane out of use, and closes it when nobody uses it.
func (l *lanes) retire(x *lane) {
	x.retired = true
	delete(l.open, x.key)
	if x.users == 0 && x.conn != nil {
		x.conn.Close()
	}
}

// forget gives up the connections of some lanes.
func (l *lanes) forget(which func(laneKey) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, x := range l.open {
		if which(key) {
			l.retire(x)
		}
	}
}

// close gives up every connection; no lane is in use any more.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.open {
		l.retire(x)
	}
}
