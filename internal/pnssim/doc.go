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
// FCM's tokens hold it as they are, WNS's channel URIs in their token
// (?token=fate-gone.1), and of APNs' hexadecimal tokens the bytes count:
// 666174652d676f6e652e is "fate-gone.".
//
//	word           APNs                        FCM                     WNS
//	gone           410 Unregistered            404 UNREGISTERED        410
//	expired        410 ExpiredToken            404 UNREGISTERED        410
//	malformed      400 BadDeviceToken          400 message.token       404
//	foreign        400 DeviceTokenNotForTopic  403 SENDER_ID_MISMATCH  403
//	throttled-N    429 TooManyRequests         429 QUOTA_EXCEEDED      200 channelthrottled
//	unavailable-N  503 ServiceUnavailable      503 UNAVAILABLE         503
//	error-N        500 InternalServerError     500 INTERNAL            500
//	shutdown-N     503 Shutdown                -                       -
//	gateway-N      -                           502, a page of HTML     502, a page of HTML
//	refused        400 PayloadEmpty            400 message.data        400
//	offline        -                           -                       200 dropped, disconnected
//	dropped        -                           -                       200 dropped
//	blocked        -                           -                       410 Domain Blocked
//	sandbox        known in the sandbox only   -                       -
//	slow-N         accepted, answered N milliseconds later (500)
//	hang           never answered
//	reset          the answer breaks off after its head, once; then live
//
// MPNS's channel URIs and ADM's registration ids hold it as they are:
//
//	word           MPNS                             ADM
//	gone, expired  404 Dropped, Expired             400 Unregistered
//	malformed      400                              400 InvalidRegistrationId
//	foreign        401                              400 InvalidRegistrationId
//	throttled-N    406 Dropped: the day's limit     429 MaxRateExceeded
//	full-N         200 QueueFull                    -
//	unavailable-N  503                              503
//	error-N        500                              500
//	gateway-N      502, a page of HTML              502, a page of HTML
//	refused        400                              400 InvalidData
//	offline        412 Dropped, InActive            -
//	dropped        200 Suppressed                   -
//	replaced       -                                accepted, and the handle is now the one with replaced for fate-replaced
//	answer-CODE    this HTTP status                 this HTTP status, with its usual reason
//
// # Fates of Web Push
//
// An endpoint (Browser) holds the word in its path or query, as in
// https://push.example/fate-gone.1. The numbers are Mozilla's errno.
//
//	word           answer
//	gone           410 (106)
//	expired        410 (103)
//	malformed      404 (102)
//	foreign        403 (109): the subscription was made with another key
//	throttled-N    429, Retry-After: 60
//	unavailable-N  503 (201), Retry-After: 30
//	shutdown-N     503 (202): to be tried again at once
//	error-N        500 (999)
//	gateway-N      502, a page of HTML
//	refused        400 (110)
//	offline        201; kept until the browser is live again, as long as TTL and
//	               Topic let it
//	redirect       307 to a private address
//	flood          201, and a body of 16 MiB
//	drip           201, and a body without an end, a byte at a time
//	slow-N, hang   as above
//	reset          no answer, once; then live
//	answer-CODE    the HTTP status CODE, 200 to 599; below 300 it is accepted
//
// A browser of Subscribe can read what is pushed to it. What comes to an
// endpoint that nobody subscribed is kept as it is, encrypted, with its
// Content-Encoding.
//
// # Counting
//
// Those with -N are answered so N times (1), and the device is live from then
// on. Where a service knows no such fate, the device is live. To APNs, 64 zeros
// are nobody's token.
//
// Baidu's channel ids and Xiaomi's registration ids hold their fate as they
// are. Xiaomi takes up to a thousand ids in one request and answers once: a fate
// with a code befalls all of them, and nobody gets the message.
//
//	word           Baidu                       Xiaomi
//	gone           30608                       in bad_regids; 20301 if all are
//	expired        30607                       in bad_regids; 20301 if all are
//	malformed      30602                       in bad_regids; 20301 if all are
//	foreign        30605                       10029
//	throttled-N    30699                       10027
//	unavailable-N  503, a page of HTML         10002
//	error-N        500, 30600                  10001
//	gateway-N      502, a page of HTML         502, a page of HTML
//	refused        30602                       22100
//	blocked        -                           10004
//	answer-CODE    the code; an HTTP status is a page of HTML
//
// What a Baidu device got is its message; the other fields of the form stand
// among the headers, and of the handle the channel counts. What a Xiaomi device
// got is the form but for the ids, as a JSON object.
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
