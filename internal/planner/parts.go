package planner

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Parts: a bag whose manifest says max_frames or grow is several tasks. Which frames are in which only
// the server knows, since a part that is imported is never cut again. What counts alone show is not
// asked for: a bag costs requests only where its parts hold other counts than it has, or one is unfinished.
//
//   - Parts that hold the frames of the bag's cut, or together as many as it has, stay as they are.
//   - Else each imported part is asked for its frames. It is to hold those of them that the bag has: the
//     others are drift.
//   - An unfinished part of ours is to hold the first of the frames that no part holds, as many as its
//     marker's hash is of.
//   - What is left is given to new parts (grow: part), or to the last part, where it is drift.
//
// New parts are made one after another ([plan.Desired].After), each only once the one before it is as it
// was planned. So runs that saw different parts meet at a name, and no frame is given twice.

// divide makes the tasks of the whole bags, in the place of the parted ones their parts. It is called
// for each look at the server, whose tasks it is given; exact asks for the frames of all parts.
func (p *Project) divide(ctx context.Context, server Reader, have []plan.Task, exact bool) error {
	if !slices.ContainsFunc(p.whole, func(t source.Task) bool { return t.Parts != nil }) {
		return nil
	}
	d := p.newDivision(have)
	if err := d.askFrames(ctx, server, exact); err != nil {
		return err
	}
	p.Tasks, p.Desired, p.sums, p.pixels, p.first, p.held = nil, nil, nil, nil, map[plan.Name]int{}, nil
	for _, w := range d.wholes {
		d.assign(ctx, w)
	}
	return ctx.Err()
}

// NameParts is a [observe.Want.Divide] for those who look at tasks but not into them: bags in parts are
// the parts that the project has, or the first, and no frames are asked for. Which parts a task has,
// [Project.PartsOf] tells from then on.
func (p *Project) NameParts(_ context.Context, have []plan.Task) ([]plan.Desired, error) {
	d := p.newDivision(have)
	p.parts = map[plan.Name][]string{}
	var all []plan.Desired
	for _, w := range d.wholes {
		if w.task.Parts == nil || len(w.parts) == 0 {
			all = append(all, w.task.Desired())
			continue
		}
		for _, n := range w.numbers() {
			part := w.task.Part(n, nil).Desired()
			all = append(all, part)
			name := plan.NameOf(w.task.Name)
			p.parts[name] = append(p.parts[name], part.Task)
		}
	}
	return all, nil
}

// PartsOf are the names of the tasks that a task is on the server: its own, or those of its parts.
func (p *Project) PartsOf(t source.Task) []string {
	if parts := p.parts[plan.NameOf(t.Name)]; len(parts) > 0 {
		return parts
	}
	return []string{t.Name}
}

// divideUnasked is divide where no server was asked: bags are divided as if it had none of their parts.
func (p *Project) divideUnasked(ctx context.Context) error { return p.divide(ctx, nil, nil, false) }

// A division is one division of all bags.
type division struct {
	*Project
	have    []plan.Task
	wholes  []*whole
	plain   map[plan.Name]int   // how many bags have this name for their first, or only, task
	named   map[plan.Name][]int // places of the server's tasks
	numbers map[[2]string][]int // numbers in the server's names, by what is before and after them
}

// A whole is a bag with the parts of it that the server has, by their number.
type whole struct {
	task  source.Task
	parts map[int][]int // places of the server's tasks, those with frames first
	exact bool          // their frames were asked for
}

func (p *Project) newDivision(have []plan.Task) *division {
	d := &division{Project: p, have: have, plain: map[plan.Name]int{}, named: map[plan.Name][]int{}, numbers: map[[2]string][]int{}}
	for i, t := range have {
		name := plan.NameOf(t.Name)
		d.named[name] = append(d.named[name], i)
		for around, number := range numbersIn(name.String()) {
			d.numbers[around] = append(d.numbers[around], number)
		}
	}
	for _, t := range p.whole {
		d.plain[plan.NameOf(t.Name)]++
	}
	for _, t := range p.whole {
		d.wholes = append(d.wholes, &whole{task: t, parts: d.partsOf(t)})
	}
	return d
}

// partsOf are the tasks of a bag's parts. A name that another bag's first task has is no part's.
func (d *division) partsOf(t source.Task) map[int][]int {
	if t.Parts == nil {
		return nil
	}
	parts := map[int][]int{}
	for was, names := range t.Parts.Names {
		numbers := d.numbers[[2]string{names.Before, names.After}]
		if names.First != "" {
			numbers = append(slices.Clip(numbers), 1)
		}
		for _, n := range numbers {
			name := plan.NameOf(names.Of(n))
			taken := n > 1 && d.plain[name] > 0 || was > 0 && (d.plain[name] > 0 || len(parts[n]) > 0)
			if !taken && len(d.named[name]) > 0 {
				parts[n] = d.ranked(d.named[name])
			}
		}
	}
	return parts
}

