package apns

import (
	"crypto/tls"
	"encoding/asn1"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/pns"
)

// certificate is a push certificate with its key.
type certificate struct {
	pair tls.Certificate
	// topics are all that it may be used for, its own app first. nil: it does
	// not say.
	topics []string
	// The environments that it is good for. It may say neither.
	sandbox, production bool
}

// What Apple writes into its certificates (Apple Worldwide Developer Relations
// Certification Practice Statement). The user id of the subject (RFC 4519
// §2.39) is the bundle id.
var (
	userID        = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
	inSandbox     = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 1}
	inProduction  = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 2}
	topicsOfVoIP  = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 4}
	topicsOfAKind = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 6, 3, 6}
)

// readCertificate reads a .p12 file or PEM.
func readCertificate(text, password string) (*certificate, error) {
	pair, err := pns.ParseCertificate(text, password)
	if err != nil {
		return nil, err
	}
	c := &certificate{pair: pair}
	for _, name := range pair.Leaf.Subject.Names {
		if id, ok := name.Value.(string); ok && name.Type.Equal(userID) && id != "" {
			c.topics = append(c.topics, id)
		}
	}
	for _, e := range pair.Leaf.Extensions {
		switch {
		case e.Id.Equal(inSandbox):
			c.sandbox = true
		case e.Id.Equal(inProduction):
			c.production = true
		case e.Id.Equal(topicsOfVoIP), e.Id.Equal(topicsOfAKind):
			c.topics = append(c.topics, listedTopics(e.Value)...)
		}
	}
	return c, nil
}

// listedTopics reads a sequence of topics, each followed by the sequence of its
// kinds. What is not of that form lists nothing.
func listedTopics(der []byte) (topics []string) {
	var members []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &members); err != nil || len(rest) > 0 {
		return nil
	}
	for _, m := range members {
		if m.Class == asn1.ClassUniversal && m.Tag == asn1.TagUTF8String {
			topics = append(topics, string(m.Bytes))
		}
	}
	return topics
}

// allows reports whether APNs takes a topic from the holder.
func (c *certificate) allows(topic string) bool {
	return c.topics == nil || slices.Contains(c.topics, topic)
}

// topicOf is the first topic that is an app's; "" is none.
func (c *certificate) topicOf(bundleID string) string {
	for _, t := range c.topics {
		if t == bundleID || strings.HasPrefix(t, bundleID+".") {
			return t
		}
	}
	return ""
}

// expired says that the certificate is past its time; "" if it is not.
func (c *certificate) expired(now time.Time) string {
	if until := c.pair.Leaf.NotAfter; now.After(until) {
		return fmt.Sprintf("the certificate expired on %s: make a new one in Apple's developer account", until.UTC().Format(time.DateOnly))
	}
	return ""
}

// clientTLS shows the certificate whatever authorities the server names: if it
// does not take it, it shall say so. That it says within a handshake of TLS
// 1.2, but in 1.3 only when the client has begun to send, and when it is
// quicker than the first request, net/http keeps the alert to itself.
func (c *certificate) clientTLS() *tls.Config {
	return &tls.Config{
		MaxVersion:           tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c.pair, nil },
	}
}

// certificateRefused reports whether a connection failed because the server did
// not take the client's certificate: it was revoked, has expired, or is not of
// an authority that the server knows (alerts of RFC 8446 §6.2).
func certificateRefused(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return false
	}
	alert := op.Err.Error()
	return strings.Contains(alert, "certificate") || strings.Contains(alert, "access denied")
}
