package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// RelatedImages is the name of folders that hold the context images of what lies next to them, and of the [Context] of
// images that lie in such folders already.
const RelatedImages = "related_images"

// A Context is how far the images of one entry of a camera's context: cover a task's frames.
type Context struct {
	Name   string        `json:"name"`
	Frames int           `json:"frames"`   // that have one
	Images int           `json:"images"`   // that are sent, each as often as it is next to a frame
	Worst  time.Duration `json:"worst_ns"` // how far apart in time a frame and its image are at most

	Unread   bool `json:"unread,omitempty"`    // it is known only once the messages of a recording on another machine are read
	ByNumber bool `json:"by_number,omitempty"` // frames and images are of one number in their files' names, which carry no times
}

// Covers says it in words: "396 of 400 frames with left, worst 31ms".
func (c Context) Covers(frames int) string {
	if c.Unread {
		return c.Name + ": known once the messages are read"
	}
	said := fmt.Sprintf("%d of %s with %s", c.Frames, wording.Count(frames, "frame", "frames"), c.Name)
	switch {
	case c.Name == RelatedImages:
		return fmt.Sprintf("%d of %s with %s of %s", c.Frames, wording.Count(frames, "frame", "frames"), wording.Count(c.Images, "image", "images"), c.Name)
	case c.Frames == 0:
		return said
	case c.ByNumber:
		return said + ", by number"
	}
	return said + ", worst " + inMilliseconds(c.Worst)
}

func inMilliseconds(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond / 10).String()
}

// CheckContext compares the context images of the task's frames, as the server has them, with those that they are to
// have, and gives the first frame that has another number of them; false if none has. The frames may be in another
// order; nil is a number of 0 for each.
func (d Desired) CheckContext(frames []string, related []int) (frame string, want, have int, differs bool) {
	if d.Related == nil && related == nil || slices.Equal(d.Related, related) && slices.Equal(d.Frames, frames) {
		return "", 0, 0, false
	}
	wanted := make(map[string]int, len(d.Related))
	for i, n := range d.Related {
		wanted[d.Frames[i]] = n
	}
	for i, name := range frames {
		have := 0
		if related != nil {
			have = related[i]
		}
		if wanted[name] != have {
			return name, wanted[name], have, true
		}
	}
	return "", 0, 0, false
}

// context: what a finished task was made with cannot be changed. It is known only of tasks whose frames were asked for.
func (n noter) context(changes []Change) {
	tasks, example := 0, ""
	for _, c := range changes {
		if c.Action != NoOp && c.Action != Update {
			continue
		}
		frame, want, have, differs := c.Desired.CheckContext(c.Actual[0].Frames, c.Actual[0].Related)
		if !differs {
			continue
		}
		if tasks++; tasks == 1 {
			example = fmt.Sprintf("%s of %s has %d, the manifest says %d", frame, c.Task, have, want)
		}
	}
	if tasks > 0 {
		n[Note{Code: diag.CodeContext, Text: fmt.Sprintf("context: %s other context images than the manifest says, such as %s; kept, CVAT cannot change it",
			wording.Count(tasks, "task has", "tasks have"), example)}] = tasks
	}
}
