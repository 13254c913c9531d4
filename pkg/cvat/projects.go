package cvat

import (
	"context"
	"fmt"
	"net/url"
)

// A Project is a project as CVAT lists it.
type Project struct {
	ID             int    `json:"id"`
	Name           string `json:"name"`
	Owner          *User  `json:"owner"`
	OrganizationID *int   `json:"organization_id"`
	BugTracker     string `json:"bug_tracker"`
	GuideID        *int   `json:"guide_id"`  // nil: it has none
	Dimension      string `json:"dimension"` // 2d or 3d: that of its tasks; "" while it has none with data
	Tasks          struct {
		Count *int `json:"count"` // nil where the server does not say
	} `json:"tasks"`
}

// ListProjects returns the projects of the workspace that have exactly this
// name, by ascending id; names are not unique. The empty name lists all.
//
//cvat:operation GET /api/projects
func (c *Client) ListProjects(ctx context.Context, name string) ([]Project, error) {
	query := url.Values{}
	if name != "" {
		query.Set("name", name)
	}
	all, err := list(ctx, c, "/api/projects", "id", query, func(p Project) int { return p.ID })
	return only(all, func(p Project) bool { return name == "" || p.Name == name }), err
}

// ProjectsEverywhere returns the projects that have exactly this name in all workspaces
// that the user can see, by ascending id. It is for clients without an organization:
// others see their own alone.
//
//cvat:operation GET /api/projects
func (c *Client) ProjectsEverywhere(ctx context.Context, name string) ([]Project, error) {
	query := url.Values{"name": {name}, "org": nil} // no org= at all: every workspace
	all, err := list(ctx, c, "/api/projects", "id", query, func(p Project) int { return p.ID })
	return only(all, func(p Project) bool { return p.Name == name }), err
}

// Project returns one project; [ErrNotFound] if there is none, and
// [ErrNotAuthorised] if the user may not see it.
//
//cvat:operation GET /api/projects/{id}
func (c *Client) Project(ctx context.Context, id int) (*Project, error) {
	return one[Project](ctx, c, get(fmt.Sprintf("/api/projects/%d", id), nil))
}

// CreateProject creates a project in the client's workspace. It is not safe to
// repeat; a lost answer is [ErrUnknownOutcome].
//
//cvat:operation POST /api/projects
func (c *Client) CreateProject(ctx context.Context, name, bugTracker string, labels []Label) (*Project, error) {
	body := struct {
		Name       string  `json:"name"`
		BugTracker string  `json:"bug_tracker,omitempty"`
		Labels     []Label `json:"labels"`
	}{name, bugTracker, writable(labels)}
	return one[Project](ctx, c, post("/api/projects", body))
}

// SetProjectBugTracker sets a project's bug_tracker, where the mark of an unfinished
// creation is.
//
//cvat:operation PATCH /api/projects/{id}
func (c *Client) SetProjectBugTracker(ctx context.Context, id int, text string) error {
	body := struct {
		BugTracker string `json:"bug_tracker"`
	}{text}
	return c.do(ctx, patch(fmt.Sprintf("/api/projects/%d", id), body), nothing)
}

// DeleteProject deletes a project and all its tasks. Apart from tests that clean up,
// it is for a project that a run of ours created a second time, which has the mark
// of that and holds no task: read it at once before.
//
//cvat:operation DELETE /api/projects/{id}
func (c *Client) DeleteProject(ctx context.Context, id int) error {
	return c.do(ctx, deletion(fmt.Sprintf("/api/projects/%d", id)), nothing)
}

// only keeps what a filter should have left, in case that the server does not know the filter.
func only[T any](all []T, keep func(T) bool) []T {
	kept := all[:0]
	for _, item := range all {
		if keep(item) {
			kept = append(kept, item)
		}
	}
	return kept
}
