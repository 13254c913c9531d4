package manifest

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/cvatplan/cvatplan/schema"
)

// properties are those of one definition of the schema.
func properties(t *testing.T, definition string) map[string]struct{ Default any } {
	t.Helper()
	var document struct {
		Definitions map[string]struct {
			Properties map[string]struct{ Default any }
		}
	}
	if err := json.Unmarshal(schema.JSON, &document); err != nil {
		t.Fatal(err)
	}
	return document.Definitions[definition].Properties
}

func TestTheDefaultsAreThoseOfTheSchema(t *testing.T) {
	frames := (&Manifest{}).FramesOf(nil, nil)
	code := map[string]map[string]any{
		"task": {
			"name": DefaultTaskName.String(), "frame_name": DefaultFrameName.String(),
			"segment_size": 0.0, "overlap": 0.0, "consensus_replicas": 0.0, // pkg/apply sends these
			"image_quality": float64(DefaultImageQuality), "sorting_method": DefaultSortingMethod, "use_cache": DefaultUseCache, "grow": DefaultGrow,
		},
		"frames": {
			"every": float64(frames.Every), "sharpest_of": float64(frames.SharpestOf), "distinct": float64(*frames.Distinct), "spread": *frames.Spread, "bad": frames.Bad, "stamp": frames.Stamp,
			"encode": frames.Encode, "quality": float64(frames.Quality),
		},
	}
	for definition, values := range code {
		for key, property := range properties(t, definition) {
			if property.Default != values[key] {
				t.Errorf("%s.%s: the schema says %v, the code %v", definition, key, property.Default, values[key])
			}
		}
	}
}

// A key that the reader forgets would pass the schema and do nothing; the files
// below are compared with what is read from them, field by field.
func TestTheTestedManifestsUseEveryKey(t *testing.T) {
	var text []byte
	for _, file := range []string{"everything.yaml", "documented.yaml", "labels_inline.yaml", "labels.json", "day/cvatplan.yaml"} {
		data, err := os.ReadFile("testdata/good/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, data...)
	}
	elsewhere := map[string]bool{ // read in TestEverySelectionOfValidationFrames
		"frame_count": true, "frames_per_job_count": true, "frames_per_job_share": true,
		"project_id": true, "task_id": true, // ignored
	}
	for _, definition := range []string{"server", "project", "label", "attribute", "camera", "context", "bag", "task", "validation", "annotations", "frames", "skip"} {
		for key := range properties(t, definition) {
			if used := regexp.MustCompile(`\b` + key + `"?:`).Match(text); !used && !elsewhere[key] {
				t.Errorf("no test reads %s.%s", definition, key)
			}
		}
	}
}
