package observe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func ptr[T any](v T) *T { return &v }

func project(id int, tasks int, tracker string, org ...int) cvat.Project {
	p := cvat.Project{ID: id, Name: "p", BugTracker: tracker}
	p.Tasks.Count = &tasks
	if len(org) > 0 {
		p.OrganizationID = &org[0]
	}
	return p
}

func task(id, projectID, size int, name string) cvat.Task {
	t := cvat.Task{ID: id, Name: name, ProjectID: &projectID, Size: size, Owner: &cvat.User{Username: "ann"}}
	if size > 0 {
		t.Data = &id
	}
	return t
}

// sent is a task that was sent something and has no frames.
func sent(t cvat.Task) cvat.Task {
	t.Data = &t.ID
	return t
}

func wanting(names ...string) Want {
	w := Want{Server: "https://cvat", Project: manifest.Project{Name: "p"}}
	for _, n := range names {
		w.Tasks = append(w.Tasks, plan.Desired{Task: n, Frames: []string{"a", "b"}})
	}
	return w
}

func TestWhichOfSeveralProjectsIsMeant(t *testing.T) {
	orchard := []cvat.Organization{{ID: 5, Slug: "orchard"}}
	for name, c := range map[string]struct {
		org      string
		projects []cvat.Project
		want     manifest.Project
		found    Found
		err      string
	}{
		"none":                      {"", nil, manifest.Project{Name: "p"}, Found{Name: "p"}, ""},
		"one":                       {"", []cvat.Project{project(3, 2, "")}, manifest.Project{Name: "p"}, Found{ID: 3, Name: "p"}, ""},
		"one, empty":                {"", []cvat.Project{project(3, 0, "JIRA")}, manifest.Project{Name: "p"}, Found{ID: 3, Name: "p", Empty: true}, ""},
		"two that people made":      {"", []cvat.Project{project(3, 0, ""), project(4, 9, "")}, manifest.Project{Name: "p"}, Found{}, `2 projects are named "p": 3, 4`},
		"an unfinished creation":    {"", []cvat.Project{project(3, 0, plan.ProjectMarker)}, manifest.Project{Name: "p"}, Found{ID: 3, Name: "p", Empty: true, Unclaimed: true}, ""},
		"a leftover next to it":     {"", []cvat.Project{project(3, 0, plan.ProjectMarker), project(4, 1, "")}, manifest.Project{Name: "p"}, Found{ID: 4, Name: "p", Leftovers: []int{3}}, ""},
		"several unfinished":        {"", []cvat.Project{project(3, 0, plan.ProjectMarker), project(4, 0, plan.ProjectMarker)}, manifest.Project{Name: "p"}, Found{ID: 3, Name: "p", Empty: true, Unclaimed: true, Leftovers: []int{4}}, ""},
		"a marked one with tasks":   {"", []cvat.Project{project(3, 1, plan.ProjectMarker), project(4, 0, plan.ProjectMarker)}, manifest.Project{Name: "p"}, Found{ID: 3, Name: "p", Unclaimed: true, Leftovers: []int{4}}, ""},
		"another workspace's":       {"", []cvat.Project{project(3, 1, "", 5)}, manifest.Project{Name: "p"}, Found{}, `project "p" is not in the personal workspace: 3 (organization orchard)`},
		"several workspaces'":       {"", []cvat.Project{project(3, 1, ""), project(4, 1, "", 5), project(6, 1, "", 8)}, manifest.Project{Name: "p"}, Found{}, `several workspaces have a project named "p": 3 (personal workspace), 4 (organization orchard), 6 (organization 8)`},
		"the organization's":        {"orchard", []cvat.Project{project(4, 1, "", 5)}, manifest.Project{Name: "p"}, Found{ID: 4, Name: "p"}, ""},
		"by id":                     {"", []cvat.Project{project(3, 1, "")}, manifest.Project{ID: 3}, Found{ID: 3, Name: "p"}, ""},
		"by an unknown id":          {"", nil, manifest.Project{ID: 3}, Found{}, "the server has no project 3"},
		"by id, of an organization": {"", []cvat.Project{project(3, 1, "", 5)}, manifest.Project{ID: 3}, Found{}, `project "p" is not in the personal workspace: 3 (organization orchard)`},
		"by id, not of this one":    {"orchard", []cvat.Project{project(3, 1, "")}, manifest.Project{ID: 3}, Found{}, `project 3 is in a personal workspace, not in organization "orchard"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := FindProject(t.Context(), &fake{org: c.org, projects: c.projects, orgs: orchard}, c.want)
			if diff := cmp.Diff(c.found, got); diff != "" || (err == nil) != (c.err == "") {
				t.Fatalf("%v %s", err, diff)
			}
			if err != nil && (err.Error() != c.err || advice.Of(err) == "") {
				t.Errorf("error %q, hint %q", err, advice.Of(err))
			}
		})
	}
}

func TestALookCostsNoMoreThanIsSaid(t *testing.T) {
	w := wanting("a", "b", "c")
	w.Project.Labels = []manifest.Label{{Name: "apple"}}
	w.Tasks[1].Settings.Assignee, w.Tasks[2].Settings.Assignee = ptr("ann"), ptr("bob")
	for name, c := range map[string]struct {
		f     *fake
		o     Options
		asked []string
	}{
		"no project":              {&fake{}, Options{}, []string{"projects", "elsewhere", "users"}},
		"an empty project":        {&fake{projects: []cvat.Project{project(1, 0, "")}}, Options{}, []string{"projects", "labels", "elsewhere", "users"}},
		"one task of three":       {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{task(7, 1, 2, "a")}}, Options{}, []string{"projects", "tasks", "labels", "elsewhere", "users"}},
		"one assignee to look up": {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{task(7, 1, 2, "b")}}, Options{}, []string{"projects", "tasks", "labels", "elsewhere", "user bob"}},
		"all are there":           {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{task(7, 1, 2, "a"), task(8, 1, 2, "b"), task(9, 1, 2, "c")}}, Options{}, []string{"projects", "tasks", "labels"}},
		"an unfinished one of ours": {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{sent(task(7, 1, 0, "a")), task(8, 1, 2, "b"), task(9, 1, 2, "c")}}, Options{},
			[]string{"projects", "tasks", "requests", "labels"}},
		"an unfinished one that nobody manages": {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{sent(task(7, 1, 0, "x")), task(8, 1, 2, "a"), task(9, 1, 2, "b"), task(10, 1, 2, "c")}}, Options{},
			[]string{"projects", "tasks", "labels"}},
		"frames, of ours alone": {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{task(7, 1, 3, "a"), task(8, 1, 2, "b"), task(9, 1, 2, "x"), task(10, 1, 5, "y")}}, Options{CheckFrames: true},
			[]string{"projects", "tasks", "labels", "elsewhere", "user bob", "meta 7", "meta 8"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Project(t.Context(), c.f, w, c.o); err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(c.f.asked, func(a, b string) int { return slices.Index(c.asked, a) - slices.Index(c.asked, b) }) // meta come as they come
			if diff := cmp.Diff(c.asked, c.f.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATaskIsReadAgainWhenItsRequestHasEnded(t *testing.T) {
	listed := sent(task(7, 1, 0, "t"))
	for name, c := range map[string]struct {
		request *cvat.Request
		again   map[int]cvat.Task
		size    int
		state   plan.ImportState
		gone    bool
	}{
		"no record":              {nil, nil, 0, "", false},
		"queued":                 {&cvat.Request{Status: "queued"}, nil, 0, plan.ImportQueued, false},
		"started":                {&cvat.Request{Status: "started"}, nil, 0, plan.ImportStarted, false},
		"finished in between":    {&cvat.Request{Status: "finished"}, map[int]cvat.Task{7: task(7, 1, 9, "t")}, 9, plan.ImportFinished, false},
		"finished, but not here": {&cvat.Request{Status: "finished"}, map[int]cvat.Task{7: listed}, 0, plan.ImportFinished, false},
		"deleted in between":     {&cvat.Request{Status: "finished"}, nil, 0, "", true},
		"failed":                 {&cvat.Request{Status: "failed", Message: "no"}, map[int]cvat.Task{7: listed}, 0, plan.ImportFailed, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{listed}, again: c.again, requests: map[int]cvat.Request{}}
			if c.request != nil {
				f.requests[7] = *c.request
			}
			have, err := Project(t.Context(), f, wanting("t"), Options{})
			if err != nil || (len(have.Tasks) == 0) != c.gone {
				t.Fatalf("%v %+v", err, have.Tasks)
			}
			one, err := Import(t.Context(), f, Task(f, listed))
			if c.gone {
				if err == nil {
					t.Error("a task that is gone is not an error of Import")
				}
				return
			}
			for how, got := range map[string]plan.Task{"Project": have.Tasks[0], "Import": one} {
				if got.Size != c.size || got.Import != c.state || err != nil {
					t.Errorf("%s: %+v %v", how, got, err)
				}
			}
		})
	}
}

func TestNamesElsewhereAreAskedForInOneQuestion(t *testing.T) {
	var names []string
	for i := range 10_000 {
		names = append(names, fmt.Sprintf("jai cam_2026-11-%05d", i))
	}
	w := wanting(names...)
	f := &fake{}
	have, err := Project(t.Context(), f, w, Options{})
	if err != nil || len(f.logic) != 1 || len(f.logic[0]) > 8000 || have.NotAsked < 9000 || have.NotAsked+strings.Count(f.logic[0], "jai") != len(names) {
		t.Fatalf("%d questions, %d not asked, %v", len(f.logic), have.NotAsked, err)
	}
	hit := f.logic[0][strings.Index(f.logic[0], "jai"):][:len(names[0])]
	f = &fake{tasks: []cvat.Task{task(7, 9, 2, hit), task(8, 9, 2, names[9_999]), task(9, 9, 2, "stranger")}}
	if have, err = Project(t.Context(), f, w, Options{}); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range have.Elsewhere {
		found = append(found, e.Name)
	}
	slices.Sort(found)
	expected := []string{hit, names[9_999]}
	slices.Sort(expected)
	if diff := cmp.Diff(expected, found); diff != "" || have.NotAsked != 0 {
		t.Errorf("once one is found, all are asked for: %d not asked, %s", have.NotAsked, diff)
	}
}

func TestOneNameTooManyIsNoSecondQuestion(t *testing.T) {
	f := &fake{tasks: []cvat.Task{task(7, 9, 2, "a"), task(8, 1, 2, "b")}, projects: []cvat.Project{project(1, 1, "")}}
	have, err := Project(t.Context(), f, wanting("a", "b"), Options{})
	if err != nil || len(have.Elsewhere) != 1 || have.Elsewhere[0].ID != 7 || have.NotAsked != 0 || len(f.logic) != 1 {
		t.Errorf("%+v %q %v", have.Elsewhere, f.logic, err)
	}
}

// Between two questions another run makes the project, or a task in it. Its tasks are not
// taken for some that were moved, nor for missing ones.
func TestALookThatAnotherRunOvertookIsTakenAgain(t *testing.T) {
	made := []cvat.Task{task(7, 1, 2, "a")}
	for name, c := range map[string]struct {
		f *fake
	}{
		"it makes the project and its task":    {&fake{}},
		"it makes a task in an empty project":  {&fake{projects: []cvat.Project{project(1, 0, "")}}},
		"it makes a task in a project of some": {&fake{projects: []cvat.Project{project(1, 1, "")}, tasks: []cvat.Task{task(6, 1, 2, "x")}}},
		"its project is the older of two":      {&fake{projects: []cvat.Project{project(2, 0, plan.ProjectMarker)}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.f.between = func(f *fake, asked string) {
				if asked == "elsewhere" && len(f.logic) == 0 {
					f.projects, f.tasks = []cvat.Project{project(1, 1, "")}, append(f.tasks, made...)
				}
			}
			have, err := Project(t.Context(), c.f, wanting("a"), Options{})
			if err != nil || have.Scope.ProjectID != 1 || len(have.Elsewhere) > 0 || !slices.ContainsFunc(have.Tasks, func(t plan.Task) bool { return t.ID == 7 }) {
				t.Errorf("%+v %v", have, err)
			}
		})
	}
}

// A leftover project is taken for the project, and another run removes it before its labels
// are asked for.
func TestAProjectThatIsGivenUpWhileItIsLookedAtIsLookedForAgain(t *testing.T) {
	f := &fake{projects: []cvat.Project{project(2, 0, plan.ProjectMarker)}}
	f.between = func(f *fake, asked string) {
		if asked == "labels" {
			f.projects = []cvat.Project{project(1, 0, "")}
		}
	}
	w := wanting("a")
	w.Project.Labels = []manifest.Label{{Name: "apple"}}
	have, err := Project(t.Context(), f, w, Options{})
	if err != nil || have.Scope.ProjectID != 1 || have.Unclaimed {
		t.Errorf("%+v %v", have, err)
	}
	f.between = func(f *fake, asked string) {
		if asked == "labels" {
			f.projects = nil
		}
	}
	if have, err = Project(t.Context(), f, w, Options{}); err != nil || have.Exists {
		t.Errorf("%+v %v", have, err)
	}
}

func TestALookThatIsAlwaysOvertakenEnds(t *testing.T) {
	f := &fake{projects: []cvat.Project{project(1, 0, "")}, tasks: []cvat.Task{task(7, 1, 2, "a")}} // it never says that it has one
	if _, err := Project(t.Context(), f, wanting("a"), Options{}); err != nil || len(f.logic) != maxLooks {
		t.Errorf("%d looks, %v", len(f.logic), err)
	}
}

func TestUnknownAssigneesAreLeftOut(t *testing.T) {
	w := wanting("a", "b")
	w.Tasks[0].Settings.Assignee = ptr("ann")
	f := &fake{users: []cvat.User{{ID: 4, Username: "ann"}, {ID: 5, Username: "bob"}}}
	for name, want := range map[string]map[string]int{"ann": {"ann": 4}, "zoe": {"ann": 4}, "bob": {"ann": 4, "bob": 5}} {
		w.Tasks[1].Settings.Assignee = &name
		have, err := Project(t.Context(), f, w, Options{})
		if diff := cmp.Diff(want, have.Users); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// fullTask is one whose every field the server shows.
func fullTask() cvat.Task {
	t := task(7, 1, 25, "t")
	t.Overlap, t.ChunkSize = ptr(0), ptr(36)
	return t
}

func TestSettingsAreTakenFromImportedTasksAlone(t *testing.T) {
	full := task(7, 1, 25, "t")
	full.SegmentSize, full.Overlap, full.ImageQuality, full.Subset, full.ValidationMode = 10, ptr(2), 70, "val", ptr("gt")
	full.TargetStorage = &cvat.Storage{Location: "cloud_storage", CloudStorageID: ptr(3)}
	want := manifest.Settings{
		SegmentSize: ptr(10), Overlap: ptr(2), ImageQuality: ptr(70), Subset: ptr("val"), BugTracker: ptr(""), Assignee: ptr(""),
		ConsensusReplicas: ptr(0), Validation: &manifest.Validation{Mode: "gt"},
		SourceStorage: &manifest.Storage{Location: "local"}, TargetStorage: &manifest.Storage{Location: "cloud_storage", CloudStorageID: 3},
	}
	if diff := cmp.Diff(want, Task(&fake{}, full).Settings); diff != "" {
		t.Error(diff)
	}
	for _, key := range want.Keys() {
		unlisted := slices.Contains([]string{"sorting_method", "use_cache", "jobs"}, key)
		if read := Task(&fake{}, fullTask()).Settings.Value(key) != nil; read == unlisted {
			t.Errorf("%s is read: %v", key, read)
		}
	}
	full.Consensus = true
	if got := Task(&fake{}, full).Settings.ConsensusReplicas; got != nil {
		t.Errorf("how many replicas there are is not known, but %d is said", *got)
	}
	full.Replicas = ptr(2)
	if got := Task(&fake{}, full).Settings.ConsensusReplicas; got == nil || *got != 2 {
		t.Error("2.80 says how many replicas there are")
	}
	if diff := cmp.Diff(manifest.Settings{}, Task(&fake{}, task(8, 1, 0, "t")).Settings); diff != "" {
		t.Error(diff)
	}
}
