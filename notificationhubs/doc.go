// Package notificationhubs is a client of Azure Notification Hubs and of
// Fanfare, which speaks the same API.
//
// A client is made from a connection string and the name of a hub:
//
//	client, err := notificationhubs.NewClientFromConnectionString(cs, "myhub", nil)
//
// A notification is made for a platform and sent to a tag, a set of tags, a tag
// expression, or everybody:
//
//	toast := notificationhubs.NewWindowsNotification(`<toast>…</toast>`)
//	client.Send(ctx, toast, nil)
//	client.Send(ctx, toast, &notificationhubs.SendOptions{Tags: []string{"sports", "politics"}})
//	client.Send(ctx, toast, &notificationhubs.SendOptions{Expression: "sports && !politics"})
//
// A template notification fills the templates that devices have registered.
// Registrations and installations are managed through the same client; lists
// are iterators.
//
// Every call takes a context first and its options, which may be nil, last. An
// answer that is not a success is a *ResponseError. Keys and tokens are never
// part of an error or of a debug dump.
package notificationhubs
