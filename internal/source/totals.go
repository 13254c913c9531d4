package source

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A totals counts over all bags what would be noise bag by bag. Slices are by the
// camera's place in the manifest.
type totals struct {
	unclaimed      occurrences // images that no camera takes
	clouds         occurrences // point clouds that no camera takes
	topics         occurrences // image topics that no camera takes
	videos         occurrences // videos that no camera takes
	leftOut        occurrences // folders of systems, and hidden images
	misplaced      occurrences // context images that lie next to no image
	pictures       occurrences // images that CVAT does not take
	leftRecordings occurrences // recordings left next to images that are taken
	leftImages     occurrences // images left next to recordings that are taken

	videosByImages, videosByRecordings occurrences // videos left in bags of images, and in recordings

	indexed    occurrences      // bags whose indexes replace them
	sameTopics occurrences      // tasks of one of the topics that hold the same images, as many in each
	taken      []int            // tasks of a camera, blocked ones too
	missing    []occurrences    // bags that lack a camera
	passed     []occurrences    // videos of other cameras
	kinds      []map[string]int // see camera.KindOf

	recordings    int // bags that are recordings
	imagesTaken   int // images that are taken next to recordings
	messagesTaken int // messages that are taken next to images

	imagesByVideos int // images that are taken next to videos
}

// A occurrences is how many of something, in how many bags, and one of them.
type occurrences struct {
	n, bags int
	example string
}

func newTotals(m *manifest.Manifest) totals {
	n := max(1, len(m.Cameras))
	return totals{taken: make([]int, n), missing: make([]occurrences, n), passed: make([]occurrences, n), kinds: make([]map[string]int, n)}
}

func (h *occurrences) add(b *bagRef, paths []string) {
	if len(paths) == 0 {
		return
	}
	example := slices.Min(paths)
	if example != b.rel {
		example = b.rel + "/" + example
	}
	h.join(occurrences{len(paths), 1, example})
}

func (h *occurrences) join(o occurrences) {
	if h.example == "" || o.example != "" && o.example < h.example {
		h.example = o.example
	}
	h.n += o.n
	h.bags += o.bags
}

// kind counts what follows a camera's name in a path.
func (t *totals) kind(i int, at string, c manifest.Camera) {
	if len(c.Files) > 0 {
		return
	}
	if t.kinds[i] == nil {
		t.kinds[i] = make(map[string]int)
	}
	if kind := camera.KindOf(at, c.Name); len(t.kinds[i]) < 100 || t.kinds[i][kind] > 0 {
		t.kinds[i][kind]++
	}
}

func (t *totals) add(o totals) {
	t.unclaimed.join(o.unclaimed)
	t.clouds.join(o.clouds)
	t.pictures.join(o.pictures)
	t.leftOut.join(o.leftOut)
	t.misplaced.join(o.misplaced)
	t.leftRecordings.join(o.leftRecordings)
	t.leftImages.join(o.leftImages)
	t.videosByImages.join(o.videosByImages)
	t.videosByRecordings.join(o.videosByRecordings)
	t.imagesByVideos += o.imagesByVideos
	t.imagesTaken += o.imagesTaken
	t.messagesTaken += o.messagesTaken
	t.topics.join(o.topics)
	t.videos.join(o.videos)
	t.indexed.join(o.indexed)
	t.sameTopics.join(o.sameTopics)
	t.recordings += o.recordings
	for i := range o.taken {
		t.taken[i] += o.taken[i]
		t.missing[i].join(o.missing[i])
		t.passed[i].join(o.passed[i])
		for kind, n := range o.kinds[i] {
			if t.kinds[i] == nil {
				t.kinds[i] = make(map[string]int)
			}
			t.kinds[i][kind] += n
		}
	}
}

func (t *totals) problems(m *manifest.Manifest) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, u := range []struct {
		code      diag.Code
		one, many string
		occurrences
	}{
		{diag.CodeUnclaimedImages, "image", "images", t.unclaimed},
		{diag.CodeUnclaimedImages, "point cloud", "point clouds", t.clouds},
		{diag.CodeUnclaimedTopics, "image topic", "image topics", t.topics},
	} {
		if u.n > 0 {
			list = append(list, diag.Diagnostic{Severity: diag.Note, Code: u.code, Text: fmt.Sprintf(
				"no camera takes %s in %s, such as %s", wording.Count(u.n, u.one, u.many), wording.Count(u.bags, "bag", "bags"), wording.Safe(u.example))})
		}
	}
	if h := t.videos; h.n > 0 {
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeUnclaimedVideos, Text: fmt.Sprintf(
			"no camera takes %s, such as %s", wording.Count(h.n, "video", "videos"), wording.Safe(h.example))})
	}
	if h := t.indexed; h.n > 0 {
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeListedBags, Text: fmt.Sprintf(
			"%s not here, such as %s: planned by the index", wording.Count(h.bags, "bag is", "bags are"), wording.Safe(h.example))})
	}
	if h := t.leftOut; h.n > 0 {
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeLeftOut, Text: fmt.Sprintf(
			"left out: %s, such as %s", wording.Count(h.n, "hidden file or system folder", "hidden files or system folders"), wording.Safe(h.example))})
	}
	if h := t.misplaced; h.n > 0 {
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeLeftOut, Text: fmt.Sprintf(
			"left out: %s below related_images where CVAT finds no frame for them, such as %s", wording.Count(h.n, "image", "images"), wording.Safe(h.example))})
	}
	if h := t.sameTopics; h.n > 0 {
		list = append(list, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeTopicChoice, Text: fmt.Sprintf(
			"of topics that hold the same images one is taken, in %s, such as %s", wording.Count(h.n, "task", "tasks"), wording.Safe(h.example))})
	}
	list = append(list, t.mixed()...)
	if h := t.pictures; h.n > 0 {
		list = append(list, diag.Diagnostic{
			Severity: diag.Warning, Code: diag.CodeUnsupportedImages, Hint: diag.Do(diag.HintConvertImages),
			Text: fmt.Sprintf("%s in %s left out: CVAT takes no such images as %s", wording.Count(h.n, "file", "files"), wording.Count(h.bags, "bag", "bags"), wording.Safe(h.example)),
		})
	}
	for i, c := range m.Cameras {
		list = append(list, t.ofCamera(i, c)...)
	}
	return list
}

