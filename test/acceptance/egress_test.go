package acceptance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/pns/pnstest"
	"github.com/fanfare-hub/fanfare/internal/pnssim"
	nh "github.com/fanfare-hub/fanfare/notificationhubs"
)

// inside are hosts that are not on the public internet, as attackers spell them.
var inside = []string{
	// Loopback, cloud metadata, private, carrier-grade NAT, link-local, unique
	// local, and what stands for any of them.
	"127.0.0.1", "127.255.255.254", "169.254.169.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
	"0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
	// IPv4 within IPv6: mapped, compatible, NAT64, 6to4.
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]",
	// Decimal, octal, hexadecimal, short, and in other scripts' digits.
	"2130706433", "017700000001", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "127.1", "127.0.1", "0", "169.254.43518", "①27.0.0.1", "１２７.０.０.１", "127。0。0。1",
	// A dot at the end, a port, a user.
	"127.0.0.1.", "10.0.0.1:8443", "[::1]:443", "push.example@127.0.0.1", "127.0.0.1:80@push.example",
	// Names that only a machine or a network knows.
	"localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "ip6-localhost", "metadata.google.internal", "printer.local", "router.home.arpa", "intranet",
}

// foreign are hosts at which no channel of WNS or MPNS is: in front of the
// service's domain, behind it, beside it, at a port of its own.
func foreign(domain string) []string {
	return []string{
		"push.example", "8.8.8.8", "evil" + domain, domain + ".evil.example", "evil.example/" + domain, "evil.example#." + domain, `evil.example\.` + domain,
		"sn1." + domain + "@evil.example", "u:p@sn1." + domain, "sn1." + domain + ":8443", "sn1." + domain + ":80", "sn1." + domain + ":0",
	}
}

// hostile is a push service whose handles are URLs, and hosts that none has.
type hostile struct {
	*service
	hosts []string
}

func hostiles() (all []hostile) {
	for _, s := range services() {
		switch s.of {
		case hub.WNS:
			all = append(all, hostile{s, append(foreign("notify.windows.com"), inside...)})
		case hub.MPNS:
			all = append(all, hostile{s, append(foreign("notify.live.net"), inside...)})
		case hub.Browser:
			all = append(all, hostile{s, append([]string{"push.example:0", "push.example:65536"}, inside...)})
		}
	}
	return all
}

// secret stands in each address; no answer and no log may show it.
const secret = "hunter2"

// No handle is taken, by whatever door it comes, that leads where Fanfare does
// not go.
func TestHandlesThatLeadAstrayAreRefused(t *testing.T) {
	t.Parallel()
	for _, h := range hostiles() {
		t.Run(string(h.platform), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			good := w.device(h.service, 1, "")
			registered := w.enrol(h.service, 1, "", nil, "good")
			w.instal(h.service, "good", "", 1, "")
			for _, host := range h.hosts {
				bad := good
				bad.Handle = "https://" + host + "/?token=" + secret
				for door, try := range w.doors(h.service, registered, bad) {
					w.refused(host+": "+door, try())
				}
			}
			w.untouched(good, registered)
			if lines := w.log.lines(secret); len(lines) != 0 {
				t.Errorf("the log shows an address: %s", lines[0])
			}
		})
	}
}

// doors are the ways in which a handle comes in.
func (w *world) doors(s *service, registered *nh.Registration, bad nh.Device) map[string]func() error {
	reg := nh.Registration{Platform: s.platform, Handle: bad.Handle, P256DH: bad.P256DH, Auth: bad.Auth, Tags: []string{"bad"}}
	inst := nh.Installation{ID: "bad", Platform: s.platform, PushChannel: bad.Handle}
	patch := new(nh.InstallationPatch).AddTags("bad").SetPushChannel(bad.Handle)
	if s.of == hub.Browser {
		channel := nh.BrowserChannel{Endpoint: bad.Handle, P256DH: bad.P256DH, Auth: bad.Auth}
		inst.PushChannel, inst.Browser = "", &channel
		patch = new(nh.InstallationPatch).AddTags("bad").SetBrowserChannel(channel)
	}
	all := map[string]func() error{
		"a registration": func() error { _, err := w.client.CreateRegistration(w.ctx, reg); return err },
		"a template registration": func() error {
			reg := reg
			reg.Template = &nh.RegistrationTemplate{Body: s.template}
			_, err := w.client.CreateRegistration(w.ctx, reg)
			return err
		},
		"a new handle of a registration": func() error {
			reg := reg
			reg.ID = registered.ID
			_, err := w.client.CreateOrUpdateRegistration(w.ctx, reg)
			return err
		},
		"an installation":            func() error { return w.client.PutInstallation(w.ctx, inst) },
		"a patch of an installation": func() error { return w.client.PatchInstallation(w.ctx, "good", patch) },
		"a direct send":              func() error { _, err := w.client.SendDirect(w.ctx, s.message("Hi"), bad); return err },
	}
	if s.of == hub.WNS {
		all["an installation's tile"] = func() error {
			inst := inst
			inst.PushChannel = s.handle(1, "")
			inst.SecondaryTiles = map[string]nh.SecondaryTile{"tile": {PushChannel: bad.Handle}}
			return w.client.PutInstallation(w.ctx, inst)
		}
	}
	return all
}

