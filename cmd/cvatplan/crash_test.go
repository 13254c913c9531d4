package main

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// panickyMain is the program with streams that panic, once, in whichever goroutine writes
// the text that $PANIC_AT holds, and with an embedded server that panics at the import step
// that it names.
func panickyMain() {
	collectLater(os.Getenv)
	at := os.Getenv("PANIC_AT")
	a := &app{stdin: os.Stdin, stdout: &panicky{Writer: os.Stdout, at: at}, stderr: &panicky{Writer: os.Stderr, at: at}, getenv: os.Getenv}
	a.hooks.Import = func(_ context.Context, _ int, s sandbox.ImportStep) {
		if at == "import "+string(s) {
			panic(injected)
		}
	}
	os.Exit(a.run(os.Args[1:]))
}

const injected = "an injected panic"

type panicky struct {
	io.Writer
	at   string
	once sync.Once
}

func (p *panicky) Write(b []byte) (int, error) {
	if strings.Contains(string(b), p.at) {
		p.once.Do(func() { panic(injected) })
	}
	return p.Writer.Write(b)
}

// A panic exits 11 with a report to send, in whatever goroutine it is; what was begun is
// finished by the next run.
func TestAPanicExits11WithAReport(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 2})
	for name, c := range map[string]struct {
		at   string
		args string
	}{
		"in the main goroutine":           {"Plan: 2 to create", "plan"},
		"before the first write":          {"Plan: 2 to create", "apply"},
		"in the project's creation":       {"POST /api/projects", "apply --debug"},
		"in a worker that creates":        {"POST /api/tasks:", "apply --debug"},
		"in a worker that sends":          {"POST /api/tasks/1/data/", "apply --debug"},
		"in the look-ups of all tasks":    {"%5B%22run_00%22%5D", "apply --debug --target run_00"},
		"in the last step":                {"PATCH /api/tasks/1:", "apply --debug"},
		"in the progress":                 {"done: run_", "apply"},
		"in the result":                   {"Apply: ", "apply"},
		"in the result, as JSON":          {`"type":"result"`, "apply --output json"},
		"in a reader of frame names":      {"/data/meta", "plan --debug --check frames"},
		"in the embedded server's queue":  {"import start", "apply"},
		"in the embedded server's import": {"import save", "apply"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			if c.at == "/data/meta" {
				s.next(t, 1) // only of tasks that are there are the frames read
			}
			if strings.HasPrefix(c.at, "import ") {
				s.url, s.token = "sandbox:"+filepath.Join(s.home, "sandbox"), ""
			}
			p := s.with("cvatplan-panicky", "PANIC_AT="+c.at).run(t, 0, append(strings.Fields(c.args), "--timeout", "5s")...).wants(t, exitCrash)
			for _, want := range []string{"cvatplan: crashed: ", injected, "crash_test.go", "Please report the lines above"} {
				if !strings.Contains(p.err.String(), want) {
					t.Errorf("no %q in the report:\n%s", want, &p.err)
				}
			}
			if srv.Token != "" && strings.Contains(p.out.String()+p.err.String(), srv.Token) {
				t.Error("the report holds the token")
			}
			s.next(t, 1)
			s.inProcess(t, exitOK, "plan", "--detailed-exitcode", "--check", "frames", s.manifest())
		})
	}
}

// careless are the functions whose goroutines need no recover, with the reason.
var careless = map[string]string{
	"internal/sandbox serve":          "net/http's own loop; requests recover in ServeHTTP",
	"internal/sandbox/importer Start": "next recovers",
	"internal/bag scan":               "runs under guarded",
	"internal/bag fetchIndexes":       "runs under guarded",
	"internal/bag ros1Heads":          "runs under guarded",
	"internal/bag newPipeline":        "counts and waits; load runs under guarded",
	"internal/bag newBehindWriter":    "writes a file",
}

// Every goroutine that the program starts recovers, or is known to need it not.
func TestEveryGoroutineRecovers(t *testing.T) {
	root := filepath.Join("..", "..")
	used := map[string]bool{}
	for _, dir := range []string{"cmd", "internal", "pkg"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "cvattest") {
				return err
			}
			for _, place := range unguarded(t, path) {
				relative, err := filepath.Rel(root, path)
				must(t, err)
				place = filepath.ToSlash(filepath.Dir(relative)) + " " + place
				used[place] = true
				if careless[place] == "" {
					t.Errorf("%s starts a goroutine that does not recover", place)
				}
			}
			return nil
		})
		must(t, err)
	}
	for place := range careless {
		if !used[place] {
			t.Errorf("%s is an exception that is not needed", place)
		}
	}
}

// unguarded are the functions of a file that start a goroutine in which no recover and no
// guard can be seen.
func unguarded(t *testing.T, path string) (places []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	must(t, err)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if started := goroutine(n); started != nil && !recovers(started) {
				places = append(places, f.Name.Name)
				return false
			}
			return true
		})
	}
	return places
}

// goroutine is what a node starts: go f(…), or group.Go(f).
func goroutine(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" && len(n.Args) == 1 {
			return n.Args[0]
		}
	}
	return nil
}

// recovers: somewhere in it is recover(), or a guard of internal/crash.
func recovers(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || n.Name == "recover"
		case *ast.SelectorExpr:
			found = found || n.Sel.Name == "Guard"
		}
		return !found
	})
	return found
}
