package source

import (
	"context"
	"strings"

	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Directory is what a directory of images holds, as [Scan] sees it.
type Directory struct {
	Images      []string // paths from the directory, with slashes, in byte order
	Clouds      []string // point clouds in files of PCD: a .bin may be anything
	Unsupported []string // images that CVAT does not take
	Others      int      // files that are not images
	Recordings  []string // those of them that have a recording's name, in byte order
	Videos      []string // and those that have a video's
	Metadata    bool     // a rosbag2's metadata.yaml lies directly in the directory
	Problems    []string // what could not be looked at
}

// LookInto lists a directory as Scan does, from its entries' names and types alone.
func LookInto(ctx context.Context, dir string) (Directory, error) {
	l, err := list(ctx, store.At(dir), ".")
	d := Directory{Images: l.images, Unsupported: l.pictures, Others: l.others, Recordings: l.recordings, Videos: l.videos, Metadata: l.metadata}
	for _, at := range l.clouds {
		if pcd.IsBin(at) {
			d.Others++
			continue
		}
		d.Clouds = append(d.Clouds, at)
	}
	for _, f := range l.problems {
		d.Problems = append(d.Problems, strings.TrimPrefix(wording.Safe(f.path)+": "+f.Text, ": "))
	}
	return d, err
}

// Ignored reports whether a file or directory of this name is passed over wherever it lies: hidden ones, and
// those of operating systems and network storages.
func Ignored(name string) bool { return name[0] == '.' || ignoredByCVAT(name) || ofSystem(name) }

// TimeIn is the time that a file's name carries, in nanoseconds since 1970; false if it carries none.
func TimeIn(name string) (ns int64, ok bool) { return stampOf(name) }
