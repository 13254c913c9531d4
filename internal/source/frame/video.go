package frame

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
)

// A Video is a [Source] whose frames travel together, as one video file, and cannot be opened one by one.
type Video interface {
	Source
	// File opens what is sent.
	File(ctx context.Context) (store.File, error)
	// FileSize is its size in bytes, without reading it; -1 is not known.
	FileSize(ctx context.Context) (int64, error)
	// Packets are the tables of a file whose packets are still to be looked into; nil where they were when it was put together.
	Packets(ctx context.Context) (*video.File, error)
}

// ErrInVideo is what opening a single frame of a video ends with: cvatplan decodes none.
var ErrInVideo = errors.New("a frame of a video cannot be read by itself")

// A Span is which frames of a video are taken: every Step-th from First on, or some of these. It is the part of
// a [Video] that is the same of all, as none gives a frame by itself.
type Span struct {
	First, Step int
	numbers     []int // in the file, of the frames; nil: as First and Step say
}

// Number is the number in the file of the i-th frame that is taken.
func (s Span) Number(i int) int {
	if s.numbers != nil {
		return s.numbers[i]
	}
	return s.First + i*s.Step
}

// Some takes only some of the frames, which nothing can send; it is for looking at them.
func (s Span) Some(kept []int) Span {
	numbers := make([]int, len(kept))
	for k, i := range kept {
		numbers[k] = s.Number(i)
	}
	s.numbers = numbers
	return s
}

// Open cannot give a frame.
func (Span) Open(context.Context, int) (io.ReadCloser, error) { return nil, ErrInVideo }

// Size is not known of a frame.
func (Span) Size(context.Context, int) (int64, error) { return -1, nil }

// Each gives no frame.
func (Span) Each(context.Context, Part, func(int, Opened, error)) []diag.Diagnostic { return nil }

// A VideoFile is a [Video] that is a file.
type VideoFile struct {
	Span
	store store.Store
	name  string                  // in the store
	path  string                  // in the bag
	times func() ([]int64, error) // of all frames of the file
}

// NewVideoFile is the file of a name in a store, at a path of its bag, and which of its frames are taken.
// Its tables are read again where the frames' times are asked for: thousands of videos would keep millions of them.
func NewVideoFile(in store.Store, name, path string, taken Span) *VideoFile {
	f := &VideoFile{Span: taken, store: in, name: name, path: path}
	f.times = sync.OnceValues(func() ([]int64, error) {
		v, err := f.Tables(context.Background())
		if err != nil {
			return nil, err
		}
		return v.Times, nil
	})
	return f
}

// Tables reads the file's tables.
func (f *VideoFile) Tables(ctx context.Context) (*video.File, error) {
	return f.read(ctx, video.Read)
}

// Packets reads the file's tables, and where its packets lie.
func (f *VideoFile) Packets(ctx context.Context) (*video.File, error) {
	return f.read(ctx, video.ReadPackets)
}

func (f *VideoFile) read(ctx context.Context, of func(context.Context, io.ReaderAt, int64, string) (*video.File, error)) (*video.File, error) {
	r, err := f.File(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return of(ctx, r, r.Size(), f.name)
}

// File opens it.
func (f *VideoFile) File(ctx context.Context) (store.File, error) { return f.store.Open(ctx, f.name) }

// FileSize asks for it.
func (f *VideoFile) FileSize(ctx context.Context) (int64, error) {
	info, err := f.store.Stat(ctx, f.name)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Origin is the file, the frame's number in it, and when it is shown; without that where the file cannot be read any more.
func (f *VideoFile) Origin(i int) index.Record {
	n := f.Number(i)
	r := index.Record{Path: f.path, Index: &n}
	if times, err := f.times(); err == nil && n < len(times) {
		r.PTSNS = &times[n]
	}
	return r
}

// Where is the file.
func (f *VideoFile) Where(int) string { return f.store.Path(f.name) }

// Paths are the file's path alone.
func (f *VideoFile) Paths() []string { return []string{f.Where(0)} }

// Video is the file.
func (f *VideoFile) Video() Video { return f }

// Only is some of the frames.
func (f *VideoFile) Only(kept []int) Source {
	some := *f
	some.Span = f.Some(kept)
	return &some
}

// Close does nothing: the file does not stay open.
func (f *VideoFile) Close() error { return nil }
