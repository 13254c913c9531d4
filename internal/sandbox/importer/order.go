package importer

import (
	"archive/zip"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/cvatplan/cvatplan/internal/source/natsort"
)

// extract finds the images, puts them in their order, and consumes a zip.
func (i *importer) extract() error {
	if i.manifest != "" && i.p.Sorting() == SortRandom {
		return invalid("It isn't supported to upload manifest file and use random sorting")
	}
	switch i.kind {
	case mediaImage:
		i.sources = map[string]storage.Source{}
		for _, n := range i.names {
			i.sources[n] = i.source(n)
		}
		return i.arrange(i.names)
	case mediaZip:
		return i.extractZip(i.names[0])
	case mediaVideo:
		return i.readVideo(i.names[0])
	}
	return notHere(string(i.kind) + " files")
}

// source is where a file of the import is, which is a frame's name, too: of what the server reads by itself a full key (A108).
func (i *importer) source(name string) storage.Source {
	if len(i.p.ServerFiles) > 0 {
		return storage.Source{Name: name, Place: i.place()}
	}
	return storage.Source{Name: name}
}

func (i *importer) extractZip(name string) error {
	z, err := i.openZip(name)
	if err != nil {
		return err
	}
	defer z.Close()
	if err := i.arrange(imageNames(z)); err != nil {
		return err // the zip stays
	}
	u, err := unpack(z, path.Base(name))
	if err != nil {
		return err
	}
	i.sources = u.sources
	return consume(i.store, i.data, path.Base(name), u)
}

func (i *importer) openZip(name string) (*zip.ReadCloser, error) {
	file := filepath.Join(i.raw, name)
	if _, err := os.Lstat(file); err != nil && i.again {
		file = filepath.Join(i.store.Dir.Archives(i.data), path.Base(name))
	}
	return openZip(file)
}

// arrange sorts the images by the sorting method, and checks that start_frame is among
// them; CVAT checks it with a bare assertion.
func (i *importer) arrange(names []string) error {
	if len(names) == 0 {
		return failure("Exception", "No image found")
	}
	names = slices.Clone(names)
	switch i.p.Sorting() {
	case SortLexicographical:
		slices.Sort(names)
	case SortNatural:
		natsort.Stable(names) // (A54)
	case SortRandom:
		rand.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	}
	i.names = names
	if _, last := i.span(); last < i.p.start() {
		return failure("AssertionError", "")
	}
	return nil
}

// span is the first and the last image that become frames.
func (i *importer) span() (first, last int) {
	last = len(i.names) - 1
	if stop := i.p.stop(); stop != 0 {
		last = min(last, stop)
	}
	return i.p.start(), last
}

// relate takes context images out: those in related_images/<name with _ for the last .>/ next to
// the image that they belong to (A59). Whatever else is below related_images is gone (A110).
func (i *importer) relate() error {
	if i.video != nil {
		return nil
	}
	if i.media == mediaClouds {
		return i.relateClouds()
	}
	var regular []string
	for _, n := range i.names {
		if owner, is := relatedTo(n); is {
			i.related[owner] = append(i.related[owner], i.sources[n])
		} else if !slices.Contains(strings.Split(n, "/"), "related_images") {
			regular = append(regular, n)
		}
	}
	i.sortRelated()
	if len(regular) == 0 {
		return failure("Exception", "No image found")
	}
	i.names = regular
	return nil
}

func (i *importer) sortRelated() {
	for _, list := range i.related {
		slices.SortFunc(list, func(a, b storage.Source) int { return strings.Compare(a.Name, b.Name) })
	}
}

func relatedTo(name string) (owner string, is bool) {
	parts := strings.Split(name, "/")
	n := len(parts)
	if n < 3 || parts[n-3] != "related_images" {
		return "", false
	}
	dir := parts[n-2]
	if at := strings.LastIndex(dir, "_"); at >= 0 {
		dir = dir[:at] + "." + dir[at+1:]
	}
	return path.Join(append(slices.Clone(parts[:n-3]), dir)...), true
}

// order applies an order that was given name by name.
func (i *importer) order() error {
	if i.video != nil {
		return nil
	}
	order := slices.Concat(i.p.JobFiles...)
	if i.p.JobFiles == nil {
		if i.p.Sorting() != SortPredefined || i.kind != mediaZip && i.manifest == "" {
			return nil
		}
		if i.manifest == "" {
			return failure("FileNotFoundError", "Can't find upload manifest file '%s' in the uploaded files. When the 'predefined' sorting method is used, this file is required in the input files. Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/", storage.ManifestName)
		}
		var err error
		if order, err = orderOf(filepath.Join(i.raw, i.manifest), i.names); err != nil {
			return err
		}
	}
	have := map[string]bool{}
	for _, n := range i.names {
		have[n] = true
	}
	for _, n := range order {
		if !have[n] {
			return invalid("Can't find file '%s' in the input files", path.Base(n))
		}
	}
	i.names = order
	return nil
}
