package source

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// tree makes files, each with its own path as content; a path with a slash at its end
// is a directory, and "a -> b" a symbolic link at a.
func tree(t testing.TB, paths ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, p := range paths {
		at, target, isLink := strings.Cut(p, " -> ")
		full := filepath.Join(root, at)
		dir := filepath.Dir(full)
		if strings.HasSuffix(at, "/") {
			dir = full
		}
		check(t, os.MkdirAll(dir, 0o777))
		switch {
		case isLink:
			check(t, os.Symlink(target, full))
		case dir != full:
			check(t, os.WriteFile(full, []byte(at), 0o666))
		}
	}
	return root
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// parse gives the manifest with these lines after the obligatory ones.
func parse(t testing.TB, lines string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse("cvatplan.yaml", []byte("version: 1\nserver: {url: https://cvat.example.com}\nproject: {name: P}\n"+lines))
	check(t, err)
	return m
}

// scanned is what a test looks at: tasks and their frames, what blocks them, the rest.
type scanned struct {
	Tasks    []taskView
	Problems []string
}

type taskView struct {
	Name     string
	Frames   string // joined by blanks
	Problems []string
}

func scan(t testing.TB, root, lines string) scanned {
	t.Helper()
	tasks, problems := Scan(context.Background(), parse(t, lines), Options{Root: root})
	var s scanned
	for _, task := range tasks {
		s.Tasks = append(s.Tasks, taskView{task.Name, strings.Join(task.Frames(), " "), texts(root, task.Problems)})
	}
	s.Problems = texts(root, problems)
	return s
}

// texts writes problems as people see them; the root is ROOT.
func texts(root string, problems []Problem) []string {
	var all []string
	for _, p := range problems {
		text := [...]string{"note", "warning", "error"}[p.Severity] + ": " + p.Text
		if p.Hint != "" {
			text += " | " + p.Hint
		}
		all = append(all, strings.ReplaceAll(text, root, "ROOT"))
	}
	return all
}
