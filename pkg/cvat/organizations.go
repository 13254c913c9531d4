package cvat

import "context"

// An Organization is a workspace that its members share.
type Organization struct {
	ID   int    `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// Organizations returns the organizations that the user can see.
//
//cvat:operation GET /api/organizations
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	return list(ctx, c, "/api/organizations", "id", nil, func(o Organization) int { return o.ID })
}
