package wire

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// AppendHubEntry writes the entry of an answer (RFC 4287). It has no ETag: hubs
// have none.
func AppendHubEntry(b []byte, e *HubEntry) []byte {
	return appendHubEntry(b, e, appendAttr(nil, "xmlns", nsAtom))
}

func appendHubEntry(b []byte, e *HubEntry, namespace []byte) []byte {
	b = append(append(append(b, "<entry"...), namespace...), '>')
	b = appendElement(b, "id", e.URL)
	b = appendTitle(b, e.Name)
	b = appendTime(b, "published", e.Published)
	b = appendTime(b, "updated", e.Updated)
	b = appendClose(appendElement(appendOpen(b, "author"), "name", e.Namespace), "author")
	b = appendLink(b, "self", e.URL)
	b = append(b, `<content type="application/xml">`...)
	b = appendHub(b, e.Hub)
	return append(b, "</content></entry>"...)
}

// AppendHubFeed writes a list of full entries.
func AppendHubFeed(b []byte, url string, updated time.Time, entries []HubEntry) []byte {
	b = append(appendAttr(append(b, "<feed"...), "xmlns", nsAtom), '>')
	b = appendTitle(b, "NotificationHubs")
	b = appendElement(b, "id", url)
	b = appendElement(b, "updated", formatTime(updated))
	b = appendLink(b, "self", url)
	for i := range entries {
		b = appendHubEntry(b, &entries[i], nil)
	}
	return append(b, "</feed>"...)
}

// AppendServiceFeed writes the list that a namespace's root shows, of which the
// .NET SDK reads the names: the URL of an entry is where its hub is. id tells
// this list from others.
func AppendServiceFeed(b []byte, id string, updated time.Time, entries []HubEntry) []byte {
	b = append(appendAttr(append(b, "<feed"...), "xmlns", nsAtom), '>')
	b = appendTitle(b, servicesTitle)
	b = append(b, `<subtitle type="text">This is the list of publicly-listed services currently available.</subtitle>`...)
	b = appendElement(b, "id", "uuid:"+id+";id=1")
	b = appendElement(b, "updated", formatTime(updated))
	b = appendElement(b, "generator", "Service Bus 1.1")
	for i, e := range entries {
		b = appendOpen(b, "entry")
		b = appendElement(b, "id", "uuid:"+id+";id="+strconv.Itoa(i+2))
		b = appendTitle(b, e.Name)
		b = appendElement(b, "updated", formatTime(e.Updated))
		b = appendLink(b, "alternate", e.URL)
		b = appendClose(b, "entry")
	}
	return append(b, "</feed>"...)
}

// AppendHubRequest writes the entry that a client sends.
func AppendHubRequest(b []byte, h *HubDescription) []byte {
	b = appendAttr(append(b, `<?xml version="1.0" encoding="utf-8"?><entry`...), "xmlns", nsAtom)
	b = append(b, `><content type="application/xml">`...)
	return append(appendHub(b, h), "</content></entry>"...)
}

// appendHub writes the members in the order of the .NET SDK's data contract: to
// it a member out of order is lost. Where that order says nothing of a platform,
// it stands at the end.
func appendHub(b []byte, h *HubDescription) []byte {
	const name = "NotificationHubDescription"
	b = append(append(append(append(b, '<'), name...), connect...), '>')
	b = h.appendCredential(b, apns)
	b = appendElement(b, "RegistrationTtl", formatDuration(h.RegistrationTTL))
	b = h.appendCredential(b, wns)
	b = appendRules(b, h.Rules)
	b = h.appendCredential(b, gcm)
	b = h.appendCredential(b, mpns)
	b = appendCount(b, "DailyOperations", h.DailyOperations)
	b = appendCount(b, "DailyMaxActiveDevices", h.DailyMaxActiveDevices)
	b = appendCount(b, "DailyMaxActiveRegistrations", h.DailyMaxActiveRegistrations)
	b = appendCount(b, "DailyApiCalls", h.DailyAPICalls)
	b = appendOptional(b, "UserMetadata", h.UserMetadata)
	b = h.appendCredential(b, adm)
	b = h.appendCredential(b, baidu)
	if h.Disabled {
		b = appendElement(b, "Status", "true")
	}
	b = h.appendCredential(b, fcmv1)
	b = h.appendCredential(b, browser)
	b = h.appendCredential(b, xiaomi)
	return appendClose(b, name)
}

func appendRules(b []byte, rules []AuthorizationRule) []byte {
	if len(rules) == 0 {
		return b
	}
	b = appendOpen(b, "AuthorizationRules")
	for _, r := range rules {
		b = append(b, `<AuthorizationRule i:type="SharedAccessAuthorizationRule">`...)
		b = appendElement(b, "ClaimType", "SharedAccessKey")
		b = appendElement(b, "ClaimValue", "None")
		b = appendOpen(b, "Rights")
		for _, right := range r.Rights {
			b = appendElement(b, "AccessRights", right)
		}
		b = appendClose(b, "Rights")
		b = appendTime(b, "CreatedTime", r.CreatedTime)
		b = appendTime(b, "ModifiedTime", r.ModifiedTime)
		b = appendElement(b, "KeyName", r.KeyName)
		b = appendOptional(b, "PrimaryKey", r.PrimaryKey)
		b = appendOptional(b, "SecondaryKey", r.SecondaryKey)
		b = appendClose(b, "AuthorizationRule")
	}
	return appendClose(b, "AuthorizationRules")
}

// appendCredential writes the properties in order of their names, so that equal
// hubs are equal text.
func (h *HubDescription) appendCredential(b []byte, platform string) []byte {
	c, ok := h.Credential(platform)
	if !ok {
		return b
	}
	name := credentialElement(platform)
	b = appendOpen(appendOpen(b, name), "Properties")
	for _, property := range slices.Sorted(maps.Keys(c.Properties)) {
		b = appendOpen(b, "Property")
		b = appendElement(b, "Name", property)
		b = appendElement(b, "Value", c.Properties[property])
		b = appendClose(b, "Property")
	}
	return appendClose(appendClose(b, "Properties"), name)
}

func appendCount(b []byte, name string, n *int64) []byte {
	if n == nil {
		return b
	}
	return appendElement(b, name, strconv.FormatInt(*n, 10))
}
