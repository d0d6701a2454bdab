package hubtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/fanfare-hub/fanfare/internal/app"
	"github.com/fanfare-hub/fanfare/internal/config"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
)

// shared is what takes long to make and is the same for all hubs of a process.
type shared struct {
	certificate *tls.Certificate
	authority   *x509.Certificate // verifies certificate
	simulatorCA *pnssim.CA
	seed        seed
}

// sharedParts are made with the first hub.
var sharedParts = sync.OnceValues(func() (s shared, err error) {
	if s.certificate, s.authority, err = app.LocalCertificate(); err != nil {
		return s, err
	}
	if s.simulatorCA, err = pnssim.NewCA(); err != nil {
		return s, err
	}
	s.seed, err = makeSeed()
	return s, err
})

// seed is the data folder of a hub that nobody has used, by name of file: a
// database is copied sooner than its schema is made.
type seed map[string][]byte

func makeSeed() (files seed, err error) {
	dir, err := os.MkdirTemp("", "hubtest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := config.Default()
	cfg.Data = dir
	a, err := app.New(context.Background(), cfg, app.Options{})
	if err != nil {
		return nil, fmt.Errorf("making a database: %w", err)
	}
	if err := a.Stop(context.Background()); err != nil {
		return nil, fmt.Errorf("closing a database: %w", err)
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files = seed{}
	for _, f := range all {
		if files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (s seed) copyTo(dir string) error {
	for name, content := range s {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
