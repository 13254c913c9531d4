package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// frames are a task's, in CVAT's order.
type frames struct {
	names   []string
	source  frame.Source   // nil where there are no frames
	reading *reading       // what is left to be read for their names; nil: nothing
	payload plan.Payload   // how they get to the server
	served  []string       // their files' names on the server, where those are not the frames' own
	lists   serverLists    // keys of lists of images that a storage of the server may have of them
	video   *plan.Video    // what is taken of a video; nil: they are no video's
	indexed *indexedFrames // the same as source, where an index replaces the bag; else nil

	whole   []string // of a part: those of all parts; nil: the task is all there is
	context []series // context images of the frames
	mayLose bool     // reading may find fewer than the bag's own index tells of
	dir     string   // the directory to fetch where a frame is but a pointer; empty: that of the frame
	bad     string   // "error" or "skip": what an unusable frame does
	sized   bool     // each needs its width and height: they are in the order file
	pixels  []Pixels // of each, where its header was read; nil: it was not

	choice   *choice  // what is left to be chosen of them; nil: nothing
	chosenBy []string // by which algorithms each was chosen for what it shows; nil: none was
	judged   int      // how many there were to choose from

	locked    bool          // an index that does not fit is an error
	selection string        // what frames: says beyond its defaults, for the index
	index     *index.Frames // what the committed index says, of a bag that is here; nil: there is none
}

// Pixels are the width and height of an image as CVAT shows it, EXIF orientation applied; 0 is not known.
type Pixels struct{ Width, Height int }

// Pixels are those of each frame, where [CheckHeaders] read them; nil: it did not.
func (t Task) Pixels() []Pixels { return t.frames.pixels }

// only gives some of the frames, in their order.
func (f frames) only(kept []int) frames {
	f.names, f.source = frame.Pick(f.names, kept), f.source.Only(kept)
	f.choice = nil
	if f.pixels != nil {
		f.pixels = frame.Pick(f.pixels, kept)
	}
	if f.served != nil && f.video == nil {
		f.served = frame.Pick(f.served, kept)
	}
	if f.chosenBy != nil {
		f.chosenBy = frame.Pick(f.chosenBy, kept)
	}
	if f.indexed != nil {
		f.indexed = f.source.(*indexedFrames)
	}
	all := f.context
	f.context = nil
	for _, s := range all {
		f.context = append(f.context, s.only(kept))
	}
	return f
}

// A view is one bag as one camera sees it: what a task is made of.
type view struct {
	bag      *bagRef
	camera   *manifest.Camera // nil where the manifest names none
	settings manifest.TaskSettings
	frames   manifest.Frames
	vars     manifest.Vars
	update   []string
	context  string // what decides which context images there are, and what they are made of, for the index
}

func newView(m *manifest.Manifest, b *bagRef, camera *manifest.Camera) view {
	v := view{
		bag: b, camera: camera, update: m.Update,
		settings: m.Settings(camera, b.entries), frames: m.FramesOf(camera, b.entries),
	}
	v.context = contextSelection(m, camera, b)
	v.vars = bagVars(b, v.cameraName())
	v.vars.Part = 1
	return v
}

func (v view) cameraName() string {
	if v.camera == nil {
		return ""
	}
	return v.camera.Name
}

func (v view) kind() manifest.Kind {
	if v.camera == nil {
		return manifest.KindImages
	}
	return v.camera.Kind
}

