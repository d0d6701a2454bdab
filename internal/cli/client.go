package cli

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/fanfare-hub/fanfare/notificationhubs"
)

// client is the SDK's, for the hub that the flags name.
func (t *target) client(o notificationhubs.ClientOptions) (*notificationhubs.Client, error) {
	if err := t.complete(); err != nil {
		return nil, err
	}
	if err := t.trust(&o); err != nil {
		return nil, err
	}
	o.Debug = &watch{t, o.Debug}
	c, err := notificationhubs.NewClientFromConnectionString(t.connectionString, t.hub, &o)
	if err != nil {
		return nil, t.mistaken(err)
	}
	return c, nil
}

// namespace is the SDK's, for the namespace that the flags name.
func (t *target) namespace() (*notificationhubs.NamespaceClient, error) {
	if err := t.completeNamespace(); err != nil {
		return nil, err
	}
	var o notificationhubs.ClientOptions
	if err := t.trust(&o); err != nil {
		return nil, err
	}
	n, err := notificationhubs.NewNamespaceClientFromConnectionString(t.connectionString, &o)
	if err != nil {
		return nil, t.mistaken(err)
	}
	return n, nil
}

// trust puts the authority that the flags name into o.
func (t *target) trust(o *notificationhubs.ClientOptions) error {
	if t.caFile == "" {
		return nil
	}
	pem, err := os.ReadFile(t.caFile)
	if err != nil {
		return fmt.Errorf("--ca-file: %w", err)
	}
	o.RootCAs = x509.NewCertPool()
	if !o.RootCAs.AppendCertsFromPEM(pem) {
		return misuse{fmt.Errorf("--ca-file: %s holds no PEM certificate", t.caFile)}
	}
	return nil
}

// maxInput bounds what is read from a file or standard input.
const maxInput = 1 << 20

// input reads an argument: itself, @FILE, or - for standard input.
func input(arg string, stdin io.Reader) ([]byte, error) {
	var r io.Reader
	switch {
	case arg == "-":
		r = stdin
	case len(arg) > 1 && arg[0] == '@':
		f, err := os.Open(arg[1:])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	default:
		return []byte(arg), nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(b) > maxInput {
		err = fmt.Errorf("the input has more than %d bytes", maxInput)
	}
	return b, err
}

// printJSON shows a value to people and programs alike.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
