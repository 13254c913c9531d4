package cvat

import "context"

// An Organization is a workspace that its members share.
type Organization struct {
	ID   int    `json:"id"`
	Slug string `json:"slug"`
}

// organizationsPath is the one list that belongs to no workspace: it must be
// readable where the organization given is wrong.
const organizationsPath = "/api/organizations"

// Organizations returns the organizations that the user can see.
//
//cvat:operation GET /api/organizations
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	return list(ctx, c, organizationsPath, "id", nil, func(o Organization) int { return o.ID })
}
