package report

import (
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A fold is one <details>: whole, or left out.
type fold struct {
	text  string
	tasks int
}

// maxFold is how long a fold grows, in bytes, before its bag goes on in another one.
const maxFold = 6000

// foldsOf writes the bags of one plan; several plans are distinguished by their projects.
func foldsOf(p plan.Plan, severalPlans bool) []fold {
	var folds []fold
	for _, g := range grouped(p.Changes) {
		title := "bag " + g.bag
		if severalPlans {
			title += " in project " + p.Scope.Project
		}
		folds = append(folds, foldGroup(g, title)...)
	}
	return folds
}

const foldColumns = "| | camera | task | frames | to upload | why |\n| :-- | :-- | :-- | --: | --: | :-- |\n"

// foldGroup writes a bag's table, in as many folds as it takes.
func foldGroup(g group, title string) []fold {
	var folds []fold
	for rest := g.changes; len(rest) > 0; {
		var rows strings.Builder
		n := 0
		for ; n < len(rest) && rows.Len() < maxFold; n++ {
			rows.WriteString(foldRow(rest[n]))
		}
		folds = append(folds, fold{tasks: n, text: fmt.Sprintf(
			"<details%s><summary>%s: %s</summary>\n\n%s%s\n</details>\n",
			openIf(g.urgent()), prose(title), prose(words(countActions(rest[:n]))), foldColumns, rows.String())})
		rest = rest[n:]
	}
	return folds
}

// openIf unfolds what a person must look at.
func openIf(urgent bool) string {
	if urgent {
		return " open"
	}
	return ""
}

func foldRow(c plan.Change) string {
	camera := markdown("")
	if c.Camera != "" {
		camera = code(c.Camera)
	}
	cells := []markdown{
		signText(c.Action), camera, link(code(c.Task), c.URL), markdown(frames(c.Frames)), markdown(size(c)), why(c),
	}
	var b strings.Builder
	for _, cell := range cells {
		b.WriteString("| " + string(cell) + " ")
	}
	return b.String() + "|\n"
}

// why is the reason, and the facts below it.
func why(c plan.Change) markdown {
	lines := []markdown{prose(reason(c))}
	for _, f := range factsOf(c) {
		if f.label == "task" && len(c.Actual) <= 1 {
			continue // the task's name is the link already
		}
		lines = append(lines, factLines(f)...)
	}
	return markdown(joined(lines, "<br>"))
}

// shownInCell is how many names or sentences one cell lists.
const shownInCell = 5

func factLines(f fact) []markdown {
	label := markdown(f.label) + ": "
	if len(f.lines) > 0 {
		return listed(label, f.lines, prose)
	}
	line := label + link(prose(f.text), f.url)
	if len(f.names) > 0 {
		line += ": " + markdown(joined(listed("", f.names, code), ", "))
	}
	return []markdown{line}
}

// listed writes the first few of a list, and how many more there are.
func listed(label markdown, all []string, write func(string) markdown) []markdown {
	var lines []markdown
	for _, s := range all[:min(len(all), shownInCell)] {
		lines = append(lines, label+write(s))
	}
	if rest := len(all) - len(lines); rest > 0 {
		lines = append(lines, markdown(fmt.Sprintf("… and %d more", rest)))
	}
	return lines
}

func joined(parts []markdown, by string) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(string(p))
	}
	return b.String()
}

// leftOut replaces the folds that did not fit; it has room for any count.
const leftOut = "\n*%d tasks are left out here: the JSON and HTML outputs have them all.*\n\n"

// fit joins the folds within room bytes: three quarters from the beginning, the
// rest from the end.
func fit(folds []fold, room int) string {
	total := 0
	for _, f := range folds {
		total += len(f.text)
	}
	if total <= room {
		return texts(folds)
	}
	room -= len(leftOut) + 20
	head, tail := 0, len(folds)
	for used := 0; head < tail && used+len(folds[head].text) <= room*3/4; head++ {
		used += len(folds[head].text)
	}
	for used := len(texts(folds[:head])); tail > head && used+len(folds[tail-1].text) <= room; tail-- {
		used += len(folds[tail-1].text)
	}
	missing := 0
	for _, f := range folds[head:tail] {
		missing += f.tasks
	}
	return texts(folds[:head]) + fmt.Sprintf(leftOut, missing) + texts(folds[tail:])
}

func texts(folds []fold) string {
	var b strings.Builder
	for _, f := range folds {
		b.WriteString(f.text)
	}
	return b.String()
}
