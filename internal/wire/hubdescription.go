package wire

import (
	"slices"
	"time"
)

// HubDescription is a NotificationHubDescription.
type HubDescription struct {
	RegistrationTTL time.Duration // 0: without limit
	Rules           []AuthorizationRule
	Credentials     []PNSCredential // one for each platform at most
	UserMetadata    string
	Disabled        bool
	// What was used, in answers of Azure; nil is left out.
	DailyOperations, DailyMaxActiveDevices, DailyMaxActiveRegistrations, DailyAPICalls *int64
}

// AuthorizationRule is a SharedAccessAuthorizationRule.
type AuthorizationRule struct {
	KeyName                   string
	Rights                    []string // Listen, Manage, Send
	CreatedTime, ModifiedTime time.Time
	PrimaryKey, SecondaryKey  string // used as text, never decoded
}

// PNSCredential is what a hub needs for one push service: ApnsCredential and
// its like, with Azure's names of properties. MPNS's may have none.
type PNSCredential struct {
	Platform   string // as in Registration
	Properties map[string]string
}

// Credential returns the credential for a platform; ok is false if there is none.
func (h *HubDescription) Credential(platform string) (c PNSCredential, ok bool) {
	i := slices.IndexFunc(h.Credentials, func(c PNSCredential) bool { return c.Platform == platform })
	if i < 0 {
		return PNSCredential{}, false
	}
	return h.Credentials[i], true
}

// HubEntry is an Atom entry that holds a hub, or in the list of services only
// names one.
type HubEntry struct {
	URL                string    // id and self: the request's URL with its query
	Name               string    // of the hub: the title
	Namespace          string    // the author
	Published, Updated time.Time // Published is left out if it is zero
	Hub                *HubDescription
}

// credentialElement is the name of a platform's credential. Apple's and
// Windows' are not those of registrations.
func credentialElement(platform string) string {
	switch platform {
	case apns:
		return "ApnsCredential"
	case wns:
		return "WnsCredential"
	}
	return namesOf(platform).element + "Credential"
}

// servicesTitle is the title of the list that a namespace's root shows.
const servicesTitle = "Publicly Listed Services"
