package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/observe"
)

var monday, tuesday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)

func job(assignee, stage, state string) observe.Job {
	return observe.Job{Assignee: assignee, Stage: stage, State: state}
}

func tasks() []observe.Progress {
	done, review := job("", "acceptance", "completed"), job("", "validation", "new")
	anna := job("anna", "acceptance", "completed")
	return []observe.Progress{
		{Task: "jai_run10", Bag: "run10", Camera: "jai", Subset: "train", ID: 3, Frames: 20, Updated: monday, Jobs: []observe.Job{done, done}},
		{Task: "jai_run2", Bag: "run2", Camera: "jai", ID: 1, Frames: 10, Updated: tuesday, Jobs: []observe.Job{anna, review}},
		{Task: "d435_run2", Bag: "run2", Camera: "d435"},
	}
}

func TestRowsAreWhatByNames(t *testing.T) {
	done := Row{Tasks: 1, Frames: 20, Jobs: 2, Completed: 2, IDs: []int{3}, Updated: monday}
	half := Row{Tasks: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}, Updated: tuesday}
	missing := Row{Tasks: 1, Missing: 1}
	named := func(name string, id int, r Row) Row {
		r.Name, r.ID = name, id
		return r
	}
	task := named("jai_run2", 1, half)
	task.Assignee = "anna"
	for by, want := range map[string][]Row{
		"task": {named("d435_run2", 0, missing), task, named("jai_run10", 3, done)},
		"bag": {
			{Name: "run2", Tasks: 2, Missing: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}, Updated: tuesday},
			named("run10", 0, done),
		},
		"camera": {
			named("d435", 0, missing),
			{Name: "jai", Tasks: 2, Frames: 30, Jobs: 4, Validation: 1, Completed: 3, IDs: []int{3, 1}, Updated: tuesday},
		},
		"subset": {
			{Name: "(none)", Tasks: 2, Missing: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}, Updated: tuesday},
			named("train", 0, done),
		},
		"assignee": {
			{Name: "(none)", Tasks: 3, Missing: 1, Frames: 30, Jobs: 3, Validation: 1, Completed: 2, IDs: []int{3, 1}, Updated: tuesday},
			{Name: "anna", Tasks: 1, Frames: 10, Jobs: 1, Completed: 1, IDs: []int{1}, Updated: tuesday},
		},
	} {
		t.Run(by, func(t *testing.T) {
			got := Of(tasks(), Options{By: by})
			if diff := cmp.Diff(want, got.Rows); diff != "" {
				t.Error(diff)
			}
			total := Row{Name: "total", Tasks: 3, Missing: 1, Frames: 30, Jobs: 4, Validation: 1, Completed: 3, IDs: []int{3, 1}, Updated: tuesday}
			if diff := cmp.Diff(total, got.Total); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAJobIsItsAssigneesElseItsTasks(t *testing.T) {
	all := []observe.Progress{{
		Task: "a", ID: 1, Assignee: "bob",
		Jobs: []observe.Job{job("anna", "annotation", "new"), job("", "annotation", "new"), job("", "annotation", "new")},
	}, {Task: "b", ID: 2, Assignee: "bob"}}
	got := map[string]int{}
	for _, r := range Of(all, Options{By: "assignee"}).Rows {
		got[r.Name] = r.Jobs
	}
	if diff := cmp.Diff(map[string]int{"anna": 1, "bob": 2}, got); diff != "" {
		t.Error(diff)
	}
	if rows := Of(all, Options{By: "task"}).Rows; rows[0].Assignee != "anna, bob" || rows[1].Assignee != "bob" {
		t.Errorf("%+v", rows)
	}
}

func TestEachJobIsInOneOfFour(t *testing.T) {
	var p observe.Progress
	for _, stage := range []string{"annotation", "validation", "acceptance"} {
		for _, state := range []string{"new", "in progress", "completed", "rejected"} {
			p.Jobs = append(p.Jobs, job("", stage, state))
		}
	}
	want := Row{Name: "total", Tasks: 1, Missing: 1, Jobs: 12, Annotation: 4, Validation: 4, Acceptance: 3, Completed: 1}
	if diff := cmp.Diff(want, Of([]observe.Progress{p}, Options{By: "task"}).Total); diff != "" {
		t.Error(diff)
	}
}

func TestFiltersLeaveOutWhatDoesNotFit(t *testing.T) {
	all := append(tasks(), observe.Progress{Task: "mine", ID: 9, Assignee: "bob", Jobs: []observe.Job{job("", "annotation", "in progress")}})
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"all":        {Options{}, "d435_run2 0, jai_run2 2, jai_run10 2, mine 1"},
		"state":      {Options{State: "in progress"}, "mine 1"},
		"stage":      {Options{Stage: "acceptance"}, "jai_run2 1, jai_run10 2"},
		"both":       {Options{Stage: "acceptance", State: "new"}, ""},
		"incomplete": {Options{Incomplete: true}, "d435_run2 0, jai_run2 2, mine 1"},
		"unassigned": {Options{Unassigned: true}, "jai_run2 1, jai_run10 2"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.By = "task"
			s := Of(all, c.o)
			var got []string
			jobs := 0
			for _, r := range s.Rows {
				got = append(got, r.Name+" "+string(rune('0'+r.Jobs)))
				jobs += r.Jobs
			}
			if strings.Join(got, ", ") != c.want || s.Total.Jobs != jobs || s.Total.Tasks != len(s.Rows) {
				t.Errorf("got %q, total %+v, want %q", got, s.Total, c.want)
			}
		})
	}
}

func TestSinceSaysWhatHasChanged(t *testing.T) {
	earlier := Of(tasks()[:2], Options{By: "task"})
	later := tasks()
	later[1].Jobs[1] = job("", "acceptance", "completed")
	later[1].Frames = 12
	now := Of(later[1:], Options{By: "task"})
	if err := now.CompareWith(earlier); err != nil {
		t.Fatal(err)
	}
	want := map[string]*Change{
		"d435_run2": {New: true},
		"jai_run2":  {Frames: 2, Validation: -1, Completed: 1},
	}
	got := map[string]*Change{}
	for _, r := range now.Rows {
		got[r.Name] = r.Change
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"jai_run10"}, now.Gone); diff != "" {
		t.Error(diff)
	}
	byBag := Of(later, Options{By: "bag"})
	if err := byBag.CompareWith(earlier); err == nil || err.Error() != "the earlier status is by task, this one by bag" {
		t.Error(err)
	}
}

func TestOnlyAStatusIsReadAsAnEarlierOne(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", "<html>", `{"format_version":"1.0"}`, `{"by":"task"}`} {
		if _, err := Read(strings.NewReader(text)); err == nil || err.Error() != "it is not the output of status --output json" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
