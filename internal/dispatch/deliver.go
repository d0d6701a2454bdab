package dispatch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns"
)

// maxBatches bounds the batches of one page that are sent side by side: a
// page has as many as it has distinct messages.
const maxBatches = 16

// answer is what came of one device in one attempt.
type answer struct {
	pns.Result
	second pns.Again // the result is that of a second try at once
	before string    // with second: the reason that the first try gave
}

// settles reports whether the answer is the device's last one.
func (a *answer) settles() bool {
	switch a.Class {
	case pns.OK, pns.Update, pns.Body, pns.Hold, pns.Drop:
		return true
	case pns.Credential:
		return !a.Service
	}
	return false
}

// attempt makes one attempt at every device of a page that is to be sent to.
// Devices with the same message go in one batch; a message of one device's own
// is rendered when its turn comes, so that no page of them is held.
func (j *send) attempt(ctx context.Context, p page) *report {
	began := j.now()
	results := make([]answer, len(p.devices))
	batches, own := j.batches(ctx, p, results)
	ctx, cancel := context.WithTimeout(ctx, j.d.cfg.PageTimeout)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(maxBatches)
	for m, at := range batches {
		g.Go(func() error {
			j.sendBatch(ctx, m, p.devices, at, results)
			return nil
		})
	}
	for _, i := range own {
		g.Go(func() error {
			if m := j.message(ctx, &p.devices[i], &results[i]); m != nil {
				j.sendBatch(ctx, m, p.devices, []int{i}, results)
			}
			return nil
		})
	}
	g.Wait() //nolint:errcheck // the functions return none
	return j.judge(p, began, results, false)
}

// batches groups the places of devices by message, and names those whose
// message is their own. Devices without a way to be reached are settled.
func (j *send) batches(ctx context.Context, p page, results []answer) (batches map[*pns.Message][]int, own []int) {
	batches = map[*pns.Message][]int{}
	for i := range p.devices {
		dv := &p.devices[i]
		dv.sentAt = j.now()
		switch {
		case dv.settled:
		case j.lane.conn == nil:
			dv.unsent(hub.InvalidCredentials, j.lane.lacks, 0)
			dv.reason = j.lane.reason
		case j.messages.ofOne(&dv.target):
			own = append(own, i)
		default:
			if m := j.message(ctx, dv, &results[i]); m != nil {
				batches[m] = append(batches[m], i)
			}
		}
	}
	return batches, own
}

// message returns what a device is sent. Without one the device is settled, as
// its template says; if the template could not be read, it is tried again.
func (j *send) message(ctx context.Context, dv *device, result *answer) *pns.Message {
	m, err := j.messages.of(ctx, &dv.target)
	var unread *unreadError
	switch {
	case err == nil:
		return m
	case errors.As(err, &unread):
		result.Result = pns.Result{Class: pns.Unsent, Outcome: hub.PnsUnreachable, Service: true, Reason: err.Error()}
		return nil
	case errors.Is(err, errTooLong):
		dv.unsent(hub.InvalidNotificationSize, unrendered, 0)
	default:
		dv.unsent(hub.InvalidNotificationFormat, unrendered, 0)
	}
	dv.reason = pns.Reason(err.Error())
	return nil
}

// sendBatch sends one message to the devices at the places given, and gives
// those whose answer asks for it a second try at once.
func (j *send) sendBatch(ctx context.Context, m *pns.Message, devices []device, at []int, results []answer) {
	targets := make([]pns.Target, len(at))
	for i, k := range at {
		targets[i] = j.target(&devices[k])
	}
	first := make([]pns.Result, len(at))
	j.lane.conn.Send(ctx, &pns.Batch{Message: m, Targets: targets}, first)
	got := make([]answer, len(at))
	for i := range first {
		got[i].Result = first[i]
	}
	for _, how := range []pns.Again{pns.WithNewConn, pns.WithFreshToken, pns.WithOtherEnvironment} {
		j.sendAgain(ctx, m, targets, got, how)
	}
	for i, k := range at {
		results[k] = got[i]
	}
}

// sendAgain makes the second try of one sort. Its answers are the last ones of
// this attempt; but a connection that ended says nothing of the device, and the
// answer on another may ask for a second try of its own.
func (j *send) sendAgain(ctx context.Context, m *pns.Message, targets []pns.Target, got []answer, how pns.Again) {
	var at []int
	batch := pns.Batch{Message: m, FreshToken: how == pns.WithFreshToken, NewConn: how == pns.WithNewConn}
	for i := range got {
		if got[i].Again != how {
			continue
		}
		t := targets[i]
		if how == pns.WithOtherEnvironment {
			t.OtherEnvironment = !t.OtherEnvironment
		}
		at = append(at, i)
		batch.Targets = append(batch.Targets, t)
	}
	if len(at) == 0 {
		return
	}
	second := make([]pns.Result, len(at))
	j.lane.conn.Send(ctx, &batch, second)
	for i, k := range at {
		if how != pns.WithNewConn || second[i].Again == pns.WithNewConn {
			second[i].Again = pns.No
		}
		if how == pns.WithOtherEnvironment && second[i].Class == pns.OK {
			second[i].Again = pns.WithOtherEnvironment // for judge: this is where it worked
		}
		got[k] = answer{second[i], how, got[k].Reason}
	}
}

// target is what the connector needs of a device.
func (j *send) target(dv *device) pns.Target {
	t := &dv.target
	return pns.Target{
		Handle: t.Handle, Browser: t.Browser, OtherEnvironment: t.OtherEnvironment,
		MessageID: messageID(j.n.ID, messageOwner(t.RegistrationID, dv.entry.Direct)),
	}
}

// messageOwner names a device to messageID.
func messageOwner(registration string, direct int) string {
	if direct > 0 {
		return strconv.Itoa(direct)
	}
	return registration
}

// messageID is a UUID (RFC 9562, version 8) that is the same in every repeat
// of a notification to a registration.
func messageID(notification, registration string) string {
	b := sha256.Sum256([]byte(notification + "\n" + registration))
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
