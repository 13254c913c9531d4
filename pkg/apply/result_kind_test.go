package apply

import (
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A summary of point clouds or videos does not speak of images, though none of them was finished.
func TestWhatFailedNamesWhatIsCounted(t *testing.T) {
	for outcome, want := range map[Outcome]bool{Done: true, Failed: true, Stopped: true, Pending: true, Refused: true, Unchanged: false, Left: false} {
		var n Counts
		n.add(TaskResult{Outcome: outcome, Kind: manifest.KindPointCloud})
		if n.OtherKinds != want {
			t.Errorf("%v: %v", outcome, n.OtherKinds)
		}
	}
}
