package pull

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestFlagsComeBeforeManifestsAndThoseBeforeDefaults(t *testing.T) {
	written := manifest.Pull{To: "labels", Formats: []string{"coco"}, Merge: "bag", State: "completed"}
	tests := map[string]struct {
		flags   Options
		written manifest.Pull
		want    Options
	}{
		"nothing":       {Options{}, manifest.Pull{}, Options{Formats: []string{"jsonl"}, Jobs: "annotation"}},
		"the manifests": {Options{}, written, Options{Dir: "labels", Formats: []string{"coco"}, Merge: "bag", State: "completed", Jobs: "annotation"}},
		"flags": {Options{Dir: "d", Formats: []string{"yolo"}, Jobs: "ground_truth", Stage: "acceptance"}, written,
			Options{Dir: "d", Formats: []string{"yolo"}, Merge: "bag", State: "completed", Jobs: "ground_truth", Stage: "acceptance"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.flags.Else(tt.written)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestManifestsOfOneProjectAgreeOnWhatIsPulled(t *testing.T) {
	of := func(p manifest.Pull) *manifest.Manifest { return &manifest.Manifest{File: "m.yaml", Pull: p} }
	coco := manifest.Pull{Formats: []string{"coco"}}
	tests := map[string]struct {
		manifests []*manifest.Manifest
		want      manifest.Pull
		fails     bool
	}{
		"none":            {[]*manifest.Manifest{of(manifest.Pull{})}, manifest.Pull{}, false},
		"one of two":      {[]*manifest.Manifest{of(coco), of(manifest.Pull{})}, coco, false},
		"the same twice":  {[]*manifest.Manifest{of(coco), of(manifest.Pull{Formats: []string{"coco"}})}, coco, false},
		"two that differ": {[]*manifest.Manifest{of(coco), of(manifest.Pull{Formats: []string{"yolo"}})}, manifest.Pull{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := SettingsOf(tt.manifests)
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.fails {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
