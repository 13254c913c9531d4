package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
)

// Served is a tree of files that the server of the tasks reads by itself, and of which it tells
// names alone. Nothing can be opened.
type Served struct {
	Root   string // as a manifest writes it: cloud:NAME/prefix, share:/path
	Prefix string // of all names on the server, without a slash at its end; "" is none
	Names  Names
	At     Place
}

// A Place is where the server has the files.
type Place struct {
	Share     bool
	Storage   int      // id of the cloud storage, where it is none of the share
	Manifests []string // names of lists of images that are registered there
}

// Names are the names that a server tells. They are full ones, with slashes and none at the end;
// "" is the root.
type Names interface {
	// List gives the names in a directory, each without the directory. One that is not there
	// is [fs.ErrNotExist], or empty where the server cannot tell.
	List(ctx context.Context, dir string) ([]Name, error)
	// Stat tells what a name is; fs.ErrNotExist if nothing.
	Stat(ctx context.Context, name string) (isDir bool, err error)
	// Listed gives the names that a list of images, itself a file there, has of one directory; [ErrLong] if there are more
	// than most.
	Listed(ctx context.Context, list, dir string, most int) ([]Name, error)
}

// A Name is one file or directory.
type Name struct {
	Name  string
	IsDir bool
}

// noServer is for callers that ask no server.
type noServer struct{}

var errNoServer = errors.New("only the server of the tasks can list it, and it is not asked here")

func (noServer) List(context.Context, string) ([]Name, error) { return nil, errNoServer }
func (noServer) Stat(context.Context, string) (bool, error)   { return false, errNoServer }
func (noServer) Listed(context.Context, string, string, int) ([]Name, error) {
	return nil, errNoServer
}

// ErrLong is a list of more names than are of use.
var ErrLong = errors.New("it has too many names")

// ErrServed is what [Served.Open] says.
var ErrServed = errors.New("CVAT reads it by itself and does not give it to others")

// Key is the server's name of a name of the tree.
func (s *Served) Key(name string) string {
	if key := path.Join(s.Prefix, name); key != "." {
		return key
	}
	return ""
}

// Path is the name behind the root.
func (s *Served) Path(name string) string {
	if name == "." {
		return s.Root
	}
	if s.Root[len(s.Root)-1] == '/' {
		return s.Root + name
	}
	return s.Root + "/" + name
}

// List leaves out what no path can name; [Listing] tells of it.
func (s *Served) List(ctx context.Context, dir string) ([]fs.DirEntry, error) {
	entries, _, err := s.listing(ctx, dir)
	return entries, err
}

func (s *Served) listing(ctx context.Context, dir string) (entries []fs.DirEntry, skipped string, err error) {
	names, err := s.Names.List(ctx, s.Key(dir))
	if err != nil {
		return nil, "", s.pathError("list", dir, err)
	}
	entries = make([]fs.DirEntry, 0, len(names))
	for _, n := range names {
		if fs.ValidPath(n.Name) && n.Name != "." && path.Base(n.Name) == n.Name {
			entries = append(entries, fs.FileInfoToDirEntry(remoteInfo{name: n.Name, dir: n.IsDir}))
		} else {
			skipped = s.Path(dir) + "/" + n.Name
		}
	}
	return entries, skipped, nil
}

// Stat knows no sizes and dates.
func (s *Served) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	key := s.Key(name)
	if _, unknown := s.Names.(noServer); unknown {
		return nil, s.pathError("stat", name, errNoServer)
	}
	if key == "" {
		return remoteInfo{name: ".", dir: true}, nil
	}
	isDir, err := s.Names.Stat(ctx, key)
	if err != nil {
		return nil, s.pathError("stat", name, err)
	}
	return remoteInfo{name: path.Base(key), dir: isDir}, nil
}

// Open opens nothing.
func (s *Served) Open(_ context.Context, name string) (File, error) {
	return nil, s.pathError("open", name, ErrServed)
}

// Link knows no links: those of a share CVAT follows by itself.
func (s *Served) Link(_ context.Context, name string) (target, end string, err error) {
	return "", s.Path(name), nil
}

func (s *Served) pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: s.Path(name), Err: err}
}
