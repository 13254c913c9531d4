package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// printError says on stderr what ended the command, or a part of it.
func (a *app) printError(err error) {
	var mistakes *manifest.Error
	if errors.As(err, &mistakes) { // each begins its line, as editors and CI want it
		fmt.Fprintf(a.stderr, "cvatplan: %s:\n", wording.Count(len(mistakes.Problems), "error", "errors"))
		report.Mistakes(a.stderr, mistakes.Problems)
		a.hint(diag.Hint{}, diag.CodeBadManifest)
		return
	}
	// A name with a line's end begins no line of its own: CI takes lines such as ::error:: for commands to itself.
	for i, line := range strings.Split(err.Error(), "\n") {
		if i > 0 && strings.HasPrefix(line, "  ") && !strings.HasPrefix(strings.TrimSpace(line), "::") {
			fmt.Fprintln(a.stderr, line) // one of the things that the line before it is about
			continue
		}
		fmt.Fprintf(a.stderr, "cvatplan: error: %s\n", line)
	}
	a.hint(cmp.Or(diag.HintOf(err), a.usageOf(err)), cvat.Code(err))
}

// usageOf is the command that shows how a command line is to be written, if that is what is wrong.
func (a *app) usageOf(err error) diag.Hint {
	var usage usageError
	switch {
	case !errors.As(err, &usage):
		return diag.Hint{}
	case a.command == "":
		return diag.Do(diag.HintShowHelp)
	}
	return diag.Do(diag.HintShowCommandHelp, a.command)
}

// printProblems says on stderr what was found in the dataset, and returns the worst of it. What is wrong with a bag
// is said once, though it blocks the tasks of each of its cameras.
func (a *app) printProblems(problems []diag.Diagnostic) diag.Severity {
	type line struct {
		at   manifest.Position
		text string
	}
	worst, said := diag.Note, map[line]bool{}
	for _, p := range problems {
		worst = max(worst, p.Severity)
		if l := (line{p.Pos, p.Text}); !said[l] && (p.Severity == diag.Error || !a.Quiet) {
			said[l] = true
			a.printProblem(p)
		}
	}
	return worst
}

func (a *app) printProblem(p diag.Diagnostic) {
	place := ""
	if p.Pos.Line > 0 {
		place = p.Pos.String() + ": "
	}
	fmt.Fprintf(a.stderr, "cvatplan: %s: %s%s\n", p.Severity, place, wording.Safe(p.Text))
	if p.Severity == diag.Note {
		p.Code = "" // says enough by itself
	}
	a.hint(p.Hint, p.Code)
}

// A hinted error carries advice apart from the error: the command or the change that fixes it.
type hinted struct {
	error
	hint diag.Hint
}

func (h hinted) Unwrap() error   { return h.error }
func (h hinted) Hint() diag.Hint { return h.hint }

// withHint adds advice to an error.
func withHint(err error, hint diag.Hint) error {
	return hinted{err, hint}
}

// A coded error is one that docs/errors.md explains.
type coded struct {
	error
	code diag.Code
}

func (c coded) Unwrap() error   { return c.error }
func (c coded) Code() diag.Code { return c.code }

// withCode says which section of docs/errors.md explains an error.
func withCode(code diag.Code, err error) error { return coded{err, code} }

// hint prints advice to stderr; after the first of each code, where more is to be read.
func (a *app) hint(h diag.Hint, code diag.Code) {
	if text := advice.Words(h); text != "" {
		fmt.Fprintf(a.stderr, "cvatplan: hint: %s\n", wording.Safe(text))
	}
	if url := report.HelpURL(code); url != "" && !a.linked[url] {
		if a.linked == nil {
			a.linked = map[string]bool{}
		}
		a.linked[url] = true
		fmt.Fprintf(a.stderr, "cvatplan: hint: see %s\n", url)
	}
}

// A bagsError says that entries of a manifest gave nothing; each problem was printed before.
type bagsError struct {
	problems []diag.Diagnostic
	rest     bool // and other entries did give tasks
}

func (e bagsError) Error() string {
	if e.rest {
		return "not all bags are as the manifest says; all that follows is about the others"
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
