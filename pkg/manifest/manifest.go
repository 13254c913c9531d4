// Package manifest reads a cvatplan manifest: YAML in, a checked [Manifest] out.
//
// [Load] reports every mistake of a file at once, each as file:line:column with
// the source line, a caret and the nearest known key ([Error]). The shape is
// checked by the JSON Schema in package schema, which is its one truth; what a
// schema cannot say (templates, duplicates, alias growth) is checked here, on
// the YAML nodes. Nothing here looks at the dataset or at the network.
package manifest

import (
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// A Position is a place in a manifest. Line and Column count from 1; 0 is unknown.
type Position = diag.Position

// A Manifest is one checked file, with `extends:` merged in and defaults not yet applied.
type Manifest struct {
	File    string // as given on the command line
	Dir     string // its directory: where relative paths of the manifest begin
	Version int
	Server  Server
	Root    string   // where bag paths begin, already joined to Dir; --root and CVATPLAN_ROOT replace it
	RootPos Position // where it is written; zero: nowhere
	Project Project
	Cameras []Camera // empty: a bag is one task
	Task    TaskSettings
	Bags    []Bag
	Skip    []Skip
	Pull    Pull
	Ignore  []diag.Code // notices that a person has seen: they are counted, not shown
	Update  []string    // what may be changed in tasks and a project that exist: see [UpdateKeys]

	hash string
}

// A Server names where the tasks live. URL is https://…, http://… or sandbox:DIR.
type Server struct {
	URL          string
	Organization string // slug; empty is the personal workspace
	Sandbox      string // the data directory of sandbox:DIR joined to Dir, else empty
	Pos          Position
}

// A Project is named by ID, or by Name.
type Project struct {
	ID     int
	Name   string
	Create *bool // nil: not written
	Labels []Label
	Guide  *Guide   // nil: none is named
	Update []string // the manifest's own, for what is the project's: labels, guide
	Pos    Position
}

// A Label is CVAT's label specification, ids left out ("Raw" form).
type Label struct {
	Name       string      `json:"name"`
	Was        string      `json:"was,omitempty"` // a name that it had before; not CVAT's
	Color      string      `json:"color,omitempty"`
	Type       string      `json:"type,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Sublabels  []Label     `json:"sublabels,omitempty"`
	SVG        string      `json:"svg,omitempty"`
	Pos        Position    `json:"-"`
}

// An Attribute is CVAT's attribute specification.
type Attribute struct {
	Name         string   `json:"name"`
	Mutable      bool     `json:"mutable"`
	InputType    string   `json:"input_type"`
	DefaultValue string   `json:"default_value,omitempty"`
	Values       []string `json:"values"`
}

// A Camera selects the images, or what else its Kind says, that become one task of each bag.
type Camera struct {
	Name   string
	Kind   Kind
	Files  []string // globs on the path within the bag; empty: the name as a whole token of the path
	Topics []string // globs on topics; empty: the name as a token of the topic
	Task   TaskSettings
	Frames Frames
	Pos    Position

	Fields  []string  // of KindPointCloud: what is taken of the points of messages; nil: x, y, z and intensity
	Context []Context // what is shown next to its frames
}

// A Context is images of another camera that CVAT shows next to a camera's frames: with each frame the one nearest in
// time. Either Camera says which, or Files and Topics do.
type Context struct {
	Name   string // of each of its images in CVAT, without an extension: no other of the camera's has it
	Camera string // a camera of the manifest
	Files  []string
	Topics []string
	Within time.Duration // how far apart in time a frame and its image may be
	Pos    Position
}

// A Bag is one entry of bags: a glob of directories or recordings.
type Bag struct {
	Path     string
	Root     string // where Path begins, in place of the manifest's Root; joined to Dir as that is
	Index    string // a committed index that replaces the path where that is missing, already joined to Dir
	Exclude  []string
	Settle   *time.Duration // nil: not written
	Cameras  []string       // names; empty: all
	Frames   Frames
	Optional bool
	Partial  bool // tasks are made of a rosbag2 that lacks some of its files
	Task     TaskSettings
	Pos      Position
}

// Frames selects frames of a bag's camera; a zero value was not written, and
// selects everything. [Manifest.FramesOf] gives the effective ones.
type Frames struct {
	Start, Stop  *Instant // inclusive; a frame's index (0-based) or a time
	Every        int      // every Nth
	EverySeconds float64
	Limit        int    // at most this many, the first ones, or evenly spread with Spread
	Spread       *bool  // nil: not written
	SharpestOf   int    // of each so many of what Every leaves, the sharpest; 1: all
	Distinct     *int   // of what that leaves, those that differ in so many bits of a hash from the one before; 0: all
	Bad          string // "error" (default) or "skip"
	Stamp        string // "header" (default) or "log"
	Encode       string // "png" (default) or "jpeg", for raw image topics
	Quality      int    // of jpeg
	Depth        *Depth
	Pos          Position
}

// An Instant is a frame index, or a time: seconds since the bag's first frame, or an absolute time.
type Instant struct {
	Index   *int
	Seconds *float64   // from the bag's first frame
	Time    *time.Time // absolute
}

// Depth maps a fixed range in metres to an 8-bit picture.
type Depth struct{ Min, Max float64 }

// TaskSettings are the keys of task:. A nil field was not written.
type TaskSettings struct {
	Name      *Template
	FrameName *Template
	Was       []*Template // names that the task had before
	Assignees []string    // one user name, or several, of whom a stable hash gives each bag one
	MaxFrames int         // frames in a task at most: a longer bag gets several, its parts; 0: not written
	Grow      string      // what becomes of frames that no part holds: "part" (a part of their own) or "none"

	Annotations *Annotations // what the task is given once it has its frames

	Settings // but for Assignee, which is known of a task alone
}

// Annotations say where what a model found in a task's images is, and what of it the task is given.
type Annotations struct {
	File     *Template     // with the variables of a task's name
	Topic    *Template     // the same, in place of a file: of the recording
	Within   time.Duration // how far apart in time a message of the topic and its frame may be
	Dir      string        // where a relative file begins
	Format   string        // coco, jsonl, yolo
	MinScore float64
	Labels   map[string]string // the project's labels by the file's; others keep their names
	Optional bool              // a task without a file is created without annotations
	Unplaced string            // "error" (default) or "skip": what becomes of what cannot be placed
	Pos      Position
}

// A Pull is what cvatplan pull writes where its flags do not say otherwise; empty fields were not written.
type Pull struct {
	To      string   // a directory, already joined to Dir
	Formats []string // jsonl, coco, yolo, mcap, or the name of one that the server lists
	Merge   string   // project, subset, bag
	Stage   string   // annotation, validation, acceptance
	State   string   // new, in progress, completed, rejected
	Jobs    string   // annotation, ground_truth
}

// A Skip keeps a decision made in CVAT: the named task is never created.
type Skip struct {
	Task   string // exact name or glob
	Reason string
	Pos    Position
}
