package api

import "fmt"

// An owned thing is a project, task or job with the people it belongs to.
type owned struct {
	org    *int
	people []*int // owner and assignee, its project's too
}

// mayUse tells whether the caller may see and change the thing: it is theirs, or they
// are more than a worker in its organization. CVAT tells more rights apart; for what
// cvatplan does they fall together.
func (s *Server) mayUse(q *query, o owned) bool {
	if q.who.superuser {
		return true
	}
	for _, p := range o.people {
		if p != nil && *p == q.who.id {
			return true
		}
	}
	return o.org != nil && manages(s.people.Load().role(q.who.id, *o.org))
}

func manages(role string) bool {
	return role == roleOwner || role == roleMaintainer || role == roleSupervisor
}

// mayCreate tells whether the caller may create things in the workspace: a worker of
// an organization may not.
func (s *Server) mayCreate(q *query) bool {
	return q.org.org == nil || q.who.superuser || manages(s.people.Load().role(q.who.id, q.org.org.id))
}

// visible restricts a listing to what the caller may see in the workspace. The columns
// are those of people, the organization's is org.
func (s *Server) visible(q *query, w *where, org string, people ...string) {
	switch {
	case q.org.org != nil:
		w.add(org+" = ?", q.org.org.id)
		if s.mayCreate(q) {
			return // sees all of it
		}
	case q.org.named:
		w.add(org + " IS NULL")
	}
	if q.who.superuser {
		return
	}
	sql := "0"
	var args []any
	for _, p := range people {
		sql += fmt.Sprintf(" OR %s = ?", p)
		args = append(args, q.who.id)
	}
	for id, role := range s.people.Load().roles[q.who.id] {
		if manages(role) && !q.org.named {
			sql += fmt.Sprintf(" OR %s = ?", org)
			args = append(args, id)
		}
	}
	w.add(sql, args...)
}
