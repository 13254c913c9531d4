package source

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// Open gives the bytes of one frame as CVAT would get them; i counts [Task.Frames]. The caller closes
// it. It is for looking at single frames: what is uploaded comes from [Measure].
func (t Task) Open(ctx context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(t.frames.names) {
		return nil, fmt.Errorf("task %s has no frame %d", t.Name, i)
	}
	return t.frames.source.Open(ctx, i)
}

// Paths are the local files that the task's frames are read from, whether they are there or not: its
// images, or the files of its recording.
func (t Task) Paths() []string {
	if t.frames.source == nil {
		return nil
	}
	paths := t.frames.source.Paths()
	if len(t.frames.context) == 0 {
		return paths
	}
	for _, s := range t.frames.context {
		if s.source != nil {
			paths = append(paths, s.source.Paths()...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
