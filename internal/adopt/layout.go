package adopt

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A layout is what the bags, cameras and templates of a manifest are.
type layout struct {
	style      style
	kind       manifest.Kind
	root       string   // as the manifest writes it
	cameras    []string // nil: a bag is one task
	tasks      []*task  // that the manifest describes
	name       string   // the template of most tasks' names
	frameName  string   // and of most tasks' frames
	names      map[*task]string
	frameNames map[*task]string
	parted     map[*task]bool // first parts of bags that have several
	settings   settings
}

// The templates of frame names that are looked for.
const (
	underBag = "{bag}/{path}" // the default
	flatName = "{name}.{ext}"
	fiftyOne = "{index:06}_{name}.{ext}"
)

// arrange makes the layout in a style.
func (a *adoption) arrange(s style) {
	l := layout{style: s, kind: a.kind, root: a.root(), names: map[*task]string{}, frameNames: map[*task]string{}, parted: map[*task]bool{}}
	for _, t := range a.tasks {
		if t.written() {
			l.tasks = append(l.tasks, t)
		}
	}
	l.findParts()
	if s == grouped {
		l.cameras = camerasOf(l.tasks, a.kind)
	}
	used := map[string]bool{}
	for _, t := range l.tasks {
		if f := t.first; f != nil { // its turn was before
			t.bag, t.camera, t.indexed = f.bag, f.camera, f.indexed
			l.names[t], l.frameNames[t] = l.names[f], l.frameNames[f]
			t.setPaths(l.frameNames[t])
			continue
		}
		a.place(t, l.cameras != nil, used)
		l.names[t] = "{camera}_{bag}"
		if l.cameras == nil {
			l.names[t] = templateOf(t)
		}
		l.frameNames[t] = t.frameName()
		t.setPaths(l.frameNames[t])
	}
	templates := slices.DeleteFunc(slices.Collect(maps.Values(l.names)), func(name string) bool { return !usesBag(name) })
	l.name, l.frameName = cmp.Or(mode(templates), "{bag}"), mode(slices.Collect(maps.Values(l.frameNames)))
	if slices.ContainsFunc(l.tasks, func(t *task) bool { return t.video != nil }) {
		l.frameName = underBag // a video takes no other
	}
	l.settings = settingsOf(l.tasks, l.cameras)
	a.layout = l
}

var partName = regexp.MustCompile(`^(.+)_part([2-9]|[1-9][0-9]+)$`)

// findParts finds the tasks that hold the later parts of a bag, as grow: part names them. Bags that are each
// listed have none.
func (l *layout) findParts() {
	byName := map[string]*task{}
	for _, t := range l.tasks {
		byName[t.Name] = t
	}
	for _, t := range l.tasks {
		t.first = nil
		m := partName.FindStringSubmatch(t.Name)
		if m == nil || l.style == listed {
			continue
		}
		top, nested := topOf(t.Frames)
		if f := byName[m[1]]; f != nil && !f.alone && nested {
			if of, also := topOf(f.Frames); also && of == top {
				t.first, l.parted[f] = f, true
			}
		}
	}
}

// selection is what the index keeps of how the frames are named; see [index.Record].
func (l layout) selection(t *task) string {
	if t.video != nil {
		_, selection := t.video.frames()
		return selection
	}
	if l.frameNames[t] == underBag {
		return ""
	}
	return "frame_name=" + l.frameNames[t]
}

// root is where the manifest says that the images are: without one, where nothing is.
func (a *adoption) root() string {
	dir := filepath.Dir(a.o.File)
	if a.o.Root != "" {
		if strings.Contains(a.o.Root, "://") {
			return a.o.Root
		}
		return relativeTo(dir, a.o.Root)
	}
	for _, name := range []string{"data", "images", "dataset"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			return name
		}
	}
	return fmt.Sprintf("data-of-project-%d", a.project.ID)
}

// camerasOf are the cameras, where each task is named {camera}_{bag} and takes the images of a camera of the
// directory {bag}; nil where a task is not.
func camerasOf(tasks []*task, kind manifest.Kind) []string {
	found := map[string]bool{}
	bags := map[[2]string]bool{}
	for _, t := range tasks {
		if t.first != nil {
			continue // it is of its first part's camera
		}
		top, nested := topOf(t.Frames)
		cam, ok := strings.CutSuffix(t.Name, "_"+top)
		if !nested || !ok || cam == "" || strings.ContainsAny(cam, "/\\{}") || bags[[2]string{cam, top}] {
			return nil
		}
		found[cam], bags[[2]string{cam, top}] = true, true
	}
	names := slices.Sorted(maps.Keys(found))
	if len(names) == 0 || len(names) > maxCameras {
		return nil
	}
	cameras := make([]manifest.Camera, len(names))
	for i, name := range names {
		cameras[i].Name, cameras[i].Kind = name, kind
	}
	matcher := camera.NewMatcher(cameras, kind)
	for _, t := range tasks {
		top, _ := topOf(t.Frames)
		t.camera = strings.TrimSuffix(cmp.Or(t.first, t).Name, "_"+top)
		for _, name := range t.Frames {
			if i, _ := matcher.Owner(strings.TrimPrefix(name, top+"/")); i < 0 || names[i] != t.camera {
				return nil
			}
		}
	}
	return names
}

