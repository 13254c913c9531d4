package frame

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
)

// Readers is how many frames of a task are read at once: enough to keep a disk and two cores busy, few
// enough for a network file system.
const Readers = 4

// Files is the [Source] of a directory of images. One slice of names is all that a million frames
// keep: a file's path is the rest of its name where the task's template allows that.
type Files struct {
	Store store.Store
	Dir   string                          // the bag's, in the store
	Names []string                        // a path in the bag is a name without its first Cut bytes
	Cut   int                             //
	Stamp func(path string) (int64, bool) // the time that a file's name carries, ns since 1970

	// Head says what the frame of a file of so many bytes begins with before them; nil: nothing. nil: no frame does.
	Head func(path string, size int64) (*Head, error)
}

// A Head is what a frame has before its file's bytes.
type Head struct {
	Bytes []byte
	Known imageheader.Header // of the frame as a whole
}

func (f Files) head(i int, size int64) (*Head, error) {
	if f.Head == nil {
		return nil, nil
	}
	return f.Head(f.path(i), size)
}

func (f Files) path(i int) string { return f.Names[i][f.Cut:] }

func (f Files) name(i int) string { return path.Join(f.Dir, f.path(i)) }

// Where is the file's path.
func (f Files) Where(i int) string { return f.Store.Path(f.name(i)) }

// Paths are the paths of all files.
func (f Files) Paths() []string {
	paths := make([]string, len(f.Names))
	for i := range paths {
		paths[i] = f.Where(i)
	}
	return paths
}

// Open opens the file.
func (f Files) Open(ctx context.Context, i int) (io.ReadCloser, error) {
	file, err := f.Store.Open(ctx, f.name(i))
	if err != nil {
		return nil, err
	}
	r := store.Reader(file)
	head, err := f.head(i, file.Size())
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if head == nil {
		return r, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head.Bytes), r), r}, nil
}

// Each opens a few files at a time.
func (f Files) Each(ctx context.Context, part Part, visit func(int, Opened, error)) []diag.Diagnostic {
	Parallel(ctx, len(f.Names), Readers, func(i int) {
		file, err := f.Store.Open(ctx, f.name(i))
		if err != nil {
			visit(i, Opened{}, err)
			return
		}
		r := store.Reader(file)
		defer r.Close()
		o := Opened{Reader: r, ReaderAt: r, Size: file.Size()}
		head, err := f.head(i, o.Size)
		if err != nil {
			visit(i, Opened{}, err)
			return
		}
		if head != nil {
			o = Opened{Reader: io.MultiReader(bytes.NewReader(head.Bytes), r), Size: o.Size + int64(len(head.Bytes)), Known: &head.Known}
		}
		if part == Traced {
			o.From = f.Origin(i)
		}
		visit(i, o, nil)
	})
	return nil
}

// Origin is the path in the bag, and the time that the file's name carries.
func (f Files) Origin(i int) index.Record {
	from := index.Record{Path: f.path(i)}
	if ns, ok := f.Stamp(from.Path); ok {
		from.StampNS = &ns
	}
	return from
}

// Size asks for the file's.
func (f Files) Size(ctx context.Context, i int) (int64, error) {
	info, err := f.Store.Stat(ctx, f.name(i))
	if err != nil {
		return 0, err
	}
	head, err := f.head(i, info.Size())
	if err != nil || head == nil {
		return info.Size(), err
	}
	return info.Size() + int64(len(head.Bytes)), nil
}

// Video is none.
func (Files) Video() Video { return nil }

// Only keeps some of the files.
func (f Files) Only(kept []int) Source {
	f.Names = Pick(f.Names, kept)
	return f
}

// Close does nothing: no file stays open.
func (f Files) Close() error { return nil }
