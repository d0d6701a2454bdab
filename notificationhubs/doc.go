// Package notificationhubs is a client of Azure Notification Hubs and of
// Fanfare, which speaks the same API.
//
// A client is made from a connection string and the name of a hub, and is kept
// for the life of the process:
//
//	client, err := notificationhubs.NewClientFromConnectionString(cs, "myhub", nil)
//
// Every call takes a context, and names the right that the connection string's
// rule needs for it: Listen for devices, Send, or Manage. Package hubtest has a hub
// for the tests of programs that use this package.
//
// # Sending
//
// A notification is made for a platform and sent to everybody, to a set of tags,
// or to those for whom a tag expression holds, given as text or built:
//
//	toast := notificationhubs.NewWindowsNotification(`<toast>…</toast>`, nil)
//	sent, err := client.Send(ctx, toast, nil)
//	sent, err = client.Send(ctx, toast, &notificationhubs.SendOptions{Tags: []string{"sports", "politics"}})
//	sent, err = client.Send(ctx, toast, &notificationhubs.SendOptions{Expression: "sports && !politics"})
//	sent, err = client.Send(ctx, toast, &notificationhubs.SendOptions{To: notificationhubs.UserTag(user)})
//
// A template notification reaches devices of every platform, each through the
// template that it has registered:
//
//	greeting := notificationhubs.NewTemplateNotification(map[string]string{"name": "Ada"})
//
// SendDirect reaches one handle, registered or not, and SendDirectBatch up to a
// thousand of them. TestSend and the option TestSend wait for what comes of it at
// up to ten devices; of any other send, WaitForNotification and
// NotificationDetails tell later:
//
//	details, err := client.WaitForNotification(ctx, sent.NotificationID)
//	fmt.Println(details.State, details.Count(notificationhubs.OutcomeSuccess))
//
// Schedule sends at a later time, to whoever is registered then, and
// CancelScheduled takes that back:
//
//	sent, err = client.Schedule(ctx, toast, time.Now().Add(2*time.Hour), nil)
//	err = client.CancelScheduled(ctx, sent.NotificationID)
//
// # Devices
//
// An Installation is a device with its tags and templates in one document, of
// which an InstallationPatch changes parts; a Registration is a handle with tags
// and at most one template. Lists are iterators, which fetch page after page:
//
//	for r, err := range client.RegistrationsByTag(ctx, "sports") {
//		if err != nil {
//			return err
//		}
//		fmt.Println(r.ID, r.Platform)
//	}
//
// # Hubs
//
// A NamespaceClient makes, reads, changes, deletes and lists hubs. A change
// replaces a hub whole: read it, change it, and write it back.
//
//	namespace, err := notificationhubs.NewNamespaceClientFromConnectionString(cs, nil)
//	hub, err := namespace.Hub(ctx, "myhub")
//	hub.WNS = &notificationhubs.WNSCredential{PackageSID: sid, SecretKey: secret}
//	hub, err = namespace.UpdateHub(ctx, *hub)
//
// Its Client is one of a hub, with the namespace's rule.
//
// # Jobs
//
// A job exports registrations into a container of blob storage, or imports them
// from a file there, whatever their number:
//
//	job, err := client.SubmitJob(ctx, notificationhubs.JobRequest{
//		Type: notificationhubs.ExportRegistrations, OutputContainerURL: container})
//	job, err = client.WaitForJob(ctx, job.ID, func(j *notificationhubs.Job) { fmt.Println(j.Progress) })
//	fmt.Println(job.Status, job.OutputPath)
//
// # Feedback
//
// Handles that push services have called dead, or replaced, are to be forgotten
// by whoever keeps them:
//
//	for f, err := range client.Feedback(ctx) {
//
// NotificationErrors reads which devices one send did not reach, and why.
//
// # Errors
//
// An answer that is not a success is a *ResponseError:
//
//	if e, ok := errors.AsType[*notificationhubs.ResponseError](err); ok && e.StatusCode == http.StatusNotFound {
//
// Its status is 400 for what is wrong with a request, with a sentence that says
// what; 401 for a key that is wrong, or whose rule lacks the right; 404 for what
// does not exist, 409 for what exists already, 412 for an ETag that is no longer
// the one, 413 for what is too large, and 429 or 503 for a hub that has too much to do.
//
// Requests are tried again where that is safe, see RetryOptions. Keys, tokens
// and handles are never part of an error, and neither keys nor tokens nor the
// signatures of URLs of a debug dump.
package notificationhubs
