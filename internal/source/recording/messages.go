package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A shot is one message that becomes a frame.
type shot struct {
	entry   bag.Entry
	kind    rosimage.Kind // of its own: one topic may hold several types
	wire    rosimage.Wire
	index   int   // among all messages of the camera in the bag
	stamp   int64 // ns: the header's, or the receive time
	seq     int64 // of a ROS 1 header, else -1
	size    int64 // of the file, bytes; -1 until it was encoded
	pixels  int64 // bytes of a raw image, at most; 0 of one that passes through
	ext     string
	noStamp bool // the header's is 0
}

// messages is the reel of a recording.
type messages struct {
	shelf  *shelf
	reader *reader
	path   string
	shots  []shot
	encode rosimage.Options
	spool  *spool
}

func (m *messages) where(i int) string {
	e := m.shots[i].entry
	return fmt.Sprintf("%s: message %d of %s", m.path, e.Seq, e.Topic)
}

func (m *messages) only(kept []int) reel {
	some := *m
	some.shots, some.spool = permute(m.shots, kept), &spool{}
	return &some
}

func (m *messages) size(_ context.Context, i int) (int64, error) { return m.shots[i].size, nil }

// open reads one message again. What was encoded lies in the spool; without it, it is
// encoded anew, to the same bytes.
func (m *messages) open(ctx context.Context, i int) (io.ReadCloser, error) {
	if r, ok := m.spool.open(m.shots[i].entry); ok {
		return r, nil
	}
	var file []byte
	err := m.shelf.use(ctx, m.path, m.reader, func(b *bag.Bag) error {
		data, err := b.Read(ctx, m.shots[i].entry)
		if err != nil {
			return err
		}
		file, err = m.file(m.shots[i], data)
		return err
	})
	return io.NopCloser(bytes.NewReader(file)), err
}

// file makes the image file of a message; one that passes through is a part of it.
func (m *messages) file(s shot, data []byte) ([]byte, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		return nil, unreadableMessage(s, err)
	}
	file, ext, passes := image.Passthrough(m.encode)
	if !passes {
		var b bytes.Buffer
		ext, err = rosimage.Encode(&b, image, m.encode)
		file = b.Bytes()
	}
	if err == nil && ext != s.ext {
		err = fmt.Errorf("it is %s now and was %s", ext, s.ext)
	}
	if err != nil {
		return nil, unreadableMessage(s, err)
	}
	return file, nil
}

// unreadableMessage is the fault of a message that gives no image.
func unreadableMessage(s shot, err error) *imageheader.Fault {
	var u *rosimage.UnsupportedError
	if errors.As(err, &u) {
		return &imageheader.Fault{Code: diag.CodeUnsupportedEncoding, Text: fmt.Sprintf("encoding %s of topic %s is not read", show(u.Encoding), s.entry.Topic), Hint: u.Hint()}
	}
	return &imageheader.Fault{Code: diag.CodeCorruptImage, Text: err.Error(), Hint: diag.Do(diag.HintSkipImage)}
}

// byLog is the order in which the messages lie, so that each chunk is unpacked once.
func (m *messages) byLog() []int {
	at := order(make([]string, len(m.shots)), "predefined")
	sortBy(at, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.shots[a].entry.LogNS, m.shots[b].entry.LogNS), cmp.Compare(m.shots[a].entry.Seq, m.shots[b].entry.Seq))
	})
	return at
}

// read gives each message's bytes to visit, in the order in which they lie; they are
// its own only until it returns. missing is called for those that cannot be read.
func (m *messages) read(ctx context.Context, visit func(i int, e bag.Entry, data []byte), missing func(i int)) error {
	at := m.byLog()
	entries := make([]bag.Entry, len(at))
	for k, i := range at {
		entries[k] = m.shots[i].entry
	}
	next := 0
	err := m.shelf.use(ctx, m.path, m.reader, func(b *bag.Bag) error {
		return b.Messages(ctx, entries, func(e bag.Entry, data []byte) error {
			for ; !same(entries[next], e); next++ {
				missing(at[next])
			}
			visit(at[next], e, data)
			next++
			return nil
		})
	})
	for ; err == nil && next < len(at); next++ {
		missing(at[next])
	}
	return err
}

func same(a, b bag.Entry) bool { return a.Topic == b.Topic && a.Seq == b.Seq && a.LogNS == b.LogNS }

// close gives up the spool, and the recording unless another task reads it.
func (m *messages) close() error {
	return errors.Join(m.spool.close(), m.shelf.done(m.path, m.reader))
}

// encodeOptions are frames: as internal/rosimage wants them.
func encodeOptions(f manifest.Frames) rosimage.Options {
	o := rosimage.Options{Format: rosimage.Format(f.Encode), Quality: f.Quality}
	if f.Depth != nil {
		o.Depth = &rosimage.Range{Min: f.Depth.Min, Max: f.Depth.Max}
	}
	return o
}

// stampAgain appends -1, -2, … to the names of frames with equal stamps, so that none
// takes another's place. The shots and names stand in the order of their stamps.
func stampAgain(shots []shot, names []string) {
	taken := make(map[string]bool, len(names))
	for i, name := range names {
		again := i > 0 && shots[i].stamp == shots[i-1].stamp
		stem := trimExtension(name)
		for n := 1; again && taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s-%d%s", stem, n, name[len(stem):])
		}
		taken[names[i]] = true
	}
}