// mixed notes what is taken and what is left of directories that hold several of images, recordings and videos.
func (t *totals) mixed() []diag.Diagnostic {
	var list []diag.Diagnostic
	note := func(code diag.Code, h occurrences, taken, one, many string) {
		if h.n > 0 {
			list = append(list, diag.Diagnostic{Severity: diag.Note, Code: code,
				Text: fmt.Sprintf("taken: %s; not taken: %s, such as %s", taken, wording.Count(h.n, one, many), wording.Safe(h.example))})
		}
	}
	of := func(h occurrences) string { return " of " + wording.Count(h.bags, "bag", "bags") }
	note(diag.CodeImagesAndRecordings, t.leftRecordings, wording.Count(t.imagesTaken, "image", "images")+of(t.leftRecordings), "recording", "recordings")
	note(diag.CodeImagesAndRecordings, t.leftImages, wording.Count(t.messagesTaken, "image message", "image messages")+of(t.leftImages), "image file", "image files")
	note(diag.CodeUnclaimedVideos, t.videosByImages, wording.Count(t.imagesByVideos, "image", "images")+of(t.videosByImages), "video", "videos")
	note(diag.CodeUnclaimedVideos, t.videosByRecordings, wording.Count(t.videosByRecordings.bags, "recording", "recordings"), "video", "videos")
	return list
}

func (t *totals) ofCamera(i int, c manifest.Camera) []diag.Diagnostic {
	h := t.missing[i]
	if t.taken[i] == 0 {
		h.join(t.passed[i])
	}
	if h.n > 0 && t.taken[i] == 0 {
		return []diag.Diagnostic{{
			Severity: diag.Error, Code: diag.CodeCameraWithoutImages, Pos: c.Pos, Hint: t.cameraHint(i, c),
			Text: fmt.Sprintf("camera %s has no %s in any bag (%d looked at)", wording.Safe(c.Name), c.Kind, h.n),
		}}
	}
	var list []diag.Diagnostic
	if h.n > 0 {
		list = append(list, diag.Diagnostic{
			Severity: diag.Note, Code: diag.CodeBagsWithoutCamera, Pos: c.Pos,
			Text: fmt.Sprintf("%s without %s of camera %s, such as %s", wording.Count(h.n, "bag is", "bags are"), c.Kind, wording.Safe(c.Name), wording.Safe(h.example)),
		})
	}
	if len(t.kinds[i]) > 1 {
		list = append(list, t.severalKinds(i, c))
	}
	return list
}

// sequence is the number at the end of a name.
var sequence = regexp.MustCompile(`([-_ ]\d+)+$`)

// cameraHint looks for the camera under another spelling among what no camera takes.
func (t *totals) cameraHint(i int, c manifest.Camera) diag.Hint {
	h, thing, things, globs := t.unclaimed, "image", "images", "files: globs"
	if c.Kind == manifest.KindPointCloud {
		h, thing, things = t.clouds, "point cloud", "point clouds"
	}
	switch n := t.missing[i].n; {
	case t.recordings >= n:
		h, thing, things, globs = t.topics, "image topic", "image topics", "topics: globs"
	case t.recordings > 0:
		globs = "files: or topics: globs"
	}
	if h.example == "" {
		return diag.Do(diag.HintCheckCamera, globs)
	}
	words := strings.FieldsFunc(h.example, func(r rune) bool { return r == '/' || r == '.' })
	for i, w := range words {
		words[i] = sequence.ReplaceAllString(w, "")
	}
	if near := wording.Nearest(c.Name, words); near != "" {
		return diag.Do(diag.HintDidYouMeanAsIn, wording.Safe(near), wording.Safe(h.example))
	}
	return diag.Do(diag.HintUntakenImages, wording.Count(h.n, thing, things), wording.Safe(h.example))
}

// severalKinds notes a camera that is probably two: jai_cam and jai_cam_depth.
func (t *totals) severalKinds(i int, c manifest.Camera) diag.Diagnostic {
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(t.kinds[i])) {
		kinds = append(kinds, fmt.Sprintf("%s%s (%d)", c.Name, kind, t.kinds[i][kind]))
	}
	return diag.Diagnostic{
		Severity: diag.Note, Code: diag.CodeSeveralKinds, Pos: c.Pos,
		Text: fmt.Sprintf("camera %s takes %s of several kinds: %s", wording.Safe(c.Name), c.Kind, wording.Safe(wording.FirstFew(kinds, 4))),
		Hint: diag.Do(diag.HintAddCameras),
	}
}
