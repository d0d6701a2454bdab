package storetest

import (
	"errors"
	"reflect"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
	"github.com/fanfare-hub/fanfare/internal/task"
)

func hubs(f *fixture) {
	rules := []hub.Rule{{Name: "r", Rights: hub.Send, PrimaryKey: "key", SecondaryKey: "other", CreatedAt: now, ModifiedAt: now.Add(time.Second)}}
	h := hub.Hub{Name: "HUB", RegistrationTTL: 24e9, Rules: rules, Fixed: true, Disabled: true, UserMetadata: "m", CreatedAt: now, UpdatedAt: now}
	f.update(func(tx store.Tx) error { return errors.Join(tx.PutHub(&h), tx.PutNamespaceRules(rules)) })
	if h.ID != f.hub {
		f.Errorf("a name in other letters is another hub: %d, want %d", h.ID, f.hub)
	}
	f.view(func(r store.Reader) error {
		got, err := r.Hub("hub")
		if !reflect.DeepEqual(got, h) {
			f.Errorf("Hub = %+v, want %+v", got, h)
		}
		ns, err2 := r.NamespaceRules()
		if !reflect.DeepEqual(ns, rules) {
			f.Errorf("NamespaceRules = %+v", ns)
		}
		all, err3 := r.ListHubs()
		if len(all) != 1 {
			f.Errorf("ListHubs returns %d hubs", len(all))
		}
		if _, err := r.Hub("nosuch"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("an unknown hub: %v", err)
		}
		return errors.Join(err, err2, err3)
	})
}

func credentials(f *fixture) {
	put := func(props map[string]string) (version int64) {
		f.update(func(tx store.Tx) (err error) {
			version, err = tx.PutCredential(f.hub, hub.Credential{Platform: hub.APNs, Properties: props})
			return err
		})
		return version
	}
	first := put(map[string]string{"Token": "a"})
	if again := put(map[string]string{"Token": "a"}); again != first {
		f.Errorf("equal properties raised the version from %d to %d", first, again)
	}
	second := put(map[string]string{"Token": "b"})
	if second <= first {
		f.Errorf("other properties: version %d after %d", second, first)
	}
	f.update(func(tx store.Tx) error { return tx.DeleteCredential(f.hub, hub.APNs) })
	f.view(func(r store.Reader) error {
		if _, err := r.Credential(f.hub, hub.APNs); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("a deleted credential: %v", err)
		}
		return nil
	})
	if third := put(map[string]string{"Token": "a"}); third <= second {
		f.Errorf("a version was given twice: %d after %d", third, second)
	}
}

// The rules of a name are found whosever they are, but for the namespace's.
func rulesNamed(f *fixture) {
	f.update(func(tx store.Tx) error {
		errs := []error{tx.PutNamespaceRules([]hub.Rule{{Name: "Full", PrimaryKey: "namespace"}})}
		for _, name := range []string{"c", "a", "b"} {
			h := hub.Hub{Name: name, Rules: []hub.Rule{{Name: "Other", PrimaryKey: "x"}, {Name: "full", PrimaryKey: name}}, CreatedAt: now, UpdatedAt: now}
			errs = append(errs, tx.PutHub(&h))
		}
		return errors.Join(errs...)
	})
	for _, c := range []struct {
		name  string
		limit int
		want  string
	}{
		{"FULL", 10, "cab"}, {"Full", 2, "ca"}, {"nosuch", 10, ""}, {"", 10, ""},
	} {
		got := ""
		f.view(func(r store.Reader) error {
			rules, err := r.RulesNamed(c.name, c.limit)
			for _, rule := range rules {
				got += rule.PrimaryKey
			}
			return err
		})
		if got != c.want {
			f.Errorf("%d rules named %q are those of %q, want %q", c.limit, c.name, got, c.want)
		}
	}
}

// A deleted hub is gone at once, its running work is fenced, its rows go slice
// by slice, and nothing of it reaches the hub that takes its name.
func deletedHubs(f *fixture) {
	for _, tag := range []string{"a", "b", "c"} {
		f.register("r-"+tag, hub.APNs, "00"+tag, tag, "all")
	}
	f.fill(f.hub)
	other := hub.Hub{Name: "Other", CreatedAt: now, UpdatedAt: now}
	f.update(func(tx store.Tx) error { return tx.PutHub(&other) })
	f.fill(other.ID)
	held := f.claim("me", now, 1)[0]
	if held.HubID != f.hub {
		f.Fatalf("claimed the task of hub %d first, want %d", held.HubID, f.hub)
	}
	f.update(func(tx store.Tx) error { return tx.DeleteHub(f.hub, now) })
	f.refused(store.ErrNotFound, func(tx store.Tx) error { return tx.DeleteHub(f.hub, now) })

	f.fenced(held)
	if got := f.claim("me", now.Add(time.Hour), 10); len(got) != 2 || got[0].HubID != other.ID || got[1].HubID != other.ID {
		f.Errorf("claimed %+v, want the two tasks of the other hub", got)
	}
	if due, any := f.nextDue(task.Lane{HubID: other.ID, Platform: 1}, task.Lane{HubID: other.ID}); any {
		f.Errorf("a task of the deleted hub is due at %v", due)
	}

	f.view(func(r store.Reader) error {
		n, err := r.CountHubs()
		if n != 1 {
			f.Errorf("%d hubs are left, want the other", n)
		}
		return err
	})
	again := hub.Hub{Name: "hub", CreatedAt: now, UpdatedAt: now}
	f.update(func(tx store.Tx) error { return tx.PutHub(&again) })
	if again.ID == f.hub {
		f.Error("the id of a deleted hub was given again")
	}
	f.view(func(r store.Reader) error {
		h, err := r.Hub("Hub")
		if len(h.Rules) != 0 || h.UserMetadata != "" {
			f.Errorf("the new hub has rules or metadata of the old one: %+v", h)
		}
		if _, err := r.Credential(again.ID, hub.APNs); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("the new hub's credential: %v", err)
		}
		if _, err := r.Credential(f.hub, hub.APNs); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("the deleted hub's credential: %v", err)
		}
		return err
	})
	f.sweepHubs()
	if f.exists("r-a") {
		f.Error("a registration of the deleted hub is left")
	}
	f.leftAlone(other.ID)
}

