package sandbox

import "database/sql"

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
	id, err := s.insertTask(q, n)
	if err != nil {
		return answer{}, err
	}
	t, err := s.task(q.ctx, id)
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

const maxReplicas = 11

func (s *Server) insertTask(q *query, n newTask) (int, error) {
	var id int
	err := s.db.wr.QueryRowContext(q.ctx, `UPDATE sequences SET last = last + 1 WHERE name = 'task' RETURNING last`).Scan(&id)
	if err != nil {
		return 0, err
	}
	if hook := s.opts.Hooks.TaskNumbered; hook != nil {
		hook(q.ctx, id)
	}
	now := s.now()
	return id, s.db.write(q.ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(q.ctx, `INSERT INTO tasks (id, name, project_id, owner_id, assignee_id, assigned, bug_tracker, subset, segment_size, overlap, consensus, status, org_id, created, updated, source_storage, target_storage)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'annotation', ?, ?, ?, ?, ?)`,
			id, n.name, n.project, n.owner, n.assignee, when(n.assignee, now), n.tracker, n.subset, n.segmentSize, n.overlap, n.consensus, n.org, now, now, n.source, n.target)
		if err != nil {
			return err
		}
		return createLabels(q.ctx, tx, labelOwner{task: &id}, n.labels)
	})
}

var taskFields = []string{"owner_id", "assignee_id", "project_id", "name", "labels", "bug_tracker", "subset", "organization_id", "source_storage", "target_storage"}

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
	unlock, err := s.lockTask(q.ctx, t.id)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	err = s.db.write(q.ctx, func(tx *sql.Tx) error {
		if t.project == nil {
			if err := updateLabels(q.ctx, tx, labelOwner{task: &t.id}, labels); err != nil {
				return err
			}
		}
		return c.save(q.ctx, tx, "tasks", t.id, len(labels) > 0, s.now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getTask(q)
}

func (s *Server) taskChanges(q *query, b body, t *task) (*changes, []labelSpec, error) {
	if err := b.onlyFields(taskFields); err != nil {
		return nil, nil, err
	}
	f, c := form{body: b}, &changes{}
	owner, assignee, err := s.peopleOf(q, &f, t.org)
	if err != nil {
		return nil, nil, err
	}
	if err := s.moveTask(q, t, &f, c); err != nil {
		return nil, nil, err
	}
	c.text(&f, "name", text{max: 256})
	c.text(&f, "bug_tracker", text{max: 2000, blank: true})
	c.text(&f, "subset", text{max: 64, blank: true})
	c.person(&f, "owner_id", owner, t.owner)
	c.person(&f, "assignee_id", assignee, t.assignee)
	labels := f.labels("labels")
	return c, labels, f.err()
}

// moveTask reads a change of project, and refuses one of organization.
func (s *Server) moveTask(q *query, t *task, f *form, c *changes) error {
	if _, given := f.body["organization_id"]; given && t.project != nil {
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
	}
	c.add("project_id", id)
	return nil
}
