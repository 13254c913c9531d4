package plan

import (
	"strings"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

const (
	markerPrefix = manifest.Mark + "1:"
	hashDigits   = 64
)

// Markers of what has no archive.
const (
	// ProjectMarker is in the bug_tracker of a project that a run of ours is just
	// creating; it is cleared as soon as that run has seen that its project is the only
	// one, so an empty project that still has it is the leftover of a lost answer.
	ProjectMarker = markerPrefix + "project"

	// Tombstone marks a task of ours that is about to be deleted. It names an archive
	// that cannot exist, so no other run sends that task anything any more.
	Tombstone = markerPrefix + "0000000000000000000000000000000000000000000000000000000000000000"
)

// Marker is the bug_tracker of an unfinished task that may hold only the archive
// of this hash (64 lower-case hex digits).
func Marker(hash string) string { return markerPrefix + hash }

// ParseMarker takes the archive's hash out of a bug_tracker. It reports false for
// all that is not to the letter a marker: a task is ours by its marker alone.
func ParseMarker(bugTracker string) (hash string, ours bool) {
	hash, ok := strings.CutPrefix(bugTracker, markerPrefix)
	if !ok || len(hash) != hashDigits || strings.Trim(hash, "0123456789abcdef") != "" {
		return "", false
	}
	return hash, true
}
