package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// scheme is the first word of the Authorization header.
const scheme = "SharedAccessSignature"

// SignSAS returns the value of an Authorization header for a resource, the URI
// of a namespace, a hub or a request, that holds until expiry (in whole
// seconds). The URI is lower-cased and then escaped as a whole, and key is used
// as text, never decoded.
func SignSAS(resource, keyName, key string, expiry time.Time) string {
	sr := escape(strings.ToLower(resource))
	se := strconv.FormatInt(expiry.Unix(), 10)
	sig := base64.StdEncoding.EncodeToString(sign(sr, se, key))
	return scheme + " sr=" + sr + "&sig=" + escape(sig) + "&se=" + se + "&skn=" + escape(keyName)
}

// escape leaves only RFC 3986's unreserved characters. A blank must not become
// +, which stands for itself in a token.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// sign computes the signature over sr exactly as it stands in the token.
func sign(sr, se, key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(sr + "\n" + se))
	return mac.Sum(nil)
}

// SAS is a token that a client sent.
type SAS struct {
	Resource string // sr, decoded
	KeyName  string
	Expiry   time.Time

	sr, se    string // as they stand in the token
	signature []byte
}

// SASError says why a token cannot be read. It never shows the token.
type SASError struct {
	Missing bool // there is none at all
	Msg     string
}

func (e *SASError) Error() string { return e.Msg }

func malformed(msg string) error { return &SASError{Msg: msg} }

// maxSAS bounds a token, in bytes: the request's whole URI, escaped, and its
// other fields.
const maxSAS = 16 << 10

// maxExpiry is the last second that a date of four digits can name.
const maxExpiry = 253402300799

// ParseSAS reads the value of an Authorization header: the scheme in any letter
// case, then sr, sig, se and skn in any order. Only %XX is decoded: + is a
// character of base64, not a blank. An error is a *SASError.
func ParseSAS(header string) (SAS, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	switch {
	case word == "":
		return SAS{}, &SASError{Missing: true, Msg: "The request has no Authorization header."}
	case len(header) > maxSAS:
		return SAS{}, malformed(fmt.Sprintf("The token has more than %d characters.", maxSAS))
	case !strings.EqualFold(word, scheme):
		return SAS{}, malformed("The Authorization header does not begin with SharedAccessSignature.")
	}
	fields := map[string]string{}
	for f := range strings.SplitSeq(strings.TrimSpace(rest), "&") {
		name, value, ok := strings.Cut(f, "=")
		if _, twice := fields[name]; !ok || twice {
			return SAS{}, malformed("The token is not a list of sr=, sig=, se= and skn=, each once.")
		}
		fields[name] = value
	}
	return readSAS(fields)
}

func readSAS(fields map[string]string) (SAS, error) {
	for _, name := range []string{"sr", "sig", "se", "skn"} {
		if fields[name] == "" {
			return SAS{}, malformed("The token has no " + name + "=.")
		}
	}
	s := SAS{sr: fields["sr"], se: fields["se"]}
	var err error
	if s.Resource, err = url.PathUnescape(s.sr); err != nil {
		return SAS{}, malformed("The token's sr= is not escaped as a URI is.")
	}
	if s.KeyName, err = url.PathUnescape(fields["skn"]); err != nil {
		return SAS{}, malformed("The token's skn= is not escaped as a URI is.")
	}
	sig, err := url.PathUnescape(fields["sig"])
	if err == nil {
		s.signature, err = base64.StdEncoding.DecodeString(sig)
	}
	if err != nil {
		return SAS{}, malformed("The token's sig= is not base64.")
	}
	seconds, err := strconv.ParseInt(s.se, 10, 64)
	if err != nil || seconds < 0 {
		return SAS{}, malformed("The token's se= is not a number of seconds since 1970.")
	}
	s.Expiry = time.Unix(min(seconds, maxExpiry), 0).UTC()
	return s, nil
}

// SignedBy reports, in constant time, whether the token was signed with a key.
// An empty key has signed nothing.
func (s SAS) SignedBy(key string) bool {
	return key != "" && hmac.Equal(s.signature, sign(s.sr, s.se, key))
}

// Format hides the signature from package fmt, whatever the verb: a token can
// be used by whoever reads it.
func (s SAS) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "SAS of %q for %q until %s", s.KeyName, s.Resource, s.Expiry.Format(time.RFC3339))
}
