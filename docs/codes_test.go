package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// codes are the reason and problem codes that a package's source can give, each with a place. They are
// read from the source, so that none can be added without a section: literals that become a field Code
// or code, or the argument for a parameter of that name.
func codes(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	c := collector{fset: token.NewFileSet(), parameters: map[string]int{}, found: map[string]string{}}
	var files []*ast.File
	for _, dir := range dirs {
		files = append(files, c.parse(t, filepath.Join("..", dir))...)
	}
	for _, f := range files {
		ast.Inspect(f, c.parameter)
	}
	for _, f := range files {
		ast.Inspect(f, c.use)
	}
	return c.found
}

type collector struct {
	fset       *token.FileSet
	parameters map[string]int // function → which argument is a code
	found      map[string]string
}

func (c *collector) parse(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(c.fset, filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// parameter notes functions that take a code.
func (c *collector) parameter(n ast.Node) bool {
	f, ok := n.(*ast.FuncDecl)
	if !ok {
		return true
	}
	at := 0
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			if name.Name == "code" {
				c.parameters[f.Name.Name] = at
			}
			at++
		}
	}
	return true
}

// use notes literals that become codes.
func (c *collector) use(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if isCode(n.Key) {
			c.literal(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if isCode(left) && len(n.Rhs) == len(n.Lhs) {
				c.literal(n.Rhs[i])
			}
		}
	case *ast.CallExpr:
		if at, ok := c.parameters[lastName(n.Fun)]; ok && at < len(n.Args) {
			c.literal(n.Args[at])
		}
	case *ast.CompositeLit:
		if name := lastName(n.Type); (name == "fault" || name == "Reason" || name == "advice") && len(n.Elts) > 0 {
			c.literal(n.Elts[0])
		}
	case *ast.FuncDecl:
		if strings.HasPrefix(strings.ToLower(n.Name.Name), "code") && n.Body != nil {
			ast.Inspect(n.Body, c.result)
		}
	}
	return true
}

// result notes what a function that is named so returns.
func (c *collector) result(n ast.Node) bool {
	if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
		c.literal(r.Results[0])
	}
	return true
}

func (c *collector) literal(e ast.Expr) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	if code, err := strconv.Unquote(lit.Value); err == nil && code != "" {
		c.found[code] = c.fset.Position(lit.Pos()).String()
	}
}

func isCode(e ast.Expr) bool { return strings.EqualFold(lastName(e), "code") }

// lastName is the name of a variable, a field, a function or a type.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return lastName(e.X)
	}
	return ""
}
