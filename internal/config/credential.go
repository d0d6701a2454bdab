package config

import (
	"regexp"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

// keyNames are the keys of this file for Azure's names of a credential's
// properties, by which those who check credentials speak.
func keyNames(p hub.Platform) [][2]string {
	switch p {
	case hub.FCMV1:
		return [][2]string{{"ProjectId", "project_id"}, {"ClientEmail", "client_email"}, {"PrivateKey", "private_key"}}
	case hub.WNS:
		return [][2]string{{"PackageSid", "package_sid"}, {"SecretKey", "secret"}, {"WindowsLiveEndpoint", "endpoint"}}
	case hub.MPNS:
		return [][2]string{{"MpnsCertificate", "certificate"}, {"CertificateKey", "password"}}
	case hub.ADM:
		return [][2]string{{"ClientId", "client_id"}, {"ClientSecret", "client_secret"}, {"AuthTokenUrl", "token_url"}, {"SendUrlTemplate", "send_url"}}
	case hub.Browser:
		return [][2]string{{"Subject", "subject"}, {"VapidPublicKey", "public_key"}, {"VapidPrivateKey", "private_key"}}
	case hub.Baidu:
		return [][2]string{{"BaiduApiKey", "api_key"}, {"BaiduSecretKey", "secret"}, {"BaiduEndPoint", "endpoint"}}
	case hub.Xiaomi:
		return [][2]string{{"AppSecret", "secret"}, {"Endpoint", "endpoint"}}
	}
	return nil // APNs' are told in words
}

// credentialWord begins what connectors say; here the block says it.
var credentialWord = regexp.MustCompile(`^(\w+ ?[cC]redential|apns): `)

// checkCredential says what is wrong with a credential in itself, in this file's
// words and at the line of the key that is spoken of first. One with a mistake
// already is not looked at.
func (c *checker) checkCredential(at []any, cred hub.Credential) {
	if c.check == nil || c.blamed(at) {
		return
	}
	err := c.check(cred)
	if err == nil {
		return
	}
	text, where, first := credentialWord.ReplaceAllString(err.Error(), ""), at, -1
	for _, name := range keyNames(cred.Platform) {
		i := strings.Index(text, name[0])
		if i >= 0 && (first < 0 || i < first) {
			first, where = i, c.given(at, name[1])
		}
	}
	for _, name := range keyNames(cred.Platform) {
		text = strings.ReplaceAll(text, name[0], name[1])
	}
	c.wrong(where, "%s: %s", label(at), text)
}

// given is the place of a key or of its twin that names a file.
func (c *checker) given(at []any, key string) []any {
	for _, k := range []string{key, key + "_file"} {
		if place := at2(at, k); c.has(place) {
			return place
		}
	}
	return at
}
