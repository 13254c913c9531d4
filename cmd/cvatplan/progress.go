package main

import (
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/pkg/report/progress"
)

// A listener is told what a run does; *progress.Progress is one.
type listener interface {
	Event(apply.Event)
	Close()
}

type quietProgress struct{}

func (quietProgress) Event(apply.Event) {}
func (quietProgress) Close()            {}

// progress shows a run on stderr: bars on a terminal, plain lines elsewhere and where CI
// is set, whose logs know no cursor.
func (a *app) progress(p plan.Plan) listener {
	if a.Quiet {
		return quietProgress{}
	}
	bars := isTerminal(a.stderr) && a.getenv("CI") == "" && a.getenv("TERM") != "dumb"
	return progress.New(a.stderr, p, progress.Options{Terminal: bars})
}
