// Package seal encrypts secrets at rest: AES-256-GCM under a key derived from
// the master key, with the master key's id in front.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// idSize is how much of the key's id stands before a sealed value.
const idSize = 8

// ErrWrongKey says that a value was sealed under another master key.
var ErrWrongKey = errors.New("seal: sealed under another master key")

// Sealer seals and opens values. It is safe for concurrent use.
type Sealer struct {
	id   []byte
	aead cipher.AEAD
}

// New derives a Sealer from a master key of KeySize bytes (RFC 5869).
func New(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal: the master key has %d bytes, not %d", len(key), KeySize)
	}
	id, err := hkdf.Key(sha256.New, key, nil, "fanfare key id", idSize)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	secret, err := hkdf.Key(sha256.New, key, nil, "fanfare seal", 32)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Sealer{id, aead}, nil
}

// Seal encrypts plain. aad names what the value is of, and is needed to open it.
func (s *Sealer) Seal(plain, aad []byte) []byte {
	return s.aead.Seal(bytes.Clone(s.id), nil, plain, aad)
}

// Open decrypts what Seal made: ErrWrongKey for another master key, another
// error for a value that was changed or moved.
func (s *Sealer) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) < idSize || !bytes.Equal(sealed[:idSize], s.id) {
		return nil, ErrWrongKey
	}
	plain, err := s.aead.Open(nil, nil, sealed[idSize:], aad)
	if err != nil {
		return nil, fmt.Errorf("seal: the value was changed, or belongs elsewhere: %w", err)
	}
	return plain, nil
}
