package manifest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheHashIsOfWhatIsSaidNotHow(t *testing.T) {
	base := read(t, "version: 1\nproject: {name: p}\ntask: {overlap: 1, subset: a}\nbags: [a]\n").Hash()
	for name, text := range map[string]string{
		"order, quotes, comments": "bags:\n- 'a' # x\ntask: {subset: \"a\", overlap: 1}\nproject: {name: p}\nversion: 1\n",
		"anchors":                 "version: 1\nx-t: &t {overlap: 1}\nproject: {name: p}\ntask: {<<: *t, subset: a}\nbags: [a]\n",
	} {
		if read(t, text).Hash() != base {
			t.Errorf("%s change the hash", name)
		}
	}
	for name, text := range map[string]string{
		"a value":         "version: 1\nproject: {name: p}\ntask: {overlap: 2, subset: a}\nbags: [a]\n",
		"a missing key":   "version: 1\nproject: {name: p}\ntask: {overlap: 1}\nbags: [a]\n",
		"the bags' order": "version: 1\nproject: {name: p}\ntask: {overlap: 1, subset: a}\nbags: [a, b]\n",
	} {
		if read(t, text).Hash() == base {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestTheHashFollowsTheFilesThatAManifestNames(t *testing.T) {
	write := func(dir, labels, common string) string {
		for name, text := range map[string]string{
			"labels.json": labels, "common.yaml": common,
			"cvatplan.yaml": "version: 1\nextends: common.yaml\nproject: {name: p, labels: labels.json}\nbags: [a]\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return mustLoad(t, filepath.Join(dir, "cvatplan.yaml")).Hash()
	}
	first := write(t.TempDir(), `[{"name": "a"}]`, "task: {overlap: 1}\n")
	if again := write(t.TempDir(), `[ {"name":"a"} ]`, "task:\n  overlap: 1\n"); again != first {
		t.Error("another checkout has another hash")
	}
	if labels := write(t.TempDir(), `[{"name": "b"}]`, "task: {overlap: 1}\n"); labels == first {
		t.Error("the labels do not enter")
	}
	if common := write(t.TempDir(), `[{"name": "a"}]`, "task: {overlap: 2}\n"); common == first {
		t.Error("the extended manifest does not enter")
	}
}
