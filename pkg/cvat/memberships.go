package cvat

import (
	"context"
	"fmt"
	"net/url"
)

// Role is what a user is in the client's organization: owner, maintainer, supervisor or
// worker. [ErrNotFound] says that they are not a member.
//
//cvat:operation GET /api/memberships
func (c *Client) Role(ctx context.Context, username string) (string, error) {
	type membership struct {
		ID   int    `json:"id"`
		User User   `json:"user"`
		Role string `json:"role"`
	}
	all, err := list(ctx, c, "/api/memberships", "id", url.Values{"user": {username}}, func(m membership) int { return m.ID })
	if err != nil {
		return "", err
	}
	for _, m := range all {
		if m.User.Username == username {
			return harmless(m.Role), nil
		}
	}
	return "", fmt.Errorf("user %q in organization %s: %w", username, c.options.Organization, ErrNotFound)
}
