package notificationhubs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/fanfare-hub/fanfare/internal/wire"
)

// NamespaceClient manages the hubs of a namespace. Its rule needs the right
// Manage, on the namespace to make, find and list hubs. It is safe for concurrent
// use.
type NamespaceClient struct{ c *Client }

// NewNamespaceClientFromConnectionString returns a client for the namespace
// that a connection string names: see NewClientFromConnectionString.
func NewNamespaceClientFromConnectionString(connectionString string, o *ClientOptions) (*NamespaceClient, error) {
	cs, err := wire.ParseConnectionString(connectionString)
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: %w", err)
	}
	c, err := newClientAt(cs, "", o)
	if err != nil {
		return nil, err
	}
	return &NamespaceClient{c}, nil
}

// Client returns a client of one of the namespace's hubs, with the namespace's
// rule and options. Whether there is such a hub, it does not ask.
func (n *NamespaceClient) Client(hub string) (*Client, error) {
	if err := checkHubName(hub); err != nil {
		return nil, err
	}
	c, base := *n.c, *n.c.base
	base.Path = "/" + hub
	c.base = &base
	return &c, nil
}

// CloseIdleConnections is as that of a Client, and of the clients that Client
// returned.
func (n *NamespaceClient) CloseIdleConnections() { n.c.CloseIdleConnections() }

// ConnectionString returns what a program needs to use a rule of a hub or of the
// namespace, with the rule's primary key: convert it to a string to use it.
func (n *NamespaceClient) ConnectionString(r AuthorizationRule) Secret {
	return Secret(wire.ConnectionString{Endpoint: n.c.base, KeyName: r.Name, Key: string(r.PrimaryKey)}.String())
}

// CreateHub makes a hub under d.Name, and returns it as it is now: without
// Rules, a hub gets Azure's two default ones with new keys. That there is one
// already is a *ResponseError with the status 409. Credentials that cannot work
// are refused with 400. It needs the right Manage.
func (n *NamespaceClient) CreateHub(ctx context.Context, d HubDescription) (*HubDescription, error) {
	return n.write(ctx, d, call{once: true})
}

// UpdateHub replaces a hub whole: what is not set in d is reset, and rules and
// credentials that are not in it are removed. So read the hub, change it, and
// write it back; of Fanfare the secrets of credentials read as a placeholder
// which, written back, changes nothing. It needs the right Manage.
func (n *NamespaceClient) UpdateHub(ctx context.Context, d HubDescription) (*HubDescription, error) {
	return n.write(ctx, d, call{header: http.Header{"If-Match": {"*"}}})
}

func (n *NamespaceClient) write(ctx context.Context, d HubDescription, r call) (*HubDescription, error) {
	w, err := hubToWire(&d)
	if err != nil {
		return nil, err
	}
	r.method, r.path, r.secret = http.MethodPut, []string{d.Name}, true
	r.body = wire.AppendHubRequest(nil, w)
	r.want = []int{http.StatusOK, http.StatusCreated}
	a, err := n.c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	return readHub(a, d.Name)
}

// Hub reads one. That there is none is a *ResponseError with the status 404,
// of Azure too. It needs the right Manage.
func (n *NamespaceClient) Hub(ctx context.Context, name string) (*HubDescription, error) {
	a, err := n.c.do(ctx, call{method: http.MethodGet, path: []string{name}, secret: true, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	return readHub(a, name)
}

// readHub reads an answer. Azure answers 200 with a list for a hub that does
// not exist; here that is 404, as it should be.
func readHub(a *answer, name string) (*HubDescription, error) {
	e, found, err := wire.DecodeHubEntry(bytes.NewReader(a.body))
	switch {
	case err != nil:
		return nil, fmt.Errorf("notificationhubs: the hub %s: %w", name, err)
	case !found:
		id, _ := a.tracking()
		return nil, &ResponseError{StatusCode: http.StatusNotFound, Detail: "The hub does not exist.", TrackingID: id, Method: http.MethodGet, Path: "/" + name}
	}
	d := hubFromWire(&e)
	if d.Name == "" {
		d.Name = name
	}
	return &d, nil
}

// HubExists reports whether there is one. It needs the right Manage.
func (n *NamespaceClient) HubExists(ctx context.Context, name string) (bool, error) {
	return exists(n.Hub(ctx, name))
}

// DeleteHub removes a hub with all its registrations, installations and jobs, and
// what is not sent yet is not sent any more. That there is none is a
// *ResponseError with the status 404. It needs the right Manage.
func (n *NamespaceClient) DeleteHub(ctx context.Context, name string) error {
	_, err := n.c.do(ctx, call{method: http.MethodDelete, path: []string{name}, want: []int{http.StatusOK}, gone: true})
	return err
}

// Hubs lists the hubs of the namespace. An error ends the list. It reads their
// names, and then each hub as the loop comes to it, for no other list is the
// same everywhere; a hub that is deleted meanwhile is passed over. It needs the
// right Manage.
func (n *NamespaceClient) Hubs(ctx context.Context) iter.Seq2[HubDescription, error] {
	return func(yield func(HubDescription, error) bool) {
		entries, err := n.list(ctx)
		if err != nil {
			yield(HubDescription{}, err)
			return
		}
		for _, e := range entries {
			d, err := n.Hub(ctx, e.Name)
			switch {
			case notFound(err):
				continue
			case err != nil:
				yield(HubDescription{}, err)
				return
			}
			if !yield(*d, nil) {
				return
			}
		}
	}
}

func (n *NamespaceClient) list(ctx context.Context) ([]wire.HubEntry, error) {
	a, err := n.c.do(ctx, call{method: http.MethodGet, plain: true, want: []int{http.StatusOK}})
	if err != nil {
		return nil, err
	}
	entries, err := wire.DecodeHubFeed(bytes.NewReader(a.body))
	if err != nil {
		return nil, fmt.Errorf("notificationhubs: the list of hubs: %w", err)
	}
	for _, e := range entries {
		if e.Name == "" {
			return nil, errors.New("notificationhubs: the list of hubs has an entry without a name")
		}
	}
	return entries, nil
}
