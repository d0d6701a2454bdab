package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/seal"
)

// databaseFile is the database's name in the data folder.
const databaseFile = "fanfare.db"

// keyBytes is the length of a master key.
const keyBytes = 32

// openSealer takes the master key from the configuration, or from a file in
// the data folder, which is made once.
func openSealer(cfg config.Config) (*seal.Sealer, error) {
	key := cfg.MasterKey
	if key == nil {
		var err error
		if key, err = keyFile(keyFiles(cfg)); err != nil {
			return nil, fmt.Errorf("the master key: %w", err)
		}
	}
	return seal.New(key)
}

// keyFiles are the names of the master key's file and of the database that is
// sealed with it.
func keyFiles(cfg config.Config) (key, database string) {
	return filepath.Join(cfg.Data, "master.key"), filepath.Join(cfg.Data, databaseFile)
}

// writeNew writes a file that does not exist, readable by its owner alone, and
// returns when it is on disk.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// keyFile reads the key, or makes it for a database that is not there yet.
func keyFile(name, database string) ([]byte, error) {
	key, err := readKey(name, database)
	if key != nil || err != nil {
		return key, err
	}
	key = make([]byte, keyBytes)
	rand.Read(key) //nolint:errcheck // never fails
	line := base64.StdEncoding.EncodeToString(key) + "\n"
	return key, writeNew(name, []byte(line))
}

// readKey reads the key; nil: there is none yet, and nothing that needs it.
func readKey(name, database string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(database); err == nil {
			return nil, fmt.Errorf("%s is not there, and %s was sealed with it: restore it from a backup", name, database)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("%s does not hold 32 bytes in base64", name)
	}
	return key, nil
}
