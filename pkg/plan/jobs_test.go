package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func jobsOf(assignees ...string) []Job {
	jobs := make([]Job, len(assignees))
	for i, a := range assignees {
		jobs[i] = Job{ID: i + 1, Start: 10 * i, Stop: 10*i + 9, Assignee: a, Stage: "annotation", State: "completed"}
	}
	return jobs
}

func TestWhichJobsAreGivenToWhom(t *testing.T) {
	for name, c := range map[string]struct {
		settings *manifest.Jobs
		jobs     []Job
		want     []string
	}{
		"nothing is said":       {nil, jobsOf("", ""), nil},
		"those that nobody has": {&manifest.Jobs{Assignees: []string{"bob"}}, jobsOf("", "ann", "bob"), []string{"job 1, frames 0 to 9: nobody → bob"}},
		"all of them":           {&manifest.Jobs{Assignees: []string{"bob"}, OnlyUnassigned: ptr(false)}, jobsOf("", "ann", "bob"), []string{"job 1, frames 0 to 9: nobody → bob", "job 2, frames 10 to 19: ann → bob"}},
		"a stage alone":         {&manifest.Jobs{Stage: "validation"}, jobsOf("", "ann"), []string{"job 1, frames 0 to 9: annotation → validation"}},
		"both":                  {&manifest.Jobs{Assignees: []string{"bob"}, Stage: "validation"}, jobsOf(""), []string{"job 1, frames 0 to 9: nobody → bob, annotation → validation"}},
		"as they are to be":     {&manifest.Jobs{Assignees: []string{"bob"}, Stage: "annotation", OnlyUnassigned: ptr(false)}, jobsOf("bob"), nil},
		"nobody is named":       {&manifest.Jobs{Stage: "annotation", OnlyUnassigned: ptr(false)}, jobsOf("ann"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, change := range (Desired{Bag: "run1", Settings: manifest.Settings{Jobs: c.settings}}).JobChanges(c.jobs) {
				got = append(got, change.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who has a job depends on the bag, the camera and the job's first frame alone; by: task gives one person all of it.
func TestJobsAreDealtByAStableHash(t *testing.T) {
	people := []string{"ann", "bob", "eve"}
	frames := make([]string, 120)
	for i := range frames {
		frames[i] = fmt.Sprintf("%03d.png", i)
	}
	assigned := func(d Desired, by string) []string {
		d.Frames, d.Settings.Jobs = frames, &manifest.Jobs{Assignees: people, By: by}
		var names []string
		for _, c := range d.JobChanges(jobsOf(make([]string, 12)...)) {
			names = append(names, c.After.Assignee)
		}
		return names
	}
	once := assigned(Desired{Task: "t", Bag: "run1", Camera: "left"}, "job")
	if diff := cmp.Diff(once, assigned(Desired{Task: "renamed", Bag: "run1", Camera: "left"}, "job")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"eve", "ann", "bob", "bob", "bob", "ann", "eve", "eve", "bob", "ann", "ann", "ann"}, once); diff != "" {
		t.Errorf("another version would deal otherwise: %s", diff)
	}
	whole := make(map[string]int)
	for i := range 300 {
		names := assigned(Desired{Bag: fmt.Sprint("run", i)}, "task")
		if len(slices.Compact(names)) != 1 {
			t.Fatal(names)
		}
		whole[names[0]]++
	}
	for _, name := range people {
		if whole[name] < 70 {
			t.Errorf("%v", whole)
		}
	}
}
