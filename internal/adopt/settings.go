package adopt

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// settings are what the tasks have beyond cvatplan's defaults, where it is written: for all, for a camera, or
// for a bag. Where a bag's cameras differ among themselves in what is no camera's, it is left out.
type settings struct {
	all     map[string]string
	cameras map[string]map[string]string
	bags    map[string]map[string]string
}

// A key is one setting: how a task's value of it is written.
type key struct {
	name  string
	value func(t *task) string // "": the default, or not known
	unset string               // what says that a task has the default, where most have another; "": nothing can
}

// keys are the settings that the listing shows whole, in the manifest's order.
var keys = []key{
	{"segment_size", func(t *task) string { return number(t.Settings.SegmentSize, t.Size) }, "0"},
	{"overlap", func(t *task) string { return number(t.Settings.Overlap, 0) }, "0"},
	{"image_quality", quality, strconv.Itoa(manifest.DefaultImageQuality)},
	{"sorting_method", func(t *task) string { return sorting(t) }, manifest.DefaultSortingMethod},
	{"subset", func(t *task) string { return text(t.Settings.Subset) }, `""`},
	{"bug_tracker", func(t *task) string { return bugTracker(t) }, `""`},
	{"assignee", func(t *task) string { return text(t.Settings.Assignee) }, "[]"},
	{"consensus_replicas", func(t *task) string { return number(t.Settings.ConsensusReplicas, 0) }, "0"},
}

// sorting is a method that gives the frames in the order that they have. An index keeps any; of images that are
// at hand none may.
func sorting(t *task) string {
	if t.video != nil {
		return "" // it has its own
	}
	for _, method := range []string{manifest.DefaultSortingMethod, "lexicographical"} {
		if source.InOrder(t.Frames, method) {
			return strings.TrimPrefix(method, manifest.DefaultSortingMethod)
		}
	}
	if t.indexed {
		return "predefined"
	}
	return ""
}

// quality is that of images: of point clouds it says nothing.
func quality(t *task) string {
	if pcd.Named(t.Frames[0]) {
		return ""
	}
	return number(t.Settings.ImageQuality, manifest.DefaultImageQuality)
}

func number(n *int, standard int) string {
	if n == nil || *n == standard {
		return ""
	}
	return strconv.Itoa(*n)
}

func text(s *string) string {
	if s == nil || *s == "" {
		return ""
	}
	return scalar(*s)
}

func bugTracker(t *task) string {
	return text(t.Settings.BugTracker)
}

// settingsOf writes each setting where most tasks can share it.
func settingsOf(tasks []*task, cameras []string) settings {
	s := settings{all: map[string]string{}, cameras: map[string]map[string]string{}, bags: map[string]map[string]string{}}
	for _, k := range keys {
		common := k.common(tasks)
		rest := slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return k.fits(t, common) })
		if common != "" {
			s.all[k.name] = common
		}
		if len(rest) == 0 {
			continue
		}
		for _, c := range cameras {
			rest = s.byCamera(k, c, tasks, rest)
		}
		s.byBag(k, tasks, rest)
	}
	return s
}

// common is the value of most tasks.
func (k key) common(tasks []*task) string {
	values := make([]string, 0, len(tasks))
	for _, t := range tasks {
		v := k.value(t)
		if v == "" && (k.name == "segment_size" || k.name == "overlap") {
			continue // how long a segment could be cannot be told from a task of one job
		}
		values = append(values, v)
	}
	return mode(values)
}

// fits reports whether a plan would find no difference between a task and a value that is written.
func (k key) fits(t *task, value string) bool {
	v := k.value(t)
	switch k.name {
	case "sorting_method":
		return v == value || v == "" && value == "lexicographical" && source.InOrder(t.Frames, value)
	case "segment_size":
		n, _ := strconv.Atoi(value)
		return v == value || v == "" && (value == "" || n >= t.Size)
	case "overlap":
		n, _ := strconv.Atoi(value)
		clamped := t.Settings.SegmentSize != nil && n > *t.Settings.SegmentSize/2 && t.Settings.Overlap != nil && *t.Settings.Overlap == *t.Settings.SegmentSize/2
		return v == value || clamped
	}
	return v == value
}

func (k key) written(t *task) string {
	if v := k.value(t); v != "" {
		return v
	}
	return k.unset
}

// byCamera writes a value for a camera all of whose tasks share it, and gives the tasks that are left.
func (s settings) byCamera(k key, camera string, tasks, rest []*task) []*task {
	var of []*task
	for _, t := range tasks {
		if t.camera == camera {
			of = append(of, t)
		}
	}
	value := k.written(of[0])
	for _, t := range of {
		if k.written(t) != value || !slices.Contains(rest, t) {
			return rest
		}
	}
	put(s.cameras, camera, k.name, value)
	return slices.DeleteFunc(rest, func(t *task) bool { return t.camera == camera })
}

// byBag writes the values of what is left for each bag, unless its cameras differ.
func (s settings) byBag(k key, tasks, rest []*task) {
	differs, left := map[string]bool{}, map[string]bool{}
	values := map[string]string{}
	for _, t := range rest {
		left[t.bag] = true
	}
	for _, t := range tasks {
		if !left[t.bag] {
			continue
		}
		v, known := values[t.bag]
		values[t.bag] = k.written(t)
		differs[t.bag] = differs[t.bag] || known && v != values[t.bag]
	}
	for b, v := range values {
		if !differs[b] {
			put(s.bags, b, k.name, v)
		}
	}
}

func put(in map[string]map[string]string, at, key, value string) {
	if in[at] == nil {
		in[at] = map[string]string{}
	}
	in[at][key] = value
}
