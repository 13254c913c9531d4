package plan

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// unfitValidation says why CVAT could not choose the ground truth frames, which it would
// tell only when all is sent and its import fails (measured on 2.73); "" if it can.
func unfitValidation(d Desired) string {
	v := d.Settings.Validation
	if v == nil {
		return ""
	}
	segment := 0
	if d.Settings.SegmentSize != nil {
		segment = min(*d.Settings.SegmentSize, len(d.Frames))
	}
	switch {
	case d.Kind == manifest.KindPointCloud:
		return "validation: CVAT has none for point clouds"
	case v.FrameCount != nil && *v.FrameCount > len(d.Frames):
		return fmt.Sprintf("validation: frame_count is %d, and the task has %s", *v.FrameCount, wording.Count(len(d.Frames), "frame", "frames"))
	case v.FramesPerJobCount != nil && *v.FramesPerJobCount >= segment:
		return fmt.Sprintf("validation: frames_per_job_count is %d, and must be below segment_size, which comes to %d", *v.FramesPerJobCount, segment)
	}
	return unknownFrames(v.Frames, d.Frames)
}

func unknownFrames(named, frames []string) string {
	if len(named) == 0 { // most manifests name none, and frames are many
		return ""
	}
	unknown := Without(named, frames)
	if len(unknown) == 0 {
		return ""
	}
	return fmt.Sprintf("validation: the task has no frame named %s (%d of %d are not there)", unknown[0], len(unknown), len(named))
}
