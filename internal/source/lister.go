package source

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/store"
)

// A lister is a store as the globs of bags: see it. A directory is listed once, however many entries look into it, as
// long as its names are few enough to be kept; and what all of them look through together is bounded.
type lister struct {
	fs.StatFS
	list func(dir string) ([]fs.DirEntry, error)
	dirs map[string][]fs.DirEntry
	kept int // names in dirs
	seen int // names that were looked through, and perDirectory of each directory
}

const (
	maxKept      = 200_000
	maxSeen      = 50_000_000 // is more than the globs of any manifest that a person writes look through
	perDirectory = 20
)

// errSearch is what ReadDir says once globs look through more than maxSeen names.
var errSearch = errors.New("the globs of bags: look through more than 50 million names")

func newLister(ctx context.Context, s store.Store) *lister {
	fsys := store.FS(ctx, s)
	return &lister{StatFS: fsys, list: fsys.ReadDir, dirs: make(map[string][]fs.DirEntry)}
}

// ReadDir gives a directory's entries by name; they are the lister's own.
func (l *lister) ReadDir(dir string) ([]fs.DirEntry, error) {
	entries, kept := l.dirs[dir]
	if !kept {
		var err error
		if entries, err = l.list(dir); err != nil {
			return entries, err
		}
		if l.kept+len(entries) <= maxKept {
			l.kept += len(entries)
			l.dirs[dir] = entries
		}
	}
	if l.seen += len(entries) + perDirectory; l.seen > maxSeen {
		return nil, errSearch
	}
	return entries, nil
}
