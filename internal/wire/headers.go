package wire

// The names of headers that clients and the hub exchange. Letter case does not
// count.
const (
	HeaderFormat          = "ServiceBusNotification-Format"
	HeaderTags            = "ServiceBusNotification-Tags"
	HeaderDeviceHandle    = "ServiceBusNotification-DeviceHandle"
	HeaderScheduleTime    = "ServiceBusNotification-ScheduleTime"
	HeaderApnsExpiry      = "ServiceBusNotification-Apns-Expiry"
	HeaderApnsExpiryAlias = "ServiceBusNotification-ApnsExpiry" // from the comments of a published sample
	HeaderTrackingID      = "TrackingId"
	HeaderCorrelationID   = "x-ms-correlation-request-id"
	HeaderContinuation    = "x-ms-continuationtoken"
)

// The content types of answers. An installation's is ContentTypeXML too,
// although it is JSON: Azure answers so.
const (
	ContentTypeXML   = "application/xml; charset=utf-8"
	ContentTypeEntry = "application/atom+xml; type=entry; charset=utf-8"
	ContentTypeFeed  = "application/atom+xml; type=feed; charset=utf-8"
)
