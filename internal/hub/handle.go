package hub

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxHandle bounds a handle, in bytes: the longest real ones, channel URIs, stay
// below.
const maxHandle = 4096

// ValidateHandle says what is wrong with a handle of a platform, as *Invalid,
// without repeating the handle. The keys are those of a browser.
func ValidateHandle(p Platform, handle string, keys *BrowserKeys) error {
	switch {
	case handle == "":
		return invalid("The PNS handle is missing.")
	case len(handle) > maxHandle:
		return invalid("The PNS handle has %d bytes; at most %d are allowed.", len(handle), maxHandle)
	case !utf8.ValidString(handle) || strings.ContainsFunc(handle, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return invalid("The PNS handle holds blanks or control characters.")
	}
	switch p {
	case APNs:
		if _, err := hex.DecodeString(handle); err != nil {
			return invalid("The device token is not valid: hexadecimal digits, an even number of them, are expected.")
		}
	case WNS, MPNS:
		return absoluteURI("channel URI", handle, "http", "https")
	case Baidu:
		if user, channel, ok := strings.Cut(handle, "-"); !ok || user == "" || channel == "" {
			return invalid("The Baidu handle is not valid: userId-channelId is expected.")
		}
	case Browser:
		if err := absoluteURI("endpoint", handle, "https"); err != nil {
			return err
		}
		return validateKeys(keys)
	}
	return nil
}

func absoluteURI(what, text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" {
		for _, s := range schemes {
			if strings.EqualFold(u.Scheme, s) {
				return nil
			}
		}
	}
	return invalid("The %s is not an absolute URI that begins with %s://.", what, strings.Join(schemes, ":// or "))
}

// The lengths of a Web Push subscription's keys (RFC 8291 §3): an uncompressed
// point on P-256, and a secret.
const (
	p256dhBytes = 65
	authBytes   = 16
)

func validateKeys(k *BrowserKeys) error {
	_, _, err := k.Decode()
	return err
}

// Decode returns what the keys stand for: a point on P-256 in 65 bytes, of
// which it is not known whether it lies on the curve, and a secret of 16 bytes.
// Errors are *Invalid and do not repeat the keys. k may be nil.
func (k *BrowserKeys) Decode() (p256dh, auth []byte, err error) {
	if k == nil || k.P256DH == "" || k.Auth == "" {
		return nil, nil, invalid("A browser needs its endpoint, p256dh and auth.")
	}
	if p256dh, err = decodeKey(k.P256DH); err != nil || len(p256dh) != p256dhBytes || p256dh[0] != 4 {
		return nil, nil, invalid("p256dh is not a public key of 65 bytes in base64url.")
	}
	if auth, err = decodeKey(k.Auth); err != nil || len(auth) != authBytes {
		return nil, nil, invalid("auth is not a secret of 16 bytes in base64url.")
	}
	return p256dh, auth, nil
}

// decodeKey reads base64 in either alphabet, padded or not: browsers differ. Line
// ends, which package base64 passes over, are none of it.
func decodeKey(s string) ([]byte, error) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	return base64.RawURLEncoding.DecodeString(s)
}
