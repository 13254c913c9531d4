package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// describe reads the header of every image into the manifest, or believes the manifest
// that is there, and makes frames of the images in the span.
func (i *importer) describe() error {
	file := filepath.Join(i.raw, manifestName)
	headers := map[string]header{}
	if _, err := os.Lstat(file); err != nil {
		if err := i.writeManifest(file, headers); err != nil {
			return err
		}
	}
	lines, err := readManifest(file)
	if err != nil {
		return err
	}
	if err := i.s.dir.replace(filepath.Join(i.raw, indexName), []byte("{}")); err != nil {
		return err
	}
	first, last := i.span()
	for n := first; n <= last; n += i.p.step() {
		f, err := i.frame(n, lines, headers)
		if err != nil {
			return err
		}
		i.frames = append(i.frames, f)
	}
	return nil
}

// writeManifest reads all images, also those that no frame is made of. At the first
// bad one it stops, and what is written stays.
func (i *importer) writeManifest(file string, headers map[string]header) error {
	var b bytes.Buffer
	b.WriteString(manifestHeader)
	var bad error
	for _, n := range i.names {
		h, err := i.s.header(i.data, i.sources[n])
		if err != nil {
			bad = failure("utils.dataset_manifest.errors.InvalidImageError", "failed to parse image file '%s'", n)
			break
		}
		headers[n] = h
		w, hh := h.upright()
		writeLine(&b, n, w, hh)
	}
	if err := i.s.dir.replace(file, b.Bytes()); err != nil {
		return err
	}
	return bad
}

func (i *importer) frame(n int, lines []manifestLine, headers map[string]header) (frame, error) {
	name := i.names[n]
	if n >= len(lines) {
		return frame{}, failure("IndexError", "Invalid index number: %d, Maximum allowed index is %d", n, len(lines)-1)
	}
	if listed := lines[n].fullName(); name != listed && !strings.HasSuffix(name, "/"+listed) {
		return frame{}, invalid("Incorrect file mapping to manifest content")
	}
	f := frame{source: i.sources[name], Related: i.related[name]}
	h, known := headers[name]
	if !known {
		var err error
		if h, err = i.s.header(i.data, f.source); err != nil && lines[n].Width == nil {
			return frame{}, asImportError(err, i.s.path(i.data, f.source), "'"+i.s.path(i.data, f.source)+"'")
		}
	}
	f.Width, f.Height = h.upright()
	f.Orientation = h.orientation
	if lines[n].Width != nil && lines[n].Height != nil {
		f.Width, f.Height = *lines[n].Width, *lines[n].Height
	}
	return f, nil
}
