package main

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A targetFlag restricts a command to some tasks. A comma belongs to the glob: {a,b}.
type targetFlag struct {
	Target []string `sep:"none" placeholder:"GLOB" help:"Only the tasks of these names or globs; may be given several times."`
}

func (f targetFlag) checkTarget() error { return checkGlobs(f.Target) }

func (f targetFlag) targets(task string) bool {
	fits := func(glob string) bool { return plan.MatchName(glob, task) }
	return len(f.Target) == 0 || slices.ContainsFunc(f.Target, fits)
}

func checkGlobs(globs []string) error {
	for _, glob := range globs {
		if !plan.ValidGlob(glob) {
			return usageError{fmt.Errorf("%q is no glob", glob)}
		}
	}
	return nil
}
