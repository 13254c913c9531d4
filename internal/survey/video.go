package survey

import (
	"context"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
)

// Video is the kind of a bag that is a video file.
const Video bag.Kind = "video"

// lookIntoVideo reads the tables of a video file. That CVAT would not take it as it is, is the error.
func lookIntoVideo(ctx context.Context, path string, in store.Store, name string) (Bag, error) {
	file, err := in.Open(ctx, name)
	if err != nil {
		return Bag{}, err
	}
	defer file.Close()
	v, err := video.Read(ctx, file, file.Size(), name)
	if err != nil {
		return Bag{}, fmt.Errorf("%s: %w", path, err)
	}
	return Bag{Path: path, Kind: Video, Bytes: file.Size(), Video: v}, nil
}
