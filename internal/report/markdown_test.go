package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func toMarkdown(t *testing.T, plans []plan.Plan, o MarkdownOptions) string {
	t.Helper()
	return string(render(t, func(b *bytes.Buffer) error { return Markdown(b, plans, o) }))
}

func TestMarkdownHasCountsOutsideTheFold(t *testing.T) {
	broken := []diag.Diagnostic{{
		Pos: manifest.Position{File: "b.yaml", Line: 3, Column: 7}, Text: `unknown key "projct"`, Hint: say(`did you mean "project"?`),
	}}
	cases := map[string]struct {
		plans []plan.Plan
		o     MarkdownOptions
	}{
		"offline.md": {offlinePlan(), MarkdownOptions{}},
		"empty.md":   {emptyPlan(), MarkdownOptions{}},
		"none.md":    {nil, MarkdownOptions{}},
		"one.md":     {onePlan(), MarkdownOptions{}},
		"two.md":     {twoPlans(), MarkdownOptions{}},
		"many.md":    {manyPlan(), MarkdownOptions{}},
		"partly.md":  {onePlan(), MarkdownOptions{Errors: broken}},
		"errors.md":  {nil, MarkdownOptions{Errors: broken}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, []byte(toMarkdown(t, c.plans, c.o)))
		})
	}
}

var taskCounts = regexp.MustCompile(`<summary>[^<]*?: (\d+) create</summary>|\*(\d+) tasks are left out`)

func TestMarkdownOfTenThousandTasksKeepsHeadAndTail(t *testing.T) {
	got := toMarkdown(t, bigPlan(), MarkdownOptions{})
	if len(got) > MaxMarkdown || len(got) < MaxMarkdown*9/10 {
		t.Errorf("%d bytes, want nearly %d", len(got), MaxMarkdown)
	}
	if !strings.HasPrefix(got, Marker+"\n") {
		t.Errorf("it begins with %q", got[:40])
	}
	for _, want := range []string{"| 1000 | 3000 | 286.1 MiB |", "`jai_cam_run-00000`", "`jai_cam_run-04995`", "left out here"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	total := 0
	for _, m := range taskCounts.FindAllStringSubmatch(got, -1) {
		var n int
		fmt.Sscan(m[1]+m[2], &n)
		total += n
	}
	if total != 1000 {
		t.Errorf("shown and left out are %d tasks together, want 1000", total)
	}
	if opened, closed := strings.Count(got, "<details"), strings.Count(got, "</details>"); opened != closed {
		t.Errorf("%d <details> opened, %d closed", opened, closed)
	}
}

// The longest that a hostile plan can be made: every bound is reached.
func TestMarkdownStaysBelowItsBoundWhateverItShows(t *testing.T) {
	long := strings.Repeat("@*<\u202e", 5000)
	var want []plan.Desired
	for i := range 40 {
		d := wanted(long, fmt.Sprint("one bag", i%2), 20)
		d.Task = long + fmt.Sprint(i)
		for _, f := range d.Frames {
			d.Problems = append(d.Problems, diag.Diagnostic{Code: "x", Text: f + long, Hint: say(long)})
		}
		want = append(want, d)
	}
	p := plan.Diff(want, observed(), plan.Options{})
	for i := range 100 {
		p.Notes = append(p.Notes, plan.Note{Code: "x", Text: fmt.Sprint(i, long)})
	}
	errors := make([]diag.Diagnostic, 100)
	for i := range errors {
		errors[i] = diag.Diagnostic{Text: long, Hint: say(long), Pos: manifest.Position{File: long, Line: i}}
	}
	if got := toMarkdown(t, []plan.Plan{p, p, p}, MarkdownOptions{Errors: errors}); len(got) > MaxMarkdown {
		t.Errorf("%d bytes, want at most %d", len(got), MaxMarkdown)
	}
}

func TestMarkdownNamesAreNeverMarkup(t *testing.T) {
	cases := map[string]struct {
		in          string
		code, prose markdown
	}{
		"plain":     {"jai_cam", "`jai_cam`", "jai&#95;cam"},
		"backtick":  {"a`b", "``a`b``", "a&#96;b"},
		"backticks": {"``", "``` `` ```", "&#96;&#96;"},
		"pipe":      {"a|b", "`a\\|b`", "a&#124;b"},
		"html":      {"<img>", "`<img>`", "&#60;img&#62;"},
		"entity":    {"&lt;", "`&lt;`", "&#38;<!-- -->lt;"},
		"mention":   {"@anna", "`@anna`", "&#64;<!-- -->anna"},
		"issue":     {"#12", "`#12`", "&#35;<!-- -->12"},
		"link":      {"[a](b)", "`[a](b)`", "&#91;a&#93;(b)"},
		"address":   {"https://x.y", "`https://x.y`", "https&#58;//x.y"},
		"line":      {"a\nb", "`a\\nb`", "a&#92;nb"},
		"blank":     {" ", "(blank)", " "},
		"marker":    {"-->", "`-->`", "--&#62;"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := code(c.in); got != c.code {
				t.Errorf("code(%q) = %s, want %s", c.in, got, c.code)
			}
			if got := prose(c.in); got != c.prose {
				t.Errorf("prose(%q) = %s, want %s", c.in, got, c.prose)
			}
		})
	}
}

func TestMarkdownLinksOnlyToTheWeb(t *testing.T) {
	cases := map[string]struct {
		url  string
		want markdown
	}{
		"a task":      {"https://cvat.example.com/tasks/812", "[x](https://cvat.example.com/tasks/812)"},
		"parenthesis": {"http://h/a) [y](z", "[x](http://h/a%29%20%5By%5D%28z)"},
		"javascript":  {"javascript:alert(1)", "x"},
		"none":        {"", "x"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := link("x", c.url); got != c.want {
				t.Errorf("link = %s, want %s", got, c.want)
			}
		})
	}
}
