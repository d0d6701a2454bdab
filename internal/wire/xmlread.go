package wire

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DecodeError says why a document cannot be read, in a sentence for whoever
// wrote the document.
type DecodeError struct{ Msg string }

func (e *DecodeError) Error() string { return e.Msg }

func unreadable(format string, args ...any) error { return &DecodeError{fmt.Sprintf(format, args...)} }

// The bounds of a document that is read. Servers bound a request's body more
// narrowly; these also hold for answers, of which a full page of large
// templates is the largest.
const (
	maxDocument = 32 << 20 // bytes
	maxDepth    = 32
	maxXMLParts = 1 << 20 // tags, texts, comments
	maxAttrs    = 64      // of one element
)

// bounded fails with a *DecodeError where a document exceeds maxDocument.
type bounded struct {
	r    io.Reader
	left int
}

func newBounded(r io.Reader) *bounded { return &bounded{r, maxDocument} }

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, unreadable("The document has more than %d bytes.", maxDocument)
	}
	return n, err
}

// node is an element as it was read: names without prefixes, text and CDATA
// joined, comments dropped.
type node struct {
	name     string
	attrs    []xml.Attr
	text     []byte
	children []*node
}

// xsi returns an attribute of the XSI namespace. Pages of the documentation
// print it with https, and samples are copied from there.
func (n *node) xsi(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name && (a.Name.Space == nsXSI || a.Name.Space == "https"+strings.TrimPrefix(nsXSI, "http")) {
			return a.Value
		}
	}
	return ""
}

func (n *node) isNil() bool {
	v := n.xsi("nil")
	return v == "true" || v == "1"
}

// readXML reads one document. encoding/xml takes any depth, document types and
// whatever follows the root: all three are refused here. A declared encoding
// is passed over, since SDKs declare utf-16 in text that they send as UTF-8.
func readXML(r io.Reader) (*node, error) {
	dec := xml.NewDecoder(newBounded(r))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var t tree
	for range maxXMLParts {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return t.finish()
		}
		if err != nil {
			return nil, readFailure(err)
		}
		if err := t.add(tok); err != nil {
			return nil, err
		}
	}
	return nil, unreadable("The XML has more than %d parts.", maxXMLParts)
}

// readFailure keeps an error of the reader itself, such as a body that is too
// large or a connection that broke, apart from bad XML.
func readFailure(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return unreadable("The XML is not well formed, line %d: %.200s.", syntax.Line, syntax.Msg)
	}
	if _, ok := errors.AsType[*DecodeError](err); ok {
		return err
	}
	return fmt.Errorf("reading the XML: %w", err)
}

// tree grows a document from its tokens.
type tree struct {
	root *node
	open []*node // the elements that the next token stands in
}

func (t *tree) add(tok xml.Token) error {
	switch tok := tok.(type) {
	case xml.StartElement:
		return t.start(tok)
	case xml.EndElement:
		t.open = t.open[:len(t.open)-1] // the decoder has matched the tags
	case xml.CharData:
		if len(t.open) > 0 {
			n := t.open[len(t.open)-1]
			n.text = append(n.text, tok...)
		} else if strings.Trim(string(tok), " \t\r\n\ufeff") != "" {
			return unreadable("The XML has text outside its root element.")
		}
	case xml.Directive:
		return unreadable("The XML has a document type, which is not allowed.")
	}
	return nil
}

func (t *tree) start(tok xml.StartElement) error {
	switch {
	case t.root != nil && len(t.open) == 0:
		return unreadable("The XML has more than one root element.")
	case len(t.open) == maxDepth:
		return unreadable("The XML has more than %d levels.", maxDepth)
	case len(tok.Attr) > maxAttrs:
		return unreadable("The XML has an element with more than %d attributes.", maxAttrs)
	}
	n := &node{name: tok.Name.Local, attrs: tok.Attr}
	if t.root == nil {
		t.root = n
	} else {
		parent := t.open[len(t.open)-1]
		parent.children = append(parent.children, n)
	}
	t.open = append(t.open, n)
	return nil
}

func (t *tree) finish() (*node, error) {
	if t.root == nil {
		return nil, unreadable("The XML has no element.")
	}
	return t.root, nil
}
