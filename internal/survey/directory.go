package survey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

func lookIntoDirectory(ctx context.Context, path string, o Options) (Bag, error) {
	d, err := source.LookInto(ctx, path)
	if err != nil {
		return Bag{}, err
	}
	b := Bag{
		Path: path, Kind: Directory, Notes: d.Problems,
		Images: len(d.Images), Unsupported: len(d.Unsupported), Clouds: len(d.Clouds), Others: d.Others - len(d.Videos),
	}
	var damaged []string
	b.Videos, damaged = clipsIn(ctx, path, d.Videos)
	b.Notes = append(b.Notes, damaged...)
	b.First, b.Last = span(d.Images)
	if o.Strict {
		if err := checkImages(ctx, path, d.Images); err != nil {
			return b, err
		}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return b, err
	}
	if n := len(d.Recordings); n > 0 && len(d.Images) > 0 {
		b.Notes = append(b.Notes, fmt.Sprintf("%s next to the images, such as %s", wording.Count(n, "recording lies", "recordings lie"), d.Recordings[0]))
	}
	guess, err := GuessAt(ctx, absolute)
	if err != nil { // it holds no images, no recordings and no videos
		return b, ctx.Err()
	}
	b.Cameras, b.Unclaimed = guess.Cameras, guess.Left
	if guess.Root != filepath.Dir(absolute) {
		b.Holds = guess.Bags
	}
	return b, nil
}

// checkImages reads the images' headers, as a plan does that checks them, up to the first that is bad.
func checkImages(ctx context.Context, path string, images []string) error {
	in := store.At(path)
	for _, at := range images {
		f, err := in.Open(ctx, at)
		if err != nil {
			return err
		}
		r := store.Reader(f)
		_, err = imageheader.Read(r, f.Size(), at)
		if err = errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(path, at), err)
		}
	}
	return ctx.Err()
}

// imagesIn says how many image files lie in a recording's directory.
func imagesIn(ctx context.Context, path string) []string {
	d, err := source.LookInto(ctx, path)
	if err != nil || len(d.Images) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s next to the recording, such as %s", wording.Count(len(d.Images), "image file lies", "image files lie"), d.Images[0])}
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
