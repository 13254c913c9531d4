package main

import (
	"github.com/cvatplan/cvatplan/internal/report/progress"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A listener is told what a run does; *progress.Progress is one.
type listener interface {
	Event(apply.Event)
	Retried()
	Close()
}

type quietProgress struct{}

func (quietProgress) Event(apply.Event) {}
func (quietProgress) Retried()          {}
func (quietProgress) Close()            {}

// progress shows a run on stderr: bars on a terminal, plain lines elsewhere and where CI
// is set, whose logs know no cursor.
func (a *app) progress(p plan.Plan) listener {
	if a.Quiet {
		return quietProgress{}
	}
	bars := isTerminal(a.stderr) && a.getenv("CI") == "" && a.getenv("TERM") != "dumb"
	return a.announce(progress.New(a.stderr, p, progress.Options{Terminal: bars, Width: widthOf(a.stderr)}))
}

// An announcer shows a run, and says when it is interrupted.
type announcer struct {
	*progress.Progress
	over, done chan struct{}
}

func (a *app) announce(p *progress.Progress) *announcer {
	n := &announcer{p, make(chan struct{}), make(chan struct{})}
	go a.crashes.Guard(func() {
		defer close(n.done)
		select {
		case <-a.interrupts.ctx.Done():
			p.Say("cvatplan: interrupted: ending as soon as what is being sent has arrived; a second time ends at once")
		case <-n.over:
		}
	})
	return n
}

func (n *announcer) Close() {
	close(n.over)
	<-n.done
	n.Progress.Close()
}
