package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A ProjectError says why a project cannot be identified: there is none of that id, or
// several of that name.
type ProjectError struct {
	text string
	hint diag.Hint
}

// Error names the project, and all that it may be.
func (e *ProjectError) Error() string { return e.text }

// Hint says what to write in the manifest.
func (e *ProjectError) Hint() diag.Hint { return e.hint }

// Code names the doubt.
func (e *ProjectError) Code() diag.Code { return diag.CodeProject }

// A Found is the project that a manifest names. ID is 0 if there is none yet.
type Found struct {
	ID        int
	Name      string
	Empty     bool   // the server says that it holds no task
	Unclaimed bool   // it has [plan.ProjectMarker]
	Leftovers []int  // others of its name that bear it and hold no task
	GuideID   int    // 0: it has no guide
	Dimension string // as the server tells it: 2d or 3d; empty: it holds no task with data
}

// FindProject looks a project up by its id, or by its name in the client's workspace.
//
// Names are not unique, and a creation whose answer was lost may be carried out late.
// So of several projects of one name those that bear the mark of an unfinished creation
// and hold no task do not count; if all of them do, the one of the lowest id is meant.
func FindProject(ctx context.Context, c Reader, want manifest.Project) (Found, error) {
	if want.ID != 0 {
		return byID(ctx, c, want.ID)
	}
	find := c.ListProjects
	if c.Organization() == "" {
		find = c.ProjectsEverywhere
	}
	projects, err := ProjectsNamed(ctx, want.Name, find)
	if err != nil {
		return Found{}, err
	}
	if foreign := outside(projects); c.Organization() == "" && len(foreign) > 0 {
		return Found{}, wrongWorkspace(ctx, c, projects)
	}
	return choose(want.Name, projects)
}

// ProjectsNamed asks find, which compares byte by byte, for the projects of a name in each
// of its spellings; by ascending id.
func ProjectsNamed(ctx context.Context, name string, find func(context.Context, string) ([]cvat.Project, error)) ([]cvat.Project, error) {
	var all []cvat.Project
	for _, spelling := range plan.NameOf(name).Spellings() {
		found, err := find(ctx, spelling)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b cvat.Project) int { return a.ID - b.ID })
	return all, nil
}

func byID(ctx context.Context, c Reader, id int) (Found, error) {
	p, err := c.Project(ctx, id)
	switch {
	case errors.Is(err, cvat.ErrNotFound):
		return Found{}, &ProjectError{fmt.Sprintf("the server has no project %d", id), diag.Do(diag.HintCheckProject)}
	case err != nil:
		return Found{}, err
	case p.OrganizationID != nil && c.Organization() == "":
		return Found{}, wrongWorkspace(ctx, c, []cvat.Project{*p}) // its tasks would not be listed
	case p.OrganizationID == nil && c.Organization() != "":
		return Found{}, &ProjectError{fmt.Sprintf("project %d is in a personal workspace, not in organization %q", id, c.Organization()), diag.Do(diag.HintLeaveOrganizationOut)}
	}
	return found(*p), nil
}

func found(p cvat.Project) Found {
	f := Found{ID: p.ID, Name: p.Name, Empty: isEmpty(p), Unclaimed: p.BugTracker == plan.ProjectMarker, Dimension: p.Dimension}
	if p.GuideID != nil {
		f.GuideID = *p.GuideID
	}
	return f
}

func isEmpty(p cvat.Project) bool { return p.Tasks.Count != nil && *p.Tasks.Count == 0 }

// choose takes one of the projects of a name, or says that a person must.
func choose(name string, projects []cvat.Project) (Found, error) {
	var settled, unclaimed []cvat.Project
	for _, p := range projects {
		if p.BugTracker == plan.ProjectMarker && isEmpty(p) {
			unclaimed = append(unclaimed, p)
			continue
		}
		settled = append(settled, p)
	}
	switch {
	case len(settled) > 1:
		return Found{}, &ProjectError{
			fmt.Sprintf("%d projects are named %q: %s", len(settled), name, list(settled, nil)),
			diag.Do(diag.HintNameProjectID),
		}
	case len(settled) == 0 && len(unclaimed) == 0:
		return Found{Name: name}, nil
	case len(settled) == 0:
		settled, unclaimed = unclaimed[:1], unclaimed[1:]
	}
	f := found(settled[0])
	for _, p := range unclaimed {
		f.Leftovers = append(f.Leftovers, p.ID)
	}
	return f, nil
}

func outside(projects []cvat.Project) []cvat.Project {
	var out []cvat.Project
	for _, p := range projects {
		if p.OrganizationID != nil {
			out = append(out, p)
		}
	}
	return out
}

// wrongWorkspace: no organization is given, and the personal workspace is not, or not
// alone, where the project is.
func wrongWorkspace(ctx context.Context, c Reader, projects []cvat.Project) error {
	slugs := make(map[int]string)
	orgs, _ := c.Organizations(ctx) // only to say it better
	for _, o := range orgs {
		slugs[o.ID] = o.Slug
	}
	where := list(projects, slugs)
	if len(projects) > 1 {
		return &ProjectError{
			fmt.Sprintf("several workspaces have a project named %q: %s", projects[0].Name, where),
			diag.Do(diag.HintNameOrganizationOrID),
		}
	}
	return &ProjectError{
		fmt.Sprintf("project %q is not in the personal workspace: %s", projects[0].Name, where),
		diag.Do(diag.HintNameOrganization),
	}
}

func list(projects []cvat.Project, slugs map[int]string) string {
	words := make([]string, len(projects))
	for i, p := range projects {
		words[i] = fmt.Sprintf("%d%s", p.ID, workspace(p, slugs))
	}
	return strings.Join(words, ", ")
}

func workspace(p cvat.Project, slugs map[int]string) string {
	switch {
	case slugs == nil:
		return ""
	case p.OrganizationID == nil:
		return " (personal workspace)"
	case slugs[*p.OrganizationID] == "":
		return fmt.Sprintf(" (organization %d)", *p.OrganizationID)
	}
	return fmt.Sprintf(" (organization %s)", slugs[*p.OrganizationID])
}
