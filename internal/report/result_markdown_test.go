package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestResultMarkdownOpensWhatWentWrong(t *testing.T) {
	cases := map[string][]apply.Result{
		"result_none.md": nil, "result_empty.md": {{Project: orchard}}, "result_one.md": oneResult(), "result_many.md": manyResults(),
	}
	for name, results := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, render(t, func(b *bytes.Buffer) error { return ResultMarkdown(b, results) }))
		})
	}
}

func TestResultMarkdownOfTenThousandTasksStaysBelowItsBound(t *testing.T) {
	results := bigResult()
	for i := range results[0].Tasks {
		results[0].Tasks[i].Outcome = apply.Done
	}
	got := string(render(t, func(b *bytes.Buffer) error { return ResultMarkdown(b, results) }))
	if len(got) > MaxMarkdown || len(got) < MaxMarkdown*9/10 {
		t.Errorf("%d bytes, want nearly %d", len(got), MaxMarkdown)
	}
	for _, want := range []string{"`run-00000`", "`run-09999`", "tasks are left out here"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s", want)
		}
	}
}

func TestResultMarkdownOfAThousandProjectsStaysBelowItsBound(t *testing.T) {
	results := make([]apply.Result, 1000)
	for i := range results {
		results[i] = manyResults()[i%2]
		results[i].Hints = []plan.Hint{say(strings.Repeat("@", 500))}
	}
	if got := render(t, func(b *bytes.Buffer) error { return ResultMarkdown(b, results) }); len(got) > MaxMarkdown {
		t.Errorf("%d bytes, want at most %d", len(got), MaxMarkdown)
	}
}
