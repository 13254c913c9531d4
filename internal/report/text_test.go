package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestTextIsWhatAPersonReads(t *testing.T) {
	cases := map[string]struct {
		plans []plan.Plan
		o     TextOptions
	}{
		"offline.txt":      {offlinePlan(), TextOptions{}},
		"empty.txt":        {emptyPlan(), TextOptions{}},
		"one.txt":          {onePlan(), TextOptions{}},
		"two.txt":          {twoPlans(), TextOptions{}},
		"many.txt":         {manyPlan(), TextOptions{}},
		"many_verbose.txt": {manyPlan(), TextOptions{Verbose: true}},
		"many_quiet.txt":   {manyPlan(), TextOptions{Quiet: true}},
		"many_narrow.txt":  {manyPlan(), TextOptions{Width: 80}},
		"many_colour.txt":  {manyPlan(), TextOptions{Palette: Palette{on: true}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, render(t, func(b *bytes.Buffer) error { return Text(b, c.plans, c.o) }))
		})
	}
}

func TestTextOfTenThousandTasksListsOnlyWhatIsToDo(t *testing.T) {
	got := string(render(t, func(b *bytes.Buffer) error { return Text(b, bigPlan(), TextOptions{}) }))
	if n := strings.Count(got, "+ create"); n != 1000 {
		t.Errorf("%d lines to create, want 1000", n)
	}
	want := "Plan: 1000 to create, 0 to resume, 0 in conflict, 0 drifted, 9000 unchanged. 3000 images, 286.1 MiB to upload.\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("it ends in %q, want %q", got[len(got)-len(want):], want)
	}
	verbose := string(render(t, func(b *bytes.Buffer) error { return Text(b, bigPlan(), TextOptions{Verbose: true}) }))
	if n := strings.Count(verbose, "= unchanged"); n != 9000 {
		t.Errorf("%d unchanged lines with Verbose, want 9000", n)
	}
}

func TestTextHasNoByteThatATerminalObeys(t *testing.T) {
	for line := range strings.Lines(string(render(t, func(b *bytes.Buffer) error {
		return Text(b, manyPlan(), TextOptions{Verbose: true})
	}))) {
		if line = strings.TrimSuffix(line, "\n"); !wording.IsSafe(line) {
			t.Errorf("%q", line)
		}
	}
}

func TestTextFitsTheTerminalWhereWordsAllow(t *testing.T) {
	got := string(render(t, func(b *bytes.Buffer) error { return Text(b, manyPlan(), TextOptions{Width: 100}) }))
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		if w := cells.StringWidth(line); w > 100 && !strings.Contains(line, "onerror") && !strings.HasPrefix(line, "Plan:") && !strings.HasPrefix(line, "note:") && !strings.Contains(line, helpPage) {
			t.Errorf("%d cells: %s", w, line)
		}
	}
}

func TestColourIsNeverTheOnlySign(t *testing.T) {
	plain := render(t, func(b *bytes.Buffer) error { return Text(b, manyPlan(), TextOptions{}) })
	coloured := render(t, func(b *bytes.Buffer) error { return Text(b, manyPlan(), TextOptions{Palette: Palette{on: true}}) })
	if got := stripColour(string(coloured)); got != string(plain) {
		t.Errorf("without its colours the text is another:\n%s", got)
	}
}

func stripColour(s string) string {
	for _, c := range []string{"0", "1", "2", "31", "32", "33", "35", "36"} {
		s = strings.ReplaceAll(s, "\x1b["+c+"m", "")
	}
	return s
}

// A row that a terminal breaks is not read: names lose their middle there, and only there.
func TestRowsFitATerminalOf80Cells(t *testing.T) {
	p := plan.Plan{Scope: scope}
	for _, name := range []string{strings.Repeat("果樹園", 20), strings.Repeat("ＦＵＬＬ", 15), strings.Repeat("e\u0301", 90), strings.Repeat("👩\u200d👧", 20)} {
		p.Changes = append(p.Changes, plan.Change{Action: plan.Create, Frames: 12, Bytes: 1 << 20, Upload: true, Task: name + "_0", Reason: plan.Diagnostic{Text: "no task has this name"}})
	}
	for i := range 3 {
		p.Changes = append(p.Changes, plan.Change{Action: plan.Create, Frames: 1200 + i, Bytes: 123 << 20, Upload: true,
			Task: fmt.Sprintf("jai_cam_%s_%d", strings.Repeat("north_side_", 9), i), Reason: plan.Diagnostic{Text: "no task has this name"}})
	}
	narrow := string(render(t, func(b *bytes.Buffer) error { return Text(b, []plan.Plan{p}, TextOptions{Width: 80}) }))
	for line := range strings.Lines(narrow) {
		if w := cells.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 && !strings.HasPrefix(line, "Plan:") {
			t.Errorf("%d cells: %s", w, line)
		}
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("blanks end %q: a reason that is said above leaves no line of its own", line)
		}
	}
	whole := string(render(t, func(b *bytes.Buffer) error { return Text(b, []plan.Plan{p}, TextOptions{}) }))
	for i, c := range p.Changes[len(p.Changes)-3:] {
		if !strings.Contains(whole, c.Task) || !strings.Contains(narrow, fmt.Sprintf("side__%d ", i)) {
			t.Errorf("%s: which one it is must be seen:\n%s%s", c.Task, narrow, whole)
		}
	}
	if strings.Count(whole, "no task has this name") != 1 {
		t.Errorf("one reason of all rows is said once:\n%s", whole)
	}
}