// refused holds that an answer is a 400 with a sentence that does not repeat the
// handle.
func (w *world) refused(what string, err error) {
	w.Helper()
	var re *nh.ResponseError
	switch {
	case !errors.As(err, &re) || re.StatusCode != http.StatusBadRequest:
		w.Errorf("%s: %v", what, err)
	case strings.Contains(err.Error(), secret):
		w.Errorf("%s: the answer repeats the handle: %v", what, err)
	case !strings.Contains(err.Error(), "The PNS handle is not valid: ") && !strings.Contains(err.Error(), "is not an absolute URI"):
		w.Errorf("%s: refused for another reason: %v", what, err)
	}
}

// untouched holds that refused requests have left everything as it was.
func (w *world) untouched(good nh.Device, registered *nh.Registration) {
	w.Helper()
	if n := w.registered("bad"); n != 0 {
		w.Errorf("%d registrations were written", n)
	}
	if r, err := w.client.Registration(w.ctx, registered.ID); err != nil || r.Handle != good.Handle || r.ETag != registered.ETag {
		w.Errorf("the registration is %+v, %v", r, err)
	}
	var re *nh.ResponseError
	if _, err := w.client.Installation(w.ctx, "bad"); !errors.As(err, &re) || re.StatusCode != http.StatusNotFound {
		w.Errorf("an installation was written: %v", err)
	}
}

// strayed holds that a device was not sent to for a reason, which explain and
// the log tell, and that it is kept.
func (w *world) strayed(s *service, notification, device, outcome, reason string, attempts int) {
	w.Helper()
	w.counts(w.final(notification), map[string]map[string]int64{string(s.platform): {outcome: 1}})
	r := w.one(notification, device)
	if !strings.Contains(r.Verdict, reason) || r.Outcome != outcome {
		w.Errorf("explained as %s: %s", r.Outcome, r.Verdict)
	}
	n := 0
	for _, step := range r.Steps {
		if step.About == "attempt" {
			n++
		}
	}
	if n != attempts || !says(&r, "attempt", reason) {
		w.Errorf("%d attempts are explained, want %d, the last with %q: %+v", n, attempts, reason, r.Steps)
	}
	line := []string{"level=WARN", "handles lead where nothing is sent to", "hub=myhub platform=" + string(s.platform) + " devices=1", reason, "notification=" + notification}
	if lines := w.log.lines(line...); len(lines) != 1 {
		w.Errorf("the log says so %d times", len(lines))
	}
	if _, err := w.client.Registration(w.ctx, device); err != nil {
		w.Errorf("the registration: %v", err)
	}
	if lines := w.log.lines(secret); len(lines) != 0 {
		w.Errorf("the log shows the handle: %s", lines[0])
	}
}

// A name may be public when its device registers, and lead into the network when
// it is sent to: at once, or only at the second look-up.
func TestANameThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	public := [4]byte{8, 8, 8, 8}
	for name, c := range map[string]struct {
		addrs    [][4]byte
		attempts int
	}{
		"at once":               {[][4]byte{{169, 254, 169, 254}}, 1},
		"at the second look-up": {[][4]byte{public, {169, 254, 169, 254}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) { w.dialer = pnstest.Names(t, c.addrs...) })
			s := hostiles()[2].service
			d := w.device(s, 1, "")
			d.Handle = "https://rebind.push.example/" + secret
			r, err := w.client.CreateRegistration(w.ctx, nh.Registration{Platform: s.platform, Handle: d.Handle, P256DH: d.P256DH, Auth: d.Auth})
			if err != nil {
				t.Fatal(err)
			}
			id := w.send(s.message("Hi"))
			w.idle()
			w.advance(2 * time.Minute)
			w.strayed(s, id, r.ID, "BadChannel", "connecting: 169.254.169.254 is not an address on the public internet", c.attempts)
			if c.attempts == 2 {
				if e := w.one(id, r.ID); !says(&e, "attempt", pnstest.ErrNoNetwork.Error()) {
					t.Errorf("the first attempt: %+v", e.Steps)
				}
			}
		})
	}
}

// Channels of MPNS are under its domain, whose names lead elsewhere where
// somebody has taken over their look-up.
func TestAChannelThatLeadsIntoTheNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		with(hub.MPNS, (*pnssim.Sim).MPNSCredential)(w)
		w.dialer = pnstest.Names(t, [4]byte{10, 1, 2, 3})
	})
	s := hostiles()[1].service
	r := w.register(s.platform, phone+secret)
	w.strayed(s, w.send(s.message("Hi")), r.ID, "BadChannel", "connecting: 10.1.2.3 is not an address on the public internet", 1)
}

// Whoever answers for a channel or an endpoint may send us on, but we do not go.
func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, h := range hostiles() {
		t.Run(string(h.platform), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, with(hub.MPNS, (*pnssim.Sim).MPNSCredential))
			for i, to := range []string{"https://169.254.169.254/latest/meta-data", "https://push.example/" + secret, h.handle(1, secret)} {
				r := w.enrol(h.service, i, "", nil, "a")
				w.sim.SetFate(h.sim, r.Handle, pnssim.Fate{Kind: "answer", Answer: &pnssim.Answer{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {to}}}})
				before := w.sim.Requests(h.sim)
				w.strayed(h.service, w.send(h.message("Hi"), "a"), r.ID, "PnsInterfaceError", "307 Temporary Redirect: a redirect, which is not followed", 1)
				if n := w.sim.Requests(h.sim) - before; n != 1 {
					t.Errorf("%d requests were made, want one", n)
				}
				if err := w.client.DeleteRegistration(w.ctx, r.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
