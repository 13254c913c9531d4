// Package frame is what a task takes of a bag: frames that can be opened, in the task's order. Where
// they are, in files, in the messages of a recording or only in an index, is behind one interface.
package frame

import (
	"bytes"
	"context"
	"image"
	"io"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// A Source is the frames of one task. Frames are counted from 0, in the task's order. What is wrong
// with a frame is an error that may be a [diag.Diagnostic].
type Source interface {
	// Open gives a frame's bytes. It may be called again, and from several goroutines.
	Open(ctx context.Context, i int) (io.ReadCloser, error)
	// Size is the length in bytes of what Open gives, without reading it; -1 is not known.
	Size(ctx context.Context, i int) (int64, error)
	// Each opens every frame once for visit, or gives the reason why it cannot, in any order and
	// several at a time. What it gives is damage that reading met and no frame tells of.
	Each(ctx context.Context, part Part, visit func(i int, o Opened, err error)) []diag.Diagnostic
	// Origin is where a frame comes from, as far as that is known without reading it.
	Origin(i int) index.Record
	// Where names the frame for people: a path, or a message of a recording.
	Where(i int) string
	// Paths are the local files that the frames are read from, whether they are there or not.
	Paths() []string
	// Only is a source of these frames.
	Only(kept []int) Source
	// Video is the one file that is sent in place of the frames; nil where each frame is sent by itself, or none is here.
	Video() Video
	// Close gives up what was kept for Open, which can still be called, at the cost of doing it again.
	Close() error
}

// A Part is how much of each frame a reader is after.
type Part int

// From the least to the most.
const (
	Header Part = iota // the rest of a frame may be missing
	Seen               // all, to be decoded; nothing is made for it, and nothing kept
	Whole              // and what it costs to make a frame is kept for Open
	Traced             // with where it comes from; nothing is kept
)

// An Opened frame can be read anywhere, for its header, and then from its start.
type Opened struct {
	io.Reader
	io.ReaderAt
	Size  int64               // bytes
	Known *imageheader.Header // of what was encoded here: there is nothing to check
	Image image.Image         // its pixels, in place of a file; only of what is [Seen], and while it is visited
	// Granted reports whether what is [Seen] may take the memory that decoding it needs; else its visitor is to ask for it.
	Granted bool
	From    index.Record // where it comes from; empty unless it is [Traced]
}

// OpenedBytes is a frame that is in memory.
func OpenedBytes(b []byte) Opened {
	r := bytes.NewReader(b)
	return Opened{Reader: r, ReaderAt: r, Size: int64(len(b))}
}

// Pick gives the elements at these indices, in their order.
func Pick[T any](list []T, at []int) []T {
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = list[i]
	}
	return out
}
