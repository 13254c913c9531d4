package recording

import (
	"context"
	"io"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/tempfile"
)

// Open reads one message again. What was encoded lies in the spool; without it, it is
// encoded again, to the same bytes.
func (m *Messages) Open(ctx context.Context, i int) (io.ReadCloser, error) {
	if r, ok := m.spool.open(m.messages[i].Entry); ok {
		return io.NopCloser(r), nil
	}
	f := &openFile{ctx: ctx, of: m, message: m.messages[i]}
	return f, f.load()
}

// An openFile is the file of a message that is read little by little, as fast as it is sent: the memory that it is in is not
// waited for by others. So these may take it, and then what is left of the file is read from a temporary one.
type openFile struct {
	ctx     context.Context
	of      *Messages
	message Message
	at      int64

	size    int64
	kept    *memory.Kept
	spilled *tempfile.File // in place of what others took
	full    bool           // there is no room for it
}

// load reads the message into memory.
func (f *openFile) load() error {
	return f.visit(func(file []byte) ([]byte, error) {
		f.size = int64(len(file))
		return file, nil
	})
}

// visit reads the message, and keeps what use says of it.
func (f *openFile) visit(use func(file []byte) (keep []byte, err error)) error {
	m := f.of
	return m.cache.use(f.ctx, m.store, m.name, m.reader, func(b *bag.Bag) (err error) {
		f.kept, err = b.Keep(f.ctx, f.message.Entry, func(data []byte) ([]byte, error) {
			file, err := m.file(f.message, data)
			if err != nil {
				return nil, err
			}
			return use(file)
		})
		return err
	})
}

func (f *openFile) Read(p []byte) (int, error) {
	p = p[:min(int64(len(p)), f.size-f.at)]
	n, err := 0, io.EOF
	if len(p) > 0 {
		n, err = f.read(p)
	}
	f.at += int64(n)
	return n, err
}

func (f *openFile) read(p []byte) (int, error) {
	if data := f.kept.Bytes(); data != nil {
		return copy(p, data[f.at:]), nil
	}
	if f.spilled == nil && !f.full {
		if err := f.spill(); err != nil {
			return 0, err
		}
	}
	if f.spilled != nil {
		n, err := f.spilled.ReadAt(p, f.at)
		if n > 0 {
			err = nil
		}
		return n, err
	}
	n := 0
	err := f.visit(func(file []byte) ([]byte, error) {
		n = copy(p, file[min(f.at, int64(len(file))):])
		return nil, nil
	})
	return n, err
}

// spill reads the message once more, into a temporary file. Where none can be written, for the disk is full, it is read again
// for each piece.
func (f *openFile) spill() error {
	return f.visit(func(file []byte) ([]byte, error) {
		temp, err := tempfile.Create(f.of.spool.dir, int64(len(file)))
		if err != nil {
			f.full = true
			return nil, nil
		}
		if _, err = temp.Write(file); err != nil {
			f.full = true
			return nil, temp.Close()
		}
		f.size, f.spilled = int64(len(file)), temp
		return nil, nil
	})
}

// Close gives up what was read.
func (f *openFile) Close() error {
	f.kept.Drop()
	f.kept = nil
	if f.spilled == nil {
		return nil
	}
	return f.spilled.Close()
}
