package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestACrashExitsWithElevenAndNeverWithTwo(t *testing.T) {
	var stderr bytes.Buffer
	code := run([]string{"plan"}, strings.NewReader(""), io.Discard, &stderr, func(string) string { panic("boom") })
	if code != 11 || !strings.Contains(stderr.String(), "crashed: boom") || !strings.Contains(stderr.String(), "hint: this is a bug") {
		t.Errorf("exit code %d, and on stderr\n%s", code, &stderr)
	}
}

func TestOfSeveralExitCodesOfApplyTheGravestIsTaken(t *testing.T) {
	done := apply.TaskResult{Outcome: apply.Done}
	failed := apply.TaskResult{Outcome: apply.Failed, Err: errors.New("import failed")}
	refused := apply.TaskResult{Outcome: apply.Refused}
	for name, c := range map[string]struct {
		signal  os.Signal
		results []apply.Result
		want    int
	}{
		"nothing":              {nil, nil, 0},
		"all done":             {nil, []apply.Result{{Tasks: []apply.TaskResult{done}}}, 0},
		"no project":           {nil, []apply.Result{{Err: errors.New("none")}}, 1},
		"a task failed":        {nil, []apply.Result{{Err: errors.New("none")}, {Tasks: []apply.TaskResult{done, failed}}}, 3},
		"a conflict":           {nil, []apply.Result{{Tasks: []apply.TaskResult{failed, refused}}}, 5},
		"no right":             {nil, []apply.Result{{Tasks: []apply.TaskResult{failed, refused}, NotAllowed: cvat.ErrNotAuthorised}}, 4},
		"interrupted":          {os.Interrupt, []apply.Result{{Tasks: []apply.TaskResult{failed, refused}, NotAllowed: cvat.ErrNotAuthorised}}, 130},
		"a crash in one of it": {os.Interrupt, []apply.Result{{Tasks: []apply.TaskResult{failed}}, {Crash: errors.New("boom")}}, 11},
	} {
		a := &app{interrupts: &interrupts{got: c.signal}}
		if got := codeOf(a.applyCode(c.results, "")); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
}

func TestAnErrorBecomesOneExitCode(t *testing.T) {
	for want, err := range map[int]error{
		1:   errors.New("something"),
		4:   fmt.Errorf("task a: %w", errReadOnly),
		5:   exit(exitConflict),
		80:  usageError{errors.New("unknown flag")},
		130: fmt.Errorf("scan: %w", context.Canceled),
	} {
		if got := codeOf(err); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}

func TestAnErrorsPageIsNamedOnce(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{stderr: &stderr, interrupts: &interrupts{}}
	for range 3 {
		a.fail(withHint(errReadOnly, diag.Do(diag.HintVerbatim, "make another")))
	}
	const page = "cvatplan: hint: see https://github.com/cvatplan/cvatplan/blob/main/docs/errors.md#read_only_token\n"
	if got := stderr.String(); strings.Count(got, page) != 1 || strings.Count(got, "hint: make another") != 3 {
		t.Errorf("on stderr:\n%s", got)
	}
}

// A bag's fault blocks the tasks of all its cameras, and is one fault.
func TestWhatIsWrongWithABagIsSaidOnce(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{stderr: &stderr, interrupts: &interrupts{}}
	missing := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeIncompleteBag, Text: "bag run: its file b.mcap is missing"}
	left, right, other := missing, missing, missing
	left.Task, right.Task, other.Pos.Line = "left_run", "right_run", 7
	if worst := a.printProblems([]diag.Diagnostic{left, right, other}); worst != diag.Error || strings.Count(stderr.String(), "b.mcap") != 2 {
		t.Errorf("%v\n%s", worst, &stderr)
	}
}

func TestOnlyWhatAPersonMustDecideIsAConflict(t *testing.T) {
	passing, lasting := diag.Diagnostic{Code: diag.CodeTooManyFiles}, diag.Diagnostic{Code: diag.CodeCorruptImage}
	for name, c := range map[string]struct {
		reasons []diag.Diagnostic
		want    int
	}{
		"nothing is blocked":        {nil, exitOK},
		"by an image":               {[]diag.Diagnostic{lasting}, exitConflict},
		"for a moment":              {[]diag.Diagnostic{passing, passing}, exitTaskFailed},
		"one of it for good":        {[]diag.Diagnostic{passing, lasting}, exitConflict},
		"all, of which one for now": {[]diag.Diagnostic{lasting, passing}, exitConflict},
	} {
		if got := codeOfBlocked(c.reasons); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
	for what, err := range map[string]error{
		"bags":      bagsError{problems: []diag.Diagnostic{passing}},
		"manifests": &manifest.Error{Problems: []diag.Diagnostic{passing}},
	} {
		if got := exitCode(err); got != exitTaskFailed {
			t.Errorf("%s that could not be read for a moment: exit code %d", what, got)
		}
	}
}
