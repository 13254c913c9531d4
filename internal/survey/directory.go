package survey

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/cvatplan/cvatplan/internal/source"
)

func lookIntoDirectory(ctx context.Context, path string) (Bag, error) {
	d, err := source.LookInto(ctx, path)
	if err != nil {
		return Bag{}, err
	}
	b := Bag{
		Path: path, Kind: Directory, Notes: d.Problems,
		Images: len(d.Images), Unsupported: len(d.Unsupported), Others: d.Others,
	}
	b.First, b.Last = span(d.Images)
	absolute, err := filepath.Abs(path)
	if err != nil {
		return b, err
	}
	guess, err := GuessAt(ctx, absolute)
	if err != nil { // it holds no images, and no recordings
		return b, ctx.Err()
	}
	b.Cameras, b.Unclaimed = guess.Cameras, guess.Left
	if guess.Root != filepath.Dir(absolute) {
		b.Holds = guess.Bags
	}
	return b, nil
}

// span is the first and the last time that names carry; 0, 0 if some carries none.
func span(paths []string) (first, last int64) {
	stamps := make([]int64, 0, len(paths))
	for _, p := range paths {
		ns, ok := source.TimeIn(p)
		if !ok {
			return 0, 0
		}
		stamps = append(stamps, ns)
	}
	if len(stamps) == 0 {
		return 0, 0
	}
	return slices.Min(stamps), slices.Max(stamps)
}
