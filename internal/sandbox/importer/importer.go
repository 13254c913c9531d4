package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/cvatplan/cvatplan/internal/video"
)

// An importer carries out one import, in the order of CVAT's steps: which of several
// mistakes is named, and what an attempt leaves behind, hangs on it.
type importer struct {
	queue    *Queue
	store    *storage.Store
	ctx      context.Context
	task     *storage.Task
	data     int
	p        Params
	again    bool   // an earlier process was killed over it
	raw      string // where the files are
	kind     mediaKind
	manifest string // uploaded by the client; "" is none
	names    []string
	sources  map[string]storage.Source
	related  map[string][]storage.Source
	believed map[string]manifestLine // images of a list in the bucket, by their full names
	frames   []storage.Frame
	video    *video.File // of a video; else nil

	media, dimension string
	clouds           map[string]header // of point clouds, by their names
}

func (k *Queue) importTask(ctx context.Context, id int) error {
	t, err := k.store.Task(ctx, id)
	if err != nil {
		return err
	}
	if t == nil || t.Data == nil {
		return failure("cvat.apps.engine.models.Task.DoesNotExist", "Task matching query does not exist.")
	}
	if t.Imported() {
		return nil // and killed before that was noted
	}
	r, err := k.store.ImportRequest(ctx, id)
	if err != nil || r == nil {
		return err
	}
	i := &importer{queue: k, store: k.store, ctx: ctx, task: t, data: *t.Data, raw: k.store.Dir.Raw(*t.Data), again: r.Again, related: map[string][]storage.Source{}, clouds: map[string]header{}}
	if err := json.Unmarshal([]byte(r.Params), &i.p); err != nil {
		return err
	}
	for _, step := range []func() error{i.checkParams, i.findManifest, i.count, i.extract, i.detect, i.relate, i.order, i.keepManifest, i.checkQuality, i.describe, i.save} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// say sets the message of the running request.
func (i *importer) say(message string) error {
	_, err := i.store.Writer.ExecContext(i.ctx, `UPDATE requests SET message = ? WHERE task_id = ?`, message, i.task.ID)
	return err
}

// notHere is for what CVAT imports and the sandbox does not.
func notHere(what string) error {
	return failure("NotImplementedError", "The sandbox imports images, zip archives of them, and videos, not %s", what)
}

func (i *importer) checkParams() error {
	if err := i.checkJobFiles(); err != nil {
		return err
	}
	if v := i.p.Validation; v != nil && v.Method == MethodPerJob && v.PerJobCount != nil && i.task.SegmentSize <= *v.PerJobCount {
		return invalid("Validation frame count per job cannot be greater than segment size") // a size of 0, for one job, too (A66)
	}
	if v := i.p.Validation; v != nil && v.Mode == "gt_pool" {
		if i.p.Sorting() != SortRandom {
			return invalid(`validation mode "gt_pool" can only be used with "random" sorting`)
		}
		if len(i.p.ClientFiles) != 1 || kindOf(i.p.ClientFiles[0]) != mediaVideo {
			return notHere("tasks with a pool of ground truth frames")
		}
		i.p.Validation = nil // of a video that is passed over without a word (A121)
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
		{i.task.SegmentSize != 0, "segment_size"}, {i.p.Sorting() != SortLexicographical, "sorting_method"},
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
		i.manifest, file = storage.ManifestName, filepath.Join(i.raw, storage.ManifestName) // renamed by the process that was killed
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
	files := i.p.ClientFiles
	if len(i.p.ServerFiles) > 0 {
		served, err := i.servedFiles()
		if err != nil {
			return err
		}
		files = append(slices.Clone(files), served...)
	}
	counted := map[mediaKind][]string{}
	for _, f := range files {
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

func (i *importer) keepManifest() error { return keepManifest(i.raw, i.manifest) }

// checkQuality computes the size of chunks, for which CVAT opens the first image, and
// only then misses the quality (A60).
func (i *importer) checkQuality() error {
	if i.video != nil && i.p.ChunkSize == nil {
		size := videoChunk
		i.p.ChunkSize = &size
	}
	if i.p.ChunkSize == nil {
		name := i.names[min(i.p.start(), len(i.names)-1)]
		src := i.sources[name]
		h, err := i.headerOf(name)
		if err != nil {
			shown := "'" + i.store.Path(i.data, src) + "'"
			if src.Archive != "" {
				shown = "<_io.BytesIO object at 0x7f0000000000>"
			}
			return asImportError(err, i.store.Path(i.data, src), shown)
		}
		if err := noZero(h); err != nil {
			return err
		}
		size := max(2, min(72, 36*1920*1080/(h.width*h.height)))
		i.p.ChunkSize = &size
	}
	if i.p.ImageQuality == nil {
		return invalid("The 'image_quality' parameter is required for image- and video-based tasks")
	}
	return nil
}
