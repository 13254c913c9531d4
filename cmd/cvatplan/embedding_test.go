package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// No type has a method of the name of one that it gets from what it embeds: which of two is called would depend on
// through what one looks. Such a field has a name.
func TestNoMethodShadowsAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles and checks every package, for some seconds")
	}
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export", "./...")
	list.Dir, list.Stderr = filepath.Join("..", ".."), os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
	}
	exports := map[string]string{}
	var ours []listed
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, "github.com/cvatplan/cvatplan/") {
			ours = append(ours, p)
		}
	}
	fset := token.NewFileSet()
	check := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	for _, p := range ours {
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
		if _, err := check.Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatal(err)
		}
		for _, defined := range info.Defs {
			if name, ok := defined.(*types.TypeName); ok {
				shadows(t, fset, name)
			}
		}
	}
}

// shadows complains of each method of the type that one of an embedded field has the name of.
func shadows(t *testing.T, fset *token.FileSet, name *types.TypeName) {
	named, ok := name.Type().(*types.Named)
	if !ok {
		return
	}
	fields, ok := named.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for m := range named.Methods() {
		for f := range fields.Fields() {
			if !f.Embedded() {
				continue
			}
			if below, _, _ := types.LookupFieldOrMethod(f.Type(), true, m.Pkg(), m.Name()); below != nil {
				t.Errorf("%s: %s.%s shadows that of the embedded %s: name the field", fset.Position(m.Pos()), name.Name(), m.Name(), f.Name())
			}
		}
	}
}
