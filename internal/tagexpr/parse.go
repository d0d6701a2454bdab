package tagexpr

import "fmt"

// maxDepth bounds how deep parentheses and negations nest.
const maxDepth = 100

// Parse reads an expression: ! binds tighter than &&, && tighter than ||, and
// both associate to the left. An error is an *Error. A blank text is one too:
// callers take it as everybody before they come here.
func Parse(text string, lim Limits) (Node, error) {
	if lim.Length > 0 && len(text) > lim.Length {
		return nil, &Error{lim.Length, fmt.Sprintf("the expression has %d bytes; at most %d are allowed", len(text), lim.Length)}
	}
	p := &parser{lexer: lexer{text: text, max: lim.Tag}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.expression(endOfText, 0)
	if err != nil {
		return nil, err
	}
	if p.current.kind != endOfText {
		return nil, p.unexpected()
	}
	return n, p.checkCount(lim)
}

// parser is a Pratt parser: expression reads what binds tighter than a level.
type parser struct {
	lexer   lexer
	current token
	tags    int
	mixed   bool // something else than || was seen
	last    int  // offset of the last tag
}

func (p *parser) advance() (err error) {
	p.current, err = p.lexer.next()
	return err
}

func (p *parser) expression(level kind, depth int) (Node, error) {
	if depth > maxDepth {
		return nil, &Error{p.current.offset, fmt.Sprintf("parentheses and ! nest deeper than %d", maxDepth)}
	}
	x, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	for (p.current.kind == or || p.current.kind == and) && p.current.kind > level {
		op := p.current.kind
		p.mixed = p.mixed || op == and
		if err := p.advance(); err != nil {
			return nil, err
		}
		y, err := p.expression(op, depth)
		if err != nil {
			return nil, err
		}
		if op == and {
			x = &And{x, y}
		} else {
			x = &Or{x, y}
		}
	}
	return x, nil
}

func (p *parser) primary(depth int) (Node, error) {
	t := p.current
	switch t.kind {
	case tag:
		p.tags++
		p.last = t.offset
		return &Tag{t.text, t.offset}, p.advance()
	case not:
		p.mixed = true
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.expression(not, depth+1)
		return &Not{x}, err
	case open:
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.expression(endOfText, depth+1)
		if err != nil {
			return nil, err
		}
		if p.current.kind != closing {
			return nil, &Error{p.current.offset, fmt.Sprintf("the parenthesis opened at position %d is not closed", t.offset+1)}
		}
		return x, p.advance()
	}
	return nil, p.unexpected()
}

func (p *parser) unexpected() error {
	switch t := p.current; t.kind {
	case endOfText:
		return &Error{t.offset, "the expression ends where a tag or ( is expected"}
	case closing:
		return &Error{t.offset, ") without a tag before it, or without its ("}
	case tag, open, not:
		return &Error{t.offset, fmt.Sprintf("%q follows without && or || before it", t.text)}
	default:
		return &Error{t.offset, fmt.Sprintf("%q where a tag or ( is expected", t.text)}
	}
}

// checkCount applies Azure's two limits: more tags are allowed in an
// expression that has nothing but ||.
func (p *parser) checkCount(lim Limits) error {
	most, which := lim.OrTags, "an expression of || alone"
	if p.mixed {
		most, which = lim.Tags, "an expression with && or !"
	}
	if most > 0 && p.tags > most {
		return &Error{p.last, fmt.Sprintf("the expression has %d tags; %s may have at most %d", p.tags, which, most)}
	}
	return nil
}
