package source

import (
	"context"
	"strings"

	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Directory is what a directory of images holds, as [Scan] sees it.
type Directory struct {
	Images      []string // paths from the directory, with slashes, in byte order
	Unsupported []string // images that CVAT does not take
	Others      int      // files that are no images
	Problems    []string // what could not be looked at
}

// LookInto lists a directory as Scan does, from its entries' names and types alone.
func LookInto(ctx context.Context, dir string) (Directory, error) {
	l, err := list(ctx, store.At(dir), ".")
	d := Directory{Images: l.images, Unsupported: l.pictures, Others: l.others}
	for _, f := range l.problems {
		d.Problems = append(d.Problems, strings.TrimPrefix(wording.Safe(f.path)+": "+f.Text, ": "))
	}
	return d, err
}

// TimeIn is the time that a file's name carries, in nanoseconds since 1970; false if it carries none.
func TimeIn(name string) (ns int64, ok bool) { return stampOf(name) }
