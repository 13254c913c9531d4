package report

import (
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A sign is how an action is shown: symbol and word say it all, colour only repeats them.
type sign struct {
	symbol, word string
	colour       colour
}

var signs = map[plan.Action]sign{
	plan.Create:    {"+", "create", green},
	plan.Resume:    {"~", "resume", cyan},
	plan.Wait:      {"…", "wait", cyan},
	plan.Replace:   {"±", "replace", yellow},
	plan.Update:    {"~", "update", cyan},
	plan.Blocked:   {"✗", "blocked", red},
	plan.Conflict:  {"!", "conflict", red},
	plan.Drift:     {"≠", "drift", yellow},
	plan.Renamed:   {"≈", "renamed", magenta},
	plan.NoOp:      {"=", "unchanged", faint},
	plan.Skipped:   {"-", "skipped", faint},
	plan.Unmanaged: {"?", "unmanaged", faint},
	plan.Wanted:    {"·", "wanted", none},
}

// signOf never fails: an action unknown here is shown by its own name.
func signOf(a plan.Action) sign {
	if s, ok := signs[a]; ok {
		return s
	}
	return sign{"*", string(a), none}
}

// The signs of what changes in a project, in addition to what its action says.
var (
	updateSign  = signs[plan.Update]
	blockedSign = signs[plan.Blocked]
	deleteSign  = sign{"-", "delete", red}
)

// projectSigns are those of a project that is made, or gets labels.
var projectSigns = map[plan.ProjectAction]sign{
	plan.ProjectCreate: {"+", "create", green},
	plan.ProjectLabel:  {"+", "label", green},
	plan.ProjectFinish: {"~", "resume", cyan},
}

// quiet says that a change of this action is only counted, unless it is asked for:
// there is nothing to do about it, and nothing is wrong.
func quiet(a plan.Action) bool {
	return a == plan.NoOp || a == plan.Skipped || a == plan.Unmanaged
}

// size is what a change uploads: empty where nothing is sent.
func size(c plan.Change) string {
	if !c.Upload {
		return ""
	}
	if c.Desired.Payload.Served() {
		return "from " + c.Desired.Payload.Root
	}
	if c.Bytes < 0 {
		return "size unknown"
	}
	return wording.Bytes(c.Bytes)
}

// joinNonEmpty joins what there is.
func joinNonEmpty(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}

// noteText is a note with its hint.
func noteText(n plan.Note) string { return advice.After(n.Text, n.Hint) }
