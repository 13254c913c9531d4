package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

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
	r, err := t.server.Frame(ctx, id, frame)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxSample))
	if err != nil || len(data) == maxSample {
		return "", err
	}
	_, err = pcd.Check(bytes.NewReader(data), int64(len(data)))
	if own := (*pcd.DamagedError)(nil); errors.As(err, &own) {
		return own.Error(), nil
	}
	return "", err
}
