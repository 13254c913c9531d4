package bag

import (
	"context"
	"errors"
	"io"
	"slices"
)

type logKind struct {
	suffix string
	read   func(context.Context, *layered) error
}

// logs are what a recorder that was killed leaves next to its database, and how each
// is read: a journal of pages as they were, or a write-ahead log of pages as they
// should be. SQLite itself applies them by writing to the database, which is not ours.
var logs = []logKind{
	{"-journal", readJournal},
	{"-wal", readWAL},
}

// hasLog says whether a database has a log next to it.
func (l location) hasLog(ctx context.Context) bool {
	return slices.ContainsFunc(logs, func(k logKind) bool { return l.withSuffix(k.suffix).isLog(ctx) })
}

func (l location) isLog(ctx context.Context) bool {
	info, err := l.stat(ctx)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// withLogs is the database f with what lies next to it in the store laid over it.
func withLogs(ctx context.Context, f *file, at location) (*file, error) {
	for _, l := range logs {
		if !at.withSuffix(l.suffix).isLog(ctx) {
			continue
		}
		log, err := openFile(ctx, at.withSuffix(l.suffix))
		if err != nil {
			return f, err
		}
		over := &layered{base: f, log: log, size: f.size, at: map[uint32]int64{}}
		err = l.read(ctx, over)
		if err != nil || over.page == 0 {
			log.Close()
			if err != nil {
				return f, err
			}
			continue
		}
		f = &file{f: over, name: f.name, size: over.size}
	}
	return f, nil
}

// A layered is a database some of whose pages are read from its log.
type layered struct {
	base, log *file
	page      int64            // bytes in a page; 0: nothing of the log counts
	at        map[uint32]int64 // where in the log a page is; the first page is 1
	size      int64            // of the database as the log leaves it
}

// bounded is the size of so many pages, each of which is in one file or the other.
func (l *layered) bounded(page, pages int64) int64 {
	return page * min(pages, l.base.size/page+l.log.size/page+1)
}

// Close closes both files.
func (l *layered) Close() error { return errors.Join(l.base.Close(), l.log.Close()) }

// ReadAt reads from one file and the other, page by page where they alternate.
func (l *layered) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		if off >= l.size {
			return n, io.EOF
		}
		from, at, room := l.run(off, min(int64(len(p)-n), l.size-off))
		var m int
		m, err = from.f.ReadAt(p[n:n+int(room)], at)
		if int64(m) == room {
			err = nil
		}
		n += m
		off += int64(m)
	}
	return n, err
}

// run is the file that the byte at off is in, where it is there, and how many of the
// next most bytes follow it.
func (l *layered) run(off, most int64) (from *file, at, room int64) {
	number, in := uint32(off/l.page)+1, off%l.page
	room = l.page - in
	if pos, logged := l.at[number]; logged {
		return l.log, pos + in, min(room, most)
	}
	for next := number + 1; room < most; next++ {
		if _, logged := l.at[next]; logged {
			break
		}
		room += l.page
	}
	return l.base, off, min(room, most)
}
