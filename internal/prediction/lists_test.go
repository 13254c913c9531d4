package prediction

import (
	"os"
	"path/filepath"
	"testing"
)

func TestADamagedDataSetIsNamedByItsLine(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":                {"<html>\n", "line 1 is not JSON"},
		"a number":               {"7", "line 1 is not JSON"},
		"cut":                    {"{\n\"images\": [\n{\"id\": 1},\n{\"id\"", "line 4 is not JSON"},
		"within an element":      {"{\n\"images\": [{\"id\": 1},\n{\"id\": 2,\n\"x\" 3}]}", "line 4 is not JSON"},
		"a comma that misses":    {"{\n\"images\": [\n{\"id\": 1}\n{\"id\": 2}]}", "line 4 is not JSON"},
		"in what is passed over": {"{\n\"info\": {\"a\": [1,\n2,\n,]},\n\"images\": []}", "line 4 is not JSON"},
		"behind the end":         {"{\n\"images\": []\n}\n}", "line 4 is not JSON"},
		"a second value":         {"{\n\"images\": []\n}\n{}", "line 4 is not JSON"},
		"an object for a list":   {"{\n\"images\": {}}", "line 2: images is not what it should be"},
		"a text for a number":    {"{\n\"images\": [\n{\"id\": 1,\n\"width\": \"x\"}]}", "line 4: images.width is not what it should be"},
		"a list of results":      {"[]", "a list of results; what is read is COCO with images, whose names find the frames, and categories"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.json")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(file, COCO); err == nil || err.Error() != test.want {
				t.Errorf("%v, %s wanted", err, test.want)
			}
		})
	}
}