// task is the task without its frames. Its name's faults are problems of it.
func (v view) task() Task {
	t := Task{Bag: v.bag.rel, Camera: v.cameraName(), Kind: v.kind(), Settings: v.planSettings(), Update: v.update, Origin: v.bag.pos(), Index: v.bag.index}
	name, err := taskName(v.nameTemplate(), v.vars)
	t.Name = name
	if name == "" {
		t.Name = v.bag.rel
	}
	t.frames.bad, t.frames.sized = v.frames.Bad, v.sorting() == "predefined"
	t.frames.selection = selectionOf(v.frames, v.settings.FrameName)
	if v.context != "" {
		t.frames.selection = strings.TrimPrefix(t.frames.selection+" context="+v.context, " ")
	}
	for _, template := range v.settings.Was {
		old, wrong := taskName(template, v.vars)
		t.Was, err = append(t.Was, old), cmp.Or(err, wrong)
	}
	if err == nil && v.inParts() {
		t.Parts, err = v.parts()
	}
	if err != nil {
		t.block(diag.CodeBadTaskName, diag.Do(diag.HintRenameTask), "bag %s: %v", wording.Safe(v.bag.rel), err)
	}
	t.Annotations, err = v.annotations()
	if err == nil && t.Annotations != nil && t.Kind == manifest.KindPointCloud {
		err = errors.New("they are put into images, and the camera is of kind: pointcloud")
	}
	if err != nil {
		t.block(diag.CodePredictions, diag.Hint{}, "bag %s: annotations: %v", wording.Safe(v.bag.rel), err)
	}
	v.checkGrowth(&t)
	return t
}

func (v view) annotations() (*Annotations, error) {
	a := v.settings.Annotations
	if a == nil {
		return nil, nil
	}
	if a.Topic != nil {
		topic, err := a.Topic.Execute(v.vars)
		return &Annotations{Annotations: a, Shown: topic, ByLog: v.frames.Stamp == "log"}, err
	}
	shown, err := a.File.Execute(v.vars)
	if err != nil {
		return nil, err
	}
	file := filepath.FromSlash(shown)
	if !filepath.IsAbs(file) {
		file = filepath.Join(a.Dir, file)
	}
	return &Annotations{Annotations: a, Path: file, Shown: shown}, nil
}

func (v view) nameTemplate() *manifest.Template {
	switch {
	case v.settings.Name != nil:
		return v.settings.Name
	case v.camera == nil:
		return manifest.DefaultTaskNameNoCamera
	}
	return manifest.DefaultTaskName
}

func (v view) sorting() string {
	if v.settings.SortingMethod != nil {
		return *v.settings.SortingMethod
	}
	return manifest.DefaultSortingMethod
}

// planSettings are those that the manifest writes; the assignee is one by now.
func (v view) planSettings() manifest.Settings {
	s := v.settings.Settings
	s.Assignee = assignByHash(v.settings.Assignees, v.vars.Bag)
	return s
}

// assignByHash picks the assignee of a bag: by a hash of its name, so that another bag, or
// another order of bags, changes nothing for this one.
func assignByHash(names []string, bag string) *string {
	if len(names) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(norm.NFC.String(bag)))
	return &names[binary.BigEndian.Uint64(sum[:8])%uint64(len(names))]
}

func (t *Task) block(code diag.Code, hint diag.Hint, format string, args ...any) {
	t.Problems = append(t.Problems, diag.Diagnostic{
		Severity: diag.Error, Code: code, Text: fmt.Sprintf(format, args...), Hint: hint, Task: t.Name, Pos: t.Origin,
	})
}

// blockAll takes problems over; notes and warnings do not block, and are returned.
func (t *Task) blockAll(problems []diag.Diagnostic) (others []diag.Diagnostic) {
	for _, p := range problems {
		p.Task, p.Pos = t.Name, t.Origin
		if p.Severity == diag.Error {
			t.Problems = append(t.Problems, p)
			continue
		}
		others = append(others, p)
	}
	return others
}

// blockSelection says why the selection gave no frames.
func (t *Task) blockSelection(err error, of int, example string) {
	switch {
	case errors.Is(err, errNoStamps):
		t.block(diag.CodeNoStamps, diag.Do(diag.HintSelectOtherwise), "%v in the names of bag %s, such as %s", err, wording.Safe(t.Bag), wording.Safe(example))
	case err != nil:
		t.block(diag.CodeBadSelection, diag.Hint{}, "%v", err)
	default:
		t.block(diag.CodeEmptySelection, diag.Do(diag.HintCheckSelection), "frames: leaves none of the %s of bag %s", wording.Count(of, "frame", "frames"), wording.Safe(t.Bag))
	}
}
