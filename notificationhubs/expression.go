package notificationhubs

import (
	"fmt"
	"strings"

	"github.com/fanfare-hub/fanfare/internal/tagexpr"
)

// TagExpression chooses the registrations that a send reaches. It is built from
// Tag, InstallationTag and UserTag with And, Or and Not: a tag that is not valid
// is an error when it is used, and never becomes part of the expression.
type TagExpression struct {
	node tagexpr.Node
	err  error
}

// maxTag is the hub's limit for a tag, in characters.
const maxTag = 120

// Tag is the expression that a tag is carried.
func Tag(tag string) TagExpression {
	if err := tagexpr.CheckTag(tag, maxTag); err != nil {
		return TagExpression{err: fmt.Errorf("notificationhubs: the tag %q: %w", tag, err)}
	}
	return TagExpression{node: &tagexpr.Tag{Name: tag}}
}

// InstallationTag is the expression that chooses one installation.
func InstallationTag(id string) TagExpression { return systemTag("$InstallationId", id) }

// UserTag is the expression that chooses the installations of a user.
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
	if e.err != nil || e.node == nil {
		return e.join(e, nil)
	}
	return TagExpression{node: &tagexpr.Not{X: e.node}}
}

func (e TagExpression) join(other TagExpression, op func(x, y tagexpr.Node) tagexpr.Node) TagExpression {
	for _, x := range []TagExpression{e, other} {
		if x.err != nil {
			return x
		}
		if x.node == nil {
			return TagExpression{err: fmt.Errorf("notificationhubs: an empty tag expression: begin with Tag")}
		}
	}
	return TagExpression{node: op(e.node, other.node)}
}

// Text returns the expression as a header has it, or what is wrong with it.
func (e TagExpression) Text() (string, error) {
	if e.err != nil || e.node == nil {
		return "", e.join(e, nil).err
	}
	return e.node.(fmt.Stringer).String(), nil
}

// expressionOf turns the options of a send into the header; "" is everybody.
func expressionOf(o *SendOptions) (string, error) {
	given := 0
	for _, there := range []bool{len(o.Tags) > 0, o.Expression != "", o.To.node != nil || o.To.err != nil} {
		if there {
			given++
		}
	}
	switch {
	case given > 1:
		return "", fmt.Errorf("notificationhubs: give one of Tags, Expression and To")
	case len(o.Tags) > 0:
		return joinTags(o.Tags)
	case o.Expression != "":
		return o.Expression, nil
	case given == 1:
		return o.To.Text()
	}
	return "", nil
}

// maxOr is the hub's limit for tags that are joined by || alone.
const maxOr = 20

func joinTags(tags []string) (string, error) {
	if len(tags) > maxOr {
		return "", fmt.Errorf("notificationhubs: %d tags are given; a hub takes at most %d in one send", len(tags), maxOr)
	}
	for _, t := range tags {
		if !strings.HasPrefix(t, "$") {
			if err := tagexpr.CheckTag(t, maxTag); err != nil {
				return "", fmt.Errorf("notificationhubs: the tag %q: %w", t, err)
			}
		} else if _, err := tagexpr.Parse(t, tagexpr.DefaultLimits); err != nil {
			return "", fmt.Errorf("notificationhubs: the tag %q: %w", t, err)
		}
	}
	return strings.Join(tags, " || "), nil
}
