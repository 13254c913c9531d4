package main

import (
	"context"
	"errors"
	"io"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A bagsError says that entries of a manifest gave nothing; each problem was printed before.
type bagsError struct {
	problems []diag.Diagnostic
	rest     bool // and other entries did give tasks
}

func (e bagsError) Error() string {
	if e.rest {
		return "not all bags are as the manifest says; all that is told here is of the others"
	}
	return "the bags are not as the manifest says; nothing was planned"
}

// partly is the end of a command that did what it could although entries of the manifests gave
// nothing: any other end counts for more.
func (a *app) partly(err error) error {
	if len(a.wrong) == 0 {
		return err
	}
	wrong := bagsError{a.wrong, true}
	if err == nil {
		return wrong
	}
	a.printError(wrong)
	return err
}

// mistakesOf are what an error tells, one by one; none where the command line is wrong or somebody
// ended the program.
func mistakesOf(err error) []diag.Diagnostic {
	var inManifest *manifest.Error
	var inBags bagsError
	var usage usageError
	var code exit
	switch {
	case errors.As(err, &usage), errors.As(err, &code), errors.Is(err, context.Canceled):
		return nil
	case errors.As(err, &inManifest):
		return inManifest.Problems
	case errors.As(err, &inBags):
		return inBags.problems
	}
	return []diag.Diagnostic{{Severity: diag.Error, Code: cvat.Code(err), Text: err.Error(), Hint: diag.HintOf(err)}}
}

// unplanned says why there is no plan where a plan was asked for; stderr has it in any case.
func (c planCmd) unplanned(a *app, err error) error {
	wrong := mistakesOf(err)
	if len(wrong) == 0 {
		return err
	}
	markdown := func(w io.Writer) error { return report.Markdown(w, nil, report.MarkdownOptions{Errors: wrong}) }
	return errors.Join(err, c.printMistakes(a, wrong), c.summarize(a, markdown))
}

func (c planCmd) printMistakes(a *app, wrong []diag.Diagnostic) error {
	switch c.Output {
	case "json":
		return report.JSON(a.stdout, nil, report.JSONOptions{Version: versionString(), Errors: wrong})
	case "markdown":
		return report.Markdown(a.stdout, nil, report.MarkdownOptions{Errors: wrong})
	case "html":
		return report.HTML(a.stdout, nil, report.HTMLOptions{Errors: wrong})
	}
	return nil
}
