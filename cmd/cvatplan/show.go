package main

import (
	"context"

	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type showCmd struct {
	Plan   string `arg:"" name:"PLAN" help:"What plan --out saved."`
	Output string `enum:"text,json,markdown,html" default:"text" help:"text, json, markdown or html."`
}

// Help is what the command's help ends its description with.
func (showCmd) Help() string {
	return `Examples:

    cvatplan show my.plan
    cvatplan show --output html my.plan > plan.html`
}

// Run shows a saved plan as plan did; no server is asked.
func (c showCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	f, err := planfile.Load(c.Plan)
	if err != nil {
		return err
	}
	plans := f.Plans()
	if c.Output != "html" {
		return a.printPlans(c.Output, plans, report.HTMLOptions{})
	}
	return a.printPlans(c.Output, plans, a.pageOfSaved(ctx, savedFile{f, c.Plan}, plans))
}

// pageOfSaved takes the page's pictures from where the images lie, if they are here: the plan holds none.
func (a *app) pageOfSaved(ctx context.Context, saved savedFile, plans []plan.Plan) report.HTMLOptions {
	if a.Server == "" {
		a.Server = saved.Server
	}
	sessions, err := a.reopen(ctx, saved)
	if err != nil {
		a.warn("the page shows no images: " + err.Error())
		return report.HTMLOptions{}
	}
	return pageOf(ctx, sessions, plans)
}
