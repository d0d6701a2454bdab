//go:build !unix

package sqlite

import (
	"fmt"
	"io"
	"os"
)

// lockFile opens the file only: there is no advisory lock to take here, and
// SQLite's own locks still keep the database whole.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	return f, nil
}