// sweepHubs removes what is left of deleted hubs, in slices of two rows.
func (f *fixture) sweepHubs() {
	f.Helper()
	sweep := func(before time.Time) (total int) {
		for n := 2; n == 2; total += n {
			f.update(func(tx store.Tx) (err error) { n, err = tx.SweepHubs(before, 2); return err })
			if n > 2 {
				f.Fatalf("a slice of two has %d rows", n)
			}
		}
		return total
	}
	// 3 registrations with 6 postings, and fill's 11 rows.
	if n := sweep(now); n != 20 {
		f.Errorf("%d rows were swept, want 20", n)
	}
	// A request that was let in before may still write.
	f.update(func(tx store.Tx) error {
		return tx.InsertNotification(&hub.Notification{ID: "late", HubID: f.hub, EnqueuedAt: now})
	})
	if n := sweep(now); n != 1 {
		f.Errorf("%d late rows were swept, want 1", n)
	}
	if n := sweep(now.Add(time.Second)); n != 1 {
		f.Errorf("forgetting the hub swept %d rows, want 1", n)
	}
	if n := sweep(now.Add(time.Second)); n != 0 {
		f.Errorf("%d rows were swept of nothing", n)
	}
}

// fill gives a hub a row of every sort: 11 that are swept (one registration is
// the installation's, with a posting), a rule and a credential.
func (f *fixture) fill(hubID int64) {
	f.Helper()
	f.update(func(tx store.Tx) error {
		h, err := tx.HubByID(hubID)
		h.UserMetadata, h.Rules = "of the old one", []hub.Rule{{Name: "r", PrimaryKey: "key"}}
		template := hub.Registration{ID: "template", Platform: hub.APNs, Handle: "00ff", Template: &hub.TemplateBody{Body: "{}"}, UpdatedAt: now}
		_, err2 := tx.PutCredential(hubID, hub.Credential{Platform: hub.APNs, Properties: map[string]string{"Token": "a"}})
		_, err3 := tx.Suspect(hubID, hub.APNs, store.Dead{Handle: "00aa"}, now)
		return errors.Join(err, err2, err3, tx.PutHub(&h),
			tx.InsertTask(&task.Task{Kind: "k", HubID: hubID, Notification: "n", Platform: 1, DueAt: now}),
			tx.InsertTask(&task.Task{Kind: "k", HubID: hubID, DueAt: now}),
			tx.PutRegistration(hubID, &template, nil, now), // with a template_body
			tx.PutInstallation(hubID, &hub.Installation{ID: "i"}, now),
			tx.PutBreaker(hubID, hub.APNs, 1, []byte("w")),
			tx.InsertNotification(&hub.Notification{ID: "n", HubID: hubID, EnqueuedAt: now}),
			tx.AddOutcomes(hubID, "n", []hub.Count{{Platform: hub.APNs, Outcome: hub.Success, N: 1}}),
			tx.AppendLog(hubID, "n", store.LogPage{Platform: hub.APNs, Entries: []byte("e"), At: now}))
	})
}

// fenced checks that a lease of a deleted hub's task writes nothing.
func (f *fixture) fenced(held task.Task) {
	f.Helper()
	f.refused(task.ErrFenced, func(tx store.Tx) error { return tx.SaveTask(held.Lease(), &held) })
	f.refused(task.ErrFenced, func(tx store.Tx) error { return tx.DeleteTask(held.Lease()) })
	f.update(func(tx store.Tx) error {
		lost, err := tx.RenewTasks([]task.Lease{held.Lease()}, now.Add(time.Hour))
		if len(lost) != 1 {
			f.Errorf("the lease was renewed: lost %v", lost)
		}
		return err
	})
}

// leftAlone checks that the sweep took nothing of another hub.
func (f *fixture) leftAlone(other int64) {
	f.Helper()
	f.view(func(r store.Reader) error {
		_, err := r.Registration(other, "template", now)
		_, err2 := r.Installation(other, "i", now)
		_, err3 := r.Notification(other, "n")
		_, err4 := r.Credential(other, hub.APNs)
		counts, err5 := r.OutcomeCounts(other, "n")
		pages := 0
		err6 := r.DeliveryLog(other, "n", func(store.LogPage) error { pages++; return nil })
		tasks, err7 := r.TasksOf(other, "n")
		if len(counts) != 1 || pages != 1 || len(tasks) != 1 {
			f.Errorf("of the other hub are left: %d counts, %d pages of log, %d tasks", len(counts), pages, len(tasks))
		}
		return errors.Join(err, err2, err3, err4, err5, err6, err7)
	})
}
