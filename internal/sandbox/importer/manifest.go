package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A manifestLine describes one image.
type manifestLine struct {
	Name      *string `json:"name"`
	Extension *string `json:"extension"`
	Width     *int    `json:"width,omitempty"`
	Height    *int    `json:"height,omitempty"`
}

func (l manifestLine) fullName() string { return *l.Name + *l.Extension }

// maxManifest bounds what is read of a manifest into memory.
const maxManifest = 64 << 20

const manifestHeader = "{\"version\":\"1.1\"}\n{\"type\":\"images\"}\n"

func writeLine(b *bytes.Buffer, name string, width, height int) {
	ext := path.Ext(name)
	if ext == path.Base(name) {
		ext = "" // a hidden file has no ending, to Python
	}
	stem := strings.ReplaceAll(strings.TrimSuffix(name, ext), "\\", "/") // (A70)
	b.Write(storage.EncodeJSON(manifestLine{Name: &stem, Extension: &ext, Width: &width, Height: &height}))
	b.WriteByte('\n')
}

// readManifest reads the lines behind the two of the head.
func readManifest(file string) ([]manifestLine, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lines []manifestLine
	s := bufio.NewScanner(bytes.NewReader(raw))
	s.Buffer(nil, maxManifest)
	for n := 0; s.Scan(); n++ {
		if n < 2 || len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var l manifestLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return nil, failure("json.decoder.JSONDecodeError", "%v", err)
		}
		if l.Name == nil || l.Extension == nil {
			return nil, failure("utils.dataset_manifest.errors.InvalidManifestError", "Invalid '%s' file structure: 'name' is required, but not found", path.Base(file))
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// isManifest tells whether a file is a list of images: its first three lines decide.
func isManifest(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, noFile(file)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, maxManifest)
	var head struct {
		Version, Type string
		manifestLine
	}
	for range 3 {
		if !s.Scan() || json.Unmarshal(s.Bytes(), &head) != nil {
			return false, nil
		}
	}
	return (head.Version == "1.0" || head.Version == "1.1") && head.Type == "images" &&
		head.Name != nil && head.Extension != nil && head.Width != nil && head.Height != nil, nil
}

// manifestOf finds the manifest among the files of an upload: any file whose name ends
// in .jsonl counts as one (A58). The others are what is left.
func manifestOf(files []string) (manifests, others []string) {
	for _, f := range files {
		if strings.HasSuffix(f, ".jsonl") {
			manifests = append(manifests, f)
		} else {
			others = append(others, f)
		}
	}
	return manifests, others
}

// orderOf is the order that a manifest asks for. It must name what was sent, no more
// and no less.
func orderOf(manifest string, names []string) ([]string, error) {
	lines, err := readManifest(manifest)
	if err != nil {
		return nil, err
	}
	have, want := map[string]bool{}, map[string]bool{}
	for _, n := range names {
		have[n] = true
	}
	var order, wrong []string
	for _, l := range lines {
		name := l.fullName()
		if !have[name] && !want[name] {
			wrong = append(wrong, name+" (manifest)")
		}
		want[name] = true
		order = append(order, name)
	}
	for _, n := range names {
		if !want[n] {
			wrong = append(wrong, n+" (upload)")
		}
	}
	if len(wrong) > 0 {
		return nil, failure("FileNotFoundError", "Uploaded files do no match the upload manifest file contents. Please check the upload manifest file contents and the list of uploaded files. Mismatching files: %s. Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/", FirstFew(wrong))
	}
	return order, nil
}

// keepManifest makes the uploaded manifest the task's own.
func keepManifest(raw, name string) error {
	own := filepath.Join(raw, storage.ManifestName)
	if _, err := os.Lstat(own); err == nil || name == "" {
		return nil
	}
	return os.Rename(filepath.Join(raw, name), own)
}
