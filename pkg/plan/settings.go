package plan

import (
	"cmp"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A mismatch is a setting that the manifest writes and that the task was made without.
type mismatch struct {
	setting, have, want string
	kept                string // why it stays as it is
}

const (
	writeOnce = "CVAT cannot change it"
	atBirth   = "cvatplan sets it at creation only"
)

// mismatches compares the settings that the manifest writes, as the server rewrites
// them, with those that the listing shows. What the listing does not show (sorting
// method, cache) and what people change in their daily work (assignees) is left out.
func mismatches(want Settings, t Task) []mismatch {
	have := t.Settings
	want.SegmentSize = rewriteSegment(want.SegmentSize, t.Size)
	want.Overlap = rewriteOverlap(want.Overlap, cmp.Or(have.SegmentSize, want.SegmentSize), t.Size)
	var m []mismatch
	m = differs(m, "segment_size", have.SegmentSize, want.SegmentSize, writeOnce)
	m = differs(m, "overlap", have.Overlap, want.Overlap, writeOnce)
	m = differs(m, "image_quality", have.ImageQuality, want.ImageQuality, writeOnce)
	m = differs(m, "chunk_size", have.ChunkSize, want.ChunkSize, writeOnce)
	m = differs(m, "consensus_replicas", have.ConsensusReplicas, want.ConsensusReplicas, writeOnce)
	m = differs(m, "validation", mode(have.Validation), mode(want.Validation), writeOnce)
	m = differs(m, "subset", have.Subset, want.Subset, atBirth)
	if _, ours := ParseMarker(t.BugTracker); !ours {
		m = differs(m, "bug_tracker", have.BugTracker, want.BugTracker, atBirth)
	}
	return m
}

func differs[T comparable](m []mismatch, setting string, have, want *T, kept string) []mismatch {
	if have == nil || want == nil || *have == *want {
		return m
	}
	return append(m, mismatch{setting, show(*have), show(*want), kept})
}

func show(v any) string {
	if v == "" {
		return "none"
	}
	return fmt.Sprint(v)
}

func mode(v *manifest.Validation) *string {
	if v == nil {
		return nil
	}
	return &v.Mode
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
func jobs(s Settings, frames int) int {
	zero := 0
	segment := *rewriteSegment(cmp.Or(s.SegmentSize, &zero), frames)
	overlap := *rewriteOverlap(cmp.Or(s.Overlap, &zero), &segment, frames)
	if frames == 0 || segment <= overlap {
		return 0
	}
	return (max(frames-overlap, 1) + segment - overlap - 1) / (segment - overlap)
}
