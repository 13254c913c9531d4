package survey

import (
	"context"
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// Video is the kind of a bag that is a video file.
const Video bag.Kind = "video"

// lookIntoVideo reads the tables of a video file. That CVAT would not take it as it is, is the error.
func lookIntoVideo(ctx context.Context, in store.Store, name string) (Clip, error) {
	file, err := in.Open(ctx, name)
	if err != nil {
		return Clip{}, err
	}
	defer file.Close()
	v, err := video.Read(ctx, file, file.Size(), name)
	if err != nil {
		return Clip{}, err
	}
	return Clip{
		Path: path.Base(name), Bytes: file.Size(), Codec: v.Codec, Width: v.Width, Height: v.Height,
		Frames: len(v.Times), First: v.Times[0], Last: v.Times[len(v.Times)-1],
	}, nil
}

// clipsIn looks into the videos of a directory. What CVAT would not take is in the notes.
func clipsIn(ctx context.Context, dir string, videos []string) (clips []Clip, notes []string) {
	in := store.At(dir)
	for _, at := range videos {
		c, err := lookIntoVideo(ctx, in, at)
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: %v", at, err))
			continue
		}
		c.Path = at
		clips = append(clips, c)
	}
	if len(notes) > mostAlike {
		notes = append(notes[:mostAlike], fmt.Sprintf("and %s that CVAT would not take", wording.Count(len(notes)-mostAlike, "more video", "more videos")))
	}
	return clips, notes
}
