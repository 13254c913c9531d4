package sandbox

import (
	"database/sql"
	"net/http"
	"os"
	"slices"
)

// createProject makes a project; names need not be unique (A14).
func (s *Server) createProject(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	if !s.mayCreate(q) {
		return answer{}, forbidden()
	}
	n, err := s.readNewProject(q, b)
	if err != nil {
		return answer{}, err
	}
	id, err := s.insertProject(q, n)
	if err != nil {
		return answer{}, err
	}
	p, err := s.project(q.ctx, id)
	if err != nil || p == nil {
		return answer{}, err
	}
	j, err := s.projectJSON(q, p)
	return created(j.URL, j), err
}

type newProject struct {
	project
	labels []labelSpec
}

func (s *Server) readNewProject(q *query, b body) (n newProject, err error) {
	f := form{body: b}
	n.owner, n.assignee, err = s.peopleOf(q, &f, q.org.id())
	if err != nil {
		return n, err
	}
	n.name, _ = f.text("name", text{max: 256, required: true})
	n.labels = f.labels("labels")
	n.tracker, _ = f.text("bug_tracker", text{max: 2000, blank: true})
	n.source, n.target = f.storage("source_storage"), f.storage("target_storage")
	return n, f.err()
}

func (s *Server) insertProject(q *query, n newProject) (id int, err error) {
	err = s.db.write(q.ctx, func(tx *sql.Tx) (err error) {
		now := s.now()
		id, err = insert(q.ctx, tx, `INSERT INTO projects (name, owner_id, assignee_id, assigned, bug_tracker, org_id, created, updated, source_storage, target_storage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			n.name, n.owner, n.assignee, when(n.assignee, now), n.tracker, q.org.id(), now, now, n.source, n.target)
		if err != nil {
			return err
		}
		return createLabels(q.ctx, tx, labelOwner{project: &id}, n.labels)
	})
	return id, err
}

// when is the time of an assignment, if there is one.
func when(assignee *int, now stamp) *stamp {
	if assignee == nil {
		return nil
	}
	return &now
}

// projectFields are what a PATCH may name; another name is refused (A15).
var projectFields = []string{"owner_id", "assignee_id", "name", "labels", "bug_tracker", "organization_id", "source_storage", "target_storage"}

func (b body) onlyFields(known []string) error {
	for name := range b {
		if !slices.Contains(known, name) {
			return detail(http.StatusForbidden, "Attempted to update an unknown field")
		}
	}
	return nil
}

func (s *Server) patchProject(q *query) (answer, error) {
	p, err := s.myProject(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	c, labels, err := s.projectChanges(q, b, p)
	if err != nil {
		return answer{}, err
	}
	err = s.db.write(q.ctx, func(tx *sql.Tx) error {
		if err := updateLabels(q.ctx, tx, labelOwner{project: &p.id}, labels); err != nil {
			return err
		}
		return c.save(q.ctx, tx, "projects", p.id, len(labels) > 0, s.now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getProject(q)
}

func (s *Server) projectChanges(q *query, b body, p *project) (*changes, []labelSpec, error) {
	if err := b.onlyFields(projectFields); err != nil {
		return nil, nil, err
	}
	f, c := form{body: b}, &changes{}
	owner, assignee, err := s.peopleOf(q, &f, p.org)
	if err != nil {
		return nil, nil, err
	}
	c.text(&f, "name", text{max: 256})
	c.text(&f, "bug_tracker", text{max: 2000, blank: true})
	c.person(&f, "owner_id", owner, p.owner)
	c.person(&f, "assignee_id", assignee, p.assignee)
	labels := f.labels("labels")
	return c, labels, f.err()
}

// deleteProject takes the project's tasks with it.
func (s *Server) deleteProject(q *query) (answer, error) {
	p, err := s.myProject(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	data, err := collect(q.ctx, s.db.read, scanOne[int], `SELECT data_id FROM tasks WHERE project_id = ? AND data_id IS NOT NULL`, p.id)
	if err != nil {
		return answer{}, err
	}
	err = s.db.write(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM projects WHERE id = ?`, p.id); err != nil {
			return err
		}
		_, err := tx.ExecContext(q.ctx, `DELETE FROM data WHERE `+inList("id", data))
		return err
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range data {
		_ = os.RemoveAll(s.dir.data(id)) // what stays, the next Open sweeps away
	}
	return empty(http.StatusNoContent), nil
}
