package documents_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goPackage is what the sources of a package say.
type goPackage struct {
	exported map[string]bool            // Client, Client.Send, SendOptions.Tags, AnyETag, …
	methods  []goMethod                 // exported ones of exported types
	bare     []string                   // exported names without a comment
	tests    map[string]map[string]bool // the names that each function in a test file uses
}

// goMethod is a method.
type goMethod struct {
	name    string // Client.Send
	doc     string
	context bool // whether its first parameter is a context
	asks    bool // whether it can fail, or lists: it makes a request
}

// readGoPackage reads the sources in a folder.
func readGoPackage(t *testing.T, dir string) *goPackage {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d sources in %s, %v", len(files), dir, err)
	}
	p := &goPackage{exported: map[string]bool{}, tests: map[string]map[string]bool{}}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if strings.HasSuffix(name, "_test.go") {
				p.addTest(d)
			} else {
				p.add(d)
			}
		}
	}
	return p
}

// addTest notes the names that a function of a test file uses.
func (p *goPackage) addTest(d ast.Decl) {
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Recv != nil {
		return
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			used[id.Name] = true
		}
		return true
	})
	p.tests[f.Name.Name] = used
}

func (p *goPackage) add(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		p.addFunc(d)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				p.note(s.Name.Name, d.Doc, s.Doc)
				p.addFields(s)
			case *ast.ValueSpec:
				for _, id := range s.Names {
					p.note(id.Name, d.Doc, s.Doc, s.Comment)
				}
			}
		}
	}
}

// note notes an exported name, and whether one of its comments says something.
func (p *goPackage) note(name string, comments ...*ast.CommentGroup) {
	if !ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) {
		return
	}
	p.exported[name] = true
	if !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c.Text() != "" }) {
		p.bare = append(p.bare, name)
	}
}

// addFields notes a struct's fields, of which not each needs a comment.
func (p *goPackage) addFields(s *ast.TypeSpec) {
	st, ok := s.Type.(*ast.StructType)
	if !ok || !s.Name.IsExported() {
		return
	}
	for _, f := range st.Fields.List {
		for _, id := range f.Names {
			if id.IsExported() {
				p.exported[s.Name.Name+"."+id.Name] = true
			}
		}
	}
}

func (p *goPackage) addFunc(d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		of := d.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		id, ok := of.(*ast.Ident)
		if !ok || !id.IsExported() {
			return
		}
		name = id.Name + "." + name
	}
	p.note(name, d.Doc)
	if d.Recv == nil || !d.Name.IsExported() {
		return
	}
	m := goMethod{name: name, doc: strings.Join(strings.Fields(d.Doc.Text()), " ")}
	if in := d.Type.Params.List; len(in) > 0 {
		m.context = written(in[0].Type) == "context.Context"
	}
	if out := d.Type.Results; out != nil {
		last := written(out.List[len(out.List)-1].Type)
		m.asks = last == "error" || strings.HasPrefix(last, "iter.Seq2")
	}
	p.methods = append(p.methods, m)
}

// written is as much of a type's text as the tests ask for.
func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return written(e.X) + "." + e.Sel.Name
	case *ast.IndexListExpr:
		return written(e.X)
	}
	return ""
}

// clientMethods are those of the types that speak to a hub.
func (p *goPackage) clientMethods() (all []goMethod) {
	for _, m := range p.methods {
		if strings.HasPrefix(m.name, "Client.") || strings.HasPrefix(m.name, "NamespaceClient.") {
			all = append(all, m)
		}
	}
	return all
}

// Every exported name of the public packages is explained.
func TestPublicNamesHaveComments(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"../../notificationhubs", "../../hubtest"} {
		for _, name := range readGoPackage(t, dir).bare {
			t.Errorf("%s: %s has no comment", dir, name)
		}
	}
}

var right = regexp.MustCompile(`\b(needs the right |rights of \w+: )(Listen|Send|Manage)\b|\bneeds no right\b`)

// Whatever speaks to a hub takes a context, and says which right it needs.
func TestClientMethods(t *testing.T) {
	t.Parallel()
	methods := readGoPackage(t, "../../notificationhubs").clientMethods()
	if len(methods) < 30 {
		t.Fatalf("%d methods: something is wrong with this test", len(methods))
	}
	for _, m := range methods {
		if !m.asks || m.name == "NamespaceClient.Client" { // which asks nothing of a hub
			continue
		}
		if !m.context {
			t.Errorf("%s does not take a context first", m.name)
		}
		if !right.MatchString(m.doc) {
			t.Errorf("the comment on %s does not say which right it needs: %s", m.name, m.doc)
		}
	}
}
