package mpns_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/mpns"
)

const password = "hunter2"

func credential(certificate, key string) hub.Credential {
	p := map[string]string{}
	for name, value := range map[string]string{"MpnsCertificate": certificate, "CertificateKey": key} {
		if value != "" {
			p[name] = value
		}
	}
	return hub.Credential{Platform: hub.MPNS, Version: 1, Properties: p}
}

// pfx is a file that OpenSSL made, with the subject "from openssl".
func pfx(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/certificate/legacy.p12"))
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ certificate, key, want string }{
		"unauthenticated":         {"", "", ""},
		"a certificate":           {pfx(t), password, ""},
		"a key alone":             {"", password, "without MpnsCertificate"},
		"another key":             {pfx(t), "hunter3", "MpnsCertificate: the password is not"},
		"no key":                  {pfx(t), "", "MpnsCertificate: it is protected by a password"},
		"not a certificate":       {"AAAA", password, "MpnsCertificate: it is not a .p12 file"},
		"not base64":              {"C:\\push.pfx", password, "MpnsCertificate: it is neither base64"},
		"blanks for the password": {pfx(t), " ", "the password is not"},
	} {
		err := mpns.Check(credential(c.certificate, c.key))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: refused: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "MPNS credential: ")):
			t.Errorf("%s: error %v; want %q in it", name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "hunter"):
			t.Errorf("%s: the error holds the password", name)
		}
	}
}
