package api

import (
	"context"
	"database/sql"
	"net/http"
	"os"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// createTask makes an empty task. Names need not be unique, and nothing makes a
// repeated POST the same one (A14, A25).
func (s *Server) createTask(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	n, err := s.readNewTask(q, b)
	if err != nil {
		return answer{}, err
	}
	unlock, err := s.lockProject(q.ctx, n.project)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	id, err := s.insertTask(q, n)
	if err != nil {
		return answer{}, err
	}
	t, err := s.store.Task(q.ctx, id)
	if err != nil || t == nil {
		return answer{}, err
	}
	j := s.taskJSON(q, t)
	return created(j.URL, j), nil
}

// readNewTask checks in CVAT's order: who may, then the fields, then the project.
func (s *Server) readNewTask(q *query, b body) (newTask, error) {
	project, err := s.projectFor(q, b)
	if err != nil {
		return newTask{}, err
	}
	f := form{body: b}
	owner, assignee, err := s.peopleOf(q, &f, q.org.id())
	if err != nil {
		return newTask{}, err
	}
	n, err := f.newTask()
	n.owner, n.assignee, n.org = owner, assignee, q.org.id()
	if err != nil || project == nil {
		return n, err
	}
	n.project = &project.id
	switch {
	case len(n.labels) > 0:
		return n, listed("Task must have only one of Label set or project_id")
	case !same(project.org, n.org):
		return n, listed("The task and its project should be in the same organization.")
	}
	return n, nil
}

// projectFor is the project that a new task names. An unknown one is 400, another's
// 403, as is an organization's header on a personal project (A26).
func (s *Server) projectFor(q *query, b body) (*project, error) {
	id, given := number(b["project_id"])
	if _, text := b["project_id"].(string); text || given && id == 0 {
		return nil, crashed() // (A17)
	}
	if !given {
		if !s.mayCreate(q) {
			return nil, forbidden()
		}
		return nil, b.cloudStorage()
	}
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, listed("Project matching query does not exist.")
	case !s.mayUse(q, p.owned()) || !s.mayCreate(q) || q.org.org != nil && p.org == nil:
		return nil, forbidden()
	}
	return p, b.cloudStorage()
}

func same(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

type newTask struct {
	name, tracker, subset  string
	project, org           *int
	owner, assignee        *int
	segmentSize, consensus int
	overlap                *int
	source, target         *string
	labels                 []labelSpec
}

func (f *form) newTask() (newTask, error) {
	var n newTask
	n.name, _ = f.text("name", text{max: 256, required: true})
	n.tracker, _ = f.text("bug_tracker", text{max: 2000, blank: true})
	nullable := anyInt
	nullable.null = true
	n.overlap, _ = f.whole("overlap", nullable)
	if v, ok := f.whole("segment_size", anyInt); ok {
		n.segmentSize = *v
	}
	n.labels = f.labels("labels")
	n.subset, _ = f.text("subset", text{max: 64, blank: true})
	n.source, n.target = f.storage("source_storage"), f.storage("target_storage")
	if v, ok := f.whole("consensus_replicas", anyInt); ok {
		n.consensus = *v
		if n.consensus == 1 || n.consensus > maxReplicas {
			f.fail("consensus_replicas", "Consensus replicas must be 0 or a positive number more than 1 and less than %d, got %d", maxReplicas+1, n.consensus)
		}
	}
	return n, f.err()
}

func (s *Server) insertTask(q *query, n newTask) (int, error) {
	var id int
	err := s.store.Writer.QueryRowContext(q.ctx, `UPDATE sequences SET last = last + 1 WHERE name = 'task' RETURNING last`).Scan(&id)
	if err != nil {
		return 0, err
	}
	if hook := s.o.TaskNumbered; hook != nil {
		hook(q.ctx, id)
	}
	now := s.store.Now()
	return id, s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(q.ctx, `INSERT INTO tasks (id, name, project_id, owner_id, assignee_id, assigned, bug_tracker, subset, segment_size, overlap, consensus, status, org_id, created, updated, source_storage, target_storage)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'annotation', ?, ?, ?, ?, ?)`,
			id, n.name, n.project, n.owner, n.assignee, when(n.assignee, now), n.tracker, n.subset, n.segmentSize, n.overlap, n.consensus, n.org, now, now, n.source, n.target)
		if err != nil {
			return err
		}
		return createLabels(q.ctx, tx, labelOwner{task: &id}, n.labels)
	})
}

