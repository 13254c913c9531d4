package plan

import (
	"cmp"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A setting is a row of [settings]: how one of a task's settings is compared.
type setting struct {
	key  string // the manifest's and CVAT's name of it, and the code of its note
	kept string // why a task that exists keeps another value; "": it is not compared

	update bool // CVAT can change it, and apply does so where update: names it; it is a text
}

const (
	writeOnce = "CVAT cannot change it"
	atBirth   = "cvatplan sets it at creation only"
	unasked   = "nobody asked to change it"
	notShown  = "" // CVAT's task listing does not show it
)

// settings has a row for each of [manifest.Settings].
var settings = []setting{
	{key: "segment_size", kept: writeOnce},
	{key: "overlap", kept: writeOnce},
	{key: "image_quality", kept: writeOnce},
	{key: "chunk_size", kept: writeOnce},
	{key: "consensus_replicas", kept: writeOnce},
	{key: "sorting_method", kept: notShown},
	{key: "subset", kept: unasked, update: true},
	{key: "bug_tracker", kept: unasked, update: true},
	{key: "assignee", kept: unasked, update: true},
	{key: "use_cache", kept: notShown},
	{key: "validation", kept: writeOnce},
	{key: "source_storage", kept: atBirth},
	{key: "target_storage", kept: atBirth},
	{key: "jobs", kept: notShown}, // see jobs.go
}

// A mismatch is a setting that the manifest writes and that the task was made without.
type mismatch struct {
	setting
	have, want string
}

// mismatches compares the settings that the manifest writes, as the server rewrites them,
// with those that the listing shows. It gives them as the manifest has them.
func mismatches(written manifest.Settings, t Task) []mismatch {
	have, want := t.Settings, written
	want.SegmentSize = rewriteSegment(want.SegmentSize, t.Size)
	want.Overlap = rewriteOverlap(want.Overlap, cmp.Or(have.SegmentSize, want.SegmentSize), t.Size)
	if _, ours := ParseMarker(t.BugTracker); ours {
		want.BugTracker = nil // it has its value once the task is finished
	}
	var m []mismatch
	for _, s := range settings {
		if s.kept == "" {
			continue
		}
		h, w := shown(have, s.key), shown(want, s.key)
		if h != nil && w != nil && h != w {
			m = append(m, mismatch{s, show(h), show(shown(written, s.key))})
		}
	}
	return m
}

// shown is a setting's value as far as the listing shows it: of validation the mode.
func shown(s manifest.Settings, key string) any {
	value := s.Value(key)
	if v, ok := value.(manifest.Validation); ok {
		return v.Mode
	}
	return value
}

func show(v any) string {
	if v == "" {
		return "none"
	}
	return fmt.Sprint(v)
}

// rewriteSegment is what CVAT makes of segment_size at the import (measured on 2.73):
// 0, or more than there are frames, is one job of all frames.
func rewriteSegment(want *int, frames int) *int {
	if want == nil || (*want > 0 && *want <= frames) {
		return want
	}
	return &frames
}

// rewriteOverlap is what CVAT makes of overlap: at most half a segment.
func rewriteOverlap(want, segment *int, frames int) *int {
	if want == nil {
		return nil
	}
	overlap := min(*want, *cmp.Or(segment, &frames)/2)
	return &overlap
}

// jobs is how many jobs the import will make of the frames.
func jobs(s manifest.Settings, frames int) int {
	zero := 0
	segment := *rewriteSegment(cmp.Or(s.SegmentSize, &zero), frames)
	overlap := *rewriteOverlap(cmp.Or(s.Overlap, &zero), &segment, frames)
	if frames == 0 || segment <= overlap {
		return 0
	}
	return (max(frames-overlap, 1) + segment - overlap - 1) / (segment - overlap)
}
