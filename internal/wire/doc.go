// Package wire is the frozen outside: the XML, JSON, headers, connection
// strings and SAS tokens of Azure Notification Hubs, read tolerantly and
// written exactly. Both the SDK and the API stand on it, and it is the only
// place that knows XML names.
package wire
