package main

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/apply"
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
	if !plan.HasChanges(p) {
		return nil, func(apply.Result) {}
	}
	shown := v.a.progress(p)
	v.a.retries.show(shown)
	return shown.Event, func(apply.Result) {
		v.a.retries.show(nil)
		shown.Close()
	}
}

// results says nothing where the plan said that nothing is to do.
func (v textView) results(plans []plan.Plan, results []apply.Result) error {
	if !plan.HasChanges(plans...) && !plan.HasProblems(plans...) {
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