// maxCameras bounds what is taken for cameras: beyond it they are rather tasks of many names.
const maxCameras = 50

// place says which bag a task is of.
func (a *adoption) place(t *task, cameras bool, used map[string]bool) {
	top, nested := topOf(t.Frames)
	t.indexed = t.plain || len(t.images) == 0
	if !cameras {
		t.camera = a.onlyCamera()
	}
	if !t.indexed {
		i := slices.IndexFunc(t.images, func(d dir) bool { return cameras || !used[d.rel] })
		if t.indexed = i < 0; i >= 0 {
			t.bag = t.images[i].rel
		}
	}
	if t.indexed {
		t.bag = t.Name
		if nested && (cameras || !used[top] && !a.images.has(top)) {
			t.bag = top
		}
		if !plainPath(t.bag) || !cameras && used[t.bag] || a.images.has(t.bag) {
			t.bag = fmt.Sprintf("%s-task-%d", fileName(t.Name, t.ID), t.ID)
		}
	}
	used[t.bag] = true
}

// onlyCamera is the camera of all bags of a manifest that guesses none: point clouds are a camera's alone.
func (a *adoption) onlyCamera() string {
	if a.kind == manifest.KindPointCloud {
		return "lidar"
	}
	return ""
}

// has reports whether anything of that path is below the root.
func (m *images) has(rel string) bool {
	for _, i := range m.byBase[path.Base(rel)] {
		if m.dirs[i].rel == rel {
			return true
		}
	}
	return false
}

// plainPath reports whether a name can be a bag's path as it is.
func plainPath(name string) bool {
	hidden := slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") || strings.TrimSpace(part) != part })
	odd := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`\:"<>|$~`, r) })
	return filepath.IsLocal(filepath.FromSlash(name)) && path.Clean(name) == name && !hidden && !odd && !wording.IsGlob(name) && !bag.Named(name) && !video.Named(name)
}

// templateOf is the template of a task's name, as far as the name tells of the bag.
func templateOf(t *task) string {
	own := path.Base(t.bag)
	for _, ext := range []string{".active", ".bag", ".mcap"} {
		own = strings.TrimSuffix(own, ext)
	}
	if video.Named(own) {
		own = strings.TrimSuffix(own, path.Ext(own))
	}
	if t.Name == t.bag && strings.Contains(t.bag, "/") {
		return "{rel}"
	}
	before, after, ok := strings.Cut(t.Name, own)
	if !ok || strings.HasPrefix(own, "{") || len(own) < 2 && t.Name != own {
		return escape(t.Name)
	}
	parent := path.Base(path.Dir(t.bag))
	return inParent(before, parent) + "{bag}" + inParent(after, parent)
}

// usesBag reports whether a template gives each bag a name of its own.
func usesBag(template string) bool {
	return strings.Contains(template, "{bag}") && !strings.Contains(template, "{{bag}}") || template == "{rel}"
}

// inParent puts {parent} in, where a text next to the bag's name is the name of the directory above the bag.
func inParent(text, parent string) string {
	if before, after, ok := strings.Cut(text, parent); ok && len(parent) > 1 && parent != "." {
		return escape(before) + "{parent}" + escape(after)
	}
	return escape(text)
}

func escape(text string) string { return strings.NewReplacer("{", "{{", "}", "}}").Replace(text) }

// frameName is the template of a task's frame names.
func (t *task) frameName() string {
	if t.video != nil {
		return underBag
	}
	return frameNameOf(t.Frames)
}

func frameNameOf(frames []string) string {
	if _, nested := topOf(frames); nested {
		return underBag
	}
	for i, name := range frames {
		if _, ok := unnumbered(name, i); !ok {
			return flatName
		}
	}
	return fiftyOne
}

func sixDigits(n int) string { return fmt.Sprintf("%06d", n) }

// setPaths says where in the bag each frame is, as far as its name tells.
func (t *task) setPaths(frameName string) {
	t.paths = slices.Clone(t.Frames)
	if t.video != nil {
		for i := range t.paths {
			t.paths[i] = t.video.File
		}
		return
	}
	for i, name := range t.Frames {
		switch frameName {
		case underBag:
			_, t.paths[i], _ = strings.Cut(name, "/")
		case fiftyOne:
			t.paths[i], _ = unnumbered(name, i)
		}
	}
}

// mode is the most frequent of the values, of several the first by order.
func mode[T cmp.Ordered](values []T) T {
	counts := map[T]int{}
	for _, v := range values {
		counts[v]++
	}
	var best T
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		if counts[v] > counts[best] {
			best = v
		}
	}
	return best
}
