package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A fact is one line of detail under a change. The renderers for people show the
// same facts; each escapes them in its own way, and bounds the list of names.
type fact struct {
	label string // "server", "manifest", "missing", "extra", "task", "removes", "problems", "from", "puts", "context", "hint"
	text  string
	names []string // of frames, any number
	lines []string // instead of text: several sentences, any number
	url   string   // of a task; of what explains a hint
}

// factsOf is all that there is to say about a change beyond its line.
func factsOf(c plan.Change) []fact {
	var facts []fact
	facts = append(facts, updates(c)...)
	facts = append(facts, context(c)...)
	facts = append(facts, annotations(c)...)
	facts = append(facts, differences(c)...)
	facts = append(facts, tasks(c)...)
	facts = append(facts, problems(c)...)
	if pos := c.Origin.String(); pos != "" && blocking(c.Action) {
		facts = append(facts, fact{label: "from", text: pos})
	}
	if c.Reason.Hint != (diag.Hint{}) {
		facts = append(facts, fact{label: "hint", text: advice.Words(c.Reason.Hint), url: HelpURL(c.Reason.Code)})
	}
	return facts
}

// problems are the local frames that are bad, where there are several; one alone is the reason.
func problems(c plan.Change) []fact {
	if !bad(c) {
		return nil
	}
	texts := make([]string, len(c.Desired.Problems))
	for i, p := range c.Desired.Problems {
		texts[i] = p.Text
	}
	return []fact{{label: "problems", lines: texts}}
}

// bad says that a change is blocked by several of its local frames.
func bad(c plan.Change) bool {
	return c.Action == plan.Blocked && len(c.Desired.Problems) > 1 && c.Reason.Code == c.Desired.Problems[0].Code
}

// reason is why, in a few words.
func reason(c plan.Change) string {
	if bad(c) {
		what := " with its local frames"
		if c.Reason.Code == diag.CodePredictions {
			what = " with its predictions"
		}
		return wording.Count(len(c.Desired.Problems), "problem", "problems") + what
	}
	return c.Reason.Text
}

// blocking actions are about something in the manifest's own place, which is shown.
func blocking(a plan.Action) bool { return a == plan.Blocked || a == plan.Conflict }

// undecided actions are for a person to decide about: exit code 5.
func undecided(a plan.Action) bool { return blocking(a) || a == plan.Renamed }

// updates are what apply changes in a task that has its frames, a line each.
func updates(c plan.Change) []fact {
	var facts []fact
	if len(c.Updates) > 0 {
		facts = append(facts, fact{label: "update", lines: changeTexts(c.Updates)})
	}
	if len(c.Jobs) > 0 {
		lines := make([]string, len(c.Jobs))
		for i, j := range c.Jobs {
			lines[i] = j.String()
		}
		facts = append(facts, fact{label: "jobs", lines: lines})
	}
	return facts
}

// context is how far the images of other cameras cover the frames that are sent.
func context(c plan.Change) []fact {
	if !c.Upload || len(c.Desired.Context) == 0 {
		return nil
	}
	lines := make([]string, len(c.Desired.Context))
	for i, of := range c.Desired.Context {
		lines[i] = of.Covers(c.Frames)
	}
	return []fact{{label: "context", lines: lines}}
}

// annotations are what the task is given: how many of each label, and what is left out.
func annotations(c plan.Change) []fact {
	a := c.Desired.Annotations
	if a == nil || blocking(c.Action) {
		return nil
	}
	var put []string
	for _, l := range a.Labels {
		put = append(put, fmt.Sprintf("%d %s", l.Count, l.Label))
	}
	lines := []string{fmt.Sprintf("%s from %s", orNone(strings.Join(put, ", ")), a.From)}
	if a.Tracked > 0 {
		lines = append(lines, fmt.Sprintf("of tracks, %d: each put as a shape of its frame", a.Tracked))
	}
	if a.LowScore > 0 {
		lines = append(lines, fmt.Sprintf("left out, %d: a score below min_score", a.LowScore))
	}
	if a.Repeated > 0 {
		lines = append(lines, fmt.Sprintf("left out, %d: equal to another one", a.Repeated))
	}
	if a.Tags > 0 {
		lines = append(lines, fmt.Sprintf("left out, %s: only shapes are put", wording.Count(a.Tags, "tag", "tags")))
	}
	if a.NoFrame > 0 {
		lines = append(lines, fmt.Sprintf("left out, %s: near no frame of the task", wording.Count(a.NoFrame, "message", "messages")))
	}
	for _, u := range a.Unplaced {
		lines = append(lines, "left out, "+u)
	}
	return []fact{{label: "puts", lines: lines}}
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// differences are both values, then the frames that only one side has.
func differences(c plan.Change) []fact {
	var facts []fact
	if c.Before != c.After {
		facts = append(facts, sides(state(c.Before, c.After), state(c.After, c.Before))...)
	}
	if len(c.Missing) > 0 {
		facts = append(facts, fact{label: "missing", text: wording.Count(len(c.Missing), "frame", "frames") + " only in the manifest", names: c.Missing})
	}
	if len(c.Extra) > 0 {
		facts = append(facts, fact{label: "extra", text: wording.Count(len(c.Extra), "frame", "frames") + " only on the server", names: c.Extra})
	}
	return facts
}

func sides(server, manifest string) []fact {
	var facts []fact
	if server != "" {
		facts = append(facts, fact{label: "server", text: server})
	}
	if manifest != "" {
		facts = append(facts, fact{label: "manifest", text: manifest})
	}
	return facts
}

// state writes what s and the other side do not share, as far as s knows it.
func state(s, other plan.State) string {
	var parts []string
	if s.Name != other.Name && s.Name != "" {
		parts = append(parts, "named "+s.Name)
	}
	if s.Frames != other.Frames {
		parts = append(parts, wording.Count(s.Frames, "frame", "frames"))
	}
	if s.Archive != other.Archive && s.Archive != "" {
		parts = append(parts, "archive "+short(s.Archive))
	}
	return strings.Join(parts, ", ")
}

// short cuts a hash as git does; the whole one is in the JSON.
func short(hash string) string {
	return hash[:min(12, len(hash))]
}

// tasks are those on the server that the decision was about, and what goes with them.
func tasks(c plan.Change) []fact {
	var facts []fact
	for _, t := range c.Actual {
		facts = append(facts, fact{label: "task", text: taskText(t), url: t.URL})
	}
	if len(c.Actual) == 0 && c.ID != 0 {
		t := plan.Task{ID: c.ID, Owner: c.Owner}
		facts = append(facts, fact{label: "task", text: taskText(t), url: c.URL})
	}
	for _, t := range c.Leftovers {
		facts = append(facts, fact{label: "removes", text: taskText(t) + ", an empty leftover of ours", url: t.URL})
	}
	return facts
}

// taskText is "#812, 50 frames, of anna".
func taskText(t plan.Task) string {
	parts := []string{"#" + strconv.Itoa(t.ID)}
	if t.Size > 0 {
		parts = append(parts, wording.Count(t.Size, "frame", "frames"))
	}
	if t.Import != "" {
		parts = append(parts, "import "+string(t.Import))
	}
	if t.Owner != "" {
		parts = append(parts, "of "+t.Owner)
	}
	return strings.Join(parts, ", ")
}
