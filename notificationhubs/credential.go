package notificationhubs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// APNsCredential is Apple's: a token key, or a certificate.
type APNsCredential struct {
	Token Secret // the key in the .p8 file
	KeyID string // of that key
	AppID string // the team's id
	// AppName is the bundle id.
	AppName string

	Certificate    Secret // a .p12 file in base64
	CertificateKey Secret // its password
	Thumbprint     string // of the certificate, in hexadecimal

	Endpoint string            // https://api.push.apple.com:443/3/device or https://api.development.push.apple.com:443/3/device
	Other    map[string]Secret // properties that this package has no name for
}

// FCMV1Credential is Firebase's: the fields of the service account's JSON file.
type FCMV1Credential struct {
	ProjectID, ClientEmail string
	PrivateKey             Secret // PEM
	Other                  map[string]Secret
}

// GCMCredential is that of legacy Firebase, which Google has switched off.
type GCMCredential struct {
	GoogleAPIKey Secret
	Endpoint     string
	Other        map[string]Secret
}

// WNSCredential is that of Windows.
type WNSCredential struct {
	PackageSID string // ms-app://S-1-15-2-…
	SecretKey  Secret
	Endpoint   string // of the tokens
	Other      map[string]Secret
}

// MPNSCredential is that of Windows Phone. Without a certificate, as it is when
// nothing is set, its channels are unauthenticated.
type MPNSCredential struct {
	Certificate    Secret // a .p12 file in base64
	CertificateKey Secret // its password
	Thumbprint     string
	Other          map[string]Secret
}

// ADMCredential is Amazon's.
type ADMCredential struct {
	ClientID        string
	ClientSecret    Secret
	AuthTokenURL    string
	SendURLTemplate string
	Other           map[string]Secret
}

// BaiduCredential is Baidu's.
type BaiduCredential struct {
	APIKey    Secret
	SecretKey Secret
	Endpoint  string
	Other     map[string]Secret
}

// BrowserCredential is that of Web Push: a VAPID key pair (RFC 8292).
type BrowserCredential struct {
	Subject         string // mailto: or https:
	VAPIDPublicKey  string
	VAPIDPrivateKey Secret
	Other           map[string]Secret
}

// XiaomiCredential is Xiaomi's.
type XiaomiCredential struct {
	AppSecret Secret
	Endpoint  string
	Other     map[string]Secret
}

// property is one field of a credential under Azure's name: text or secret.
type property struct {
	name   string
	text   *string
	secret *Secret
}

func (p property) value() Secret {
	if p.text != nil {
		return Secret(*p.text)
	}
	return *p.secret
}

// fields are a credential's properties, and what else it holds.
type fields struct {
	known []property
	other *map[string]Secret
}

func text(name string, v *string) property   { return property{name: name, text: v} }
func secret(name string, v *Secret) property { return property{name: name, secret: v} }

