package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/cvatplan/cvatplan/internal/video"
)

const (
	videoChunk    = 36 // frames of a chunk of a video, whatever their size
	videoOverlap  = 5  // of its jobs, where the task does not say (A120)
	interpolation = "interpolation"
)

// readVideo counts the frames of a video, of which CVAT decodes each one (A119). No order can be given to them. What cannot be
// read fails in the decoder's words (A122).
func (i *importer) readVideo(name string) error {
	f, err := os.Open(filepath.FromSlash(i.store.Path(i.data, i.source(name))))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	i.video, err = video.Read(i.ctx, f, info.Size(), name)
	var bad *video.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &bad):
		return err
	case bad.NoVideo:
		return failure("IndexError", "tuple index out of range")
	case bad.Count:
		return notHere("a video whose frames it cannot count without decoding them (" + bad.Text + ")")
	}
	return failure("av.error.InvalidDataError", "[Errno 1094995529] Invalid data found when processing input: '%s'", filepath.Join(i.raw, name))
}

// describeVideo makes frames of those in the span.
func (i *importer) describeVideo() error {
	name, last := i.names[0], len(i.video.Times)-1
	if stop := i.p.stop(); stop != 0 {
		last = min(last, stop)
	}
	for n := i.p.start(); n <= last; n += i.p.Step() {
		i.frames = append(i.frames, storage.Frame{Source: i.source(name), Width: i.video.Width, Height: i.video.Height})
	}
	if len(i.frames) == 0 {
		return failure("ValueError", "range() arg 3 must not be zero")
	}
	return nil
}

// mode is the task's: frames that are on their own, or between which shapes are interpolated.
func (i *importer) mode() string {
	if i.video != nil {
		return interpolation
	}
	return "annotation"
}

// overlap is the task's, or the one that CVAT chooses.
func (i *importer) overlap() *int {
	if i.task.Overlap != nil || i.video == nil || i.task.SegmentSize == 0 || i.task.SegmentSize >= len(i.frames) {
		return i.task.Overlap
	}
	n := videoOverlap
	return &n
}

// FrameName is the name of a video's frame in exports.
func FrameName(number int) string { return fmt.Sprintf("frame_%06d", number) }
