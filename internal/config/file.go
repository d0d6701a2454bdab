package config

import "go.yaml.in/yaml/v3"

// file is the shape of the YAML document.
type file struct {
	Listen        string       `yaml:"listen"`
	Data          string       `yaml:"data"`
	MasterKey     string       `yaml:"master_key"`
	MasterKeyFile string       `yaml:"master_key_file"`
	TLS           tlsBlock     `yaml:"tls"`
	Log           logBlock     `yaml:"log"`
	Namespace     ruleHolder   `yaml:"namespace"`
	Hubs          []hubBlock   `yaml:"hubs"`
	PushServices  pushBlock    `yaml:"push_services"`
	Dispatch      dispatchPart `yaml:"dispatch"`

	JobStorage []string `yaml:"job_storage"`
}

type tlsBlock struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

type logBlock struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

type ruleHolder struct {
	Rules []ruleBlock `yaml:"rules"`
}

type ruleBlock struct {
	Name             string   `yaml:"name"`
	Rights           []string `yaml:"rights"`
	PrimaryKey       string   `yaml:"primary_key"`
	PrimaryKeyFile   string   `yaml:"primary_key_file"`
	SecondaryKey     string   `yaml:"secondary_key"`
	SecondaryKeyFile string   `yaml:"secondary_key_file"`
}

type hubBlock struct {
	Name            string      `yaml:"name"`
	RegistrationTTL string      `yaml:"registration_ttl"`
	Rules           []ruleBlock `yaml:"rules"`
	APNs            *apnsBlock  `yaml:"apns"`
	FCM             *fcmBlock   `yaml:"fcm"`
	WNS             *wnsBlock   `yaml:"wns"`
	MPNS            *mpnsBlock  `yaml:"mpns"`
	ADM             *admBlock   `yaml:"adm"`

	Browser *browserBlock `yaml:"browser"`

	Baidu  *baiduBlock  `yaml:"baidu"`
	Xiaomi *xiaomiBlock `yaml:"xiaomi"`
}

// apnsBlock is a token key or a certificate.
type apnsBlock struct {
	Key      string `yaml:"key"`
	KeyFile  string `yaml:"key_file"`
	KeyID    string `yaml:"key_id"`
	TeamID   string `yaml:"team_id"`
	BundleID string `yaml:"bundle_id"`
	Endpoint string `yaml:"endpoint"`

	Certificate             string `yaml:"certificate"`
	CertificateFile         string `yaml:"certificate_file"`
	CertificatePassword     string `yaml:"certificate_password"`
	CertificatePasswordFile string `yaml:"certificate_password_file"`
}

type fcmBlock struct {
	ServiceAccountFile string `yaml:"service_account_file"`
	ProjectID          string `yaml:"project_id"`
	ClientEmail        string `yaml:"client_email"`
	PrivateKey         string `yaml:"private_key"`
	PrivateKeyFile     string `yaml:"private_key_file"`
}

type wnsBlock struct {
	PackageSID string `yaml:"package_sid"`
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	Endpoint   string `yaml:"endpoint"`
}

// mpnsBlock without anything is the credential of unauthenticated channels.
type mpnsBlock struct {
	Certificate     string `yaml:"certificate"`
	CertificateFile string `yaml:"certificate_file"`
	Password        string `yaml:"password"`
	PasswordFile    string `yaml:"password_file"`
}

type admBlock struct {
	ClientID         string `yaml:"client_id"`
	ClientSecret     string `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	TokenURL         string `yaml:"token_url"`
	SendURL          string `yaml:"send_url"`
}

type browserBlock struct {
	Subject        string `yaml:"subject"`
	PublicKey      string `yaml:"public_key"`
	PrivateKey     string `yaml:"private_key"`
	PrivateKeyFile string `yaml:"private_key_file"`
}

type baiduBlock struct {
	APIKey     string `yaml:"api_key"`
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	Endpoint   string `yaml:"endpoint"`
}

type xiaomiBlock struct {
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	Endpoint   string `yaml:"endpoint"`
}

type pushBlock struct {
	Dial   string `yaml:"dial"`
	CAFile string `yaml:"ca_file"`
}

type dispatchPart struct {
	Page           *int   `yaml:"page"`
	Window         *int   `yaml:"window"`
	Workers        *int   `yaml:"workers"`
	Connections    *int   `yaml:"connections"`
	RequestTimeout string `yaml:"request_timeout"`
	RetryWindow    string `yaml:"retry_window"`
	SuspectAfter   string `yaml:"suspect_after"`
	Retention      string `yaml:"retention"`
	ScheduleWindow string `yaml:"schedule_window"`
}

// has reports whether the document has a place.
func (c *checker) has(path []any) bool {
	n := c.root
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	for _, step := range path {
		if _, n = child(n, step); n == nil {
			return false
		}
	}
	return true
}

// lineOf returns the line of the deepest part of path that the document has:
// a key of a mapping, or an int for a place in a sequence.
func lineOf(n *yaml.Node, path ...any) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	line := n.Line
	for _, step := range path {
		key, value := child(n, step)
		if value == nil {
			break
		}
		line, n = key.Line, value
	}
	return line
}

// child returns the node that stands for a step, and its value.
func child(n *yaml.Node, step any) (key, value *yaml.Node) {
	switch s := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && s < len(n.Content) {
			return n.Content[s], n.Content[s]
		}
	case string:
		if n.Kind != yaml.MappingNode {
			return nil, nil
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == s {
				return n.Content[i], n.Content[i+1]
			}
		}
	}
	return nil, nil
}
