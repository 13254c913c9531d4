// Package apply carries a [plan.Plan] out. [Run] is the only entry: it works on several
// tasks at once, tells what it does by events, and returns what became of each task.
//
// # One task
//
// A task is a small state machine whose state is the server's: look, decide, do one step,
// look again. [plan.Decide] decides, the same function that made the plan, so a run that
// was killed anywhere is continued by the next one, and so is another process's.
//
//	measure ─ look ─ create ─ look ─ upload ─ look ─ finish ─ wait ─ look ─ verify ─ annotate ─ clear the marker
//
// A small archive goes in one request that starts the import too, which leaves out the look
// before it: only where the task is new, and alone under its name.
//
// Every step may be repeated. The creation, which may not, is looked up before and
// after; an upload is named after its content, so sending it twice is sending it once.
//
// # Two at once
//
// Names are not unique in CVAT, so several runs may create a task of one name. All of
// them rank the tasks of a name in the same way (see [plan.Decide]) and go on with the
// first. A run whose own task is not the first yields for a moment, so that the
// bytes are not sent twice, and then helps. Its own, empty one is removed once the first
// has frames.
//
// # What it never does
//
// It deletes no task that has frames, touches no task that cvatplan does not manage, and
// sends a task no other archive than the one in its marker. Before a deletion the marker
// becomes a [plan.Tombstone], which stops other runs, then task and request are read
// again.
//
// # What ends a run
//
// One task's failure never stops the others. A refused credential stops all; so does
// the end of [Options.Until], at the next boundary of a chunk or a step. A panic in a worker is
// recovered and becomes [Result.Crash].
package apply
