package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// basicUser is a user inside another object.
type basicUser struct {
	URL       string `json:"url"`
	ID        int    `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// fullUser is what a user learns about themselves.
type fullUser struct {
	basicUser
	Email        string         `json:"email"`
	Groups       []string       `json:"groups"`
	IsStaff      bool           `json:"is_staff"`
	IsSuperuser  bool           `json:"is_superuser"`
	IsActive     bool           `json:"is_active"`
	LastLogin    *storage.Stamp `json:"last_login"`
	DateJoined   storage.Stamp  `json:"date_joined"`
	HasAnalytics bool           `json:"has_analytics_access"`
}

// basic is the user with that id as others see them; nil for none.
func (p *people) basic(base string, id *int) *basicUser {
	if id == nil || p.users[*id] == nil {
		return nil
	}
	u := p.users[*id]
	return &basicUser{URL: base + "/api/users/" + strconv.Itoa(u.id), ID: u.id, Username: u.username, FirstName: u.first, LastName: u.last}
}

func (s *Server) self(q *query) (answer, error) {
	return ok(s.people.Load().full(q.base(), q.who.user)), nil
}

func (p *people) full(base string, u *user) fullUser {
	return fullUser{
		basicUser: *p.basic(base, &u.id), Email: u.email, Groups: []string{"user"},
		IsStaff: u.superuser, IsSuperuser: u.superuser, IsActive: true,
		LastLogin: storage.Optional(u.lastLogin), DateJoined: u.joined,
	}
}

// listUsers answers the members of the organization at hand, newest first; with none
// named oneself alone, and in the personal workspace nobody (A9).
func (s *Server) listUsers(q *query) (answer, error) {
	p := s.people.Load()
	params := q.URL.Query()
	var found []any
	for _, u := range slices.Backward(p.sorted) {
		if !s.sees(q, u.id) || !fitsExactly(u, params.Get) {
			continue
		}
		if search := strings.ToLower(params.Get("search")); search != "" && !strings.Contains(strings.ToLower(u.username+" "+u.first+" "+u.last), search) {
			continue
		}
		found = append(found, *p.basic(q.base(), &u.id))
	}
	return q.page(found)
}

// fitsExactly holds the simple filters, which are exact and tell case, against a user.
func fitsExactly(u *user, param func(string) string) bool {
	for name, has := range map[string]string{"username": u.username, "first_name": u.first, "last_name": u.last, "is_active": "true"} {
		if want := param(name); want != "" && want != has {
			return false
		}
	}
	return true
}

func (s *Server) sees(q *query, id int) bool {
	switch {
	case q.who.superuser:
		return true
	case q.org.org != nil:
		return s.people.Load().role(id, q.org.org.id) != ""
	}
	return !q.org.named && id == q.who.id
}

// checkAssignee refuses users that work may not be given to: out of an organization
// anybody but oneself, in one who is no member. One that does not exist is 403 as well,
// but in an organization, where CVAT looks for the membership and crashes (A16).
func (s *Server) checkAssignee(q *query, id, org *int) error {
	p := s.people.Load()
	switch {
	case id == nil || *id == q.who.id || q.who.superuser && p.users[*id] != nil:
		return nil
	case org != nil && p.users[*id] == nil:
		return crashed()
	case org != nil && p.role(*id, *org) != "":
		return nil
	}
	return forbidden()
}

func (s *Server) getUser(q *query) (answer, error) {
	id := q.id(0)
	p := s.people.Load()
	switch {
	case p.users[id] == nil:
		return answer{}, notFound("User", id)
	case id == q.who.id:
		return s.self(q)
	case !s.sees(q, id):
		return answer{}, forbidden()
	}
	return reply(http.StatusOK, p.basic(q.base(), &id)), nil
}
