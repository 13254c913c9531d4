package bag

import (
	"io"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"modernc.org/sqlite/vfs"
)

// databases are the files that SQLite reads through us, each under a number: it
// opens nothing of the disk by itself, so that it neither writes nor looks for
// anything next to a database, and reads what has no name (a temporary file) or is no file
// of its own (a layered one).
type databases struct {
	mu   sync.Mutex
	open map[string]*file
	last int
}

var served = &databases{open: map[string]*file{}}

// servedBy is the name by which SQLite knows them.
var servedBy = sync.OnceValues(func() (string, error) {
	name, _, err := vfs.New(served)
	return name, err
})

// add serves a file, and gives its name and the end of it.
func (d *databases) add(f *file) (name string, end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	name = strconv.Itoa(d.last)
	d.open[name] = f
	return name, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.open, name)
	}
}

// Open is SQLite's: a file of ours, and nothing else.
func (d *databases) Open(name string) (fs.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, found := d.open[name]
	if !found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return opened{io.NewSectionReader(f.f, 0, wholePages(f))}, nil
}

// wholePages is how much of a database SQLite is shown: of half a page it would take the rest for zeros, and give them
// as a message's.
func wholePages(f *file) int64 {
	head, err := f.read(nil, 0, sqliteHeader)
	if err != nil || pageSizeOf(head) == 0 {
		return f.size
	}
	return f.size - f.size%pageSizeOf(head)
}

// opened is one connection's view of a file, which outlives it.
type opened struct{ *io.SectionReader }

func (o opened) Stat() (fs.FileInfo, error) { return o, nil }
func (opened) Close() error                 { return nil }
func (opened) Name() string                 { return "" }
func (opened) Mode() fs.FileMode            { return 0o400 }
func (opened) ModTime() time.Time           { return time.Time{} }
func (opened) IsDir() bool                  { return false }
func (opened) Sys() any                     { return nil }
