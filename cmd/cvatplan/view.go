package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/report/progress"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// An applyView shows what apply does, to a person or to a program.
type applyView interface {
	plan(plans []plan.Plan) error
	begin(p plan.Plan) (on func(apply.Event), done func(apply.Result))
	results(plans []plan.Plan, results []apply.Result) error
	end(err error) error // the last call; it passes the error on
}

func (c applyCmd) view(a *app) applyView {
	if c.Output == "json" {
		return streamView{a, report.NewStream(a.stdout, versionString())}
	}
	return textView{a}
}

type textView struct{ a *app }

func (v textView) plan(plans []plan.Plan) error {
	return report.Text(v.a.stdout, plans, v.a.textOptions(v.a.stdout))
}

func (v textView) begin(p plan.Plan) (func(apply.Event), func(apply.Result)) {
	if !plan.Count(p).Changes() {
		return nil, func(apply.Result) {}
	}
	shown := v.a.progress(p)
	v.a.retries.show(shown)
	return shown.Event, func(apply.Result) {
		v.a.retries.show(nil)
		shown.Close()
	}
}

// results says nothing where the plan said that there is nothing to do.
func (v textView) results(plans []plan.Plan, results []apply.Result) error {
	if !plan.Count(plans...).Changes() && !plan.Count(plans...).Problems() {
		return nil
	}
	_, err := fmt.Fprintln(v.a.stdout)
	if err != nil {
		return err
	}
	return report.ResultText(v.a.stdout, results, v.a.textOptions(v.a.stdout))
}

func (v textView) end(err error) error { return err }

// streamView writes NDJSON: a version line first, an exit_error line last on failure.
type streamView struct {
	a      *app
	stream *report.Stream
}

func (v streamView) plan(plans []plan.Plan) error {
	v.stream.Plan(plans)
	return nil
}

func (v streamView) begin(p plan.Plan) (func(apply.Event), func(apply.Result)) {
	run := v.stream.Run(p)
	return run.Event, run.Result
}

func (v streamView) results([]plan.Plan, []apply.Result) error { return nil }

func (v streamView) end(err error) error {
	code, message := codeOf(err), ""
	if err != nil {
		message = err.Error()
	}
	if broken := v.stream.Exit(code, message, advice.Of(err)); err == nil {
		return broken
	}
	return err
}

// A listener is notified of what a run does; *progress.Progress is one.
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
	if bars {
		allow(a.stderr, outlet.Cursor)
	}
	return a.announce(progress.New(a.stderr, p, progress.Options{Terminal: bars, Width: a.widthOf(a.stderr)}))
}

// An announcer shows a run, and says when it is interrupted.
type announcer struct {
	progress   *progress.Progress
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
	n.progress.Close()
}

// Event shows what happened to a task.
func (n *announcer) Event(e apply.Event) { n.progress.Event(e) }

// Retried counts a request that is sent again.
func (n *announcer) Retried() { n.progress.Retried() }

// retries shows that requests are sent again, so that waiting is no silence: to the progress display
// while there is one, and else in a line now and then.
type retries struct {
	w io.Writer

	mu    sync.Mutex
	shown listener  // nil: lines
	last  time.Time // of the last line
}

// often is the least time between two lines: one server in trouble makes many retries.
const often = 5 * time.Second

func (r *retries) report(e cvat.Retry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown != nil {
		r.shown.Retried()
		return
	}
	if time.Since(r.last) < often {
		return
	}
	r.last = time.Now()
	fmt.Fprintf(r.w, "cvatplan: trying again in %s: %s\n", e.Wait.Round(100*time.Millisecond), wording.Safe(e.Err.Error()))
}

// show makes the display count; nil ends that.
func (r *retries) show(shown listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown = shown
}