// ranked puts tasks of one name that have frames before those that have none.
func (d *division) ranked(at []int) []int {
	at = slices.Clone(at)
	slices.SortStableFunc(at, func(i, k int) int { return min(d.have[k].Size, 1) - min(d.have[i].Size, 1) })
	return at
}

// settled reports whether all parts hold what they are to hold, as far as counts tell.
func (d *division) settled(w *whole) bool {
	total := 0
	for _, at := range w.parts {
		for _, i := range at {
			total += d.have[i].Size
		}
		if _, ours := plan.ParseMarker(d.have[at[0]].BugTracker); ours || len(at) > 1 || d.have[at[0]].Size == 0 {
			return false
		}
	}
	return total == len(w.task.Frames()) && len(w.parts) > 0
}

// numbersIn gives each number in a name, with what is before and after it.
func numbersIn(name string) iter.Seq2[[2]string, int] {
	return func(yield func([2]string, int) bool) {
		for from := 0; from < len(name); {
			to := from
			for to < len(name) && '0' <= name[to] && name[to] <= '9' {
				to++
			}
			number, err := strconv.Atoi(name[from:to])
			if err == nil && number > 0 && !yield([2]string{name[:from], name[to:]}, number) {
				return
			}
			from = to + 1
		}
	}
}

// cut reports whether each part holds as many frames as the bag's cut gives it. A bag that grows has none
// but for its first parts.
func (d *division) cut(w *whole) bool {
	if w.task.Parts.Grow {
		return len(w.parts) == 0
	}
	frames, most := len(w.task.Frames()), w.task.Parts.Max
	for n, at := range w.parts {
		for _, i := range at {
			size, cut := d.have[i].Size, min(most, frames-(n-1)*most)
			if size > 0 && size != cut && !(size < cut && w.task.MayLose()) {
				return false
			}
		}
	}
	return true
}

// askFrames asks for the frames of the parts that counts tell too little of.
func (d *division) askFrames(ctx context.Context, server Reader, exact bool) error {
	var ids []int
	for _, w := range d.wholes {
		if w.task.Parts == nil || w.dividesNothing() || d.cut(w) || !exact && d.settled(w) {
			continue
		}
		w.exact = true
		for _, at := range w.parts {
			for _, i := range at {
				if d.have[i].Size > 0 {
					ids = append(ids, d.have[i].ID)
				}
			}
		}
	}
	return observe.AddFrames(ctx, server, d.have, ids, nil)
}

// dividesNothing: what is wrong with the bag blocks all of its parts.
func (w *whole) dividesNothing() bool { return len(w.task.Problems) > 0 || w.task.Deferred != "" }

// assign adds the tasks of one bag.
func (d *division) assign(ctx context.Context, w *whole) {
	switch {
	case w.task.Parts == nil:
		d.addTask(w.task)
	case w.dividesNothing():
		d.undivided(w)
	case w.exact:
		d.asHeld(ctx, w)
	case d.cut(w):
		d.asCut(w)
	default:
		d.asCounted(w)
	}
}

// undivided adds the parts that exist, or the first, without frames.
func (d *division) undivided(w *whole) {
	numbers := w.numbers()
	if len(numbers) == 0 {
		numbers = []int{1}
	}
	for _, n := range numbers {
		t := w.task.Part(n, nil)
		d.addTask(t)
		if t.Deferred != "" {
			d.held = append(d.held, manifest.Skip{Task: t.Name, Reason: t.Deferred, Pos: t.Origin})
		}
	}
}

// numbers are those of the parts that exist, in ascending order.
func (w *whole) numbers() []int { return slices.Sorted(maps.Keys(w.parts)) }

// asCut gives each part its frames of the bag's cut.
func (d *division) asCut(w *whole) {
	frames, before := len(w.task.Frames()), ""
	most := cmp.Or(w.task.Parts.Max, frames)
	for n := 1; (n-1)*most < frames; n++ {
		t := w.task.Part(n, between((n-1)*most, min(n*most, frames)))
		if d.addTask(t); w.task.Parts.Grow {
			before = d.follow(before)
		}
	}
}

// asCounted gives each part as many frames as it holds, in the bag's order: together they hold all.
func (d *division) asCounted(w *whole) {
	from := 0
	for _, n := range w.numbers() {
		to := from + d.have[w.parts[n][0]].Size
		d.addTask(w.task.Part(n, between(from, to)))
		from = to
	}
}

func between(from, to int) []int {
	all := make([]int, to-from)
	for k := range all {
		all[k] = from + k
	}
	return all
}

