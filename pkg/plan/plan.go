// Package plan compares the tasks that manifests ask for with the tasks that a
// CVAT project already has, and says what to do about the difference.
//
// Nothing here touches the network or the disk: [Diff] is a pure function of its
// arguments, so a plan made twice from the same inputs is the same plan.
//
// # How a task is judged
//
// Identity is (project, task name). [Decide] ranks the tasks of one name (frames
// beat importing, importing beats empty, then the lowest id), judges the first of
// them, and needs nothing but the task listing and, for unfinished tasks, the state
// of their import. pkg/apply calls the same function whenever it looks again.
//
// # The marker
//
// A task is created with a [Marker] in bug_tracker: it says that the task is ours,
// unfinished, and which one archive it may hold. Two archives in one task cannot be
// taken out again, so a task whose marker names another archive is never continued.
// The marker is cleared last; a task without it is somebody else's, or done.
//
// # What a plan never says
//
// No action deletes a task that holds frames, adds frames to one, or changes its split into
// jobs: CVAT cannot. What it can change is changed only where a manifest's update: (or
// was:, for names) says so; other differences are notes.
package plan

import (
	"slices"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// An Action says what apply does about one task.
type Action string

// The actions; [Actions] has their order.
const (
	Create    Action = "create"
	Resume    Action = "resume"
	Wait      Action = "wait"
	Replace   Action = "replace"
	Update    Action = "update" // its frames are right, and apply changes what [Change].Updates says
	Blocked   Action = "blocked"
	Conflict  Action = "conflict"
	Drift     Action = "drift"
	Renamed   Action = "renamed" // an unmanaged task holds exactly these frames; not created
	NoOp      Action = "no-op"
	Skipped   Action = "skipped"
	Unmanaged Action = "unmanaged"
	Wanted    Action = "wanted" // the manifest asks for it; no server was asked ([Options].Offline)
)

// Actions are all of them, in the order in which a plan lists them.
var Actions = []Action{
	Wanted, Create, Resume, Wait, Replace, Update, Blocked, Conflict, Drift, Renamed, NoOp, Skipped, Unmanaged,
}

// Acts reports whether apply does something about a task of this action.
func (a Action) Acts() bool {
	return slices.Contains([]Action{Create, Resume, Wait, Replace, Update}, a)
}

// A Scope is one project on one server: what one plan is about.
type Scope struct {
	Server       string // URL without credentials, or sandbox:DIR as written
	Organization string // slug; empty is the personal workspace
	ProjectID    int    // 0: to be found by name, or created
	Project      string
}

// Desired is one task that a manifest asks for: names only, no bytes, no disk.
type Desired struct {
	Task         string        // its identity within the scope
	Was          []string      // names that it had before: a task of one of them is renamed
	Update       []string      // keys of what may be changed in a task that exists: see [Options].Update
	Bag, Camera  string        // for grouping; Camera is empty where the manifest names none
	Kind         manifest.Kind // what its frames are
	Settings     manifest.Settings
	Frames       []string // CVAT frame names in the order that the server will give them
	Origin       manifest.Position
	Problems     []Diagnostic // why its local frames are bad: blocked
	After        string       // of a bag's parts: the task that must be as it is planned before this one is created
	Payload      Payload      // how the frames get to the server
	Hash         string       // archive hash (64 hex), or [Payload.Identity]; "" until the task was measured (see NeedsHash)
	Bytes        int64        // bytes to upload; -1 unknown
	Annotations  *Annotations // what the task is given once it has its frames; nil: nothing, or not read yet
	Context      []Context    // images of other cameras next to the frames: part of Bytes
	ServerFiles  []string     // of files that the server reads by itself: their names there, in the order of Frames; nil: as Frames
	ContextFiles []string     // of files that the server reads by itself: the names of all context images
	Related      []int        // how many each of Frames has next to it; nil: none has, or it is not known yet
	Video        *Video       // of a task of [manifest.KindVideo]: what is taken of its file; nil: its frames are not known, or it is of another kind
}

// Annotations are what a model found in the frames of a task, as a start for annotators. What of
// it cannot be placed is among [Desired.Problems], unless the manifest leaves it out.
type Annotations struct {
	From     string       `json:"from"`                // the file, or the topic, as the manifest writes it
	Hash     string       `json:"hash"`                // SHA-256 of it, 64 hex digits
	Labels   []LabelCount `json:"labels"`              // what is put into the task, by label
	LowScore int          `json:"low_score,omitempty"` // left out: below min_score
	Repeated int          `json:"repeated,omitempty"`  // left out: equal to another one
	Tags     int          `json:"tags,omitempty"`      // left out: of whole frames
	Tracked  int          `json:"tracked,omitempty"`   // of Labels, those that are of tracks: they are put as shapes
	NoFrame  int          `json:"no_frame,omitempty"`  // left out: messages of a topic that are near no frame
	Unplaced []string     `json:"unplaced,omitempty"`  // left out: how many, and why they cannot be placed
}

// A LabelCount is how many annotations of a label there are.
type LabelCount struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

// Total is how many annotations the task is given.
func (a Annotations) Total() int {
	n := 0
	for _, l := range a.Labels {
		n += l.Count
	}
	return n
}

// Actual is what a project held when it was observed.
type Actual struct {
	Scope  Scope
	Exists bool // the project

	Dimension string // of the tasks that it holds, 2d or 3d; "": it holds none with frames, or only such as are not shown

	// ReadOnly says that the token of who looked may not write; it is asked only where there is something
	// to write. A saved plan does not hold it: who applies that has another token.
	ReadOnly bool

	// Project names are not unique, and a creation whose answer was lost may be carried
	// out late: Unclaimed says that the project has [ProjectMarker], EmptyProjects are
	// others of its name that bear it and hold no task.
	Unclaimed     bool
	EmptyProjects []int

	Labels     []manifest.Label // as a manifest would write them
	LabelUses  []LabelUse       // of those that are to be deleted
	Guide      *string          // what its guide is compared by; nil: it has none, or it was not asked for
	Tasks      []Task           // every task of the project, by ascending id
	Elsewhere  []Task           // tasks of wanted names in other projects, by ascending id
	Uncompared int              // unmanaged tasks that might be renamed ones and were not compared: too many
	NotAsked   int              // wanted names that were not looked up elsewhere: too many for a request
	Users      map[string]int   // assignee user name → id, for the names that the manifest uses
}

// ImportState is what the server's request says of an unfinished task.
type ImportState string

// The states of an import; "" is none known: no record, or another user's.
const (
	ImportQueued   ImportState = "queued"
	ImportStarted  ImportState = "started"
	ImportFinished ImportState = "finished"
	ImportFailed   ImportState = "failed"
)

// A Task is one task as the server lists it.
type Task struct {
	ID          int
	Name        string
	ProjectID   int
	ProjectName string
	BugTracker  string // holds the marker while the task is ours and unfinished
	HasData     bool   // something was sent (data is not null)
	Size        int    // frames; 0 until the import ended
	Dimension   string // 2d, or 3d of point clouds; "" until the import ended
	Owner       string
	Import      ImportState       // asked only for unfinished tasks
	ImportError string            // the failed request's message
	Settings    manifest.Settings // as the server rewrote them
	Jobs        []Job             // its annotation jobs, where they were asked for: see [Desired.AsksJobs]
	Frames      []string          // nil unless frames were asked for ([Options].CheckFrames)
	URL         string
	Related     []int  // how many context images each of Frames has; nil unless those were asked for
	Given       *Given // how what it holds compares with [Desired].Annotations; nil: not compared

	Holds string // the wanted task whose frames an unmanaged one was proven to hold; see [Renamed]
}
