package planfile

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A change is what happened between a plan and its apply.
type change struct {
	data   dataset                                    // in place of what was there
	have   func(images []image, h string) []plan.Task // h is the hash of the plan's archive
	alter  func(*Project)
	want   []string // of Since
	action plan.Action
}

// The plan is of run1, three images, which the server lacks unless before says otherwise.
func (c change) check(t *testing.T, before ...plan.Task) {
	t.Helper()
	images := pictures("run1", 3)
	saved := project([]string{"run1"}, dataset{"run1": images}, before...)
	data := c.data
	if data == nil {
		data = dataset{"run1": images}
	}
	var have []plan.Task
	if c.have != nil {
		have = c.have(images, hashOf(images))
	}
	now := project([]string{"run1", "run2"}, data, have...)
	if c.alter != nil {
		c.alter(&now)
	}
	if diff := cmp.Diff(c.want, saved.Since(now)); diff != "" {
		t.Error(diff)
	}
	due := saved.Due(now.Plan())
	i := slices.IndexFunc(due.Changes, func(c plan.Change) bool { return c.Task == "run1" })
	if len(c.want) == 0 && (i < 0 || due.Changes[i].Action != c.action) {
		t.Errorf("%+v is due, wanted %s", due.Changes, c.action)
	}
}

func tasks(all ...plan.Task) func([]image, string) []plan.Task {
	return func([]image, string) []plan.Task { return all }
}

var other = strings.Repeat("ab", 32)