// patchTask changes what may be changed: segment_size, overlap and consensus_replicas
// are among the unknown fields (A15). An import holds the task (A27).
func (s *Server) patchTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	c, labels, err := s.taskChanges(q, b, t)
	if err != nil {
		return answer{}, err
	}
	unlock, err := s.lockTask(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if t.Project != nil {
			if _, err := tx.ExecContext(q.ctx, `UPDATE projects SET updated = ? WHERE id = ?`, s.store.Now(), *t.Project); err != nil {
				return err // changed or not (A89)
			}
			return c.save(q.ctx, tx, "tasks", t.ID, false, s.store.Now())
		}
		if err := updateLabels(q.ctx, tx, labelOwner{task: &t.ID}, nil, labels); err != nil {
			return err
		}
		if len(labels) > 0 {
			return labelOwner{task: &t.ID}.touch(q.ctx, tx, s.store.Now(), c)
		}
		return c.save(q.ctx, tx, "tasks", t.ID, false, s.store.Now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getTask(q)
}

func (s *Server) taskChanges(q *query, b body, t *storage.Task) (*changes, []labelSpec, error) {
	if err := b.onlyFields(taskFields); err != nil {
		return nil, nil, err
	}
	f, c := form{body: b}, &changes{}
	owner, assignee, err := s.peopleOf(q, &f, t.Org)
	if err != nil {
		return nil, nil, err
	}
	if err := s.moveTask(q, t, &f, c); err != nil {
		return nil, nil, err
	}
	c.text(&f, "name", text{max: 256}, t.Name)
	c.text(&f, "bug_tracker", text{max: 2000, blank: true}, t.Tracker)
	c.text(&f, "subset", text{max: 64, blank: true}, t.Subset)
	c.person(&f, "owner_id", owner, t.Owner)
	c.person(&f, "assignee_id", assignee, t.Assignee)
	labels := f.labels("labels")
	return c, labels, f.err()
}

// moveTask reads a change of project, and refuses one of organization.
func (s *Server) moveTask(q *query, t *storage.Task, f *form, c *changes) error {
	if _, given := f.body["organization_id"]; given && t.Project != nil {
		f.fail("non_field_errors", "Only top-level resources can be moved between workspaces")
		return nil
	}
	id, given := number(f.body["project_id"])
	if !given {
		return nil
	}
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return err
	case p == nil:
		return listed("Project matching query does not exist.")
	case !s.mayUse(q, p.owned()):
		return forbidden()
	case p.dimension != nil && t.Dimension != "" && *p.dimension != t.Dimension:
		return listed("Dimension (%s) of the task must be the same as other tasks in project (%s)", t.Dimension, *p.dimension)
	}
	c.add("project_id", id)
	return nil
}

// deleteTask removes a task. While its import is running it waits; an import that ends
// well meanwhile wins: the deletion answers 500 and the task stays (A28).
func (s *Server) deleteTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if !s.mayUse(q, owned{t.Org, []*int{t.Owner, t.ProjectOwner, t.ProjectAssignee}}) {
		return answer{}, forbidden() // an assignee may work on it, and no more
	}
	now, unlock, err := s.lockedTask(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	if now.Imported() && !t.Imported() {
		return answer{}, crashed()
	}
	if err := s.removeTask(q, now); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), nil
}

func (s *Server) removeTask(q *query, t *storage.Task) error {
	err := s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM tasks WHERE id = ?`, t.ID); err != nil || t.Data == nil {
			return err
		}
		_, err := tx.ExecContext(q.ctx, `DELETE FROM data WHERE id = ?`, *t.Data)
		return err
	})
	if err != nil || t.Data == nil {
		return err
	}
	return os.RemoveAll(s.store.Dir.Data(*t.Data))
}

// lockTask waits for a task's lock as long as CVAT would, then answers 409 (A27).
func (s *Server) lockTask(ctx context.Context, id int) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.BusyWait)
	defer cancel()
	unlock, err = s.store.LockTask(ctx, id)
	if err != nil {
		return nil, busy()
	}
	return unlock, nil
}

// lockedTask is the task as it is once its lock is held: another request may have changed or deleted it.
func (s *Server) lockedTask(ctx context.Context, id int) (t *storage.Task, unlock func(), err error) {
	unlock, err = s.lockTask(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	t, err = s.store.Task(ctx, id)
	if t == nil && err == nil {
		err = notFound("Task", id)
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return t, unlock, nil
}

// lockProject waits for a project's lock as long as CVAT would, then answers 409, if an
// import holds it (A97).
func (s *Server) lockProject(ctx context.Context, project *int) (unlock func(), err error) {
	if project == nil || !s.o.BusyProjects {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.BusyWait)
	defer cancel()
	if unlock, err = s.store.LockProject(ctx, *project); err != nil {
		return nil, busy()
	}
	return unlock, nil
}

// busy is the answer to a request that waited too long for a task that is imported.
func busy() error {
	return detail(http.StatusConflict, "This resource is currently busy with another operation. Please try again in a moment.")
}
