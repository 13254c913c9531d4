package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

func TestResultTextSaysWhatBecameOfEachTask(t *testing.T) {
	cases := map[string]struct {
		results []apply.Result
		o       TextOptions
	}{
		"result_none.txt":         {nil, TextOptions{}},
		"result_empty.txt":        {[]apply.Result{{Project: orchard}}, TextOptions{}},
		"result_one.txt":          {oneResult(), TextOptions{}},
		"result_many.txt":         {manyResults(), TextOptions{}},
		"result_many_verbose.txt": {manyResults(), TextOptions{Verbose: true, Width: 100}},
		"result_many_quiet.txt":   {manyResults(), TextOptions{Quiet: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, render(t, func(b *bytes.Buffer) error { return ResultText(b, c.results, c.o) }))
		})
	}
}

func TestResultTextOfTenThousandTasksListsWhatWasDone(t *testing.T) {
	got := string(render(t, func(b *bytes.Buffer) error { return ResultText(b, bigResult(), TextOptions{}) }))
	if n := strings.Count(got, "✓ done"); n != 1000 {
		t.Errorf("%d done, want 1000", n)
	}
	if want := "Apply: 1000 done, 0 failed, 9000 unchanged. 50000 images, 476.8 MiB sent.\n"; !strings.HasSuffix(got, want) {
		t.Errorf("it ends in %q, want %q", got[len(got)-len(want):], want)
	}
}

func TestResultTextHasNoByteThatATerminalObeys(t *testing.T) {
	got := render(t, func(b *bytes.Buffer) error { return ResultText(b, manyResults(), TextOptions{Verbose: true}) })
	for line := range strings.Lines(string(got)) {
		if line = strings.TrimSuffix(line, "\n"); !wording.IsSafe(line) {
			t.Errorf("%q", line)
		}
	}
}

func TestAHintOfSeveralTasksIsSaidOnceUnderTheLast(t *testing.T) {
	refused := func(task, hint string) apply.TaskResult {
		return apply.TaskResult{Task: task, Outcome: apply.Refused, Reason: diag.Diagnostic{Code: diag.CodeMissingBag, Text: "not here", Hint: say(hint)}}
	}
	results := []apply.Result{{Project: orchard, Tasks: []apply.TaskResult{refused("a", "bring it"), refused("b", "bring it"), refused("c", "wait")}}}
	got := string(render(t, func(b *bytes.Buffer) error { return ResultText(b, results, TextOptions{}) }))
	_, below, _ := strings.Cut(got, "refused    b")
	if strings.Count(got, "bring it") != 1 || !strings.Contains(below, "bring it") || !strings.Contains(below, "wait") {
		t.Errorf("hints are not said once each:\n%s", got)
	}
}
