package importer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// describe reads the header of every image into the manifest, or believes the manifest
// that is there, and makes frames of the images in the span.
func (i *importer) describe() error {
	if i.video != nil {
		return i.describeVideo()
	}
	file := filepath.Join(i.raw, storage.ManifestName)
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
	if err := i.store.Dir.Replace(filepath.Join(i.raw, storage.IndexName), []byte("{}")); err != nil {
		return err
	}
	first, last := i.span()
	for n := first; n <= last; n += i.p.Step() {
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
		if l, known := i.believed[n]; known && l.Width != nil && l.Height != nil {
			writeLine(&b, n, *l.Width, *l.Height)
			continue
		}
		h, err := i.headerOf(n)
		if bomb := (*importError)(nil); errors.As(err, &bomb) {
			bad = bomb
			break
		}
		if err != nil {
			bad = failure("utils.dataset_manifest.errors.InvalidImageError", "failed to parse image file '%s'", n)
			break
		}
		headers[n] = h
		w, hh := h.upright()
		writeLine(&b, n, w, hh)
	}
	if bad != nil && len(i.p.ServerFiles) > 0 {
		return bad // what the server reads by itself leaves nothing behind (A107)
	}
	if err := i.store.Dir.Replace(file, b.Bytes()); err != nil {
		return err
	}
	return bad
}

func (i *importer) frame(n int, lines []manifestLine, headers map[string]header) (storage.Frame, error) {
	name := i.names[n]
	if n >= len(lines) {
		return storage.Frame{}, failure("IndexError", "Invalid index number: %d, Maximum allowed index is %d", n, len(lines)-1)
	}
	if listed := lines[n].fullName(); name != listed && !strings.HasSuffix(name, "/"+listed) {
		return storage.Frame{}, invalid("Incorrect file mapping to manifest content")
	}
	f := storage.Frame{Source: i.sources[name], Related: i.related[name]}
	h, known := headers[name]
	if !known {
		var err error
		if h, err = i.headerOf(name); err != nil && lines[n].Width == nil {
			return storage.Frame{}, asImportError(err, i.store.Path(i.data, f.Source), "'"+i.store.Path(i.data, f.Source)+"'")
		}
	}
	f.Width, f.Height = h.upright()
	f.Orientation = h.orientation
	if lines[n].Width != nil && lines[n].Height != nil {
		f.Width, f.Height = *lines[n].Width, *lines[n].Height
	}
	return f, nil
}

// headerOf is the size of a frame, that is to be or is.
func (i *importer) headerOf(name string) (header, error) {
	if h, ok := i.clouds[name]; ok {
		return h, nil
	}
	return readHeaderOf(i.store, i.data, i.sources[name])
}

// readHeaderOf reads the header of a source's image.
func readHeaderOf(s *storage.Store, data int, c storage.Source) (header, error) {
	r, closer, err := c.Open(s.Path(data, c))
	if err != nil {
		return header{}, err
	}
	defer closer.Close()
	return readHeader(r, r.Size())
}
