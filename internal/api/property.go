package api

import "strings"

// shown are the properties of credentials, under the names that Azure's clients
// give them, and whether their values are shown. What is not here is a secret.
var shown = map[string]bool{
	// Apple's; CertificateKey and Thumbprint are MPNS's too, Endpoint Xiaomi's.
	"AppId": true, "AppName": true, "KeyId": true, "Token": false, "Endpoint": true,
	"ApnsCertificate": false, "CertificateKey": false, "Thumbprint": true,
	// FCM's, and those of legacy FCM.
	"ProjectId": true, "ClientEmail": true, "PrivateKey": false,
	"GoogleApiKey": false, "GcmEndpoint": true,
	// Microsoft's.
	"PackageSid": true, "SecretKey": false, "WindowsLiveEndpoint": true,
	"MpnsCertificate": false,
	// The others'.
	"ClientId": true, "ClientSecret": false, "AuthTokenUrl": true, "SendUrlTemplate": true,
	"BaiduApiKey": false, "BaiduSecretKey": false, "BaiduEndPoint": true,
	"Subject": true, "VapidPublicKey": true, "VapidPrivateKey": false,
	"AppSecret": false,
}

// canonical is the name under which a property is kept and shown. Azure takes
// names in any letter case: its management API writes appSecret what its .NET
// client writes AppSecret, and reads under that name alone.
func canonical(name string) string {
	if _, known := shown[name]; known {
		return name
	}
	for known := range shown {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return name
}
