package pnssim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
)

// record is an encrypted message taken apart (RFC 8188 §2.1).
type record struct {
	salt   [16]byte
	sender [65]byte
	key    *ecdh.PublicKey // sender's
	sealed []byte
}

var errRecord = errors.New("not one record of aes128gcm with the sender's key")

// parseRecord reads the header. Web Push has one record (RFC 8291 §4).
func parseRecord(body []byte) (*record, error) {
	const header = 16 + 4 + 1 + 65
	if len(body) < header || body[20] != 65 {
		return nil, errRecord
	}
	rec := &record{sealed: body[header:]}
	copy(rec.salt[:], body)
	copy(rec.sender[:], body[21:])
	size := int64(binary.BigEndian.Uint32(body[16:]))
	if n := int64(len(rec.sealed)); n < 17 || size < 18 || n > size {
		return nil, errRecord
	}
	var err error
	if rec.key, err = ecdh.P256().NewPublicKey(rec.sender[:]); err != nil {
		return nil, errRecord
	}
	return rec, nil
}

// checkRecord checks the body, and decrypts it where the subscription is ours.
// A real push service cannot look inside, and its browser drops in silence what
// it cannot read; here the sender hears of it.
func (s *Sim) checkRecord(r *http.Request, p *webPush) *browserAnswer {
	if len(p.body) == 0 { // a message may have no content
		p.readable = true
		return nil
	}
	if r.Header.Get("Content-Encoding") != "aes128gcm" {
		return badPush(110, "Content-Encoding is not aes128gcm")
	}
	rec, err := parseRecord(p.body)
	if err != nil {
		return badPush(110, "The body is "+err.Error())
	}
	a, fresh := s.note(p.endpoint, rec)
	switch {
	case !fresh:
		return badPush(110, "The salt or the sender's key was used before")
	case a == nil:
		return nil
	}
	plain, err := a.open(rec)
	if err != nil {
		return badPush(110, "The body cannot be decrypted with the subscription's keys")
	}
	p.body, p.readable = plain, true
	return nil
}

// open decrypts (RFC 8291 §3.4).
func (a *agent) open(rec *record) ([]byte, error) {
	shared, err := a.key.ECDH(rec.key)
	if err != nil {
		return nil, err
	}
	secret := expand(mac(a.auth, shared), "WebPush: info\x00"+string(a.key.PublicKey().Bytes())+string(rec.sender[:]), 32)
	pseudorandom := mac(rec.salt[:], secret)
	block, err := aes.NewCipher(expand(pseudorandom, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded, err := gcm.Open(nil, expand(pseudorandom, "Content-Encoding: nonce\x00", gcm.NonceSize()), rec.sealed, nil)
	if err != nil {
		return nil, err
	}
	plain, ok := bytes.CutSuffix(bytes.TrimRight(padded, "\x00"), []byte{2})
	if !ok {
		return nil, errors.New("the record is not delimited as the last one")
	}
	return plain, nil
}

// mac is HMAC-SHA-256, and so the first half of HKDF (RFC 5869 §2.2).
func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// expand is the other half (§2.3), for at most 32 bytes.
func expand(pseudorandom []byte, info string, n int) []byte {
	return mac(pseudorandom, append([]byte(info), 1))[:n]
}
