// Package pnssim is a set of simulated push services that behave as the real
// ones do towards a sender: real TLS and ALPN, tokens and signatures, topics,
// sizes, every error answer. It shares no code with Fanfare's connectors, so
// that a test against it can fail.
//
// Any well-formed handle is a live device, whoever made it up.
//
// # Fates
//
// A handle of a documented form asks for a fate, in the same words at every
// service: its text holds fate-WORD or fate-WORD-N, closed by a dot or its end.
// Meanings has the words, Words those of each service, and docs/simulators.md
// what each service answers to them. SetFate gives a device one that its handle
// does not ask for; with an Answer, the service says exactly that.
//
// Those with -N are answered so N times (1), and the device is live from then
// on. Where a service knows no such fate, the device is live. To APNs, 64 zeros
// are nobody's token; to Xiaomi, 0 is nobody's id. Xiaomi takes up to a thousand
// ids in one request and answers once: it names those that are gone, expired or
// malformed, and every other fate but slow befalls all of them, so that nobody
// gets the message.
//
// # What devices got
//
// A browser of Subscribe can read what is pushed to it. What comes to an
// endpoint that nobody subscribed is kept as it is, encrypted, with its
// Content-Encoding. What a Baidu device got is its message; the other fields of
// the form stand among the headers, and of the handle the channel counts. What
// a Xiaomi device got is the form but for the ids, as a JSON object.
//
// # Accounts
//
// What the services know of senders comes as credentials under Azure's property
// names; each fails, or not, as its service lets it:
//
//	APNsCredential, SandboxAPNsCredential, OtherAPNsCredential  accepted
//	ForeignAPNsCredential                 403 InvalidProviderToken
//	ForeignTopicAPNsCredential            400 TopicDisallowed
//	APNsCertificateCredential             accepted; of three topics, in both environments
//	SandboxAPNsCertificateCredential      accepted in the sandbox; 403 BadCertificateEnvironment
//	SigningAPNsCertificateCredential      403 BadCertificate
//	ExpiredAPNsCertificateCredential      alert: expired certificate
//	RevokedAPNsCertificateCredential      alert: bad certificate
//	ForeignAPNsCertificateCredential      alert: unknown certificate authority
//	FCMCredential                         accepted
//	ForeignFCMCredential                  400 invalid_grant: Invalid JWT Signature
//	RevokedFCMCredential                  400 invalid_grant: account not found
//	UnauthorizedFCMCredential             a token, and 403 PERMISSION_DENIED with it
//	WNSCredential                         accepted
//	ForeignWNSCredential                  400 invalid_client
package pnssim
