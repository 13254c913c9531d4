package apply

// A Phase is what a task is at.
type Phase string

// The phases, in the order in which a task goes through them; it may skip some, and go back.
const (
	Measuring  Phase = "measuring" // reading the files
	Creating   Phase = "creating"
	Uploading  Phase = "uploading" // see Event.Sent
	Importing  Phase = "importing" // waiting for the server; see Event.State
	Verifying  Phase = "verifying"
	Annotating Phase = "annotating" // putting what the manifest's annotations: say
	Assigning  Phase = "assigning"  // giving its jobs to people
	Replacing  Phase = "replacing"
	Updating   Phase = "updating" // values of a task that has its frames
	Yielding   Phase = "aside"    // another run works on the same task
	Retrying   Phase = "again"    // a part is done again; Event.Err says why
	Finished   Phase = "finished" // Event.Result says how
)

// An Event tells that something happened to a task. Events come one at a time, in order
// for each task; a listener that blocks holds the run up.
type Event struct {
	Task        string // its place in the plan's Changes is Index
	Index       int
	Phase       Phase
	Sent, Total int64       // bytes of the archive; Sent goes back when a chunk is lost
	State       string      // of the import: queued, started
	Err         error       // again: why
	Result      *TaskResult // finished: how
}
