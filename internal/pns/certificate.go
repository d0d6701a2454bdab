package pns

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

// maxCertificate bounds a certificate file, in bytes; those in use have some
// three thousand.
const maxCertificate = 64 << 10

// ParseCertificate reads a client certificate and its key: base64 of a .p12 or
// .pfx file (PKCS#12, RFC 7292) with its password, or PEM (RFC 7468), also as
// base64, with a key that is not encrypted. The certificate that belongs to the
// key comes first and is the Leaf, which says when it expires; that is not
// judged here. Errors are sentences about "it" and hold nothing of the key or
// the password.
func ParseCertificate(base64PFXorPEM, password string) (tls.Certificate, error) {
	raw, err := certificateBytes(base64PFXorPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	read := readPFX
	if bytes.Contains(raw, pemBegin) {
		read = readPEM
	}
	key, certs, err := read(raw, password)
	if err != nil {
		return tls.Certificate{}, err
	}
	return joinCertificate(key, certs)
}

var pemBegin = []byte("-----BEGIN ")

// certificateBytes undoes base64 in any line breaks, if that is what it is.
func certificateBytes(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("it is missing")
	case base64.StdEncoding.DecodedLen(len(text)) > 2*maxCertificate:
		return nil, errTooLarge
	case strings.Contains(text, string(pemBegin)):
		return []byte(text), nil
	}
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, errors.New("it is neither base64 of a .p12 file nor PEM")
	case len(raw) > maxCertificate:
		return nil, errTooLarge
	}
	return raw, nil
}

var errNoKey = errors.New("it holds no private key: export the certificate together with its key")

var errTooLarge = fmt.Errorf("it has more than %d bytes, which no certificate file has", maxCertificate)

func readPFX(raw []byte, password string) (any, []*x509.Certificate, error) {
	key, first, others, err := pkcs12.DecodeChain(raw, password)
	var missing pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && password == "":
		return nil, nil, errors.New("it is protected by a password, and none is given")
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, errors.New("the password is not the one of the .p12 file")
	case errors.As(err, &missing):
		return nil, nil, fmt.Errorf("it is a .p12 file of a kind that cannot be read: %w", err)
	case err != nil && strings.HasSuffix(err.Error(), "private key missing"): // no error of its own
		return nil, nil, errNoKey
	case err != nil: // the library's words are those of its ASN.1 reader
		return nil, nil, errors.New("it is not a .p12 file of certificates and one key, or it is damaged")
	}
	return key, append([]*x509.Certificate{first}, others...), nil
}

// readPEM reads the blocks of certificates and of one key, in any order.
func readPEM(text []byte, _ string) (any, []*x509.Certificate, error) {
	var key any
	var certs []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("one of its certificates cannot be read: %w", err)
			}
			certs = append(certs, cert)
			continue
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if key != nil {
			return nil, nil, errors.New("it holds more than one private key")
		}
		var err error
		if key, err = parsePEMKey(block); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case len(certs) == 0:
		return nil, nil, errors.New("it holds no certificate")
	case key == nil:
		return nil, nil, errNoKey
	}
	return key, certs, nil
}

func parsePEMKey(block *pem.Block) (key any, err error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("its private key is encrypted: give a .p12 file with its password, or a key without one")
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("its private key cannot be read")
	}
	return key, nil
}

// joinCertificate puts the key's own certificate first, as TLS wants it (RFC
// 8446 §4.4.2): files hold them in any order.
func joinCertificate(key any, certs []*x509.Certificate) (tls.Certificate, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, fmt.Errorf("its private key is a %T, which cannot sign", key)
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return tls.Certificate{}, fmt.Errorf("its private key is a %T, which TLS does not know", key)
	}
	joined := tls.Certificate{PrivateKey: signer}
	var others [][]byte
	for _, cert := range certs {
		if joined.Leaf == nil && public.Equal(cert.PublicKey) {
			joined.Leaf = cert
			continue
		}
		others = append(others, cert.Raw)
	}
	if joined.Leaf == nil {
		return tls.Certificate{}, errors.New("its private key does not belong to any of its certificates")
	}
	joined.Certificate = append([][]byte{joined.Leaf.Raw}, others...)
	return joined, nil
}
