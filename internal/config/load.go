package config

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fanfare-hub/fanfare/internal/egress"
	"github.com/fanfare-hub/fanfare/internal/hub"
)

// maxFile bounds the config file.
const maxFile = 4 << 20

// Load reads the file of that name. A file that can be read and is wrong
// returns *Error with every mistake. check says what is wrong with a credential
// in itself; nil: nothing is.
func Load(name string, check func(hub.Credential) error) (Config, error) {
	f, err := os.Open(name)
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	if len(text) > maxFile {
		return Config{}, &Error{File: name, Mistakes: []Mistake{{0, fmt.Sprintf("the file is larger than %d bytes", maxFile)}}}
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	return parse(text, name, &checker{dir: dir, check: check})
}

func parse(text []byte, name string, c *checker) (Config, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var root, next yaml.Node
	if err := dec.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, &Error{File: name, Mistakes: []Mistake{syntaxMistake(err, text)}}
	}
	if err := dec.Decode(&next); !errors.Is(err, io.EOF) {
		return Config{}, &Error{File: name, Mistakes: []Mistake{{next.Line, "the file holds more than one document: keep one"}}}
	}
	c.root = &root
	f, err := c.decode()
	if err != nil {
		return Config{}, &Error{File: name, Mistakes: []Mistake{decodeMistake(err)}}
	}
	cfg := c.config(f)
	return cfg, c.err(name)
}

// config checks the decoded file and builds the configuration.
func (c *checker) config(f *file) Config {
	cfg := Default()
	cfg.Listen = c.address(f.Listen, cfg.Listen)
	if f.Data != "" {
		cfg.Data = c.path(f.Data)
	}
	cfg.MasterKey = c.masterKey(f)
	cfg.CertFile, cfg.KeyFile = c.tls(f.TLS)
	cfg.Log = c.log(f.Log, cfg.Log)
	cfg.Namespace = c.rules([]any{"namespace", "rules"}, f.Namespace.Rules)
	cfg.Hubs = c.hubs(f.Hubs, len(cfg.Namespace) > 0)
	cfg.PushServices = c.pushServices(f.PushServices)
	cfg.Dispatch = c.dispatch(f.Dispatch)
	cfg.JobStorage = c.jobStorage(f.JobStorage, cfg.JobStorage)
	return cfg
}

func (c *checker) address(value, fallback string) string {
	if value == "" {
		return fallback
	}
	if !ValidAddress(value) {
		c.wrong([]any{"listen"}, "listen: %q is not host:port, as in 127.0.0.1:8443", value)
	}
	return value
}

// ValidAddress reports whether a text is host:port, with a port that there is.
func ValidAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func (c *checker) masterKey(f *file) []byte {
	text := c.secret(nil, "master_key", f.MasterKey, f.MasterKeyFile)
	if text == "" {
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		at := "master_key"
		if f.MasterKeyFile != "" {
			at = "master_key_file"
		}
		c.wrong([]any{at}, "%s: a master key is 32 random bytes in base64, as `openssl rand -base64 32` prints", at)
		return nil
	}
	return key
}

func (c *checker) tls(t tlsBlock) (cert, key string) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		c.wrong([]any{"tls"}, "tls: cert_file and key_file belong together: give both")
		return "", ""
	}
	cert, key = c.path(t.CertFile), c.path(t.KeyFile)
	if cert == "" {
		return "", ""
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		c.wrong([]any{"tls"}, "tls: cert_file %s and key_file %s: %v", t.CertFile, t.KeyFile, err)
	}
	return cert, key
}

func (c *checker) log(l logBlock, d Log) Log {
	d.Level = c.oneOf([]any{"log", "level"}, l.Level, d.Level, "debug", "info", "warn", "error")
	d.Format = c.oneOf([]any{"log", "format"}, l.Format, d.Format, "text", "json")
	return d
}

func (c *checker) oneOf(at []any, value, fallback string, allowed ...string) string {
	if value == "" {
		return fallback
	}
	if !slices.Contains(allowed, value) {
		c.wrong(at, "%s: %q is not one of %s", at[len(at)-1], value, strings.Join(allowed, ", "))
	}
	return value
}

func (c *checker) pushServices(p pushBlock) PushServices {
	if p.Dial == "" && p.CAFile == "" {
		return PushServices{}
	}
	if !ValidAddress(p.Dial) {
		c.wrong([]any{"push_services", "dial"}, "dial: %q is not host:port", p.Dial)
	}
	if p.CAFile != "" {
		text, err := os.ReadFile(c.path(p.CAFile))
		switch {
		case err != nil:
			c.wrong([]any{"push_services", "ca_file"}, "ca_file: %v", err)
		case !x509.NewCertPool().AppendCertsFromPEM(text):
			c.wrong([]any{"push_services", "ca_file"}, "ca_file: %s holds no PEM certificate", p.CAFile)
		}
	}
	return PushServices{Dial: p.Dial, CAFile: c.path(p.CAFile)}
}

func (c *checker) dispatch(p dispatchPart) Dispatch {
	return Dispatch{
		Page:           c.count("page", p.Page, 10_000),
		Window:         c.count("window", p.Window, 64),
		Workers:        c.count("workers", p.Workers, 1024),
		Connections:    c.count("connections", p.Connections, 100),
		RequestTimeout: c.duration([]any{"dispatch", "request_timeout"}, p.RequestTimeout, time.Second),
		RetryWindow:    c.duration([]any{"dispatch", "retry_window"}, p.RetryWindow, time.Second),
		SuspectAfter:   c.duration([]any{"dispatch", "suspect_after"}, p.SuspectAfter, time.Minute),
		Retention:      c.duration([]any{"dispatch", "retention"}, p.Retention, time.Hour),
		ScheduleWindow: c.duration([]any{"dispatch", "schedule_window"}, p.ScheduleWindow, time.Minute),
	}
}

// jobStorage replaces the default by what the operator names.
func (c *checker) jobStorage(entries []string, fallback egress.Storage) egress.Storage {
	if len(entries) == 0 {
		return fallback
	}
	s, err := egress.ParseStorage(entries)
	if err != nil {
		c.wrong([]any{"job_storage"}, "job_storage: %v; https://blob.core.windows.net is how one is named", err)
	}
	return s
}

// count checks a number between 1 and most; nil, which becomes 0, is "not
// given".
func (c *checker) count(key string, n *int, most int) int {
	if n == nil {
		return 0
	}
	if *n < 1 || *n > most {
		c.wrong([]any{"dispatch", key}, "%s: %d is not between 1 and %d", key, *n, most)
	}
	return *n
}

func (c *checker) duration(at []any, text string, least time.Duration) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least {
		c.wrong(at, "%s: %q is not a duration of at least %s, as in 168h; days have no unit", at[len(at)-1], text, short(least))
	}
	return d
}

// short writes a duration without the minutes and seconds that are nought.
func short(d time.Duration) string {
	text := d.String()
	for _, nought := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nought) {
			text = text[:len(text)-2]
		}
	}
	return text
}
