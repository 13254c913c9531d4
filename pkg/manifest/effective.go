package manifest

import (
	"slices"
	"time"
)

// Defaults of settings that the manifest does not write. CVAT fixes its own where
// a request leaves one out, so cvatplan always sends these; it never compares them.
const (
	DefaultImageQuality  = 70
	DefaultSortingMethod = "natural"
	DefaultUseCache      = true
	DefaultGrow          = "none"
)

// defaultWithin is how far apart in time a frame may be from a message with detections, or from a context image.
const defaultWithin = 50 * time.Millisecond

const defaultQuality = 90 // of frames.encode: jpeg

// Default templates of the names.
var (
	DefaultTaskName         = mustParse(parseTaskName, "{camera}_{bag}")
	DefaultTaskNameNoCamera = mustParse(parseTaskName, "{bag}")
	DefaultFrameName        = mustParse(parseFrameName, "{bag}/{path}")                    // of directories
	DefaultMessageName      = mustParse(parseFrameName, "{bag}/{camera}_{stamp_ns}.{ext}") // of recordings
)

func mustParse(parse func(string) (*Template, error), text string) *Template {
	t, err := parse(text)
	if err != nil {
		panic(err)
	}
	return t
}

// Settings returns what the manifest writes for the task of a bag that these
// entries match, seen by the camera (nil where there are no cameras): the bag's
// task: over the camera's over the manifest's, later entries over earlier ones.
// A nil field is written nowhere, so it is not compared.
func (m *Manifest) Settings(camera *Camera, bags []*Bag) TaskSettings {
	s := m.Task
	if camera != nil {
		s = s.over(camera.Task)
	}
	for _, b := range bags {
		s = s.over(b.Task)
	}
	return s
}

// over returns the settings with those of top that are written.
func (s TaskSettings) over(top TaskSettings) TaskSettings {
	s.Name = or(top.Name, s.Name)
	s.FrameName = or(top.FrameName, s.FrameName)
	s.Annotations = or(top.Annotations, s.Annotations)
	s.Settings = s.Settings.overriddenBy(top.Settings)
	s.MaxFrames = orZero(top.MaxFrames, s.MaxFrames)
	s.Grow = orZero(top.Grow, s.Grow)
	if top.Was != nil {
		s.Was = top.Was
	}
	if top.Assignees != nil {
		s.Assignees = top.Assignees
	}
	return s
}

func or[T any](top, below *T) *T {
	if top != nil {
		return top
	}
	return below
}

// FramesOf returns which frames of the camera (nil where there are none) are taken
// of a bag that these entries match: the bag's keys over the camera's, later
// entries over earlier ones. Its defaults are filled in: Every 1 (unless
// EverySeconds is set), SharpestOf 1, Distinct 0, Spread false, Bad "error", Stamp "header", Encode "png",
// Quality 90.
func (m *Manifest) FramesOf(camera *Camera, bags []*Bag) Frames {
	spread, distinct := false, 0
	f := Frames{SharpestOf: 1, Distinct: &distinct, Spread: &spread, Bad: "error", Stamp: "header", Encode: "png", Quality: defaultQuality}
	if camera != nil {
		f = f.over(camera.Frames)
	}
	for _, b := range bags {
		f = f.over(b.Frames)
	}
	if f.Every == 0 && f.EverySeconds == 0 {
		f.Every = 1
	}
	return f
}

// over returns the selection with what top writes. every and every_seconds are
// two ways to say one thing, so each displaces the other.
func (f Frames) over(top Frames) Frames {
	if top.Every > 0 || top.EverySeconds > 0 {
		f.Every, f.EverySeconds = top.Every, top.EverySeconds
	}
	f.Start = or(top.Start, f.Start)
	f.Stop = or(top.Stop, f.Stop)
	f.Spread = or(top.Spread, f.Spread)
	f.Depth = or(top.Depth, f.Depth)
	f.SharpestOf = orZero(top.SharpestOf, f.SharpestOf)
	f.Distinct = or(top.Distinct, f.Distinct)
	f.Limit = orZero(top.Limit, f.Limit)
	f.Bad = orZero(top.Bad, f.Bad)
	f.Stamp = orZero(top.Stamp, f.Stamp)
	f.Encode = orZero(top.Encode, f.Encode)
	f.Quality = orZero(top.Quality, f.Quality)
	f.Pos = orZero(top.Pos, f.Pos)
	return f
}

func orZero[T comparable](top, below T) T {
	var zero T
	if top != zero {
		return top
	}
	return below
}

// CamerasOf returns the cameras whose tasks a bag that these entries match makes,
// in the manifest's order: the last entry that names cameras decides, else all.
func (m *Manifest) CamerasOf(bags []*Bag) []*Camera {
	var names []string
	for _, b := range bags {
		if b.Cameras != nil {
			names = b.Cameras
		}
	}
	var out []*Camera
	for i := range m.Cameras {
		if names == nil || slices.Contains(names, m.Cameras[i].Name) {
			out = append(out, &m.Cameras[i])
		}
	}
	return out
}

// SettleOf returns how old the newest file of a bag that these entries match must
// be, the last entry that says so deciding; 0 is any age.
func (m *Manifest) SettleOf(bags []*Bag) time.Duration {
	var settle time.Duration
	for _, b := range bags {
		if b.Settle != nil {
			settle = *b.Settle
		}
	}
	return settle
}
