package pns_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

const pfxPassword = "hunter2"

// The files were made by OpenSSL 3: legacy.p12 with -legacy (RC2, 3DES, SHA-1)
// holds "from openssl" and its RSA key, modern.p12 (PBES2) "ec from openssl",
// its EC key and the other certificate.
func certificateFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/certificate", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// certificateText is a file as a credential holds it.
func certificateText(t testing.TB, name string) string {
	t.Helper()
	b := certificateFile(t, name)
	if strings.HasSuffix(name, ".p12") {
		return base64.StdEncoding.EncodeToString(b)
	}
	return string(b)
}

// certificateBlock is the CERTIFICATE alone.
func certificateBlock(t testing.TB, name string) string {
	t.Helper()
	_, after, _ := strings.Cut(certificateText(t, name), "-----BEGIN CERTIFICATE-----")
	return "-----BEGIN CERTIFICATE-----" + after
}

func TestParseCertificate(t *testing.T) {
	t.Parallel()
	rsaCert, err := pns.ParseCertificate(certificateText(t, "legacy.p12"), pfxPassword)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaCert.PrivateKey.(*rsa.PrivateKey)),
	}))
	lines := func(s string) string { return s[:64] + "\r\n" + s[64:100] + "\n " + s[100:] + "\n" }
	const ecName, rsaName = "ec from openssl", "from openssl"
	for name, c := range map[string]struct {
		text, password, leaf string
		chain                int
	}{
		"a legacy .p12":              {certificateText(t, "legacy.p12"), pfxPassword, rsaName, 1},
		"a modern .p12 with a chain": {certificateText(t, "modern.p12"), pfxPassword, ecName, 2},
		"base64 in lines":            {lines(certificateText(t, "modern.p12")), pfxPassword, ecName, 2},
		"base64 without padding":     {strings.TrimRight(certificateText(t, "legacy.p12"), "="), pfxPassword, rsaName, 1},
		"PEM":                        {certificateText(t, "clear.pem"), "", ecName, 1},
		"PEM as base64":              {base64.StdEncoding.EncodeToString(certificateFile(t, "clear.pem")), "", ecName, 1},
		"PEM, the issuer first":      {certificateText(t, "other.pem") + certificateText(t, "clear.pem"), "", ecName, 2},
		"PEM, a SEC 1 key":           {certificateBlock(t, "clear.pem") + certificateText(t, "sec1.pem"), "", ecName, 1},
		"PEM, a PKCS#1 key":          {pkcs1 + certificateText(t, "other.pem"), "not needed", rsaName, 1},
	} {
		got, err := pns.ParseCertificate(c.text, c.password)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Leaf.Subject.CommonName != c.leaf || len(got.Certificate) != c.chain || !bytes.Equal(got.Certificate[0], got.Leaf.Raw) {
			t.Errorf("%s: leaf %q, %d certificates", name, got.Leaf.Subject.CommonName, len(got.Certificate))
		}
		if !got.PrivateKey.(crypto.Signer).Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(got.Leaf.PublicKey) {
			t.Errorf("%s: the key is not the leaf's", name)
		}
		if got.Leaf.NotAfter.IsZero() {
			t.Errorf("%s: no expiry", name)
		}
	}
}

func TestParseCertificateWithoutAPassword(t *testing.T) {
	t.Parallel()
	cert, err := pns.ParseCertificate(certificateText(t, "clear.pem"), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, encoder := range map[string]*pkcs12.Encoder{"unprotected": pkcs12.Passwordless, "an empty password": pkcs12.Modern} {
		der, err := encoder.Encode(cert.PrivateKey, cert.Leaf, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := pns.ParseCertificate(base64.StdEncoding.EncodeToString(der), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !got.PrivateKey.(*ecdsa.PrivateKey).Equal(cert.PrivateKey) {
			t.Errorf("%s: another key", name)
		}
	}
}

func TestCertificateMistakes(t *testing.T) {
	t.Parallel()
	cert, err := pns.ParseCertificate(certificateText(t, "clear.pem"), "")
	if err != nil {
		t.Fatal(err)
	}
	trust, err := pkcs12.Passwordless.EncodeTrustStore([]*x509.Certificate{cert.Leaf}, "")
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	clearPEM := certificateText(t, "clear.pem")
	for name, c := range map[string]struct{ text, password, want string }{
		"nothing":                     {" \n", pfxPassword, "it is missing"},
		"a wrong password":            {certificateText(t, "legacy.p12"), "hunter3", "the password is not the one"},
		"a wrong password, modern":    {certificateText(t, "modern.p12"), "hunter3", "the password is not the one"},
		"no password":                 {certificateText(t, "modern.p12"), "", "none is given"},
		"not base64":                  {"$$$", pfxPassword, "neither base64 of a .p12 file nor PEM"},
		"not a .p12":                  {b64([]byte("hello")), pfxPassword, "not a .p12 file"},
		"a .p12 that is cut":          {b64(certificateFile(t, "legacy.p12")[:900]), pfxPassword, "not a .p12 file"},
		"a certificate alone, DER":    {b64(cert.Leaf.Raw), pfxPassword, "not a .p12 file"},
		"a .p12 without a key":        {b64(trust), "", "holds no private key"},
		"too large":                   {b64(make([]byte, 64<<10+1)), pfxPassword, "more than 65536 bytes"},
		"much too large":              {strings.Repeat("A", 200<<10), pfxPassword, "more than 65536 bytes"},
		"PEM without a key":           {certificateText(t, "other.pem"), "", "holds no private key"},
		"PEM without a certificate":   {certificateText(t, "sec1.pem"), "", "holds no certificate"},
		"PEM of another's key":        {certificateText(t, "other.pem") + certificateText(t, "sec1.pem"), "", "does not belong to any"},
		"PEM, two keys":               {clearPEM + certificateText(t, "sec1.pem"), "", "more than one private key"},
		"PEM, encrypted":              {certificateText(t, "encrypted.pem") + certificateBlock(t, "clear.pem"), pfxPassword, "private key is encrypted"},
		"PEM, encrypted as of old":    {certificateText(t, "encrypted-pkcs1.pem") + certificateText(t, "other.pem"), pfxPassword, "private key is encrypted"},
		"PEM, not a key":              {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "", "private key cannot be read"},
		"PEM, not a certificate":      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "", "cannot be read"},
		"PEM that is nothing of both": {"-----BEGIN X-----\nAAAA\n-----END X-----\n", "", "holds no certificate"},
	} {
		got, err := pns.ParseCertificate(c.text, c.password)
		if err == nil || !strings.Contains(err.Error(), c.want) || got.Leaf != nil {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "hunter") || len(err.Error()) > 300 {
			t.Errorf("%s: the error %q", name, err)
		}
	}
}

// FuzzParseCertificate holds that what is taken can be used.
func FuzzParseCertificate(f *testing.F) {
	f.Add([]byte(certificateText(f, "clear.pem")), "")
	f.Add(certificateFile(f, "legacy.p12")[:600], pfxPassword)
	f.Fuzz(func(t *testing.T, raw []byte, password string) {
		for _, text := range []string{string(raw), base64.StdEncoding.EncodeToString(raw)} {
			cert, err := pns.ParseCertificate(text, password)
			if err == nil && (cert.Leaf == nil || cert.PrivateKey == nil || len(cert.Certificate) == 0) {
				t.Error("a certificate without its parts")
			}
		}
	})
}
