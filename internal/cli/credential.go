package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// credentialFlags are what a credential is made of.
type credentialFlags struct {
	file          string
	properties    []string // NAME=VALUE
	propertyFiles []string // NAME=PATH
	remove        bool
	bare          bool // MPNS without a certificate
}

func newHubSetCredential(t *target) *cobra.Command {
	var f credentialFlags
	c := &cobra.Command{Use: "set-credential PLATFORM", Short: "Set what a hub needs for a push service", Args: exactArgs("a platform: " + platformNames),
		Long: `Properties have Azure's names (KeyId, PackageSid, …). Those that are not given
stay as they are; one without a value is removed. What waits for the credential
is delivered at once. A secret on the command line can be seen by others on the
machine: put it into a file.`,
		Example: `  fanfare hub set-credential apns --file AuthKey.p8 --property KeyId=ABCDE12345 --property AppId=FGHIJ67890 --property AppName=com.example.app
  fanfare hub set-credential apns --file certificate.p12 --property-file CertificateKey=password.txt
  fanfare hub set-credential fcmv1 --file service-account.json
  fanfare hub set-credential wns --property PackageSid=ms-app://S-1-15-2-… --property-file SecretKey=wns.secret`,
		RunE: func(c *cobra.Command, args []string) error {
			given, err := f.read(platformOf(args[0]), c.InOrStdin())
			if err != nil {
				return err
			}
			if err := t.complete(); err != nil {
				return err
			}
			n, err := t.namespace()
			if err != nil {
				return err
			}
			h, err := changeHub(c.Context(), n, t.hub, func(h *nh.HubDescription) error {
				return f.apply(h, platformOf(args[0]), given)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), f.done(args[0], h.Name, given))
			return err
		}}
	c.Flags().StringVar(&f.file, "file", "", "the service's own file: a .p8 or .p12 of Apple, a .p12 for MPNS, the JSON of a service account; - is standard input")
	c.Flags().StringArrayVar(&f.properties, "property", nil, "NAME=VALUE; may be repeated")
	c.Flags().StringArrayVar(&f.propertyFiles, "property-file", nil, "NAME=PATH: the file's content is the value; may be repeated")
	c.Flags().BoolVar(&f.bare, "without-certificate", false, "mpns alone: its channels are unauthenticated")
	c.Flags().BoolVar(&f.remove, "remove", false, "remove the credential")
	return c
}

// done says what was set, by the names alone. What had to give way to it is told
// where nothing else was done.
func (f *credentialFlags) done(platform, hub string, given map[string]nh.Secret) string {
	switch {
	case f.remove:
		return fmt.Sprintf("removed the %s credential of %s", platform, hub)
	case f.bare:
		return fmt.Sprintf("set the %s credential of %s, which has no certificate", platform, hub)
	}
	verb, names := "set", slices.Sorted(maps.Keys(given))
	set := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return given[name] == "" })
	if len(set) == 0 {
		verb, set = "removed", names
	}
	return fmt.Sprintf("%s %s of the %s credential of %s", verb, strings.Join(set, ", "), platform, hub)
}

// apply changes the hub's credential.
func (f *credentialFlags) apply(h *nh.HubDescription, p nh.Platform, given map[string]nh.Secret) error {
	if f.remove {
		return h.SetCredential(p, nil)
	}
	properties := map[string]nh.Secret{}
	if !f.bare {
		maps.Copy(properties, h.Credential(p))
	}
	for name, value := range given {
		maps.DeleteFunc(properties, func(old string, _ nh.Secret) bool { return strings.EqualFold(old, name) })
		if value != "" {
			properties[name] = value
		}
	}
	return h.SetCredential(p, properties)
}

