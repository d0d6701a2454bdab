package api_test

// quirksOfSending are those of the clients that send.
func quirksOfSending() []quirk {
	const (
		python, dotnet, js, sb  = "Python", ".NET", "@azure/notification-hubs", "azure-sb"
		java, ruby, php, golang = "Java", "Ruby", "PHP", "Go"
	)
	return []quirk{
		shown(python, "signs the address in lower case, and leaves / in the signature as it is", "send-python", "signed in lower case, with / in the signature as it is"),
		shown(python, "keeps the letter case of the endpoint in Host", "send-python", "signed in lower case, with / in the signature as it is"),
		shown(python, "asks for an absolute target", "send-python", "an absolute target"),
		shown(python, "signs for five minutes, by a clock that may be late", "send-python", "signed for five minutes by a clock that is late"),
		shown(python, "joins a set of tags with || in any order", "send-python", "a set of tags in any order"),
		shown(python, "looks for part of a format, so that fcmV1 passes as JSON", "send-python", "fcmV1, which its check of formats lets through"),
		shown(python, "sends the format fcm", "send-python", "an absolute target"),
		shown(python, "looks for <toast> as it stands, so that a toast with an attribute has no X-WNS-Type", "send-python", "a toast with an attribute, and so without X-WNS-Type"),
		shown(python, "prints the outcome of a send in debug mode", "send-python", "a test send"),
		shown(python, "puts quotes around the T of a schedule's time", "schedule-python", "quotes around the T"),
		kept(python, "takes a connection string of just three parts", ownString),
		kept(python, "needs the name of the key before the key", ownString),
		kept(python, "fails at None for tags", ownObjects),

		shown(js, "sends the tag undefined with a test send to everybody", "send-javascript", "the tag undefined in a test send to everybody"),
		shown(js, "sends the tag undefined with enableTestSend: false", "send-javascript", "the tag undefined in a send to everybody"),
		shown(js, "puts a slash at the end of the path", "send-javascript", "a slash at the end of the path"),
		shown(js, "signs the root, in upper-case escapes", "send-javascript", "signed for the root, in upper case"),
		shown(js, "takes the third segment of a Location for the id of a batch", "batch-javascript", "blanks about the boundary, and an id in the third segment"),
		shown(js, "puts blanks about the boundary of a batch", "batch-javascript", "blanks about the boundary, and an id in the third segment"),
		shown(js, "sends legacy FCM as gcm", "send-javascript", "legacy FCM under the name gcm"),
		shown(js, "sends the keys of a browser in headers of their own", "send-javascript", "direct to a browser"),
		shown(js, "schedules with milliseconds", "schedule-javascript", "UTC with milliseconds"),
		shown(js, "takes 200 alone for a cancel", "schedule-javascript", "cancel"),
		kept(js, "refuses plain HTTP unless each call allows it", ownTransport),

		shown(sb, "writes Messages with a capital", "send-azure-sb", "a capital, a host without port, quotes around the charset"),
		shown(sb, "sends Host without the port that it signs", "send-azure-sb", "a capital, a host without port, quotes around the charset"),
		shown(sb, "puts quotes around the charset", "send-azure-sb", "quotes around the charset of XML"),
		shown(sb, "writes authorization in lower case", "send-azure-sb", "a capital, a host without port, quotes around the charset"),
		shown(sb, "calls a tile for MPNS token", "send-azure-sb", "a tile for MPNS named token"),
		kept(sb, "sends nothing directly, nothing later, nothing as a test and nothing in the format fcmv1", notOffered),
		kept(sb, "refuses a host name without a dot", ownString),

		shown(dotnet, "signs for http, without the port and with a slash at the end", "send-dotnet", "signed for http, without the port and with a slash"),
		shown(dotnet, "puts test on everything, batches too", "batch-dotnet", "a fixed boundary, and test"),
		shown(dotnet, "reads a document after test together with direct", "send-dotnet", "a document for test together with direct"),
		shown(dotnet, "declares utf-16 over UTF-8", "send-dotnet", "utf-16 declared over UTF-8"),
		shown(dotnet, "calls JSON for Baidu a form", "send-dotnet", "a form around JSON for Baidu"),
		shown(dotnet, "calls a tile for MPNS token", "send-dotnet", "a tile for MPNS named token"),
		shown(dotnet, "writes an expiry with the month first and no zone", "send-dotnet", "an expiry that begins with the month"),
		shown(dotnet, "sends legacy FCM as gcm", "send-dotnet", "legacy FCM under the name gcm"),
		shown(dotnet, "schedules in UTC without a zone, with test", "schedule-dotnet", "UTC without a zone, and test"),

		shown(java, "drops the format when there are headers for APNs", "send-java", "headers of the caller's in place of the format"),
		shown(java, "writes an expiry of twelve hours", "send-java", "an expiry of twelve hours"),
		shown(java, "does not escape the values of a template", "send-java", "a template with a quote that is not escaped"),
		shown(java, "tries again after 403", "send-java", "a missing right is no 403, which it would try again"),
		shown(java, "reads Retry-After as whole seconds", "busy-clients", "Java"),
		shown(java, "finds X-WNS-Type in a whole element", "send-java", "a type found in the whole element"),
		shown(java, "sends no content type with text that begins without <", "send-java", "no content type for raw text"),
		shown(java, "signs the whole request", "send-java", "signed for the whole request"),
		shown(java, "writes a charset beside the boundary of a batch", "batch-java", "a charset beside the boundary"),
		shown(java, "schedules in UTC without a zone", "schedule-java", "UTC without a zone"),

		shown(ruby, "loses its query", "send-ruby", "direct by its handle alone"),
		shown(ruby, "sends directly without the flag", "send-ruby", "direct by its handle alone"),
		shown(ruby, "signs for sb", "send-ruby", "direct by its handle alone"),
		shown(ruby, "adds one = to its key, so that keys must have just one", "hub-dotnet", "create"),

		shown(golang, "sends U+FFFD for the expiration of a direct send", "send-go", "a direct send with U+FFFD for an expiration"),
		shown(golang, "sends an expiration for APNs to every platform", "send-go", "fields of the signature in order of the alphabet, an expiration for FCM"),
		shown(golang, "finds an id before api-version, the first parameter of a Location", "send-go", "a direct send with U+FFFD for an expiration"),
		shown(golang, "signs with its fields in order of the alphabet", "send-go", "fields of the signature in order of the alphabet, an expiration for FCM"),
		shown(golang, "sends a batch as form-data that is never closed", "batch-go", "form-data that is never closed"),
		shown(golang, "schedules in the caller's zone without saying so", "schedule-go", "a local time without a zone"),

		shown(php, "puts a slash at the end of the path of a send", "send-php", "a slash at the end of the path"),
		shown(php, "puts a slash at the end of the path of a schedule", "schedule-php", "a slash at the end of the path"),
		kept(php, "does not verify certificates", ownTransport),
	}
}
