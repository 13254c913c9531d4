package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Of files that CVAT reads by itself cvatplan has seen nothing but names. So a few frames are read through the server
// once they are imported.

// maxSample bounds the frame that is read into memory; a larger one tells nothing.
const maxSample = 128 << 20

// sample is a frame as it was imported; nil if it is too large to be read.
func (t *task) sample(ctx context.Context, id, frame int) ([]byte, error) {
	r, err := t.run.server.Frame(ctx, id, frame)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxSample))
	if err != nil || len(data) == maxSample {
		return nil, err
	}
	return data, nil
}

// checkSizes compares, for the first, the middle and the last image, the size that the server took
// from a list in the storage with that of the image. It believes the list, and annotations would be
// exported for pictures of another size.
func (t *task) checkSizes(ctx context.Context, id int, frames []cvat.FrameMeta) error {
	list := t.change.Desired.Payload.Manifest
	if list == "" {
		return nil
	}
	for _, i := range observe.Sample(len(frames)) {
		width, height, err := t.sizeOf(ctx, id, i, frames[i].Name)
		if err != nil {
			return fmt.Errorf("image %s: %w", frames[i].Name, err)
		}
		if f := frames[i]; width != 0 && (f.Width != width || f.Height != height) {
			return &sizeError{task: id, list: list, image: f.Name, said: [2]int{f.Width, f.Height}, is: [2]int{width, height}}
		}
	}
	return nil
}

// sizeOf reads an image's header through the server; 0 where it does not tell.
func (t *task) sizeOf(ctx context.Context, id, frame int, name string) (width, height int, err error) {
	data, err := t.sample(ctx, id, frame)
	if err != nil || data == nil {
		return 0, 0, err
	}
	h, err := imageheader.Read(bytes.NewReader(data), int64(len(data)), name)
	if err != nil {
		return 0, 0, nil // CVAT took it
	}
	return h.Width, h.Height, nil
}

// checkClouds warns of point clouds that show nothing to annotators, of those that the server reads by itself: its import
// reads their headers alone (measured on 2.73). Which have no points the frames' sizes tell; whether the data is whole is
// looked at in the first, the middle and the last, which costs a request each.
func (t *task) checkClouds(ctx context.Context, id int, frames []cvat.FrameMeta) error {
	d := t.change.Desired
	if d.Kind != manifest.KindPointCloud || !d.Payload.Served() {
		return nil
	}
	empty, first := 0, ""
	for _, f := range frames {
		if f.Width*f.Height == 0 {
			if empty++; empty == 1 {
				first = f.Name
			}
		}
	}
	if empty > 0 {
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf("%s no points, such as %s: CVAT shows nothing there", wording.Count(empty, "point cloud has", "point clouds have"), wording.Safe(first)))
	}
	for _, i := range observe.Sample(len(frames)) {
		if frames[i].Width*frames[i].Height == 0 {
			continue
		}
		switch damage, err := t.damageOf(ctx, id, i); {
		case err != nil:
			return fmt.Errorf("point cloud %s: %w", frames[i].Name, err)
		case damage != "":
			t.result.Warnings = append(t.result.Warnings, fmt.Sprintf("point cloud %s: %s: CVAT shows nothing of it, or a part", wording.Safe(frames[i].Name), wording.Safe(damage)))
		}
	}
	return nil
}

// damageOf reads a point cloud through the server; empty where nothing is wrong with it.
func (t *task) damageOf(ctx context.Context, id, frame int) (damage string, err error) {
	data, err := t.sample(ctx, id, frame)
	if err != nil || data == nil {
		return "", err
	}
	_, err = pcd.Check(bytes.NewReader(data), int64(len(data)))
	if own := (*pcd.DamagedError)(nil); errors.As(err, &own) {
		return own.Error(), nil
	}
	return "", err
}
