package docs

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

var yamlBlock = regexp.MustCompile("(?sm)^```yaml\n(.*?)^```")

// TestEveryManifestOnAPageIsValid takes parts of one too, of which the rest is made up.
func TestEveryManifestOnAPageIsValid(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "script:") || strings.HasPrefix(m[1], "- uses:") || strings.Contains(m[1], "\njobs:\n") {
				continue // GitLab's and GitHub's
			}
			checked++
			file := filepath.Join(t.TempDir(), "cvatplan.yaml")
			if err := os.WriteFile(file, whole(t, m[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := manifest.Load(file); err != nil {
				t.Errorf("%s:\n%s\n%v", page, m[1], err)
			}
		}
	}
	if checked < 8 {
		t.Errorf("only %d manifests found", checked)
	}
}

// whole is a manifest as it is, or with what it lacks.
func whole(t *testing.T, text string) []byte {
	t.Helper()
	if strings.Contains(text, "version: 1") {
		return []byte(text)
	}
	keys := map[string]any{"version": 1, "project": map[string]any{"name": "Orchard"}, "bags": []string{"*/"}}
	if strings.Contains(text, "{camera}") {
		keys["cameras"] = []any{map[string]any{"name": "jai_cam"}}
	}
	var part map[string]any
	if err := yaml.Unmarshal([]byte(text), &part); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	maps.Copy(keys, part)
	joined, err := yaml.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return joined
}

func TestEveryExampleHasAModeline(t *testing.T) {
	examples, err := filepath.Glob("../examples/*/[^.]*.yaml")
	if err != nil || len(examples) < 4 {
		t.Fatalf("examples %v, %v", examples, err)
	}
	for _, file := range append(examples, pages(t)...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, manifest := range manifestsIn(file, string(text)) {
			if !strings.HasPrefix(manifest, "# yaml-language-server: $schema=") || !strings.Contains(manifest, "schema/cvatplan.schema.json\n") {
				t.Errorf("%s: no modeline above\n%.200s", file, manifest)
			}
		}
	}
}

// manifestsIn is the file, or the whole manifests that a page shows.
func manifestsIn(file, text string) []string {
	if strings.HasSuffix(file, ".yaml") {
		return []string{text}
	}
	var whole []string
	for _, m := range yamlBlock.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "version: 1") {
			whole = append(whole, m[1])
		}
	}
	return whole
}
