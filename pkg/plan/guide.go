package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A GuideChange is another text of the project's annotation guide; see [manifest.Guide].
type GuideChange struct {
	Before *string // nil: the project has none
	After  string
}

// guideChange decides about the guide. It belongs to a project that is being made; in one that exists it is changed
// only where update: says so.
func (p *ProjectChange) guideChange(have Actual, o Options) {
	want := o.Project.Guide
	if want == nil || have.Guide != nil && *have.Guide == want.Text {
		return
	}
	if !have.Exists || have.Unclaimed || o.mayUpdateProject("guide") {
		p.Guide = &GuideChange{Before: have.Guide, After: want.Text}
	}
}

// String is "guide: 12 lines → 14 lines, 1 image (3 lines added, 1 removed)".
func (c GuideChange) String() string {
	s := "guide: none → " + guideSize(c.After)
	if c.Before != nil {
		before, after := strings.Split(*c.Before, "\n"), strings.Split(c.After, "\n")
		s = fmt.Sprintf("guide: %s → %s (%s added, %d removed)", guideSize(*c.Before), guideSize(c.After),
			wording.Count(len(Without(after, before)), "line", "lines"), len(Without(before, after)))
	}
	return s
}

var guideImage = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

func guideSize(text string) string {
	if text == "" {
		return "empty"
	}
	size := wording.Count(strings.Count(text, "\n")+1, "line", "lines")
	images := guideImage.FindAllString(text, -1)
	slices.Sort(images)
	if n := len(slices.Compact(images)); n > 0 {
		size += ", " + wording.Count(n, "image", "images")
	}
	return size
}

// guide: another text than the manifest's, where nobody asked to change it.
func (n noter) guide(p Plan, have Actual) {
	want := p.Options.Project.Guide
	if want == nil || !have.Exists || p.Project.Guide != nil || have.Guide != nil && *have.Guide == want.Text {
		return
	}
	c := GuideChange{Before: have.Guide, After: want.Text}
	n[Note{Code: diag.CodeGuide, Text: c.String() + "; kept", Hint: diag.Do(diag.HintUpdate, "guide")}] = 0
}
