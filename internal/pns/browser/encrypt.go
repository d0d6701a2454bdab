package browser

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

const (
	// maxBody is what every push service takes (RFC 8030 §7.2), in bytes. It is
	// the record size too: a message is one record.
	maxBody = 4096

	saltBytes   = 16
	headerBytes = saltBytes + 4 + 1 + pointBytes // RFC 8188 §2.1
	tagBytes    = 16
	// maxPlaintext leaves room for the header, the delimiter and the tag: 3993.
	maxPlaintext = maxBody - headerBytes - 1 - tagBytes

	lastRecord = 2 // the delimiter after the plaintext of the last record
)

// recipient is whom a message is encrypted for.
type recipient struct {
	public *ecdh.PublicKey
	auth   []byte
}

func parseRecipient(keys *hub.BrowserKeys) (recipient, error) {
	point, auth, err := keys.Decode()
	if err != nil {
		return recipient{}, err
	}
	public, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return recipient{}, errors.New("p256dh is not a point on P-256")
	}
	return recipient{public, auth}, nil
}

// encrypt makes a message for one browser, under a key pair and a salt that no
// other message has: the same plaintext never makes the same body twice.
func encrypt(plaintext []byte, to recipient) ([]byte, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) //nolint:errcheck // never fails
	return seal(plaintext, to, key, salt)
}

// seal is the encryption of RFC 8291 §3: the aes128gcm coding (RFC 8188) in one
// record, keyed by what the sender's key pair and the browser's have in common,
// and by the browser's secret.
func seal(plaintext []byte, to recipient, key *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	shared, err := key.ECDH(to.public)
	if err != nil {
		return nil, fmt.Errorf("agreeing on a key: %w", err)
	}
	own := key.PublicKey().Bytes()
	info := "WebPush: info\x00" + string(to.public.Bytes()) + string(own)
	input, err := hkdf.Key(sha256.New, shared, to.auth, info, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	contentKey, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("deriving a nonce: %w", err)
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	body := make([]byte, 0, headerBytes+len(plaintext)+1+tagBytes)
	body = append(body, salt...)
	body = binary.BigEndian.AppendUint32(body, maxBody)
	body = append(body, pointBytes)
	body = append(body, own...)
	record := append(append([]byte(nil), plaintext...), lastRecord)
	return gcm.Seal(body, nonce, record, nil), nil
}
