package cvat

import (
	"context"
	"fmt"
	"net/url"
)

// A User is a user as CVAT shows it to others.
type User struct {
	ID          int      `json:"id"`
	Username    string   `json:"username"`
	IsSuperuser bool     `json:"is_superuser"` // known of oneself only
	Groups      []string `json:"groups"`       // of the server's own: admin, user, worker; known of oneself only
}

// Self returns the user whose credentials are sent; [ErrNotAuthorised] if they
// are missing or wrong.
//
//cvat:operation GET /api/users/self
func (c *Client) Self(ctx context.Context) (*User, error) {
	q := get("/api/users/self", nil)
	q.everywhere = true
	return one[User](ctx, c, q)
}

// usersPath is the one list that is empty in the personal workspace, where CVAT
// shows oneself and all with whom one shares an organization if none is named.
const usersPath = "/api/users"

// FindUser returns the user of exactly this name. CVAT shows only those with
// whom one shares an organization; the rest is [ErrNotFound].
//
//cvat:operation GET /api/users
func (c *Client) FindUser(ctx context.Context, username string) (*User, error) {
	query := url.Values{"search": {username}}
	all, err := list(ctx, c, usersPath, "id", query, func(u User) int { return u.ID })
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		if u.Username == username {
			return &u, nil
		}
	}
	return nil, fmt.Errorf("user %q: %w among those that CVAT shows to you", username, ErrNotFound)
}

// Users returns all users that CVAT shows: those with whom one shares an organization.
//
//cvat:operation GET /api/users
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return list(ctx, c, usersPath, "id", nil, func(u User) int { return u.ID })
}
