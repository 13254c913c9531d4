package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A noter gathers notes and counts equal ones.
type noter map[Note]int

func notes(p Plan, unmanaged []Task, have Actual) []Note {
	n := noter{}
	n.settings(p.Changes)
	n.jobs(p.Changes)
	n.order(p.Changes)
	n.strangers(p.Changes)
	if !p.Options.CheckFrames {
		n.lookalikes(p.Changes, unmanaged)
	}
	n.shard(p)
	n.notAsked(have)
	n.noProject(p, have)
	return n.sorted()
}

func (n noter) sorted() []Note {
	list := make([]Note, 0, len(n))
	for note, tasks := range n {
		note.Tasks = tasks
		list = append(list, note)
	}
	slices.SortFunc(list, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
	return list
}

// settings: one line for all tasks that differ in the same way.
func (n noter) settings(changes []Change) {
	found := make(map[mismatch]int)
	for _, c := range changes {
		if c.Action != NoOp && c.Action != Drift {
			continue
		}
		for _, m := range mismatches(c.Desired.Settings, c.Actual[0]) {
			found[m]++
		}
	}
	for m, tasks := range found {
		n[Note{Code: diag.Code(m.key), Text: fmt.Sprintf("%s: %s %s, the manifest says %s; kept, %s",
			m.key, wording.Count(tasks, "task has", "tasks have"), m.have, m.want, m.kept)}] = tasks
	}
}

// jobs: an import above the server's limit fails, and segment_size cannot be changed afterwards.
func (n noter) jobs(changes []Change) {
	for _, c := range changes {
		if !c.Upload {
			continue
		}
		if k := jobs(c.Desired.Settings, c.Frames); k > MaxJobs {
			n[Note{Code: diag.CodeManyJobs, Text: fmt.Sprintf("segment_size: %s would have %d jobs; CVAT allows %d unless its administrator allows more",
				c.Task, k, MaxJobs)}] = 1
		}
	}
}

func (n noter) order(changes []Change) {
	tasks := 0
	for _, c := range changes {
		if c.Action == NoOp && reordered(c.Desired, c.Actual[0]) {
			tasks++
		}
	}
	if tasks > 0 {
		n[Note{Code: diag.CodeFrameOrder, Text: fmt.Sprintf("sorting_method: %s their frames in another order than the manifest says; kept, CVAT cannot change it",
			wording.Count(tasks, "task has", "tasks have"))}] = tasks
	}
}

// strangers: empty tasks of a managed name that are not ours stand beside the real one.
func (n noter) strangers(changes []Change) {
	for _, c := range changes {
		if len(c.Actual) < 2 || stageOf(c.Actual[0]) != holding {
			continue
		}
		for _, t := range c.Actual[1:] {
			if _, ours := ParseMarker(t.BugTracker); !ours && stageOf(t) != holding {
				n[Note{Code: diag.CodeEmptyBeside, Text: fmt.Sprintf("%s: %s has the same name, no frames, and is not ours", c.Task, describe(t))}] = 1
			}
		}
	}
}

// lookalikes: a task that was renamed in CVAT looks like one to create and one that nobody manages.
func (n noter) lookalikes(changes []Change, unmanaged []Task) {
	sizes := make(map[int]bool)
	for _, c := range changes {
		if c.Action == Create {
			sizes[c.Frames] = true
		}
	}
	alike := 0
	for _, t := range unmanaged {
		if t.Size > 0 && sizes[t.Size] {
			alike++
		}
	}
	if alike > 0 {
		n[Note{Code: diag.CodeFrameCounts, Text: fmt.Sprintf("%s the frame count of a task to be created",
			wording.Count(alike, "unmanaged task has", "unmanaged tasks have")), Hint: diag.Do(diag.HintCheckFrames)}] = alike
	}
}

// shard: that what is shown is a part.
func (n noter) shard(p Plan) {
	if s := p.Options.Shard; s.Of > 0 {
		n[Note{Code: diag.CodeShard, Text: fmt.Sprintf("shard %s: the bags of the other shards are left to other machines", s)}] = 0
	}
}

// notAsked: how far plan looked for names in other projects. Apply looks up each one.
func (n noter) notAsked(have Actual) {
	if have.NotAsked > 0 {
		n[Note{Code: diag.CodeNotAsked, Text: fmt.Sprintf("%d more names were not looked up in other projects; apply looks up each one before it creates it",
			have.NotAsked)}] = have.NotAsked
	}
}

// noProject: a mistyped name makes every task look as if it stood in another project.
func (n noter) noProject(p Plan, have Actual) {
	if !have.Exists && p.Project.Action == ProjectNone && !p.Options.Offline {
		n[Note{Code: diag.CodeProject, Text: fmt.Sprintf("the server has no project %q, and nothing is to be created in it", p.Project.Name)}] = 0
	}
}
