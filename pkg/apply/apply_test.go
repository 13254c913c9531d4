package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func ptr[T any](v T) *T { return &v }

// A job is what a test wants: a project by name, tasks with their frames, and how.
type job struct {
	tasks    map[string][]string
	plan     plan.Options
	apply    Options
	settings manifest.Settings
	was      map[string][]string                       // old names
	files    func(name string, frames []string) Images // nil: an archive of the frames
	events   func(Event)

	predicted []cvat.Shape // what each task is given
	served    bool         // the server reads the frames by itself
	context   []string     // frames of each task that have a context image
}

// related are the numbers of context images of a task's frames; nil: none has any.
func (j *job) related(frames []string) (counts []int) {
	if len(j.context) == 0 {
		return nil
	}
	for _, f := range frames {
		counts = append(counts, strings.Count(strings.Join(j.context, "\n")+"\n", f+"\n"))
	}
	return counts
}

// content is what a task's archive holds: its frames and their context images.
func (j *job) content(frames []string) []string {
	all := slices.Clone(frames)
	for _, f := range j.context {
		all = append(all, contextLine+f)
	}
	return all
}

func one(frames ...string) *job { return &job{tasks: map[string][]string{"t": frames}} }

// oneServed is one whose frames are keys of a cloud storage.
func oneServed(frames ...string) *job {
	j := one(frames...)
	j.served = true
	return j
}

// bucket is where the frames of served jobs are.
var bucket = plan.Payload{Kind: plan.PayloadCloud, Root: "cloud:lab", Storage: 3}

// mark is the marker of the job's task t.
func (j *job) mark() string {
	if j.served {
		return plan.Marker(bucket.Identity(j.tasks["t"]))
	}
	return marker(j.tasks["t"]...)
}

// plan looks and compares, as the command line does.
func (j *job) planned(t *testing.T, s *session) plan.Plan {
	t.Helper()
	p, err := j.tryPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (j *job) tryPlan(s *session) (plan.Plan, error) {
	o := j.plan
	if o.Project.Name == "" && o.Project.ID == 0 {
		o.Project = manifest.Project{Name: "p", Create: ptr(true), Labels: []manifest.Label{{Name: "apple"}}}
	}
	var want []plan.Desired
	for name, frames := range j.tasks {
		d := plan.Desired{Task: name, Frames: frames, Bytes: 1, Settings: j.settings, Was: j.was[name], Related: j.related(frames)}
		if j.predicted != nil {
			d.Annotations = &plan.Annotations{From: "predictions.json"}
		}
		if j.served {
			d.Payload, d.Bytes, d.Hash = bucket, 0, bucket.Identity(frames)
		}
		want = append(want, d)
	}
	have, err := observe.Project(s.ctx, s, observe.Want{Project: o.Project, Tasks: want}, observe.Options{CheckFrames: o.CheckFrames, Update: o.Update})
	if err != nil {
		return plan.Plan{}, err
	}
	if err := j.compareGiven(s, have.Tasks); err != nil {
		return plan.Plan{}, err
	}
	need := strings.Join(have.NeedsHash(want, o), " ")
	for i := range want {
		if strings.Contains(need, want[i].Task) {
			want[i].Hash = archiveOf(j.content(want[i].Frames)...).Hash()
		}
	}
	return plan.Diff(want, have, o), nil
}

func (j *job) run(t *testing.T, s *session) Result {
	t.Helper()
	return j.carryOut(s, j.planned(t, s))
}

func (j *job) carryOut(s *session, p plan.Plan) Result {
	o := j.apply
	o.Observed = s.observed
	o.Images = func(_ context.Context, c plan.Change) (Images, error) {
		if j.files != nil {
			return j.files(c.Task, c.Desired.Frames), nil
		}
		return Images{Archive: archiveOf(j.content(c.Desired.Frames)...), Related: j.related(c.Desired.Frames)}, nil
	}
	o.Annotations = func(context.Context, plan.Change, []cvat.Label, []cvat.FrameMeta) (cvat.Annotations, error) {
		return cvat.Annotations{Shapes: j.predicted}, nil
	}
	return Run(s.ctx, p, s, o, j.events)
}

// whole fails unless the server has exactly the job's tasks, complete and unmarked, in one
// project, and a further plan has nothing to do.
func (j *job) whole(t *testing.T, w *fakeServer) {
	t.Helper()
	var want []string
	for name, frames := range j.tasks {
		want = append(want, fmt.Sprintf("%s %q %v", name, "", frames))
	}
	if diff := cmp.Diff(want, w.show(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	for _, made := range w.tasks {
		for i, want := range j.related(made.frames) {
			if have := made.related[made.frames[i]]; have != want {
				t.Errorf("task %s: frame %s has %d context images, want %d", made.Name, made.frames[i], have, want)
			}
		}
	}
	if len(w.projects) != 1 {
		t.Errorf("%d projects", len(w.projects))
	}
	if len(w.violations) > 0 {
		t.Error(w.violations)
	}
	p, err := j.tryPlan(w.session())
	if err != nil || plan.Count(p).Changes() || plan.Count(p).Problems() {
		t.Errorf("the next plan: %v %v\n%s%+v", err, p.Project, plan.Count(p).String(), p.Changes)
	}
}

func outcomes(r Result) map[string]Outcome {
	m := map[string]Outcome{}
	for _, t := range r.Tasks {
		m[t.Task] = t.Outcome
	}
	return m
}

// bubble runs f where time passes only while everybody waits.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { t.Helper(); synctest.Test(t, f) })
}

func TestASecondApplyDoesNothing(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
		j := &job{tasks: map[string][]string{}}
		for i := range 9 {
			j.tasks[fmt.Sprintf("run_%d", i)] = []string{"a", "b", fmt.Sprint(i)}
		}
		first := j.run(t, w.session())
		if n := Count(first); n.Done != 9 || n.Images != 27 || !first.OK() || n.Sent == 0 {
			t.Errorf("%+v %+v", n, first)
		}
		j.whole(t, w)
		s := w.session()
		p := j.planned(t, s)
		before := s.n
		second := j.carryOut(s, p)
		if n := Count(second); n.Unchanged != 9 || n.Sent != 0 || s.n != before {
			t.Errorf("%+v after %d requests", n, s.n-before)
		}
	})
}

const (
	poisoned = "utils.dataset_manifest.errors.InvalidImageError: failed to parse image file 'c.jpg'\n"
	killed   = "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); "
)

// existing is a fakeServer with a settled project; it returns the project's id.
func existing() (*fakeServer, int) {
	w := newFakeServer()
	id := w.addProject("p", "")
	w.projects[id].labels = []cvat.Label{{Name: "apple"}}
	return w, id
}

// marker is that of the archive of these frames.
func marker(frames ...string) string { return plan.Marker(archiveOf(frames...).Hash()) }

func only(t *testing.T, r Result) TaskResult {
	t.Helper()
	if len(r.Tasks) != 1 || r.Crash != nil || r.Err != nil {
		t.Fatalf("%+v", r)
	}
	return r.Tasks[0]
}
