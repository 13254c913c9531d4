package source

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/store"
)

// bucketNames are the keys of a bucket, and those that a list in it has; it counts the pages of the list that are asked for.
type bucketNames struct {
	keys, listed []string
	twice        string // a directory whose names are all listed again
	pages        int
}

func (b *bucketNames) List(_ context.Context, dir string) ([]store.Name, error) {
	names := b.below(b.keys, dir)
	if dir == b.twice {
		names = append(names, names...)
	}
	return names, nil
}

func (b *bucketNames) below(keys []string, dir string) (names []store.Name) {
	if dir != "" {
		dir += "/"
	}
	seen := map[string]bool{}
	for _, key := range keys {
		rest, below := strings.CutPrefix(key, dir)
		name, _, isDir := strings.Cut(rest, "/")
		if below && !seen[name] {
			seen[name] = true
			names = append(names, store.Name{Name: name, IsDir: isDir})
		}
	}
	return names
}

func (b *bucketNames) Stat(_ context.Context, name string) (bool, error) {
	if len(b.below(b.keys, name)) > 0 {
		return true, nil
	}
	return false, fs.ErrNotExist
}

func (b *bucketNames) Listed(_ context.Context, _, dir string, most int) ([]store.Name, error) {
	names := b.below(b.listed, dir)
	b.pages++
	if len(names) > most {
		return nil, store.ErrLong
	}
	b.pages += len(names)/500 + 1
	return names, nil
}

// A list is compared with what a task takes, and none of it is asked for before a task is known to be imported. One of more than
// 10,000 names is of no use.
func TestListsOfImagesAreLookedIntoForImportsAlone(t *testing.T) {
	names := func(n int) []string {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf("run/%06d.jpg", i)
		}
		return keys
	}
	without := func(keys []string, i int) []string { return append(append([]string{}, keys[:i]...), keys[i+1:]...) }
	for name, tt := range map[string]struct {
		keys, listed []string
		pages        int    // at most
		said         string // empty: the list is taken
	}{
		"all":            {names(600), names(600), 3, ""},
		"more than all":  {names(600), names(700), 3, ""},
		"one is missing": {names(600), append(without(names(600), 300), "run/z.jpg"), 3, "manifest.jsonl lacks run/000300.jpg"},
		"many":           {names(10_000), names(10_000), 22, ""},
		"too many":       {names(10_001), names(10_001), 0, "manifest.jsonl has more than 10000 images"},
		"too many in it": {names(600), names(10_001), 1, "manifest.jsonl has more than 10000 images"},
	} {
		t.Run(name, func(t *testing.T) {
			bucket := &bucketNames{keys: append(tt.keys, "run/manifest.jsonl"), listed: tt.listed}
			at := func(context.Context, string) (store.Store, error) {
				return &store.Served{Root: "cloud:1", Names: bucket, At: store.Place{Storage: 1}}, nil
			}
			tasks, problems := Scan(context.Background(), parse(t, "root: cloud:1\nbags: [run]"), Options{Root: "cloud:1", At: at})
			if len(tasks) != 1 || len(problems) > 0 || len(tasks[0].Problems) > 0 || bucket.pages > 0 {
				t.Fatalf("%d tasks, %v, %d pages of the list", len(tasks), problems, bucket.pages)
			}
			keys, problems := Lists(context.Background(), tasks, func(int) bool { return true })
			if bucket.pages > tt.pages {
				t.Errorf("%d pages of the list", bucket.pages)
			}
			if tt.said == "" && (keys[0] != "run/manifest.jsonl" || len(problems) > 0) {
				t.Errorf("%q, %v", keys[0], problems)
			}
			if tt.said != "" && (keys[0] != "" || len(problems) != 1 || !strings.Contains(problems[0].Text, tt.said)) {
				t.Errorf("%q, %v", keys[0], problems)
			}
		})
	}
}

// CVAT takes no name twice in a task (a 500), and lists two files alike whose names differ in the spaces at their ends.
func TestANameThatCVATListsTwiceBlocksItsTaskAlone(t *testing.T) {
	bucket := &bucketNames{keys: []string{"run1/a.jpg", "run1/b.jpg", "run2/a.jpg"}, twice: "run1"}
	at := func(context.Context, string) (store.Store, error) {
		return &store.Served{Root: "cloud:1", Names: bucket, At: store.Place{Storage: 1}}, nil
	}
	tasks, problems := Scan(context.Background(), parse(t, "root: cloud:1\nbags: [run1, run2]"), Options{Root: "cloud:1", At: at})
	if len(tasks) != 2 || len(problems) > 0 || len(tasks[1].Problems) > 0 {
		t.Fatalf("%+v, %v", tasks, problems)
	}
	var said []string
	for _, p := range tasks[0].Problems {
		said = append(said, p.Text)
	}
	want := []string{
		"CVAT lists run1/a.jpg twice: it leaves out spaces at the ends of names",
		"CVAT lists run1/b.jpg twice: it leaves out spaces at the ends of names",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// An image whose key no path can name, such as one of a tool that wrote two slashes, is no frame, and is not left out in silence.
func TestKeysThatNoPathCanNameAreLeftOutWithAWarning(t *testing.T) {
	bucket := &bucketNames{keys: []string{"run1/a.jpg", "run1//b.jpg", "run1/./c.jpg", "run2/a.jpg"}}
	at := func(context.Context, string) (store.Store, error) {
		return &store.Served{Root: "cloud:1", Names: bucket, At: store.Place{Storage: 1}}, nil
	}
	tasks, problems := Scan(context.Background(), parse(t, "root: cloud:1\nbags: [run1, run2]"), Options{Root: "cloud:1", At: at})
	if len(tasks) != 2 || len(tasks[0].Frames()) != 1 || len(problems) != 1 {
		t.Fatalf("%d tasks, %v", len(tasks), problems)
	}
	if p := problems[0]; p.Severity != diag.Warning || !strings.Contains(p.Text, "left out: files such as cloud:1/run1/., since a part of their path is empty") {
		t.Errorf("%+v", p)
	}
}
