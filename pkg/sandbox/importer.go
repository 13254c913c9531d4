package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// An importer carries out one import, in the order of CVAT's steps: which of several
// mistakes is named, and what an attempt leaves behind, hangs on it.
type importer struct {
	s        *Server
	ctx      context.Context
	task     *task
	data     int
	p        params
	again    bool   // an earlier process was killed over it
	raw      string // where the files are
	kind     mediaKind
	manifest string // uploaded by the client; "" is none
	names    []string
	sources  map[string]source
	related  map[string][]source
	frames   []frame
}

func (s *Server) importTask(ctx context.Context, id int) error {
	t, err := s.task(ctx, id)
	if err != nil {
		return err
	}
	if t == nil || t.data == nil {
		return failure("cvat.apps.engine.models.Task.DoesNotExist", "Task matching query does not exist.")
	}
	if t.imported() {
		return nil // and killed before that was noted
	}
	r, err := s.importRequest(ctx, id)
	if err != nil || r == nil {
		return err
	}
	i := &importer{s: s, ctx: ctx, task: t, data: *t.data, raw: s.dir.raw(*t.data), again: r.again, related: map[string][]source{}}
	if err := json.Unmarshal([]byte(r.params), &i.p); err != nil {
		return err
	}
	for _, step := range []func() error{i.checkParams, i.findManifest, i.count, i.extract, i.relate, i.order, i.keepManifest, i.checkQuality, i.describe, i.save} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// say sets the message of the running request.
func (i *importer) say(message string) error {
	_, err := i.s.db.wr.ExecContext(i.ctx, `UPDATE requests SET message = ? WHERE task_id = ?`, message, i.task.id)
	return err
}

// notHere is for what CVAT imports and the sandbox does not.
func notHere(what string) error {
	return failure("NotImplementedError", "The sandbox imports images and zip archives of images, not %s", what)
}

func (i *importer) checkParams() error {
	if err := i.checkJobFiles(); err != nil {
		return err
	}
	if v := i.p.Validation; v != nil && v.Method == methodPerJob && v.PerJobCount != nil && i.task.segmentSize <= *v.PerJobCount {
		return invalid("Validation frame count per job cannot be greater than segment size") // a size of 0, for one job, too (A66)
	}
	if v := i.p.Validation; v != nil && v.Mode == "gt_pool" {
		if i.p.sorting() != sortRandom {
			return invalid(`validation mode "gt_pool" can only be used with "random" sorting`)
		}
		return notHere("tasks with a pool of ground truth frames")
	}
	if len(i.p.RemoteFiles) > 0 {
		return notHere("files from elsewhere")
	}
	return nil
}

func (i *importer) checkJobFiles() error {
	if i.p.JobFiles == nil {
		return nil
	}
	for _, c := range []struct {
		bad  bool
		with string
	}{
		{i.task.segmentSize != 0, "segment_size"}, {i.p.sorting() != sortLexicographical, "sorting_method"},
		{i.p.start() != 0, "start_frame"}, {i.p.stop() != 0, "stop_frame"}, {i.p.FrameFilter != nil, "frame_filter"},
	} {
		if c.bad {
			return invalid("job_file_mapping cannot be used with %s", c.with)
		}
	}
	if len(slices.Concat(i.p.JobFiles...)) == 0 {
		return invalid("job_file_mapping cannot be empty")
	}
	return nil
}

func (i *importer) findManifest() error {
	manifests, others := manifestOf(i.p.ClientFiles)
	i.p.ClientFiles = others
	switch len(manifests) {
	case 0:
		return nil
	case 1:
	default:
		return invalid("Only one manifest file can be attached to data")
	}
	i.manifest = manifests[0]
	file := filepath.Join(i.raw, i.manifest)
	if _, err := os.Lstat(file); err != nil && i.again {
		i.manifest, file = manifestName, filepath.Join(i.raw, manifestName) // renamed by the process that was killed
	}
	good, err := isManifest(file)
	if err != nil {
		return err
	}
	if !good {
		return invalid("Invalid manifest was uploaded")
	}
	return nil
}

// count sorts the files by what they are, and refuses mixtures.
func (i *importer) count() error {
	if len(i.p.ServerFiles) > 0 {
		all := append(append([]string{}, i.p.ClientFiles...), i.p.ServerFiles...)
		return noFile("<share>/" + all[0]) // the sandbox's share is empty
	}
	counted := map[mediaKind][]string{}
	for _, f := range i.p.ClientFiles {
		if k := kindOf(f); k != "" {
			counted[k] = append(counted[k], f)
		}
	}
	unique, multiple := 0, 0
	for _, k := range mediaKinds {
		if k.unique {
			unique += len(counted[k.kind])
		} else {
			multiple += len(counted[k.kind])
		}
		if len(counted[k.kind]) > 0 {
			i.kind = k.kind
		}
	}
	if unique == 1 && multiple > 0 || unique > 1 {
		return mixture(counted)
	}
	if unique+multiple == 0 {
		return failure("ValueError", "No media data found")
	}
	i.names = counted[i.kind]
	return i.say("Media files are being extracted...")
}

func mixture(counted map[mediaKind][]string) error {
	var unique, multiple, counts []string
	for _, k := range mediaKinds {
		if k.unique {
			unique = append(unique, string(k.kind))
		} else {
			multiple = append(multiple, string(k.kind))
		}
		counts = append(counts, fmt.Sprintf("%d %s(s)", len(counted[k.kind]), k.kind))
	}
	return failure("ValueError", "Only one %s or many %s can be used simultaneously,             but %s found.", strings.Join(unique, ", "), strings.Join(multiple, ", "), strings.Join(counts, ", "))
}

// extract finds the images, puts them in their order, and consumes a zip.
func (i *importer) extract() error {
	if i.manifest != "" && i.p.sorting() == sortRandom {
		return invalid("It isn't supported to upload manifest file and use random sorting")
	}
	switch i.kind {
	case mediaImage:
		i.sources = map[string]source{}
		for _, n := range i.names {
			i.sources[n] = source{Name: n}
		}
		return i.arrange(i.names)
	case mediaZip:
		return i.extractZip(i.names[0])
	}
	return notHere(string(i.kind) + " files")
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
	return i.s.consume(i.data, path.Base(name), u)
}

func (i *importer) openZip(name string) (*zip.ReadCloser, error) {
	file := filepath.Join(i.raw, name)
	if _, err := os.Lstat(file); err != nil && i.again {
		file = filepath.Join(i.s.dir.archives(i.data), path.Base(name))
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
	switch i.p.sorting() {
	case sortLexicographical:
		slices.Sort(names)
	case sortNatural:
		names = naturally(names)
	case sortRandom:
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

// relate takes context images out: those in related_images/<name with _ for .>/ beside
// the image that they belong to (A59).
func (i *importer) relate() error {
	for name := range i.sources {
		if pointCloud(name) {
			return notHere("point clouds")
		}
	}
	var regular []string
	for _, n := range i.names {
		if owner, is := relatedTo(n); is {
			i.related[owner] = append(i.related[owner], i.sources[n])
		} else if !slices.Contains(strings.Split(n, "/"), "related_images") {
			regular = append(regular, n)
		}
	}
	for _, list := range i.related {
		slices.SortFunc(list, func(a, b source) int { return strings.Compare(a.Name, b.Name) })
	}
	if len(regular) == 0 {
		return failure("Exception", "No image found")
	}
	i.names = regular
	return nil
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
	order := slices.Concat(i.p.JobFiles...)
	if i.p.JobFiles == nil {
		if i.p.sorting() != sortPredefined || i.kind != mediaZip && i.manifest == "" {
			return nil
		}
		if i.manifest == "" {
			return failure("FileNotFoundError", "Can't find upload manifest file '%s' in the uploaded files. When the 'predefined' sorting method is used, this file is required in the input files. Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/", manifestName)
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

func (i *importer) keepManifest() error { return keepManifest(i.raw, i.manifest) }

// checkQuality computes the size of chunks, for which CVAT opens the first image, and
// only then misses the quality (A60).
func (i *importer) checkQuality() error {
	if i.p.ChunkSize == nil {
		name := i.names[min(i.p.start(), len(i.names)-1)]
		src := i.sources[name]
		h, err := i.s.header(i.data, src)
		if err != nil {
			shown := "'" + i.s.path(i.data, src) + "'"
			if src.Archive != "" {
				shown = "<_io.BytesIO object at 0x7f0000000000>"
			}
			return asImportError(err, i.s.path(i.data, src), shown)
		}
		size := max(2, min(72, 36*1920*1080/(h.width*h.height)))
		i.p.ChunkSize = &size
	}
	if i.p.ImageQuality == nil {
		return invalid("The 'image_quality' parameter is required for image- and video-based tasks")
	}
	return nil
}

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
	if err := os.WriteFile(filepath.Join(i.raw, indexName), []byte("{}"), 0o644); err != nil {
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
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
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
