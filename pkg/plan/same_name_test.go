package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestTasksOfOneNameAreDistinguished(t *testing.T) {
	in := func(file string, line int) manifest.Position {
		return manifest.Position{File: file, Line: line, Column: 5}
	}
	tests := map[string]struct {
		one, other Desired
		text, hint string
	}{
		"in two parents": {
			Desired{Bag: "a/run", Origin: in("m.yaml", 5)}, Desired{Bag: "b/run", Origin: in("m.yaml", 5)},
			"bag a/run and bag b/run would both be task t", `let task.name say more, for example "{parent}_{bag}"`,
		},
		"by a name that says nothing": {
			Desired{Bag: "run_1", Camera: "left", Origin: in("m.yaml", 5)}, Desired{Bag: "run_2", Camera: "left", Origin: in("m.yaml", 5)},
			"bag run_1 (camera left) and bag run_2 (camera left) would both be task t", `let task.name say more, for example "{camera}_{bag}"`,
		},
		"of two cameras": {
			Desired{Bag: "run_1", Camera: "left", Origin: in("m.yaml", 5)}, Desired{Bag: "run_1", Camera: "right", Origin: in("m.yaml", 5)},
			"bag run_1 (camera left) and bag run_1 (camera right) would both be task t", `let task.name say more, for example "{camera}_{bag}"`,
		},
		"of two kinds of recording": {
			Desired{Bag: "run.bag", Origin: in("m.yaml", 5)}, Desired{Bag: "run.mcap", Origin: in("m.yaml", 5)},
			"bag run.bag and bag run.mcap would both be task t", `let task.name say more, for example "{rel}"`,
		},
		"in two Unicode forms": {
			Desired{Bag: "caf\u00e9", Origin: in("m.yaml", 5)}, Desired{Bag: "cafe\u0301", Origin: in("m.yaml", 5)},
			`bag "caf\u00e9" and bag "cafe\u0301" would both be task t`,
			"rename one of the bags: their names differ in the Unicode form only, which nobody sees",
		},
		"by one manifest that is given twice": {
			Desired{Bag: "run", Origin: in("m.yaml", 5)}, Desired{Bag: "run", Origin: in("m.yaml", 5)},
			"bag run in m.yaml:5:5 and bag run in m.yaml:5:5 would both be task t", "name m.yaml once only",
		},
		"by two manifests": {
			Desired{Bag: "run", Origin: in("a.yaml", 5)}, Desired{Bag: "run", Origin: in("b.yaml", 6)},
			"bag run in a.yaml:5:5 and bag run in b.yaml:6:5 would both be task t",
			"leave the bag out of one of the manifests, or let their task.name differ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.one.Task, tt.other.Task = "t", "t"
			p := Diff([]Desired{tt.one, tt.other}, Actual{}, Options{})
			for _, c := range p.Changes {
				if c.Action != Conflict || c.Reason.Code != diag.CodeSameName {
					t.Errorf("%s %s", c.Action, c.Reason.Code)
				}
				if diff := cmp.Diff([]string{tt.text, tt.hint}, []string{c.Reason.Text, advice.Words(c.Reason.Hint)}); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
