package api

import (
	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/hubwire"
)

// checkChannel refuses a handle that leads elsewhere than to its push service.
func checkChannel(p hub.Platform, handle string) error { return hubwire.CheckChannel(p, handle) }
