package bag

import (
	"context"
	"io"
	"io/fs"
	"path"
)

// A Store is where a recording is: a tree of directories and files, whose names are paths
// with slashes. Errors wrap [fs.ErrNotExist] and [fs.ErrPermission] where that is the reason.
type Store interface {
	// List gives a directory's entries in any order.
	List(ctx context.Context, dir string) ([]fs.DirEntry, error)
	// Stat follows links; of a directory only the mode counts.
	Stat(ctx context.Context, name string) (fs.FileInfo, error)
	// Open opens a regular file. What it gives is read by several goroutines at once, and after ctx has ended too.
	Open(ctx context.Context, name string) (File, error)
	// Path is a name as messages tell it.
	Path(name string) string
}

// A nearStore is on this machine: one more file may be opened to look.
type nearStore interface{ Near() }

// A File is an open file of a [Store].
type File = interface {
	io.ReaderAt
	io.Closer
	Size() int64 // in bytes
}

// A location is a file or directory of a store.
type location struct {
	store Store
	name  string
}

// near reports whether the store is a [nearStore].
func (l location) near() bool {
	_, near := l.store.(nearStore)
	return near
}

func (l location) String() string { return l.store.Path(l.name) }

// child is what has a name in a directory.
func (l location) child(name string) location { return location{l.store, path.Join(l.name, name)} }

// withSuffix is the file next to it that has the same name with a suffix.
func (l location) withSuffix(suffix string) location { return location{l.store, l.name + suffix} }

func (l location) stat(ctx context.Context) (fs.FileInfo, error) { return l.store.Stat(ctx, l.name) }