func TestHowFarThePlanItselfCameIsNoDifference(t *testing.T) {
	for name, c := range map[string]change{
		"nothing": {action: plan.Create},
		"the plan created it": {
			have:   func(_ []image, h string) []plan.Task { return []plan.Task{bearing(on(7, "run1", 0), h)} },
			action: plan.Resume,
		},
		"the plan created two, one of which will go": {
			have: func(_ []image, h string) []plan.Task {
				return []plan.Task{bearing(on(7, "run1", 3), h), bearing(on(8, "run1", 0), h)}
			},
			action: plan.Resume,
		},
		"the plan is about to remove one of two": {
			have: func(images []image, _ string) []plan.Task {
				gone := on(8, "run1", 0)
				gone.BugTracker = plan.Tombstone
				return []plan.Task{holding(on(7, "run1", 3), images), gone}
			},
			action: plan.Resume,
		},
		"the server imports it": {
			have: func(_ []image, h string) []plan.Task {
				importing := bearing(on(7, "run1", 0), h)
				importing.Import = plan.ImportStarted
				return []plan.Task{importing}
			},
			action: plan.Wait,
		},
		"it is imported and not verified": {
			have:   func(_ []image, h string) []plan.Task { return []plan.Task{bearing(on(7, "run1", 3), h)} },
			action: plan.Resume,
		},
		"it is done": {
			have:   func(images []image, _ string) []plan.Task { return []plan.Task{holding(on(7, "run1", 3), images)} },
			action: plan.NoOp,
		},
		"it is done, and in the server's random order": {
			have: func(images []image, _ string) []plan.Task {
				return []plan.Task{holding(on(7, "run1", 3), []image{images[2], images[0], images[1]})}
			},
			action: plan.NoOp,
		},
		"it is done, and its content changed afterwards": {
			data: dataset{"run1": {{"run1/0000.jpg", "x"}, {"run1/0001.jpg", "x"}, {"run1/0002.jpg", "x"}}},
			have: func(images []image, _ string) []plan.Task { return []plan.Task{holding(on(7, "run1", 3), images)} },
			alter: func(now *Project) { // what holds all frames is not measured
				now.Want[0].Hash, now.Images[0] = "", nil
			},
			action: plan.NoOp,
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

func TestWhatChangedInTheImagesOfATaskToCreate(t *testing.T) {
	for name, c := range map[string]change{
		"an image has other bytes": {
			data: dataset{"run1": {{"run1/0000.jpg", "run10"}, {"run1/0001.jpg", "RUN11"}, {"run1/0002.jpg", "run12"}}},
			want: []string{"task run1: changed: run1/0001.jpg"},
		},
		"all images have": {
			data: dataset{"run1": {{"run1/0000.jpg", "a"}, {"run1/0001.jpg", "b"}, {"run1/0002.jpg", "c"}}},
			want: []string{"task run1: changed: run1/0000.jpg, run1/0001.jpg, run1/0002.jpg"},
		},
		"an image is new":      {data: dataset{"run1": pictures("run1", 4)}, want: []string{"task run1: new: run1/0003.jpg"}},
		"many are new":         {data: dataset{"run1": pictures("run1", 9)}, want: []string{"task run1: new: run1/0003.jpg, run1/0004.jpg, run1/0005.jpg and 3 more"}},
		"an image is gone":     {data: dataset{"run1": pictures("run1", 2)}, want: []string{"task run1: gone: run1/0002.jpg"}},
		"an image was renamed": {data: dataset{"run1": append(pictures("run1", 2), image{"run1/x.jpg", "run12"})}, want: []string{"task run1: gone: run1/0002.jpg; new: run1/x.jpg"}},
		"another order": {
			data: dataset{"run1": {pictures("run1", 3)[1], pictures("run1", 3)[0], pictures("run1", 3)[2]}},
			want: []string{"task run1: its images are in another order"},
		},
		"a context image is new": {
			alter: func(now *Project) { now.Want[0].Related = []int{1, 0, 0} },
			want:  []string{"task run1: its context images changed"},
		},
		"the bag is gone": {data: dataset{}, want: []string{"task run1: its images are gone"}},
		"an image cannot be read": {
			alter: func(now *Project) {
				now.Want[0].Hash, now.Images[0] = "", nil
				now.Want[0].Problems = []diag.Diagnostic{{Code: diag.CodeUnreadable, Text: "run1/0001.jpg: permission denied"}}
			},
			want: []string{"task run1: run1/0001.jpg: permission denied"},
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

func TestWhatOthersDidAboutATaskToCreate(t *testing.T) {
	for name, c := range map[string]change{
		"somebody else created it": {have: tasks(on(7, "run1", 0)), want: []string{"task run1: task 7 of anna has that name and is not this plan's work"}},
		"somebody else filled it with as many frames": {
			have: tasks(holding(on(7, "run1", 3), pictures("run9", 3))),
			want: []string{"task run1: task 7 of anna has that name and is not this plan's work"},
		},
		"somebody else filled it, and nobody asked with what": {
			have: tasks(on(7, "run1", 3)),
			want: []string{"task run1: task 7 of anna has that name and is not this plan's work"},
		},
		"another plan created it": {have: tasks(bearing(on(7, "run1", 0), other)), want: []string{"task run1: task 7 of anna has that name and is not this plan's work"}},
		"it was imported with other frames": {
			have: func(_ []image, h string) []plan.Task { return []plan.Task{bearing(on(7, "run1", 2), h)} },
			want: []string{"task run1: task 7 of anna has that name and is not this plan's work"},
		},
		"somebody else created one next to the plan's": {
			have: func(images []image, h string) []plan.Task {
				return []plan.Task{bearing(on(7, "run1", 0), h), holding(on(8, "run1", 5), pictures("run1", 5))}
			},
			want: []string{"task run1: task 8 of anna has that name and is not this plan's work"},
		},
		"the name is elsewhere now": {
			alter: func(now *Project) {
				now.Have.Elsewhere = []plan.Task{{ID: 9, Name: "run1", ProjectID: 4, ProjectName: "Archive", Size: 3, Owner: "anna"}}
			},
			action: plan.Create,
		},
		"unmanaged tasks came and went": {have: tasks(on(5, "other", 3)), action: plan.Create},
		"another bag came":              {data: dataset{"run1": pictures("run1", 3), "run2": pictures("run2", 1)}, action: plan.Create},
	} {
		t.Run(name, func(t *testing.T) { c.check(t) })
	}
}

func TestWhatChangedSinceAPlanAboutATaskThatIsThere(t *testing.T) {
	images := pictures("run1", 3)
	h := hashOf(images)
	for name, c := range map[string]struct {
		before plan.Task
		change
	}{
		"unchanged":                {on(7, "run1", 3), change{have: tasks(on(7, "run1", 3)), action: plan.NoOp}},
		"a person set bug_tracker": {on(7, "run1", 3), change{have: tasks(plan.Task{ID: 7, Name: "run1", ProjectID: 3, Size: 3, BugTracker: "https://bugs.example.com/1"}), action: plan.NoOp}},
		"it was deleted":           {on(7, "run1", 3), change{want: []string{"task run1: task 7 is gone"}}},
		"it was made again":        {on(7, "run1", 3), change{have: tasks(on(8, "run1", 3)), want: []string{"task run1: task 8 of anna has that name and is not this plan's work"}}},
		"a second one came":        {on(7, "run1", 3), change{have: tasks(on(7, "run1", 3), on(8, "run1", 3)), want: []string{"task run1: task 8 of anna has that name and is not this plan's work"}}},
		"drift stays drift":        {on(7, "run1", 9), change{have: tasks(on(7, "run1", 9)), action: plan.Drift}},
		"its images are as many as it holds by now": {
			on(7, "run1", 4),
			change{data: dataset{"run1": pictures("run1", 4)}, have: tasks(on(7, "run1", 4)), want: []string{"task run1: new: run1/0003.jpg"}},
		},

		"half sent, as it was":   {bearing(on(7, "run1", 0), h), change{have: tasks(bearing(on(7, "run1", 0), h)), action: plan.Resume}},
		"half sent, then done":   {bearing(on(7, "run1", 0), h), change{have: tasks(holding(on(7, "run1", 3), images)), action: plan.NoOp}},
		"half sent, then gone":   {bearing(on(7, "run1", 0), h), change{want: []string{"task run1: task 7 is gone"}}},
		"half sent, then again":  {bearing(on(7, "run1", 0), h), change{have: tasks(bearing(on(8, "run1", 0), h)), want: []string{"task run1: task 7 is gone"}}},
		"half sent, then beaten": {bearing(on(7, "run1", 0), h), change{have: tasks(bearing(on(6, "run1", 3), h)), action: plan.Resume}},
		"half sent, marker gone": {bearing(on(7, "run1", 0), h), change{have: tasks(on(7, "run1", 0)), want: []string{"task run1: the marker of task 7 of anna is another one"}}},
		"half sent, then filled": {bearing(on(7, "run1", 0), h), change{have: tasks(on(7, "run1", 5)), want: []string{"task run1: task 7 of anna had 0 frames and has 5"}}},

		"blocked by a colleague": {on(7, "run1", 0), change{have: tasks(on(7, "run1", 0)), action: plan.Blocked}},
		"the colleague is done":  {on(7, "run1", 0), change{have: tasks(on(7, "run1", 3)), want: []string{"task run1: task 7 of anna had 0 frames and has 3"}}},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, c.before) })
	}
}

func TestWhatAPlanReplacesMayBeGone(t *testing.T) {
	images := pictures("run1", 3)
	half := bearing(on(7, "run1", 0), other)
	tomb := half
	tomb.BugTracker = plan.Tombstone
	for name, c := range map[string]struct {
		allowed bool
		have    []plan.Task
		want    []string
	}{
		"as it was":          {true, []plan.Task{half}, nil},
		"about to go":        {true, []plan.Task{tomb}, nil},
		"gone":               {true, nil, nil},
		"replaced":           {true, []plan.Task{bearing(on(8, "run1", 0), hashOf(images))}, nil},
		"replaced and done":  {true, []plan.Task{holding(on(8, "run1", 3), images)}, nil},
		"gone, not by us":    {false, nil, []string{"task run1: task 7 is gone"}},
		"filled, not by us":  {true, []plan.Task{bearing(on(7, "run1", 5), other)}, []string{"task run1: task 7 of anna had 0 frames and has 5"}},
		"another one's work": {true, []plan.Task{bearing(on(8, "run1", 0), other)}, []string{"task run1: task 8 of anna has that name and is not this plan's work"}},
	} {
		t.Run(name, func(t *testing.T) {
			saved, now := project([]string{"run1"}, dataset{"run1": images}, half), project([]string{"run1"}, dataset{"run1": images}, c.have...)
			saved.Options.ReplaceEmpty, now.Options.ReplaceEmpty = c.allowed, c.allowed
			if saved.Plan().Changes[0].Action != plan.Replace {
				t.Fatalf("%+v", saved.Plan().Changes)
			}
			if diff := cmp.Diff(c.want, saved.Since(now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatChangedAboutTheProject(t *testing.T) {
	fresh := func(p *Project) {
		p.Have.Exists, p.Have.Scope.ProjectID, p.Have.Labels = false, 0, nil
	}
	for name, c := range map[string]struct {
		before, after func(*Project)
		want          []string
	}{
		"nothing":                   {nil, nil, nil},
		"none, still":               {fresh, fresh, nil},
		"created":                   {fresh, nil, nil},
		"created, labels to come":   {fresh, func(p *Project) { p.Have.Labels = nil }, nil},
		"gone":                      {nil, fresh, []string{"project Orchard (3) is gone"}},
		"deleted and created again": {nil, func(p *Project) { p.Have.Scope.ProjectID = 8 }, []string{"project Orchard was number 3 and is number 8"}},
		"a label is gone":           {nil, func(p *Project) { p.Have.Labels = nil }, []string{"project Orchard lost its label apple"}},
		"labels that the plan adds": {func(p *Project) { p.Have.Labels = nil }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			data := dataset{"run1": pictures("run1", 1)}
			saved, now := project([]string{"run1"}, data), project([]string{"run1"}, data)
			for _, x := range []struct {
				p *Project
				f func(*Project)
			}{{&saved, c.before}, {&now, c.after}} {
				if x.f != nil {
					x.f(x.p)
				}
			}
			if diff := cmp.Diff(c.want, saved.Since(now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlyWhatMayBeThePlansWorkIsAskedFor(t *testing.T) {
	all := dataset{"run1": pictures("run1", 3), "run2": pictures("run2", 3), "run3": pictures("run3", 3), "run4": pictures("run4", 3)}
	bags := []string{"run1", "run2", "run3", "run4"}
	saved := project(bags, all, on(4, "run4", 3))
	now := project(bags, all, on(1, "run1", 3), on(2, "run2", 5), bearing(on(3, "run3", 3), other), on(4, "run4", 3), on(5, "other", 3))
	if diff := cmp.Diff([]int{1}, saved.Unsure(now.Plan())); diff != "" {
		t.Error(diff)
	}
}

func TestSkippedTasksAreNoDifference(t *testing.T) {
	saved := project([]string{"run1"}, dataset{"run1": pictures("run1", 3)}, on(7, "run1", 9))
	saved.Options.Skip = []manifest.Skip{{Task: "run1", Reason: "lens cap on"}}
	now := project([]string{"run1"}, dataset{"run1": pictures("run1", 1)})
	now.Options = saved.Options
	if since := saved.Since(now); len(since) > 0 {
		t.Errorf("%q", since)
	}
}

func TestWhatIsWantedOnlyNowIsLeftAloneAndSaid(t *testing.T) {
	saved := project([]string{"run1"}, dataset{"run1": pictures("run1", 3)})
	now := project([]string{"run1", "run2", "run3"}, dataset{"run1": pictures("run1", 3), "run2": pictures("run2", 1), "run3": pictures("run3", 1)}, on(5, "other", 3))
	due := saved.Due(now.Plan())
	var names []string
	for _, c := range due.Changes {
		names = append(names, c.Task)
	}
	if diff := cmp.Diff([]string{"run1", "other"}, names); diff != "" {
		t.Error(diff)
	}
	want := plan.Note{Code: diag.CodeNotPlanned, Tasks: 2, Text: "2 tasks are not in the saved plan and left alone: run2, run3"}
	if !slices.Contains(due.Notes, want) {
		t.Errorf("%+v", due.Notes)
	}
}
