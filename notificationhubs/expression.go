package notificationhubs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// TagExpression chooses the registrations that a send reaches. It is built from
// Tag, AnyTag, InstallationTag and UserTag with And, Or and Not, whatever the
// precedence of the operators. It is a value: And, Or and Not leave it as it is,
// so that its parts can be used again.
//
// A tag that is not valid never becomes part of the expression, and neither does
// what is beyond Azure's limits: the send that uses it fails before anything is
// sent. They are 20 tags joined by Or alone, 6 in any other expression, 120
// characters in a tag of your own, and 8,000 bytes in all. A Fanfare hub whose limits have
// been raised takes more as text: SendOptions.Expression.
type TagExpression struct {
	node tagexpr.Node
	err  error
}

// Tag is the expression that a tag is carried: 1 to 120 letters, digits and
// _ @ # . : - of which the letter case does not count.
func Tag(tag string) TagExpression {
	if err := tagexpr.CheckTag(tag, tagexpr.DefaultLimits.Tag); err != nil {
		return TagExpression{err: fmt.Errorf("notificationhubs: the tag %q: %w", tag, err)}
	}
	return TagExpression{node: &tagexpr.Tag{Name: tag}}
}

// InstallationTag is the expression that chooses one installation, by its ID:
// the tag $InstallationId:{ID}, which every hub gives its devices.
func InstallationTag(id string) TagExpression { return systemTag("$InstallationId", id) }

// UserTag is the expression that chooses the installations of a user, by their
// UserID: the tag $UserId:{UserID}.
func UserTag(id string) TagExpression { return systemTag("$UserId", id) }

func systemTag(name, id string) TagExpression {
	if err := tagexpr.CheckSystemID(id); err != nil {
		return TagExpression{err: fmt.Errorf("notificationhubs: the id %q: %w", id, err)}
	}
	return TagExpression{node: &tagexpr.Tag{Name: name + ":{" + id + "}"}}
}

// AnyTag is the expression that one of the tags is carried.
func AnyTag(first string, more ...string) TagExpression {
	e := Tag(first)
	for _, t := range more {
		e = e.Or(Tag(t))
	}
	return e
}

// And is the expression that both hold.
func (e TagExpression) And(other TagExpression) TagExpression {
	return e.join(other, func(x, y tagexpr.Node) tagexpr.Node { return &tagexpr.And{X: x, Y: y} })
}

// Or is the expression that either holds.
func (e TagExpression) Or(other TagExpression) TagExpression {
	return e.join(other, func(x, y tagexpr.Node) tagexpr.Node { return &tagexpr.Or{X: x, Y: y} })
}

// Not is the expression that e does not hold.
func (e TagExpression) Not() TagExpression {
	if err := e.check(); err != nil {
		return TagExpression{err: err}
	}
	return TagExpression{node: &tagexpr.Not{X: e.node}}
}

func (e TagExpression) join(other TagExpression, op func(x, y tagexpr.Node) tagexpr.Node) TagExpression {
	for _, x := range []TagExpression{e, other} {
		if err := x.check(); err != nil {
			return TagExpression{err: err}
		}
	}
	return TagExpression{node: op(e.node, other.node)}
}

// check says what is wrong with an expression, also with the zero one.
func (e TagExpression) check() error {
	if e.err == nil && e.node == nil {
		return errors.New("notificationhubs: an empty tag expression: begin with Tag")
	}
	return e.err
}

// Text returns the expression as a header has it, or what is wrong with it.
func (e TagExpression) Text() (string, error) {
	if err := e.check(); err != nil {
		return "", err
	}
	text := e.node.String()
	if _, err := tagexpr.Parse(text, tagexpr.DefaultLimits); err != nil {
		return "", fmt.Errorf("notificationhubs: the tag expression: %w", err)
	}
	return text, nil
}

// expression returns what the header says; "" is everybody. What is given and
// holds nothing is an error: a list of tags that came out empty must not reach
// everybody.
func (o *SendOptions) expression() (string, error) {
	if o == nil {
		return "", nil
	}
	tags, text, built := o.Tags != nil, o.Expression != "", o.To != (TagExpression{})
	switch {
	case tags && (text || built) || text && built:
		return "", errors.New("notificationhubs: give one of Tags, Expression and To")
	case tags:
		return joinTags(o.Tags)
	case text && strings.TrimSpace(o.Expression) == "":
		return "", errors.New("notificationhubs: the tag expression is blank; without one, everybody is reached")
	case built:
		return o.To.Text()
	}
	return o.Expression, nil
}

func joinTags(tags []string) (string, error) {
	if len(tags) == 0 {
		return "", errors.New("notificationhubs: the list of tags is empty; without one (nil), everybody is reached")
	}
	if most := tagexpr.DefaultLimits.OrTags; len(tags) > most {
		return "", fmt.Errorf("notificationhubs: %d tags are given; a hub takes at most %d in one send", len(tags), most)
	}
	for _, t := range tags {
		if err := checkTag(t); err != nil {
			return "", err
		}
	}
	return strings.Join(tags, " || "), nil
}

// checkTag says what is wrong with one tag, which may be one of the hub's own.
func checkTag(tag string) error {
	if !strings.HasPrefix(tag, "$") {
		return Tag(tag).err
	}
	n, err := tagexpr.Parse(tag, tagexpr.Limits{})
	if _, one := n.(*tagexpr.Tag); err == nil && !one {
		err = errors.New("it is an expression, not a tag")
	}
	if err != nil {
		return fmt.Errorf("notificationhubs: the tag %q: %w", tag, err)
	}
	return nil
}
