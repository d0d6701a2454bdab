package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/fanfare-hub/fanfare/internal/hub"
	"github.com/fanfare-hub/fanfare/internal/store"
)

// suspectList is a page of suspects as callers get it.
type suspectList struct {
	Platform string        `json:"platform"`
	Total    int64         `json:"total"`
	Suspects []suspectItem `json:"suspects"`
	Next     string        `json:"next,omitempty"` // the value of after for the next page
}

type suspectItem struct {
	Handle string    `json:"handle"`
	Since  time.Time `json:"since"`
}

// listSuspects is GET /_fanfare/hubs/{hub}/suspects/{platform}: handles that
// were called dead while too many were.
func (s *server) listSuspects(r *request) (answer, error) {
	p, err := r.platform()
	if err != nil {
		return answer{}, err
	}
	top, err := r.top()
	if err != nil {
		return answer{}, err
	}
	out := suspectList{Platform: p.String(), Suspects: []suspectItem{}}
	err = s.store.View(r.Context(), func(rd store.Reader) error {
		found, err := rd.ListSuspects(r.hub.ID, p, r.query.get("after"), top+1)
		if err != nil {
			return err
		}
		if len(found) > top {
			found = found[:top]
			out.Next = found[top-1].Handle
		}
		for _, f := range found {
			out.Suspects = append(out.Suspects, suspectItem(f))
		}
		out.Total, err = rd.CountSuspects(r.hub.ID, p)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return replyJSON(out)
}

// confirmSuspects deletes suspects, or one: the operator knows that they are
// dead. A registration that was written since the suspicion stays.
func (s *server) confirmSuspects(r *request) (answer, error) {
	return s.judgeSuspects(r, func(tx store.Tx, p hub.Platform, f store.Suspect) (int, error) {
		rows, err := tx.DropHandle(r.hub.ID, p, store.Dead{Handle: f.Handle, Since: f.Since}, r.now)
		if rows > 0 || err != nil {
			return rows, err
		}
		return 0, tx.ClearSuspect(r.hub.ID, p, f.Handle)
	})
}

// clearSuspects ends a suspicion, or all: the next send tries the devices.
func (s *server) clearSuspects(r *request) (answer, error) {
	return s.judgeSuspects(r, func(tx store.Tx, p hub.Platform, f store.Suspect) (int, error) {
		return 0, tx.ClearSuspect(r.hub.ID, p, f.Handle)
	})
}

// How many suspects one commit judges, and after how many rows it is full.
const (
	suspectSlice = 50
	suspectRows  = 1000
)

// judgeSuspects applies what an operator says to the suspect that the body
// names, or to all, and answers how many those were. One that apply leaves a
// suspect, since it has too many registrations for a commit, comes again.
func (s *server) judgeSuspects(r *request, apply func(store.Tx, hub.Platform, store.Suspect) (rows int, err error)) (answer, error) {
	p, err := r.platform()
	if err != nil {
		return answer{}, err
	}
	handle, err := r.suspect()
	if err != nil {
		return answer{}, err
	}
	changed := 0
	for more := true; more; {
		judged := 0
		err := s.store.Update(r.Context(), store.Upkeep, func(tx store.Tx) error {
			slice, err := suspectsOf(tx, r.hub.ID, p, handle)
			if err != nil {
				return err
			}
			more = len(slice) > 0
			for rows := 0; len(slice) > 0 && rows < suspectRows; slice = slice[1:] {
				n, err := apply(tx, p, slice[0])
				if err != nil {
					return err
				}
				left, err := tx.Suspects(r.hub.ID, p, []string{slice[0].Handle})
				if err != nil {
					return err
				}
				rows += n
				judged += 1 - len(left)
			}
			return nil
		})
		if err != nil {
			return answer{}, err
		}
		changed += judged
	}
	if handle != "" && changed == 0 {
		return answer{}, errNoSuspect
	}
	return replyJSON(map[string]int{"changed": changed})
}

// suspectsOf returns the suspect with a handle, or the first ones of all.
func suspectsOf(tx store.Tx, hubID int64, p hub.Platform, handle string) ([]store.Suspect, error) {
	if handle == "" {
		return tx.ListSuspects(hubID, p, "", suspectSlice)
	}
	found, err := tx.Suspects(hubID, p, []string{handle})
	since, ok := found[handle]
	if !ok {
		return nil, err
	}
	return []store.Suspect{{Handle: handle, Since: since}}, err
}

// maxJudgement bounds the body: a handle, in JSON.
const maxJudgement = 16 << 10

// suspect reads whom a judgement is about: {"handle": "…"} is one, {"all": true}
// is everybody, returned as "".
func (r *request) suspect() (handle string, err error) {
	b, err := r.body(maxJudgement)
	if err != nil {
		return "", err
	}
	var who struct {
		Handle string `json:"handle"`
		All    bool   `json:"all"`
	}
	if err := json.Unmarshal(b, &who); err != nil || who.All == (who.Handle != "") {
		return "", badRequest(`The body is not valid: {"handle": "…"} or {"all": true} is expected.`)
	}
	return who.Handle, nil
}

// platform returns the {platform} of the path.
func (r *request) platform() (hub.Platform, error) {
	name := r.parameter("platform")
	p, ok := hub.ParsePlatform(name)
	if !ok {
		var names []string
		for _, p := range hub.Platforms {
			names = append(names, p.String())
		}
		return 0, badRequest("%.40q is not a platform. Platforms: %s.", name, strings.Join(names, ", "))
	}
	return p, nil
}

// replyJSON is an answer of a call that Azure does not have.
func replyJSON(v any) (answer, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, append(b, '\n'), "Content-Type", "application/json; charset=utf-8"), nil
}
