package source

import (
	"strings"

	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// contextSelection says which context images a camera's frames get and how they are made: "left:50ms,hot:1s:jpeg=90".
// An index that was written for another one does not know what a task is made of.
func contextSelection(m *manifest.Manifest, of *manifest.Camera, b *bagRef) string {
	if of == nil {
		return ""
	}
	var all []string
	for _, c := range of.Context {
		said := append([]string{c.Name, c.Within.String()}, c.Files...)
		said = append(said, c.Topics...)
		encoded := m.FramesOf(of, b.entries)
		for i := range m.Cameras {
			if other := &m.Cameras[i]; other.Name == c.Camera {
				encoded = m.FramesOf(other, b.entries)
				said = append(append(said, other.Files...), other.Topics...)
			}
		}
		if how := selectionOf(manifest.Frames{Encode: encoded.Encode, Quality: encoded.Quality, Depth: encoded.Depth}, nil); how != "" {
			said = append(said, how)
		}
		all = append(all, strings.Join(said, ":"))
	}
	return strings.Join(all, ",")
}

// indexedContext are the series of a bag that is not here, as its index tells of them.
func (v view) indexedContext(l *index.Frames) []series {
	var all []series
	place := map[string]int{}
	if v.camera != nil {
		for i, c := range v.camera.Context {
			all, place[c.Name] = append(all, series{name: c.Name}), i
		}
	}
	own := series{name: relatedDir}
	for i, images := range l.Context {
		for _, image := range images {
			s := &own
			if k, is := place[trimExtension(image.Name)]; is {
				s = &all[k]
			}
			s.uses = append(s.uses, use{i, len(s.files), image.Apart})
			s.byNumber = !image.Timed
			s.files = append(s.files, image.Name)
		}
	}
	if len(own.uses) > 0 {
		all = append(all, own)
	}
	return all
}

// sameContext reports whether a measured frame has the context images that an index has for it.
func sameContext(f Frame, l *index.Frames, i int) bool {
	var known []index.ContextImage
	if l.Context != nil {
		known = l.Context[i]
	}
	if len(known) != len(f.Context) {
		return false
	}
	for k, c := range f.Context {
		if c.Name != contextPath(f.Name, known[k].Name) || c.Size != known[k].Size || c.Sum != known[k].Sum {
			return false
		}
	}
	return true
}
