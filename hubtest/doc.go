// Package hubtest gives a test a whole notification hub: Fanfare in the test's
// own process, with simulated push services and devices on every platform, and
// with a clock that the test moves.
//
//	func TestReminder(t *testing.T) {
//		hub := hubtest.Start(t)
//		phone := hub.Device(notificationhubs.APNs, "Ada's phone")
//		phone.Register("user:ada")
//
//		remind(hub.ConnectionString(), hub.Name(), "ada", hub.Now().Add(3*time.Hour)) // the code under test
//
//		hub.Advance(3 * time.Hour)
//		if got := phone.Received(); len(got) != 1 {
//			t.Errorf("the phone got %v", got)
//		}
//	}
//
// Nothing is faked but the push services, and those behave as the real ones do:
// the hub keeps its registrations in a database, renders templates, signs tokens,
// speaks TLS to the services, and tries again what they refuse for now. It is
// gone when the test ends, with its files and goroutines. A hub costs some 25 ms
// of a processor, the first of a process 100 more for its keys, so that each
// test has its own, parallel ones too.
//
// # The clock
//
// A hub's clock stands where it began until Advance moves it. What is sent at
// once arrives at once; what has a time (schedules, the expiry of registrations
// and notifications, tries that come later, quotas of a minute, the 30 minutes
// after which a device is given up) waits for the clock. Advance stops at every
// moment at which something falls due, and returns when nothing is due or in
// flight any more. Advance(0) waits for what is in flight.
//
// Code under test that looks at the machine's clock is a little ahead of the
// hub's: bring the hub to where that code wants it to be with AdvanceTo, or give
// the code hub.Now. Shared access signatures are held against the machine's
// clock, so that clients sign as they always do.
//
// # Devices
//
// Device makes up a device, with a well-formed handle, and DeviceAt is the one
// with a handle that comes from elsewhere. Any handle is a live device unless
// SetFate says otherwise.
//
// # Goroutines
//
// A Hub and its Devices may be used by several goroutines. Methods without an
// error among their results end the test when they fail, as testing.TB's FailNow
// does: they are for the goroutine that runs the test.
package hubtest
