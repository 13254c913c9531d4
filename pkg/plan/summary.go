package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Counts are the numbers of one or several plans. Images and Bytes are what apply
// will send.
type Counts struct {
	Create, Resume, Conflict, Drift, NoOp                       int
	Wait, Replace, Update, Blocked, Skipped, Unmanaged, Renamed int
	Projects                                                    int  // projects that are to change, of which
	ProjectsCreate                                              int  // so many are to be created,
	ProjectsBlocked                                             int  // projects about which a person must decide; not among Projects
	Labels                                                      int  // labels to be added to all projects,
	LabelsUpdate, LabelsDelete                                  int  // renamed or changed, and deleted
	Images                                                      int  // frames of every kind
	OtherKinds                                                  bool // some of them are no images: point clouds, frames of videos
	Bytes                                                       int64
	BytesUnknown                                                bool // some sizes are not known, so Bytes is the least
	Wanted                                                      int  // of plans without a server
	Offline                                                     bool // no server was asked
}

// Count adds up the plans.
func Count(plans ...Plan) Counts {
	var n Counts
	for _, p := range plans {
		n.Offline = n.Offline || p.Options.Offline
		n.addProject(p.Project)
		for _, c := range p.Changes {
			n.add(c)
		}
	}
	return n
}

func (n *Counts) addProject(c ProjectChange) {
	switch c.Action {
	case ProjectNone:
		return
	case ProjectBlocked:
		n.ProjectsBlocked++
		return
	}
	n.Projects++
	n.Labels += len(c.Labels)
	n.LabelsUpdate += len(c.Renames) + len(c.Updates)
	n.LabelsDelete += len(c.Deletes)
	if c.Action == ProjectCreate {
		n.ProjectsCreate++
	}
}

func (n *Counts) add(c Change) {
	if by := n.of(c.Action); by != nil {
		*by++
	}
	if !c.Upload {
		return
	}
	n.Images += c.Frames
	n.OtherKinds = n.OtherKinds || c.Desired.Kind != manifest.KindImages
	if c.Bytes < 0 {
		n.BytesUnknown = true
		return
	}
	n.Bytes += c.Bytes
}

func (n *Counts) of(a Action) *int {
	return map[Action]*int{
		Create: &n.Create, Resume: &n.Resume, Conflict: &n.Conflict, Drift: &n.Drift, NoOp: &n.NoOp,
		Wait: &n.Wait, Replace: &n.Replace, Update: &n.Update, Blocked: &n.Blocked, Skipped: &n.Skipped,
		Unmanaged: &n.Unmanaged, Renamed: &n.Renamed, Wanted: &n.Wanted,
	}[a]
}

// String is the summary line. Scripts read it: the five first counts and the wording
// never change, the optional ones are only ever added to.
func (n Counts) String() string {
	if n.Offline {
		return n.offline()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Plan: %d to create, %d to resume, %d in conflict, %d drifted, %d unchanged",
		n.Create, n.Resume, n.Conflict, n.Drift, n.NoOp)
	for _, optional := range []struct {
		n    int
		word string
	}{
		{n.Wait, "waiting"}, {n.Replace, "to replace"}, {n.Blocked, "blocked"}, {n.Skipped, "skipped"},
		{n.Unmanaged, "unmanaged"}, {n.Renamed, "renamed"}, {n.Update, "to update"},
	} {
		if optional.n > 0 {
			fmt.Fprintf(&b, ", %d %s", optional.n, optional.word)
		}
	}
	if n.ProjectsBlocked > 0 {
		fmt.Fprintf(&b, ", %s blocked", wording.Count(n.ProjectsBlocked, "project", "projects"))
	}
	fmt.Fprintf(&b, "%s. %s%s to upload.", n.projects(), wording.Frames(n.Images, n.OtherKinds), n.size())
	return b.String()
}

// projects is what changes of projects themselves, as it follows the tasks' counts.
func (n Counts) projects() string {
	if n.Projects == 0 {
		return ""
	}
	var parts []string
	if n.ProjectsCreate > 0 {
		parts = append(parts, fmt.Sprintf("%d to create", n.ProjectsCreate))
	}
	for _, labels := range []struct {
		n    int
		what string
	}{{n.Labels, "add"}, {n.LabelsUpdate, "change"}, {n.LabelsDelete, "delete"}} {
		if labels.n > 0 {
			parts = append(parts, wording.Count(labels.n, "label", "labels")+" to "+labels.what)
		}
	}
	s := ", " + wording.Count(n.Projects, "project", "projects") + " to change"
	if len(parts) > 0 {
		s += " (" + strings.Join(parts, ", ") + ")"
	}
	return s
}

// offline is the summary of plans that asked no server. It begins otherwise, so that it is not taken for
// a plan of what is to do.
func (n Counts) offline() string {
	s := "Offline: " + wording.Count(n.Wanted, "task", "tasks") + " wanted"
	for _, optional := range []struct {
		n    int
		word string
	}{{n.Conflict, "in conflict"}, {n.Blocked, "blocked"}, {n.Skipped, "skipped"}} {
		if optional.n > 0 {
			s += fmt.Sprintf(", %d %s", optional.n, optional.word)
		}
	}
	return s + fmt.Sprintf(". %s%s; what the server has is not known.", wording.Frames(n.Images, n.OtherKinds), n.size())
}

func (n Counts) size() string {
	switch {
	case !n.BytesUnknown:
		return ", " + wording.Bytes(n.Bytes)
	case n.Bytes > 0:
		return ", at least " + wording.Bytes(n.Bytes)
	}
	return ""
}

// Changes reports whether apply has anything to do.
func (n Counts) Changes() bool { return n.Create+n.Resume+n.Wait+n.Replace+n.Update+n.Projects > 0 }

// Problems reports whether a person must decide something.
func (n Counts) Problems() bool { return n.Conflict+n.Blocked+n.Renamed+n.ProjectsBlocked > 0 }

// Problems are the reasons of all tasks, and of the project, about which a person must decide; see [Counts.Problems].
func (p Plan) Problems() []Diagnostic {
	reasons := slices.Clone(p.Project.Problems)
	for _, c := range p.Changes {
		var n Counts
		n.add(c)
		if n.Problems() {
			reasons = append(reasons, c.Reason)
		}
	}
	return reasons
}