// read returns the properties that the flags give. No error shows a value.
func (f *credentialFlags) read(p nh.Platform, stdin io.Reader) (map[string]nh.Secret, error) {
	if err := new(nh.HubDescription).SetCredential(p, nil); err != nil {
		return nil, misuse{err}
	}
	given := f.file != "" || len(f.properties)+len(f.propertyFiles) > 0
	switch {
	case f.remove && (given || f.bare):
		return nil, misuse{errors.New("give --remove, or what is to be set")}
	case f.bare && given:
		return nil, misuse{errors.New("give --without-certificate, or what is to be set")}
	case f.bare && p != nh.MPNS:
		return nil, misuse{fmt.Errorf("--without-certificate is for mpns, not for %s", p)}
	case f.remove, f.bare:
		return nil, nil
	case !given:
		return nil, misuse{errors.New("what is to be set? give --file, --property NAME=VALUE or --property-file NAME=PATH")}
	}
	out := map[string]nh.Secret{}
	if f.file != "" {
		content, err := readFile(f.file, stdin)
		if err != nil {
			return nil, fmt.Errorf("--file: %w", err)
		}
		if out, err = fromFile(p, content); err != nil {
			return nil, misuse{fmt.Errorf("--file: %w", err)}
		}
	}
	for _, text := range f.properties {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, misuse{errors.New("--property: NAME=VALUE is expected")}
		}
		out[name] = nh.Secret(value)
	}
	return out, f.readFiles(p, out, stdin)
}

// readFiles adds the properties that stand in files, and looks at the names of
// all: one that is misspelt would be kept, and never used.
func (f *credentialFlags) readFiles(p nh.Platform, out map[string]nh.Secret, stdin io.Reader) error {
	for _, text := range f.propertyFiles {
		name, path, ok := strings.Cut(text, "=")
		if !ok || name == "" || path == "" {
			return misuse{errors.New("--property-file: NAME=PATH is expected")}
		}
		content, err := readFile(path, stdin)
		if err != nil {
			return fmt.Errorf("--property-file: %w", err)
		}
		out[name] = nh.Secret(strings.TrimSpace(string(content)))
	}
	known := nh.CredentialProperties(p)
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return misuse{fmt.Errorf("%q is not a property of the %s credential, which has %s", name, p, strings.Join(known, ", "))}
		}
	}
	return nil
}

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return input(name, stdin)
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", name)
	}
	if err != nil {
		return nil, err
	}
	return input("@"+name, stdin)
}

// The first two bytes of every .p12 file, and of no text: a sequence whose
// length takes more than one byte (X.690, sections 8.1.3.5 and 8.9).
const (
	derSequence = 0x30
	derLong     = 0x80
)

// fromFile takes the properties from a file as the service gives it out. A
// token key takes the place of a certificate, and the other way about.
func fromFile(p nh.Platform, content []byte) (map[string]nh.Secret, error) {
	certificate := nh.Secret(base64.StdEncoding.EncodeToString(content))
	isCertificate := len(content) > 1 && content[0] == derSequence && content[1] >= derLong
	if bytes.Contains(content, []byte("-----BEGIN CERTIFICATE")) {
		certificate, isCertificate = nh.Secret(bytes.TrimSpace(content)), true
	}
	switch {
	case p == nh.APNs && !isCertificate:
		return map[string]nh.Secret{"Token": nh.Secret(bytes.TrimSpace(content)), "ApnsCertificate": "", "CertificateKey": "", "Thumbprint": ""}, nil
	case p == nh.APNs:
		return map[string]nh.Secret{"ApnsCertificate": certificate, "Token": "", "KeyId": "", "AppId": "", "AppName": ""}, nil
	case p == nh.MPNS:
		return map[string]nh.Secret{"MpnsCertificate": certificate}, nil
	case p == nh.FCMV1:
		return fromServiceAccount(content)
	}
	return nil, fmt.Errorf("%s has no file of its own: give --property and --property-file", p)
}

func fromServiceAccount(content []byte) (map[string]nh.Secret, error) {
	var account struct {
		ProjectID   string `json:"project_id"`
		ClientEmail string `json:"client_email"`
		PrivateKey  string `json:"private_key"`
	}
	if json.Unmarshal(content, &account) != nil {
		return nil, errors.New("it is not the JSON of a service account")
	}
	if account.ProjectID == "" || account.ClientEmail == "" || account.PrivateKey == "" {
		return nil, errors.New("a service account has project_id, client_email and private_key")
	}
	return map[string]nh.Secret{"ProjectId": nh.Secret(account.ProjectID), "ClientEmail": nh.Secret(account.ClientEmail), "PrivateKey": nh.Secret(account.PrivateKey)}, nil
}
