package config

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
)

func (c *checker) hubs(blocks []hubBlock, namespaceRules bool) []Hub {
	seen := map[string]bool{}
	var out []Hub
	for i, b := range blocks {
		at := []any{"hubs", i}
		folded := strings.ToLower(b.Name)
		switch {
		case !ValidHubName(b.Name):
			c.wrong(at2(at, "name"), "name: %q is not a hub name: letters, digits and . _ -, first a letter or digit, at most 260", b.Name)
		case seen[folded]:
			c.wrong(at2(at, "name"), "name: a hub named %q stands above; names are compared without regard to case", b.Name)
		}
		seen[folded] = true
		h := Hub{Name: b.Name, Rules: c.rules(at2(at, "rules"), b.Rules)}
		if len(b.Rules) == 0 && !namespaceRules {
			c.wrong(at, "hub %q has no rules, nor has the namespace: nobody could use it", b.Name)
		}
		h.RegistrationTTL = c.duration(at2(at, "registration_ttl"), b.RegistrationTTL, 24*time.Hour)
		h.Credentials = c.credentials(at, b)
		out = append(out, h)
	}
	return out
}

func (c *checker) rules(at []any, blocks []ruleBlock) []hub.Rule {
	if len(blocks) > hub.MaxRules {
		c.wrong(at, "rules: %d are given, at most %d are allowed", len(blocks), hub.MaxRules)
	}
	seen := map[string]bool{}
	var out []hub.Rule
	for i, b := range blocks {
		at := at2(at, i)
		if b.Name == "" || len(b.Name) > 256 || strings.ContainsAny(b.Name, ";=&") {
			c.wrong(at2(at, "name"), "name: a rule needs a name of at most 256 characters without ; = &")
		}
		if seen[b.Name] {
			c.wrong(at2(at, "name"), "name: a rule named %q stands above", b.Name)
		}
		seen[b.Name] = true
		out = append(out, hub.Rule{
			Name:         b.Name,
			Rights:       c.rights(at, b.Rights),
			PrimaryKey:   c.key(at, "primary_key", b.PrimaryKey, b.PrimaryKeyFile, true),
			SecondaryKey: c.key(at, "secondary_key", b.SecondaryKey, b.SecondaryKeyFile, false),
		})
	}
	return out
}

func (c *checker) rights(at []any, names []string) hub.Rights {
	if len(names) == 0 {
		c.wrong(at2(at, "rights"), "rights: give one or more of listen, send, manage")
	}
	var r hub.Rights
	for i, n := range names {
		switch strings.ToLower(n) {
		case "listen":
			r |= hub.Listen
		case "send":
			r |= hub.Send
		case "manage":
			r |= hub.Listen | hub.Send | hub.Manage
		default:
			c.wrong(at2(at, "rights", i), "rights: %q is not one of listen, send, manage", n)
		}
	}
	return r
}

// key reads a rule's key. Clients take it as text, so any text without ; will
// do; what is short is easy to guess.
func (c *checker) key(at []any, name, value, file string, needed bool) string {
	before := len(c.mistakes)
	k := c.secret(at, name, value, file)
	if len(c.mistakes) > before {
		return ""
	}
	where := at2(at, name)
	if file != "" {
		where = at2(at, name+"_file")
	}
	switch {
	case k == "" && needed:
		c.wrong(where, "%s: a key is needed, as `openssl rand -base64 32` prints", name)
	case k != "" && (len(k) < 16 || len(k) > 256 || strings.ContainsAny(k, "; \t\r\n")):
		c.wrong(where, "%s: a key has 16 to 256 characters, no blanks and no ;", name)
	}
	return k
}

func (c *checker) credentials(at []any, b hubBlock) []hub.Credential {
	var out []hub.Credential
	add := func(given bool, name string, p hub.Platform, read func(at []any) map[string]string) {
		if !given {
			return
		}
		at := at2(at, name)
		cred := hub.Credential{Platform: p, Properties: read(at)}
		out = append(out, cred)
		c.checkCredential(at, cred)
	}
	add(b.APNs != nil, "apns", hub.APNs, func(at []any) map[string]string { return c.apns(at, b.APNs) })
	add(b.FCM != nil, "fcm", hub.FCMV1, func(at []any) map[string]string { return c.fcm(at, b.FCM) })
	add(b.WNS != nil, "wns", hub.WNS, func(at []any) map[string]string { return c.wns(at, b.WNS) })
	add(b.MPNS != nil, "mpns", hub.MPNS, func(at []any) map[string]string { return c.mpns(at, b.MPNS) })
	add(b.ADM != nil, "adm", hub.ADM, func(at []any) map[string]string { return c.adm(at, b.ADM) })
	add(b.Browser != nil, "browser", hub.Browser, func(at []any) map[string]string { return c.browser(at, b.Browser) })
	add(b.Baidu != nil, "baidu", hub.Baidu, func(at []any) map[string]string { return c.baidu(at, b.Baidu) })
	add(b.Xiaomi != nil, "xiaomi", hub.Xiaomi, func(at []any) map[string]string { return c.xiaomi(at, b.Xiaomi) })
	return out
}

