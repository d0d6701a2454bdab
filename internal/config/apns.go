package config

import (
	"bytes"
	"encoding/base64"
)

// apns reads a token key, or a certificate that says itself what it is for.
func (c *checker) apns(at []any, b *apnsBlock) map[string]string {
	key := c.secret(at, "key", b.Key, b.KeyFile)
	password := c.secret(at, "certificate_password", b.CertificatePassword, b.CertificatePasswordFile)
	certificate := c.certificate(at, b.Certificate, b.CertificateFile)
	token := b.Key+b.KeyFile+b.KeyID+b.TeamID != ""
	certified := b.Certificate+b.CertificateFile+b.CertificatePassword+b.CertificatePasswordFile != ""
	switch {
	case token && certified:
		c.wrong(at, "apns: a token key (key, key_id, team_id) and a certificate are both given: keep one of them")
		return nil
	case certified:
		c.need(at, [2]string{"certificate", certificate})
		return present(map[string]string{
			"ApnsCertificate": certificate, "CertificateKey": password, "AppName": b.BundleID, "Endpoint": b.Endpoint,
		})
	}
	c.need(at, [2]string{"key", key}, [2]string{"key_id", b.KeyID}, [2]string{"team_id", b.TeamID}, [2]string{"bundle_id", b.BundleID})
	return present(map[string]string{"Token": key, "KeyId": b.KeyID, "AppId": b.TeamID, "AppName": b.BundleID, "Endpoint": b.Endpoint})
}

// certificate reads a certificate with its key, as Azure's properties hold it:
// base64 of a .p12 file, or PEM. A file may also be the .p12 itself.
func (c *checker) certificate(at []any, value, file string) string {
	switch {
	case value != "" && file != "":
		c.wrong(at2(at, "certificate_file"), "certificate and certificate_file are both given: keep one")
		return ""
	case file == "":
		return value
	}
	content, err := readSmall(c.path(file))
	switch {
	case err != nil:
		c.wrong(at2(at, "certificate_file"), "certificate_file: %v", err)
	case len(bytes.TrimSpace(content)) == 0:
		c.wrong(at2(at, "certificate_file"), "certificate_file: %s is empty", file)
	case content[0] == derSequence:
		return base64.StdEncoding.EncodeToString(content)
	}
	return string(content)
}

// derSequence begins every .p12 file, and neither PEM nor the base64 of one,
// which begins with M.
const derSequence = 0x30
