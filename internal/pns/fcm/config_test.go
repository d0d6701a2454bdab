package fcm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/fcm"
)

// serviceKey is made once: it takes a while.
var serviceKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func properties(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"ProjectId": "demo-project", "ClientEmail": "push@demo-project.iam.gserviceaccount.com", "PrivateKey": pkcs8(t, serviceKey()),
	}
}

func credential(p map[string]string) hub.Credential {
	return hub.Credential{Platform: hub.FCMV1, Version: 1, Properties: p}
}

func TestPrivateKeyForms(t *testing.T) {
	t.Parallel()
	text := pkcs8(t, serviceKey())
	inner := strings.Join(strings.Split(strings.TrimSpace(text), "\n")[1:strings.Count(text, "\n")-1], "\n")
	der := x509.MarshalPKCS1PrivateKey(serviceKey())
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der}))
	for name, key := range map[string]string{
		"PKCS #8":                       text,
		"PKCS #1":                       pkcs1,
		"line breaks written out":       strings.ReplaceAll(text, "\n", `\n`),
		"Windows breaks written out":    strings.ReplaceAll(text, "\n", `\r\n`),
		"Windows line breaks":           strings.ReplaceAll(text, "\n", "\r\n"),
		"no line breaks":                strings.ReplaceAll(text, "\n", ""),
		"blanks for line breaks":        strings.ReplaceAll(text, "\n", " "),
		"in quotes":                     `"` + strings.ReplaceAll(text, "\n", `\n`) + `"`,
		"blanks around":                 "\n\t " + text + " \n",
		"without armour":                inner,
		"without armour or breaks":      base64.StdEncoding.EncodeToString(der),
		"PKCS #1 under the wrong label": strings.ReplaceAll(pkcs1, "RSA PRIVATE", "PRIVATE"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := properties(t)
			p["PrivateKey"] = key
			if err := fcm.Check(credential(p)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCredentialMistakes(t *testing.T) {
	t.Parallel()
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	whole := pkcs8(t, serviceKey())
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}))
	tests := []struct{ name, property, value, want string }{
		{"no project", "ProjectId", " ", "ProjectId is missing"},
		{"a project with a slash", "ProjectId", "a/../b", "not a project id"},
		{"a project with a line break", "ProjectId", "a\nb", "not a project id"},
		{"no e-mail", "ClientEmail", "", "ClientEmail is missing"},
		{"no at", "ClientEmail", "push.example", "not an e-mail address"},
		{"an e-mail with a blank", "ClientEmail", "a b@example.com", "not an e-mail address"},
		{"no key", "PrivateKey", "", "PrivateKey: it is missing"},
		{"the whole file", "PrivateKey", `{"type":"service_account"}`, "only the value of private_key"},
		{"not base64", "PrivateKey", "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----", "not base64"},
		{"not a key", "PrivateKey", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "neither PKCS #8 nor PKCS #1"},
		{"just text", "PrivateKey", "hunter2", "not base64"},
		{"cut off", "PrivateKey", whole[:len(whole)/2], "BEGIN or END line"},
		{"encrypted", "PrivateKey", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "encrypted"},
		{"a public key", "PrivateKey", public, "public key"},
		{"an elliptic key", "PrivateKey", pkcs8(t, elliptic256), "not an RSA key"},
		{"a short key", "PrivateKey", pkcs8(t, small), "1024 bits"},
		{"too long", "PrivateKey", strings.Repeat("A", 40<<10), "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := maps.Clone(properties(t))
			p[tt.property] = tt.value
			err := fcm.Check(credential(p))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v; want %q in it", err, tt.want)
			}
			if tt.property == "PrivateKey" && len(tt.value) > 5 && strings.Contains(err.Error(), tt.value) {
				t.Error("the error holds the key")
			}
		})
	}
}

func FuzzPrivateKey(f *testing.F) {
	f.Add("-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----")
	f.Add("MIIB")
	f.Add(`"-----BEGIN A-----"`)
	f.Fuzz(func(_ *testing.T, key string) {
		_ = fcm.Check(credential(map[string]string{"ProjectId": "p", "ClientEmail": "a@b", "PrivateKey": key}))
	})
}
