package schema

import (
	"encoding/json"
	"testing"
)

// An editor sees one file: what the other may write it cannot miss.
func TestAnEditorMissesNothingInAFileThatIsHalfAManifest(t *testing.T) {
	s := compile(t, "")
	for file, fits := range map[string]bool{
		`{"version": 1, "server": {"url": "https://cvat.example.com"}, "project": {"create": true}}`: true,
		`{"extends": "common.yaml", "bags": ["*/"]}`:                                                 true,
		`{"extends": "common.yaml", "project": {"id": 42}}`:                                          true,
		`{"version": 1, "project": {"name": "Orchard"}, "bags": ["*/"]}`:                             true,
		`{"version": 1, "bags": ["*/"]}`:                                                             false,
		`{"version": 1, "project": {"create": true}, "bags": ["*/"]}`:                                false,
		`{"project": {"name": "Orchard"}, "bags": ["*/"]}`:                                           false,
		`{"version": 1, "project": {"name": "a", "id": 1}, "bags": ["*/"]}`:                          false,
		`{"extends": "common.yaml", "bag": ["*/"]}`:                                                  false,
		`{"version": 1, "project": {"creates": true}}`:                                               false,
	} {
		var v any
		if err := json.Unmarshal([]byte(file), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); (err == nil) != fits {
			t.Errorf("%s: %v", file, err)
		}
	}
}
