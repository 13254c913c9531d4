package plan

import (
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A Plan is what apply would do to one project, and why.
type Plan struct {
	Scope   Scope
	Project ProjectChange
	Changes []Change       // by action, then by task name, then by position in the manifest
	Notes   []Note         // by code, then by text
	Users   map[string]int // assignee user name → id, for the tasks to be created
	Options Options        // what the plan was made with; apply decides again with the same
}

// A ProjectAction says what apply does about the project itself.
type ProjectAction string

// The actions on a project.
const (
	ProjectNone   ProjectAction = ""
	ProjectCreate ProjectAction = "create"
	ProjectLabel  ProjectAction = "label"  // labels that the manifest names are added
	ProjectUpdate ProjectAction = "update" // it gets no new label, but others change
	ProjectFinish ProjectAction = "finish" // a creation of ours was cut off; see [Actual]

	// ProjectBlocked: the manifest asks for what CVAT cannot do, so nothing at all is sent.
	ProjectBlocked ProjectAction = "blocked"
)

// A ProjectChange is the change of the project itself. It may rename, change, add and delete labels at once, in
// that order, whatever its action is.
type ProjectChange struct {
	Action    ProjectAction
	Name      string
	Labels    []manifest.Label // to be added, or to create the project with
	Renames   []LabelRename    // labels that get another name; their shapes stay
	Updates   []LabelUpdate    // labels that change; see [manifest.UpdateKeys]
	Deletes   []LabelUse       // labels that were named in [Options].DeleteLabels, and what goes with them
	Guide     *GuideChange     // nil: it stays
	Problems  []Diagnostic     // blocked: why
	Ask       bool             // create: the manifest does not say `create: true`, so a person must
	Unclaimed bool             // the project still has [ProjectMarker], which is to be cleared
	Leftovers []int            // empty projects of ours and of that name, to be removed
}

// A Change is the decision about one task. Task, Action, Reason and Frames are always set; Bag, Camera, Desired and
// Origin too, but for an unmanaged task. Where ID is valid, URL and Owner are of the same task: the judged one, which is
// the first of Actual. Every other field is zero but for those that are valid, by action:
//
//	create, wanted    Upload, Bytes; no task exists, or no server was asked
//	resume            ID, Actual, Leftovers; Upload, Bytes where frames are still to be sent
//	wait, no-op       ID, Actual
//	replace           ID, Actual; Upload, Bytes where [Options].ReplaceEmpty allows it
//	update            ID, Actual, Updates, Jobs
//	drift             ID, Actual, Leftovers, Before, After; Missing, Extra where names were compared
//	blocked           ID, Actual where a task of the name exists; Leftovers, Missing, Extra where that holds frames
//	conflict          ID, Actual: all that have the name
//	renamed           ID, of the task that holds the frames; Before, After
//	skipped           Actual, which was not judged
//	unmanaged         ID, Actual: the task itself
type Change struct {
	Task, Bag, Camera string
	Action            Action
	Reason            Diagnostic // why; its Hint says what a person can do
	ID                int        // of the task that was judged; 0 where none exists
	URL               string
	Owner             string        // the user who owns that task
	Frames            int           // as the manifest says; for an unmanaged task what it holds
	Upload            bool          // apply sends the frames
	Bytes             int64         // to send: 0 where nothing is sent, -1 unknown
	Before, After     State         // drift, renamed: both values
	Updates           []FieldChange // update: what is changed, in a fixed order
	Jobs              []JobChange   // update: jobs that are given to somebody, or put in another stage
	Missing, Extra    []string      // frames that the manifest has and the task has not, and the reverse
	Desired           Desired
	Actual            []Task // the tasks of that name, the judged one first
	Leftovers         []Task // of ours, empty, next to one that holds frames: apply removes them
	Origin            manifest.Position
}

// A State is one side of a difference: Before is what the server has, After what the manifest says.
type State struct {
	Frames  int
	Name    string // renamed: what the frames are called
	Archive string // hash, where the marker decides
}

// A Note is something to know that changes nothing; equal ones of many tasks are one Note.
type Note struct {
	Code  diag.Code // stable, e.g. "segment_size"
	Text  string
	Hint  Hint // how to learn more; may be zero
	Tasks int  // how many tasks it is about
}
