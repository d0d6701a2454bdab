package notificationhubs

import (
	"sync"
	"time"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// tokenSource signs SAS tokens for one hub, and uses each until a fifth of its
// life is left: clocks differ, and a request takes time.
type tokenSource struct {
	resource, keyName, key string
	life                   time.Duration

	mu    sync.Mutex
	token string
	until time.Time
}

func (s *tokenSource) get() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().Round(0) // without the monotonic reading, which stands still while a machine sleeps: tokens expire all the same
	if s.token == "" || !now.Before(s.until) {
		s.token = wire.SignSAS(s.resource, s.keyName, s.key, now.Add(s.life))
		s.until = now.Add(s.life / 5 * 4)
	}
	return s.token
}
