package azurite

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The account that every Azurite has; its key is public.
const (
	account = "devstoreaccount1"
	key     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// What every signature says.
const (
	version = "2019-12-12"
	expiry  = "2099-01-01T00:00:00Z"
)

// Container makes a container, and returns its URL with a signature that
// allows to read, write and list: what Azure's documentation of jobs asks for.
func (s *Server) Container(ctx context.Context, name string) (string, error) {
	address := s.Address + "/" + account + "/" + name
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address+"?restype=container&"+accountSAS(), nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("making the container %s: Azurite answered %s", name, resp.Status)
	}
	return address + "?" + containerSAS(name), nil
}

// accountSAS signs for everything that an account can do with blobs.
func accountSAS() string {
	const permissions, services, types = "rwdlac", "b", "sco"
	sig := sign(account, permissions, services, types, "", expiry, "", "", version, "")
	return url.Values{"sv": {version}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {expiry}, "sig": {sig}}.Encode()
}

// containerSAS is a service SAS, as the portal makes one for a container.
func containerSAS(name string) string {
	const permissions = "rwl"
	sig := sign(permissions, "", expiry, "/blob/"+account+"/"+name, "", "", "", version, "c", "", "", "", "", "", "")
	return url.Values{"sv": {version}, "sr": {"c"}, "sp": {permissions}, "se": {expiry}, "sig": {sig}}.Encode()
}

func sign(fields ...string) string {
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		panic(err) // it is a constant
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strings.Join(fields, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