// follow has the task that was added last made after another one, and gives its name.
func (d *division) follow(before string) string {
	last := &d.Desired[len(d.Desired)-1]
	last.After = before
	return last.Task
}

// asHeld gives each imported part the frames that it holds, and the others to further parts.
func (d *division) asHeld(ctx context.Context, w *whole) {
	given, rest := d.byHolder(w)
	rest = d.usable(ctx, w, rest)
	begun := map[int][]source.Frame{}
	last := 0
	for _, n := range w.numbers() {
		t := d.have[w.parts[n][0]]
		switch {
		case t.Size > 0:
			last = n
		case len(rest) == 0:
			delete(w.parts, n) // nothing is left for it
		default:
			var count int
			count, begun[n] = d.begun(ctx, w, n, t, rest)
			given[n], rest = rest[:count], rest[count:]
		}
	}
	if last > 0 && !w.task.Parts.Grow {
		given[last] = slices.Sorted(slices.Values(append(given[last], rest...)))
		rest = nil
	}
	for n := 1; len(rest) > 0; n++ {
		if len(w.parts[n]) == 0 && !d.taken(w, n) {
			count := min(cmp.Or(w.task.Parts.Max, len(rest)), len(rest))
			given[n], rest = rest[:count], rest[count:]
		}
	}
	d.addHeld(w, given, begun)
}

// addHeld adds the tasks of parts by their frames; those that are not imported follow each other.
func (d *division) addHeld(w *whole, given map[int][]int, begun map[int][]source.Frame) {
	for n := range w.parts {
		given[n] = given[n][:len(given[n]):len(given[n])] // of one whose frames are all gone: none
	}
	before := ""
	for _, n := range slices.Sorted(maps.Keys(given)) {
		d.addTask(w.task.Part(n, given[n]))
		if len(begun[n]) > 0 {
			d.keepMeasured(len(d.Tasks)-1, begun[n])
		}
		if at := w.parts[n]; len(at) == 0 || d.have[at[0]].Size == 0 {
			before = d.follow(before)
		}
	}
}

// byHolder are the frames that each part holds on the server, and those that none holds, by their places.
func (d *division) byHolder(w *whole) (given map[int][]int, rest []int) {
	names := w.task.Frames()
	at := make(map[string]int, len(names))
	for k, name := range names {
		at[name] = k
	}
	holder := make([]int, len(names))
	for _, n := range w.numbers() {
		for _, i := range w.parts[n] {
			for _, name := range d.have[i].Frames {
				if k, there := at[name]; there && holder[k] == 0 {
					holder[k] = n
				}
			}
		}
	}
	given = map[int][]int{}
	for k, n := range holder {
		if n == 0 {
			rest = append(rest, k)
			continue
		}
		given[n] = append(given[n], k)
	}
	return given, rest
}

// usable are those of the frames that reading does not leave out.
func (d *division) usable(ctx context.Context, w *whole, frames []int) []int {
	if len(frames) == 0 || !w.task.MayLose() {
		return frames
	}
	checked, problems := source.CheckHeaders(ctx, w.task.Part(1, frames)) // what is left out is said where it is sent
	if slices.ContainsFunc(problems, func(p plan.Diagnostic) bool { return p.Code == diag.CodeNoUsableImages }) {
		return nil
	}
	kept := make(map[string]bool, len(frames))
	for _, name := range checked.Frames() {
		kept[name] = true
	}
	all := w.task.Frames()
	return slices.DeleteFunc(frames, func(k int) bool { return !kept[all[k]] })
}

// begun is with how many of the frames an unfinished part was begun, and what was measured of them. Where
// its marker is of none, it is to hold the first, as a new one would.
func (d *division) begun(ctx context.Context, w *whole, n int, t plan.Task, frames []int) (int, []source.Frame) {
	most := min(cmp.Or(w.task.Parts.Max, len(frames)), len(frames))
	hash, ours := plan.ParseMarker(t.BugTracker)
	if !ours {
		return most, nil
	}
	measured, problems := readFrames(ctx, w.task.Part(n, frames[:most]))
	if len(diag.Errors(problems)) > 0 || ctx.Err() != nil {
		return most, nil
	}
	for count, prefix := range archive.Prefixes(entries(measured)) {
		if prefix != hash {
			continue
		}
		all, last := w.task.Frames(), measured[count-1].Name
		end := slices.IndexFunc(frames, func(k int) bool { return all[k] == last })
		return end + 1, measured[:count]
	}
	return most, nil
}

// taken reports whether the name of a part is that of another bag's first, or only, task.
func (d *division) taken(w *whole, n int) bool {
	return n > 1 && d.plain[plan.NameOf(w.task.Parts.Names[0].Of(n))] > 0
}
