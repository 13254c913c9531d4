package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/pkg/report"
)

// summarize appends the plan to the summary of the GitHub Actions job, where that is asked for.
func (c planCmd) summarize(a *app, plans []plan.Plan) error {
	if !c.StepSummary {
		return nil
	}
	name := a.getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return usageError{errors.New("--step-summary: GITHUB_STEP_SUMMARY names no file")}
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--step-summary: %w", err)
	}
	return errors.Join(report.Markdown(f, plans, report.MarkdownOptions{}), f.Close())
}
