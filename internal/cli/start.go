package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/fanfare-hub/fanfare/internal/app"
)

// startAdvice says what to do about an address or a data folder that a process
// cannot have. listen and data are where they were given.
func startAdvice(err error, listen, data string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return advised{err, fmt.Sprintf("another program serves there, perhaps a fanfare: end it, or give another address with %s", listen)}
	case errors.Is(err, app.ErrDataTaken):
		return advised{err, fmt.Sprintf("a fanfare runs with this folder already: end it, or give another folder with %s", data)}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return advised{err, fmt.Sprintf("this machine has no such address: give one that it has with %s", listen)}
	case errors.Is(err, app.ErrListen) && errors.Is(err, fs.ErrPermission):
		return advised{err, fmt.Sprintf("ports below 1024 need a right of their own, on Linux CAP_NET_BIND_SERVICE: grant it, or give another port with %s", listen)}
	}
	return err
}