// need names each property that is missing.
func (c *checker) need(at []any, fields ...[2]string) {
	for _, f := range fields {
		if f[1] == "" && !c.blamed(at2(at, f[0])) && !c.blamed(at2(at, f[0]+"_file")) {
			c.wrong(at, "%s: %s is missing", at[len(at)-1], f[0])
		}
	}
}

func (c *checker) fcm(at []any, b *fcmBlock) map[string]string {
	if b.ServiceAccountFile != "" {
		return c.serviceAccount(at, b)
	}
	key := c.secret(at, "private_key", b.PrivateKey, b.PrivateKeyFile)
	c.need(at, [2]string{"project_id", b.ProjectID}, [2]string{"client_email", b.ClientEmail}, [2]string{"private_key", key})
	return map[string]string{"ProjectId": b.ProjectID, "ClientEmail": b.ClientEmail, "PrivateKey": key}
}

// serviceAccount reads the JSON file that the Firebase console gives out.
func (c *checker) serviceAccount(at []any, b *fcmBlock) map[string]string {
	where := at2(at, "service_account_file")
	if b.ProjectID+b.ClientEmail+b.PrivateKey+b.PrivateKeyFile != "" {
		c.wrong(where, "fcm: service_account_file holds project_id, client_email and private_key: give either it or them")
	}
	text, err := readSmall(c.path(b.ServiceAccountFile))
	if err != nil {
		c.wrong(where, "service_account_file: %v", err)
		return nil
	}
	var account struct {
		ProjectID   string `json:"project_id"`
		ClientEmail string `json:"client_email"`
		PrivateKey  string `json:"private_key"`
	}
	if err := json.Unmarshal(text, &account); err != nil {
		c.wrong(where, "service_account_file: not the JSON of a service account: %v", err)
		return nil
	}
	c.need(where, [2]string{"project_id", account.ProjectID}, [2]string{"client_email", account.ClientEmail}, [2]string{"private_key", account.PrivateKey})
	return map[string]string{"ProjectId": account.ProjectID, "ClientEmail": account.ClientEmail, "PrivateKey": account.PrivateKey}
}

func (c *checker) wns(at []any, b *wnsBlock) map[string]string {
	secret := c.secret(at, "secret", b.Secret, b.SecretFile)
	c.need(at, [2]string{"package_sid", b.PackageSID}, [2]string{"secret", secret})
	return present(map[string]string{"PackageSid": b.PackageSID, "SecretKey": secret, "WindowsLiveEndpoint": b.Endpoint})
}

func (c *checker) mpns(at []any, b *mpnsBlock) map[string]string {
	cert := c.certificate(at, b.Certificate, b.CertificateFile)
	password := c.secret(at, "password", b.Password, b.PasswordFile)
	if cert == "" && password != "" && !c.blamed(at) {
		c.wrong(at, "mpns: password is given without certificate, whose password it is")
	}
	return present(map[string]string{"MpnsCertificate": cert, "CertificateKey": password})
}

func (c *checker) adm(at []any, b *admBlock) map[string]string {
	secret := c.secret(at, "client_secret", b.ClientSecret, b.ClientSecretFile)
	c.need(at, [2]string{"client_id", b.ClientID}, [2]string{"client_secret", secret})
	return present(map[string]string{"ClientId": b.ClientID, "ClientSecret": secret, "AuthTokenUrl": b.TokenURL, "SendUrlTemplate": b.SendURL})
}

func (c *checker) browser(at []any, b *browserBlock) map[string]string {
	key := c.secret(at, "private_key", b.PrivateKey, b.PrivateKeyFile)
	c.need(at, [2]string{"subject", b.Subject}, [2]string{"public_key", b.PublicKey}, [2]string{"private_key", key})
	return map[string]string{"Subject": b.Subject, "VapidPublicKey": b.PublicKey, "VapidPrivateKey": key}
}

func (c *checker) baidu(at []any, b *baiduBlock) map[string]string {
	secret := c.secret(at, "secret", b.Secret, b.SecretFile)
	c.need(at, [2]string{"api_key", b.APIKey}, [2]string{"secret", secret})
	return present(map[string]string{"BaiduApiKey": b.APIKey, "BaiduSecretKey": secret, "BaiduEndPoint": b.Endpoint})
}

func (c *checker) xiaomi(at []any, b *xiaomiBlock) map[string]string {
	secret := c.secret(at, "secret", b.Secret, b.SecretFile)
	c.need(at, [2]string{"secret", secret})
	return present(map[string]string{"AppSecret": secret, "Endpoint": b.Endpoint})
}

// present drops properties without a value.
func present(m map[string]string) map[string]string {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
	return m
}

// ValidHubName reports whether a hub can have this name.
func ValidHubName(name string) bool { return hub.ValidName(name) }
