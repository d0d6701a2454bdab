package pnssim

import (
	"crypto/ecdh"
	"net/http"
	"net/url"
)

// ParseFCM returns the token of a message, or the status that refuses it.
func ParseFCM(body []byte) (token string, status int) {
	m, fault := parseFCM(body)
	if fault != nil {
		return "", fault.status
	}
	return m.token, 0
}

// OpenRecord decrypts a Web Push message with a browser's keys.
func OpenRecord(key *ecdh.PrivateKey, auth, body []byte) ([]byte, error) {
	rec, err := parseRecord(body)
	if err != nil {
		return nil, err
	}
	return (&agent{key: key, auth: auth}).open(rec)
}

// BaiduSign returns the signature that a request must have.
func BaiduSign(r *http.Request, f url.Values) string { return baiduSign(r, f) }
