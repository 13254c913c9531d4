package plan

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// The table in the comment of Change is true: over many generated projects, each change sets no field that its action's
// row does not name, and each field that a row names is set by some change of that action.
func TestAChangeHasTheFieldsThatItsCommentNames(t *testing.T) {
	valid := fieldsByAction(t)
	seen := map[Action]map[string]bool{}
	always := []string{"Task", "Action", "Reason"}
	ofManifests := []string{"Frames", "Bag", "Camera", "Desired", "Origin"}
	for seed := range uint64(4000) {
		for _, c := range generated(rand.New(rand.NewPCG(seed, 9))).Changes {
			required, allowed := slices.Concat(always, ofManifests), ofManifests
			if c.Action == Unmanaged {
				required, allowed = always, []string{"Frames"}
			}
			if seen[c.Action] == nil {
				seen[c.Action] = map[string]bool{}
			}
			set := setFields(c)
			for _, field := range set {
				seen[c.Action][field] = true
				if !slices.Contains(always, field) && !slices.Contains(allowed, field) && !valid[c.Action][field] {
					t.Errorf("seed %d: a change of action %s sets %s: %+v", seed, c.Action, field, c)
				}
			}
			for _, field := range required {
				if !slices.Contains(set, field) {
					t.Fatalf("seed %d: a change of action %s has no %s: %+v", seed, c.Action, field, c)
				}
			}
		}
	}
	for _, action := range Actions {
		for field := range valid[action] {
			if !seen[action][field] {
				t.Errorf("the comment gives %s to %s; no generated change has it", field, action)
			}
		}
		if valid[action] == nil {
			t.Errorf("the comment has no row for %s", action)
		}
	}
}

// fieldsByAction reads the table. ID means URL and Owner too, as the comment says.
func fieldsByAction(t *testing.T) map[Action]map[string]bool {
	t.Helper()
	source, err := os.ReadFile("change.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(source), "by action:\n//\n")
	table, _, _ = strings.Cut(table, "type Change struct")
	row := regexp.MustCompile(`^//\t([a-z-]+(?:, [a-z-]+)*) {2,}(.+)$`)
	word := regexp.MustCompile(`\[[^]]*\]\.\w+|\w+`)
	fields := map[Action]map[string]bool{}
	for line := range strings.Lines(table) {
		m := row.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			t.Fatalf("not a row: %q", line)
		}
		for action := range strings.SplitSeq(m[1], ", ") {
			fields[Action(action)] = map[string]bool{}
			for _, name := range word.FindAllString(m[2], -1) {
				if _, ok := reflect.TypeFor[Change]().FieldByName(name); ok {
					fields[Action(action)][name] = true
				}
				if name == "ID" {
					fields[Action(action)]["URL"], fields[Action(action)]["Owner"] = true, true
				}
			}
		}
	}
	return fields
}

func setFields(c Change) (names []string) {
	for f, v := range reflect.ValueOf(c).Fields() {
		empty := v.Kind() == reflect.Slice && v.Len() == 0
		if !v.IsZero() && !empty {
			names = append(names, f.Name)
		}
	}
	return names
}

// generated is a plan of a few tasks and of what a server has of them, in every state that a server shows.
func generated(r *rand.Rand) Plan {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var desired []Desired
	var tasks []Task
	for i := range 1 + r.IntN(3) {
		d := want(fmt.Sprint("run_", i), "a", "b")
		d.Origin = manifest.Position{File: "cvatplan.yaml", Line: 1 + i}
		d.Settings = manifest.Settings{Subset: ptr("val"), Assignee: ptr("bob")}
		if r.IntN(2) == 0 {
			d.Settings.Jobs = &manifest.Jobs{Assignees: []string{"eve"}}
		}
		if r.IntN(2) == 0 {
			d.Update = []string{"all"}
		}
		if r.IntN(8) == 0 {
			d.Problems = []Diagnostic{{Code: "unreadable", Text: "frame a is no image"}}
		}
		desired = append(desired, d)
		for range r.IntN(3) {
			tasks = append(tasks, aTask(r, len(tasks)+1, one(d.Task, d.Task, d.Task, "stray"), d.Task))
		}
	}
	o := Options{ReplaceEmpty: r.IntN(2) == 0, CheckFrames: r.IntN(2) == 0, Offline: r.IntN(10) == 0}
	if r.IntN(3) == 0 {
		o.Target = []string{"run_0"}
	}
	if r.IntN(6) == 0 {
		o.Skip = []manifest.Skip{{Task: "run_0"}}
	}
	if o.Offline {
		return Diff(desired, Actual{}, o)
	}
	return Diff(desired, actual(tasks...), o)
}

func aTask(r *rand.Rand, id int, name, holds string) Task {
	t := called(name, task(id, []int{0, 0, 1, 2, 2, 2}[r.IntN(6)], []string{"", "J-1", Marker(hash), Marker(hash), Marker(other)}[r.IntN(5)]))
	t.URL = fmt.Sprint("https://cvat.example.com/tasks/", id)
	t.Settings = manifest.Settings{Subset: ptr([]string{"train", "val"}[r.IntN(2)]), Assignee: ptr("bob")}
	t.Jobs = jobsOf("")
	switch {
	case t.Size > 0:
		t.Frames = [][]string{{"a", "b"}, {"a", "c"}, {"b", "a"}}[r.IntN(3)][:t.Size]
	case r.IntN(2) == 0:
		t = with(t, []ImportState{ImportQueued, ImportFailed}[r.IntN(2)], "a message of the server's")
	}
	if name == "stray" && t.Size == 2 {
		t.Holds = holds
	}
	return t
}
