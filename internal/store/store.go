// Package store is where bags are: trees of directories and files that are listed and read, and
// never written. All access to bags goes through a [Store], so that bags on another machine need
// another Store and nothing else: [Local], [S3] and [Web] are there.
//
// What is no bag is not read through it: manifests, their committed indexes, temporary files.
package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// A Store reads one tree.
//
// Names are paths from its root with slashes, without ".." and cleaned; "." is the root. They need
// not be UTF-8. A root may be a single file: then "." is that file, and there is nothing else.
//
// Errors wrap [fs.ErrNotExist] and [fs.ErrPermission] where that is the reason, and are an
// [*fs.PathError] whose Path is what [Store.Path] gives. All methods may be called from several
// goroutines. A caller that looks at a million names uses List and no Stat: List may be one
// request for a thousand names, Stat is one for each.
type Store interface {
	// List gives a directory's entries in no order. Their Type is known without a request; a
	// symbolic link is listed as one (fs.ModeSymlink) and not followed. Their Info may cost a Stat.
	List(ctx context.Context, dir string) ([]fs.DirEntry, error)

	// Stat follows symbolic links. Of a directory only the Mode is sure to be known.
	Stat(ctx context.Context, name string) (fs.FileInfo, error)

	// Open opens a regular file, and refuses what is none with an error that wraps [ErrNotAFile]:
	// it never waits for the writer of a pipe. The File is read after ctx has ended, too.
	Open(ctx context.Context, name string) (File, error)

	// Link tells of a symbolic link: what it says, and which directory or file it leads to in the
	// end, as a text that is equal for all names of one. Of a link that leads nowhere there is a
	// target and an error; of what is no link, the target is empty and end is its own.
	Link(ctx context.Context, name string) (target, end string, err error)

	// Path is a name as a person would type it on this machine: a path, or an address. It is not
	// looked at.
	Path(name string) string
}

// A File is an open file: any range of it can be read, by several goroutines at once.
// It is an alias, so that consumers can ask for a small interface of their own.
type File = interface {
	io.ReaderAt
	io.Closer
	Size() int64 // in bytes, when it was opened
}

// Listing gives what [Store.List] does and, of what that leaves out since no path can name it (a part of it is empty, "." or
// ".."), one address; "" where nothing is left out.
func Listing(ctx context.Context, s Store, dir string) (entries []fs.DirEntry, skipped string, err error) {
	if l, ok := s.(interface {
		listing(ctx context.Context, dir string) ([]fs.DirEntry, string, error)
	}); ok {
		return l.listing(ctx, dir)
	}
	entries, err = s.List(ctx, dir)
	return entries, "", err
}

// ErrNotAFile is what [Store.Open] says of a directory, a pipe, a socket or a device.
var ErrNotAFile = errors.New("not a regular file")

const schemeS3 = "s3://"

// At is the store of a root, as manifests and command lines write it: s3://bucket/prefix, an http or https URL, or a
// directory or file of this machine.
func At(root string) Store {
	switch scheme, _, _ := strings.Cut(root, "://"); scheme {
	case "s3":
		return NewS3(root)
	case "http", "https":
		return Web{Root: root}
	}
	if OnServer(root) {
		return &Served{Root: root, Names: noServer{}}
	}
	return Local{Root: root}
}

// The schemes of roots that only the server of the tasks can list.
const (
	SchemeCloud = "cloud:" // cloud:NAME-OR-ID/prefix: a cloud storage that the server knows
	SchemeShare = "share:" // share:/path: the server's share
)

// OnServer reports whether a root is of files that the server of the tasks reads by itself.
func OnServer(root string) bool {
	return strings.HasPrefix(root, SchemeCloud) || strings.HasPrefix(root, SchemeShare)
}

// IsRemote reports whether a root is on another machine, so that it is no path of this one.
func IsRemote(root string) bool {
	_, local := At(root).(Local)
	return !local
}

// Split is a path or an address as a store, that of the directory it is in, and a name there: for what is opened
// together with the files next to it. A slash at the end, as shells complete directories, is no part of the name. What an
// address is signed with goes with each of them.
func Split(name string) (Store, string) {
	if web, ok := At(name).(Web); ok {
		return web.split()
	}
	if IsRemote(name) {
		dir, base := path.Split(name)
		return At(dir), base
	}
	name = filepath.Clean(name)
	return Local{Root: filepath.Dir(name)}, filepath.Base(name)
}

// Reader gives a file's bytes from its start to the size that it had when it was opened, and closes
// it.
func Reader(f File) interface {
	io.ReadSeekCloser
	io.ReaderAt
} {
	return reader{io.NewSectionReader(f, 0, f.Size()), f}
}

type reader struct {
	*io.SectionReader
	io.Closer
}

// Head gives at most n bytes from the start of a file.
func Head(ctx context.Context, s Store, name string, n int) ([]byte, error) {
	f, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, min(int64(n), f.Size()))
	n, err = f.ReadAt(head, 0)
	if err == io.EOF {
		err = nil
	}
	return head[:n], err
}

// Exists reports whether there is anything of that name, a link that leads nowhere too.
func Exists(ctx context.Context, s Store, name string) bool {
	if _, err := s.Stat(ctx, name); err == nil {
		return true
	}
	target, _, _ := s.Link(ctx, name)
	return target != ""
}
