package store

import (
	"context"
	"io/fs"
	"slices"
	"strings"
)

// FS is a store as an [fs.FS], for globs: its directories can be read and its names asked for.
// Files cannot be opened through it.
func FS(ctx context.Context, s Store) interface {
	fs.ReadDirFS
	fs.StatFS
} {
	return fileSystem{ctx, s}
}

type fileSystem struct {
	ctx   context.Context
	store Store
}

func (f fileSystem) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// ReadDir sorts, as [fs.ReadDirFS] asks.
func (f fileSystem) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.store.List(f.ctx, name)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (f fileSystem) Stat(name string) (fs.FileInfo, error) { return f.store.Stat(f.ctx, name) }
