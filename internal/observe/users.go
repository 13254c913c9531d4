package observe

import (
	"context"
	"errors"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// users looks up the assignees of tasks to be created, or to be assigned to others. Names that the server does not
// show are left out; plan says what that means for their tasks.
func (l *look) users(ctx context.Context) error {
	names := make(map[string]bool)
	for _, d := range l.missing() {
		if a := d.Settings.Assignee; a != nil && *a != "" {
			names[*a] = true
		}
	}
	have := make(map[plan.Name]plan.Task, len(l.have.Tasks))
	for _, t := range l.have.Tasks {
		have[plan.NameOf(t.Name)] = t
	}
	for _, d := range l.want.Tasks {
		for _, name := range append([]string{d.Task}, d.Was...) {
			if user := plan.NeedsUser(d, have[plan.NameOf(name)], plan.Options{Update: l.o.Update}); user != "" {
				names[user] = true
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	users, err := l.find(ctx, names)
	l.have.Users = make(map[string]int, len(names))
	for _, u := range users {
		if names[u.Username] {
			l.have.Users[u.Username] = u.ID
		}
	}
	return err
}

// find asks for one user by name, for several by the whole list: one request either way.
func (l *look) find(ctx context.Context, names map[string]bool) ([]cvat.User, error) {
	if len(names) > 1 {
		return l.c.Users(ctx)
	}
	for name := range names {
		u, err := l.c.FindUser(ctx, name)
		if errors.Is(err, cvat.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []cvat.User{*u}, nil
	}
	return nil, nil
}
