// Package survey says what recordings and directories of images hold, for somebody who is about to
// write a manifest: topics, counts, times, encodings, which of them a manifest could use, and the
// cameras that their names suggest. [Draft] makes a first manifest.
//
// It reads indexes, names and the first message of each image topic, never a whole recording (but
// under [Options].Strict), and guesses by the rules of package source, which a manifest is read by.
package survey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
)

// Directory is the kind of a bag that is a directory of images; other kinds are package bag's.
const Directory bag.Kind = "directory"

// Options say how recordings are read.
type Options struct {
	Strict bool           // damage is an error, not a warning
	Memory *memory.Budget // for reading them; nil: the default
}

// A Bag is what was found at one path.
type Bag struct {
	Path    string
	Kind    bag.Kind
	Bytes   int64         // of a recording's files, of a video's file
	First   int64         // ns since 1970: of a recording the first receive time, of a directory the first
	Last    int64         // stamp that a name carries; 0 is not known
	Cameras []GuessCamera // that a manifest could have
	Notes   []string      // damage, and what else a person should know

	Messages int     // of a recording
	Topics   []Topic // of a recording, by name

	Images      int        // of a directory: files that become frames
	Unsupported int        // image files that CVAT does not take
	Clouds      int        // files of point clouds
	Videos      []Clip     // video files
	Others      int        // files that are none of these
	Unclaimed   int        // images that none of Cameras takes, if there are any
	Holds       []GuessBag // the bags in it, from it, if it is not one itself

	Video *Clip // of a video file
}

// A Clip is what the tables of a video file say.
type Clip struct {
	Path          string // of a directory's: from there
	Bytes         int64
	Codec         string
	Width, Height int   // pixels; 0: not known
	Frames        int   // as CVAT counts them
	First, Last   int64 // ns from the start of its time line: when the first and the last frame are shown
}

// Rate is how many frames a second it has; 0: that is not known of one frame.
func (c Clip) Rate() float64 {
	if c.Last <= c.First {
		return 0
	}
	return float64(c.Frames-1) / (float64(c.Last-c.First) / 1e9)
}

// Look says what a path holds: a recording, a directory of images, or a video file. The error wraps
// [bag.ErrNotRecording] where it is a file of another kind.
func Look(ctx context.Context, path string, o Options) (Bag, error) {
	in, name := store.Split(path)
	info, err := in.Stat(ctx, name)
	if link, ok := source.BrokenLink(ctx, in, name); ok && errors.Is(err, fs.ErrNotExist) {
		return Bag{}, fmt.Errorf("%s: %s", path, link.Text)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Bag{}, fmt.Errorf("%s: there is no such file or directory", path)
	}
	if err != nil {
		return Bag{}, err
	}
	if kind := bag.Detect(ctx, in, name); kind != "" {
		found, err := lookIntoRecording(ctx, path, kind, o)
		if err == nil && info.IsDir() {
			found.Notes = append(found.Notes, imagesIn(ctx, path)...)
		}
		return found, err
	}
	if info.IsDir() {
		return lookIntoDirectory(ctx, path, o)
	}
	if video.Named(name) && info.Size() > content.MaxPointer { // what is smaller may point to the file
		clip, err := lookIntoVideo(ctx, in, name)
		if err != nil {
			return Bag{}, fmt.Errorf("%s: %w", path, err)
		}
		return Bag{Path: path, Kind: Video, Bytes: clip.Bytes, Video: &clip}, nil
	}
	return Bag{}, unknown(ctx, in, name, info.Size())
}

// fetch is what brings the file that a pointer refers to.
var fetch = map[diag.Code]string{
	diag.CodeLFSPointer: "git lfs pull", diag.CodeAnnexMissing: "git annex get", diag.CodeDVCMissing: "dvc pull",
}

// unknown says why a file is no bag.
func unknown(ctx context.Context, in store.Store, name string, size int64) error {
	path := in.Path(name)
	head, err := store.Head(ctx, in, name, content.MaxPointer)
	switch code, pointer := content.Pointer(head); {
	case err != nil:
		return err
	case size == 0:
		return fmt.Errorf("%s: %w: it is empty (0 bytes)", path, bag.ErrNotRecording)
	case pointer != "":
		return fmt.Errorf("%s: %w: %s; fetch the file with %s", path, bag.ErrNotRecording, pointer, fetch[code])
	case bag.Named(path):
		return fmt.Errorf("%s: %w: %s", path, bag.ErrNotRecording, content.Describe(head))
	}
	return fmt.Errorf("%s: %w, nor a directory of images", path, bag.ErrNotRecording)
}
