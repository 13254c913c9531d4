package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// summaryFlag is of commands whose result a GitHub Actions job may show on its page.
type summaryFlag struct {
	StepSummary bool `help:"Append the result as Markdown to the file that GITHUB_STEP_SUMMARY names."`
}

// checkSummary finds out before any work that there is no such file.
func (f summaryFlag) checkSummary(a *app) error {
	if f.StepSummary && a.getenv("GITHUB_STEP_SUMMARY") == "" {
		return usageError{errors.New("--step-summary: GITHUB_STEP_SUMMARY names no file")}
	}
	return nil
}

// summarize appends what write writes, where that is asked for.
func (f summaryFlag) summarize(a *app, write func(io.Writer) error) error {
	if !f.StepSummary {
		return nil
	}
	file, err := os.OpenFile(a.getenv("GITHUB_STEP_SUMMARY"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--step-summary: %w", err)
	}
	return errors.Join(write(file), file.Close())
}
