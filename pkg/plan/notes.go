package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/limits"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A noter gathers notes and counts equal ones.
type noter map[Note]int

func notes(p Plan, have Actual) []Note {
	n := noter{}
	n.settings(p.Changes)
	n.jobs(p.Changes)
	n.unassigned(p.Changes)
	n.order(p.Changes)
	n.context(p.Changes)
	n.given(p)
	n.strangers(p.Changes)
	n.shard(p)
	n.served(p.Changes)
	n.elsewhere(p.Changes, have)
	n.labels(p, have)
	n.guide(p, have)
	n.keptLabels(p, have)
	n.uncompared(have)
	n.noProject(p, have)
	n.readOnly(p, have)
	n.ignore(p.Options.Ignore)
	return n.sorted()
}

// ignore leaves out the notes that the manifests acknowledge, and counts them with those of the dataset.
func (n noter) ignore(acknowledged Ignored) {
	counts := maps.Clone(acknowledged)
	for note := range n {
		if _, ok := counts[note.Code]; ok {
			counts[note.Code]++
			delete(n, note)
		}
	}
	var list []string
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if counts[code] > 0 {
			list = append(list, fmt.Sprintf("%s (%d)", code, counts[code]))
		}
	}
	if len(list) > 0 {
		n[Note{Code: diag.CodeIgnored, Text: "ignored, as the manifest says: " + strings.Join(list, ", ")}] = 0
	}
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
	changeable := make(map[string]*settingNote)
	for _, c := range changes {
		if c.Action != NoOp && c.Action != Drift && c.Action != Update {
			continue
		}
		for _, m := range mismatches(c.Desired.Settings, c.Actual[0]) {
			switch {
			case !m.update:
				found[m]++
			case !slices.ContainsFunc(c.Updates, func(u FieldChange) bool { return u.Key == m.key }):
				if changeable[m.key] == nil {
					changeable[m.key] = &settingNote{mismatch: m, task: c.Task, alike: true}
				}
				changeable[m.key].add(m)
			}
		}
	}
	for m, tasks := range found {
		n[Note{Code: diag.Code(m.key), Text: fmt.Sprintf("%s: %s %s, the manifest says %s; kept, %s",
			m.key, wording.Count(tasks, "task has", "tasks have"), m.have, m.want, m.kept)}] = tasks
	}
	for _, d := range changeable {
		n[d.note()] = d.tasks
	}
}

// A settingNote is about one setting that update: could change, in all tasks that nobody asked to change.
type settingNote struct {
	mismatch        // of the first of them
	task     string // that one
	tasks    int
	alike    bool // all have and want the same
}

func (d *settingNote) add(m mismatch) {
	d.tasks++
	d.alike = d.alike && m == d.mismatch
}

func (d *settingNote) note() Note {
	text := fmt.Sprintf("%s: %s %s, the manifest says %s; kept", d.key, wording.Count(d.tasks, "task has", "tasks have"), d.have, d.want)
	if !d.alike {
		text = fmt.Sprintf("%s: %d tasks have another than the manifest says, such as %s: %s → %s; kept", d.key, d.tasks, d.task, d.have, d.want)
	}
	return Note{Code: diag.Code(d.key), Text: text, Hint: diag.Do(diag.HintUpdate, d.key)}
}

// jobs: an import above the server's limit fails, and segment_size cannot be changed afterwards.
func (n noter) jobs(changes []Change) {
	for _, c := range changes {
		if !c.Upload {
			continue
		}
		if k := jobs(c.Desired.Settings, c.Frames); k > limits.MaxJobs { // a server may have another limit, so it is only a note
			n[Note{Code: diag.CodeManyJobs, Text: fmt.Sprintf("segment_size: %s would have %d jobs; CVAT allows %d unless its administrator allows more",
				c.Task, k, limits.MaxJobs)}] = 1
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

// strangers: empty tasks of a managed name that are not ours exist next to the real one.
func (n noter) strangers(changes []Change) {
	for _, c := range changes {
		if len(c.Actual) < 2 || stageOf(c.Actual[0]) != holding {
			continue
		}
		for _, t := range c.Actual[1:] {
			if _, ours := ParseMarker(t.BugTracker); !ours && stageOf(t) != holding {
				n[Note{Code: diag.CodeEmptyBeside, Text: fmt.Sprintf("%s: %s has the same name, no frames, and is not managed by cvatplan", c.Task, describe(t))}] = 1
			}
		}
	}
}

// shard: that what is shown is a part.
func (n noter) shard(p Plan) {
	if s := p.Options.Shard; s.Of > 0 {
		n[Note{Code: diag.CodeShard, Text: fmt.Sprintf("shard %s: the bags of the other shards are left to other machines", s)}] = 0
	}
}

// served: how much is known of files that the server reads by itself.
func (n noter) served(changes []Change) {
	tasks := map[Payload]int{}
	for _, c := range changes {
		if c.Upload && c.Desired.Payload.Served() {
			tasks[Payload{Root: c.Desired.Payload.Root}]++
		}
	}
	for p, count := range tasks {
		n[Note{Code: diag.CodeServed, Text: fmt.Sprintf("%s of %s: CVAT reads them by itself and tells no more than their names, so one that changes later is served as it is then",
			wording.Count(count, "task has its images", "tasks have their images"), p.Root)}] = count
	}
}

// noProject: a mistyped name makes every task look as if it stood in another project.
func (n noter) noProject(p Plan, have Actual) {
	if !have.Exists && p.Project.Action == ProjectNone && !p.Options.Offline {
		n[Note{Code: diag.CodeProject, Text: fmt.Sprintf("the server has no project %q, and nothing is to be created in it", p.Project.Name)}] = 0
	}
}

// readOnly: what apply refuses before its first write. The token of pull requests is rightly one of these.
func (n noter) readOnly(p Plan, have Actual) {
	if have.ReadOnly && Count(p).Changes() {
		n[Note{Code: diag.CodeReadOnlyToken, Text: "the access token is read-only: apply needs one that may write", Hint: diag.Do(diag.HintMakeWritingToken)}] = 0
	}
}
