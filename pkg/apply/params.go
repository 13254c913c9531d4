package apply

import (
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const predefined = "predefined" // the sorting_method that sends the order, too

// newTask is the task as CVAT is asked to create it: with its marker in bug_tracker.
func newTask(d plan.Desired, project int) cvat.NewTask {
	s := d.Settings
	overlap := or(s.Overlap, 0)
	return cvat.NewTask{
		Name: d.Task, ProjectID: project, BugTracker: plan.Marker(d.Hash),
		SegmentSize: or(s.SegmentSize, 0), Overlap: &overlap, Subset: or(s.Subset, ""),
		ConsensusReplicas: or(s.ConsensusReplicas, 0),
		SourceStorage:     storage(s.SourceStorage), TargetStorage: storage(s.TargetStorage),
	}
}

func storage(s *manifest.Storage) *cvat.Storage {
	if s == nil {
		return nil
	}
	out := cvat.Storage{Location: s.Location}
	if s.CloudStorageID != 0 {
		out.CloudStorageID = &s.CloudStorageID
	}
	return &out
}

// dataParams are all the parameters of an import: those of a failed attempt would stick.
func dataParams(s plan.Settings) cvat.DataParams {
	return cvat.DataParams{
		ImageQuality:  or(s.ImageQuality, manifest.DefaultImageQuality),
		SortingMethod: or(s.SortingMethod, manifest.DefaultSortingMethod),
		ChunkSize:     s.ChunkSize,
		UseCache:      or(s.UseCache, manifest.DefaultUseCache),
		Validation:    validation(s.Validation),
	}
}

func validation(v *manifest.Validation) *cvat.ValidationParams {
	if v == nil {
		return nil
	}
	return &cvat.ValidationParams{
		Mode: v.Mode, FrameSelectionMethod: v.FrameSelectionMethod, RandomSeed: v.RandomSeed, Frames: v.Frames,
		FrameCount: v.FrameCount, FrameShare: v.FrameShare,
		FramesPerJobCount: v.FramesPerJobCount, FramesPerJobShare: v.FramesPerJobShare,
	}
}

func labels(in []manifest.Label) []cvat.Label {
	out := make([]cvat.Label, len(in))
	for i, l := range in {
		out[i] = cvat.Label{Name: l.Name, Color: l.Color, Type: l.Type, SVG: l.SVG, Attributes: attributes(l.Attributes)}
		if len(l.Sublabels) > 0 {
			out[i].Sublabels = labels(l.Sublabels)
		}
	}
	return out
}

func attributes(in []manifest.Attribute) []cvat.Attribute {
	out := make([]cvat.Attribute, len(in))
	for i, a := range in {
		out[i] = cvat.Attribute{Name: a.Name, Mutable: a.Mutable, InputType: a.InputType, DefaultValue: a.DefaultValue, Values: a.Values}
	}
	return out
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
