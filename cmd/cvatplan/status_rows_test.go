package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/report"
)

func TestStatusAddsUpWhatByNames(t *testing.T) {
	tasks := []observe.Progress{
		{Task: "jai_run10", Bag: "run10", Camera: "jai", Subset: "train", ID: 3, Frames: 20, Jobs: observe.Jobs{Count: 2, Completed: 2}},
		{Task: "jai_run2", Bag: "run2", Camera: "jai", ID: 1, Frames: 10, Jobs: observe.Jobs{Count: 2, Validation: 1, Completed: 1}, Assignees: map[string]observe.Jobs{
			"anna": {Count: 1, Completed: 1}, "": {Count: 1, Validation: 1},
		}},
		{Task: "d435_run2", Bag: "run2", Camera: "d435"},
	}
	done := report.StatusRow{Tasks: 1, Frames: 20, Jobs: 2, Completed: 2, IDs: []int{3}}
	half := report.StatusRow{Tasks: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}}
	missing := report.StatusRow{Tasks: 1, Missing: 1}
	named := func(name string, id int, r report.StatusRow) report.StatusRow {
		r.Name, r.ID = name, id
		return r
	}
	for by, want := range map[string][]report.StatusRow{
		"task": {named("d435_run2", 0, missing), named("jai_run2", 1, half), named("jai_run10", 3, done)},
		"bag": {
			{Name: "run2", Tasks: 2, Missing: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}},
			named("run10", 0, done),
		},
		"camera": {
			named("d435", 0, missing),
			{Name: "jai", Tasks: 2, Frames: 30, Jobs: 4, Validation: 1, Completed: 3, IDs: []int{3, 1}},
		},
		"subset": {
			{Name: "(none)", Tasks: 2, Missing: 1, Frames: 10, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{1}},
			named("train", 0, done),
		},
		"assignee": {
			{Name: "(none)", Tasks: 3, Missing: 1, Frames: 30, Jobs: 3, Validation: 1, Completed: 2, IDs: []int{3, 1}},
			{Name: "anna", Tasks: 1, Frames: 10, Jobs: 1, Completed: 1, IDs: []int{1}},
		},
	} {
		t.Run(by, func(t *testing.T) {
			got := statusCmd{By: by}.status(tasks)
			if diff := cmp.Diff(want, got.Rows); diff != "" {
				t.Error(diff)
			}
			total := report.StatusRow{Name: "total", Tasks: 3, Missing: 1, Frames: 30, Jobs: 4, Validation: 1, Completed: 3, IDs: []int{3, 1}}
			if diff := cmp.Diff(total, got.Total); diff != "" {
				t.Error(diff)
			}
		})
	}
}
