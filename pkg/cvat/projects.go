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

// DeleteProject deletes a project and all its tasks. It is for tests that clean
// up; cvatplan never deletes a project.
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
