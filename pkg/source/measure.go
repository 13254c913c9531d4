package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
)

// readers is how many frames of a task are read at once: enough to keep a disk and
// two cores busy, few enough for a network file system.
const readers = 4

// A Frame is one image of a task, measured.
type Frame struct {
	Name          string // CVAT's frame name
	Size          int64  // bytes
	Sum           [32]byte
	CRC           uint32 // CRC-32 (IEEE)
	Width, Height int    // pixels as CVAT shows it, EXIF orientation applied; 0 is not known
	Open          func() (io.ReadCloser, error)
}

// Measure reads each frame of the task once and gives them in its order.
//
// A frame that cannot be uploaded is an Error that names the file; frames: bad: skip
// drops those that are no usable images, each with a Note, so that there are fewer
// frames than [Task.Frames]: what is created is what Measure gave. (A plan learns that
// by [CheckHeaders], which drops the same ones.) Formats that only
// CVAT can open pass with a Warning. If any problem is an Error, or ctx has ended, the
// frames must not be used.
func Measure(ctx context.Context, t Task) ([]Frame, []Problem) {
	frames := make([]Frame, len(t.frames.names))
	report := make([]Problem, len(frames))
	each(ctx, len(frames), readers, func(i int) {
		frames[i], report[i] = t.measure(ctx, i)
	})
	if err := ctx.Err(); err != nil {
		return nil, []Problem{{Severity: Error, Code: "interrupted", Text: fmt.Sprintf("reading %s: %v", show(t.Name), err), Task: t.Name}}
	}
	kept, problems := t.judge(report)
	return permute(frames, kept), problems
}

func (t Task) measure(ctx context.Context, i int) (Frame, Problem) {
	f := Frame{Name: t.frames.names[i]}
	f.Open = func() (io.ReadCloser, error) { return t.frames.reel.open(context.Background(), i) }
	r, err := t.open(ctx, i)
	if err != nil {
		return f, t.unreadable(i, err)
	}
	defer r.Close()
	h, err := readHeader(r, r.size, f.Name)
	if err != nil {
		return f, t.unreadable(i, err)
	}
	f.Width, f.Height = h.width, h.height
	if err := f.sum(ctx, r); err != nil {
		return f, t.unreadable(i, err)
	}
	return f, t.unchecked(i, h)
}

// sum reads the frame from its start to its end.
func (f *Frame) sum(ctx context.Context, r io.Reader) error {
	sum := sha256.New()
	buf := make([]byte, 256<<10)
	for ctx.Err() == nil {
		n, err := r.Read(buf)
		sum.Write(buf[:n])
		f.CRC = crc32.Update(f.CRC, crc32.IEEETable, buf[:n])
		f.Size += int64(n)
		if err == io.EOF {
			sum.Sum(f.Sum[:0])
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// An opened frame can be read anywhere, for its header, and then from its start.
type opened struct {
	io.ReadCloser
	io.ReaderAt
	size int64
}

func (t Task) open(ctx context.Context, i int) (opened, error) {
	r, err := t.frames.reel.open(ctx, i)
	if err != nil {
		return opened{}, err
	}
	if f, ok := r.(interface {
		io.ReaderAt
		Stat() (fs.FileInfo, error)
	}); ok {
		info, err := f.Stat()
		if err != nil {
			r.Close()
			return opened{}, err
		}
		return opened{r, f, info.Size()}, nil
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	whole := bytes.NewReader(b)
	return opened{io.NopCloser(whole), whole, int64(len(b))}, err
}