// fields returns the fields of a platform's credential; nil if there is none.
// With make, there is one after.
func (d *HubDescription) fields(p Platform, make bool) *fields {
	switch p {
	case APNs:
		if c := present(&d.APNs, make); c != nil {
			return &fields{[]property{
				secret("Token", &c.Token), text("KeyId", &c.KeyID), text("AppId", &c.AppID), text("AppName", &c.AppName),
				secret("ApnsCertificate", &c.Certificate), secret("CertificateKey", &c.CertificateKey), text("Thumbprint", &c.Thumbprint),
				text("Endpoint", &c.Endpoint),
			}, &c.Other}
		}
	case FCMV1:
		if c := present(&d.FCMV1, make); c != nil {
			return &fields{[]property{secret("PrivateKey", &c.PrivateKey), text("ProjectId", &c.ProjectID), text("ClientEmail", &c.ClientEmail)}, &c.Other}
		}
	case GCM:
		if c := present(&d.GCM, make); c != nil {
			return &fields{[]property{secret("GoogleApiKey", &c.GoogleAPIKey), text("GcmEndpoint", &c.Endpoint)}, &c.Other}
		}
	case WNS:
		if c := present(&d.WNS, make); c != nil {
			return &fields{[]property{text("PackageSid", &c.PackageSID), secret("SecretKey", &c.SecretKey), text("WindowsLiveEndpoint", &c.Endpoint)}, &c.Other}
		}
	case MPNS:
		if c := present(&d.MPNS, make); c != nil {
			return &fields{[]property{secret("MpnsCertificate", &c.Certificate), secret("CertificateKey", &c.CertificateKey), text("Thumbprint", &c.Thumbprint)}, &c.Other}
		}
	case ADM:
		if c := present(&d.ADM, make); c != nil {
			return &fields{[]property{
				text("ClientId", &c.ClientID), secret("ClientSecret", &c.ClientSecret), text("AuthTokenUrl", &c.AuthTokenURL), text("SendUrlTemplate", &c.SendURLTemplate),
			}, &c.Other}
		}
	case Baidu:
		if c := present(&d.Baidu, make); c != nil {
			return &fields{[]property{secret("BaiduApiKey", &c.APIKey), secret("BaiduSecretKey", &c.SecretKey), text("BaiduEndPoint", &c.Endpoint)}, &c.Other}
		}
	case Browser:
		if c := present(&d.Browser, make); c != nil {
			return &fields{[]property{text("Subject", &c.Subject), text("VapidPublicKey", &c.VAPIDPublicKey), secret("VapidPrivateKey", &c.VAPIDPrivateKey)}, &c.Other}
		}
	case Xiaomi:
		if c := present(&d.Xiaomi, make); c != nil {
			return &fields{[]property{secret("AppSecret", &c.AppSecret), text("Endpoint", &c.Endpoint)}, &c.Other}
		}
	}
	return nil
}

// present returns what p points to, which make makes if there is nothing.
func present[C any](p **C, make bool) *C {
	if *p == nil && make {
		*p = new(C)
	}
	return *p
}

// Credential returns the properties of a platform's credential under Azure's
// names, those without a value left out; nil if the hub has none.
func (d *HubDescription) Credential(p Platform) map[string]Secret {
	f := d.fields(p, false)
	if f == nil {
		return nil
	}
	out := map[string]Secret{}
	for name, value := range *f.other {
		if value != "" {
			out[name] = value
		}
	}
	for _, field := range f.known {
		if value := field.value(); value != "" {
			out[field.name] = value
		}
	}
	return out
}

// CredentialProperties returns Azure's names of the properties that a platform's
// credential can have here; nil if the platform has no credentials.
func CredentialProperties(p Platform) []string {
	f := (&HubDescription{}).fields(p, true)
	if f == nil {
		return nil
	}
	var names []string
	for _, field := range f.known {
		names = append(names, field.name)
	}
	return names
}

// SetCredential replaces a platform's credential, given under Azure's names of
// its properties; nil removes it, and so does an empty map but for MPNS. The
// typed fields are set from it: it is for programs that learn the names only
// when they run.
func (d *HubDescription) SetCredential(p Platform, properties map[string]Secret) error {
	f := (&HubDescription{}).fields(p, true)
	if f == nil {
		return fmt.Errorf("notificationhubs: %q is not a platform that has credentials", p)
	}
	d.removeCredential(p)
	if len(properties) == 0 && (p != MPNS || properties == nil) {
		return nil
	}
	f = d.fields(p, true)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		f.set(name, properties[name])
	}
	return nil
}

func (f *fields) set(name string, value Secret) {
	for _, field := range f.known {
		switch {
		case !strings.EqualFold(field.name, name):
			continue
		case field.text != nil:
			*field.text = string(value)
		default:
			*field.secret = value
		}
		return
	}
	if *f.other == nil {
		*f.other = map[string]Secret{}
	}
	(*f.other)[name] = value
}

func (d *HubDescription) removeCredential(p Platform) {
	switch p {
	case APNs:
		d.APNs = nil
	case FCMV1:
		d.FCMV1 = nil
	case GCM:
		d.GCM = nil
	case WNS:
		d.WNS = nil
	case MPNS:
		d.MPNS = nil
	case ADM:
		d.ADM = nil
	case Baidu:
		d.Baidu = nil
	case Browser:
		d.Browser = nil
	case Xiaomi:
		d.Xiaomi = nil
	}
}
