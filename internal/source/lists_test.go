package source

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/store"
)

// bucketNames are the keys of a bucket, and those that a list in it has; it counts the pages of the list that are asked for.
type bucketNames struct {
	keys, listed []string
	pages        int
}

func (b *bucketNames) List(_ context.Context, dir string) ([]store.Name, error) {
	return b.below(b.keys, dir), nil
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

func (b *bucketNames) Listed(_ context.Context, _, dir string) ([]store.Name, error) {
	names := b.below(b.listed, dir)
	b.pages += len(names)/500 + 1
	return names, nil
}

func (b *bucketNames) ListedFrom(_ context.Context, _, prefix string, first int) (names []store.Name, err error) {
	b.pages++
	for _, key := range b.listed {
		if strings.HasPrefix(key, prefix) {
			if first--; first < 0 && len(names) < 500 {
				names = append(names, store.Name{Name: path.Base(key)})
			}
		}
	}
	return names, nil
}

// A list is compared with what a task takes, and none of it is asked for before a task is known to be imported. Of a list of
// 50,000 names, of which CVAT needs 2 s for each page, few pages are asked for.
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
		"all":                     {names(600), names(600), 2, ""},
		"more than all":           {names(600), names(700), 2, ""},
		"one is missing":          {names(600), append(without(names(600), 300), "run/z.jpg"), 2, "manifest.jsonl lacks run/000300.jpg"},
		"all of many":             {names(50_000), names(50_000), 9, ""},
		"more than all of many":   {names(50_000), names(60_000), 9, ""},
		"one of many is missing":  {names(50_000), without(names(50_000), 4321), 1, "manifest.jsonl lacks some of the 50000 images in run/"},
		"the last is another one": {names(50_000), append(names(49_999), "run/z.jpg"), 9, "manifest.jsonl lacks run/049999.jpg"},
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
			keys, problems := Lists(context.Background(), tasks)
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
