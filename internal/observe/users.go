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
	have := make(map[plan.Name]*plan.Task, len(l.have.Tasks))
	for i := range l.have.Tasks {
		t := &l.have.Tasks[i]
		have[plan.NameOf(t.Name)] = t
	}
	o := plan.Options{Update: l.o.Update}
	for _, d := range l.want.Tasks {
		needed := d.NeedsUsers(have[plan.NameOf(d.Task)], o)
		for _, was := range d.Was {
			if t := have[plan.NameOf(was)]; t != nil {
				needed = append(needed, d.NeedsUsers(t, o)...)
			}
		}
		for _, name := range needed {
			names[name] = true
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
