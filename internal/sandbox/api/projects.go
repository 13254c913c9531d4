package api

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A project as the database has it.
type project struct {
	id               int
	name, tracker    string
	owner, assignee  *int
	assigned         *storage.Stamp
	org              *int
	created, updated storage.Stamp
	source, target   *string
	tasks            int
	dimension        *string
	guide            *int
}

type projectJSON struct {
	URL            string         `json:"url"`
	ID             int            `json:"id"`
	Name           string         `json:"name"`
	Owner          *basicUser     `json:"owner"`
	Assignee       *basicUser     `json:"assignee"`
	GuideID        *int           `json:"guide_id"`
	BugTracker     string         `json:"bug_tracker"`
	TaskSubsets    []string       `json:"task_subsets"`
	Created        storage.Stamp  `json:"created_date"`
	Updated        storage.Stamp  `json:"updated_date"`
	Status         string         `json:"status"`
	Dimension      *string        `json:"dimension"`
	Organization   *int           `json:"organization"`
	OrganizationID *int           `json:"organization_id"`
	Target         *storageJSON   `json:"target_storage"`
	Source         *storageJSON   `json:"source_storage"`
	Tasks          countLink      `json:"tasks"`
	Labels         urlLink        `json:"labels"`
	Assigned       *storage.Stamp `json:"assignee_updated_date"`
}

type countLink struct {
	Count int    `json:"count"`
	URL   string `json:"url"`
}

type urlLink struct {
	URL string `json:"url"`
}

var projectListing = &listing{
	from: "projects p LEFT JOIN users o ON o.id = p.owner_id LEFT JOIN users a ON a.id = p.assignee_id", id: "p.id",
	terms: map[string]term{
		"id": {"p.id", numberTerm}, "name": {"p.name", textTerm}, "owner": {"o.username", textTerm},
		"assignee": {"a.username", textTerm}, "status": {"'annotation'", textTerm}, "updated_date": {"p.updated", timeTerm},
	},
	search: []string{"name", "owner", "assignee", "status"},
	simple: []string{"name", "owner", "assignee", "status"},
	orders: []string{"id", "name", "owner", "assignee", "status", "updated_date"},
}

const projectColumns = `SELECT p.id, p.name, p.bug_tracker, p.owner_id, p.assignee_id, p.assigned, p.org_id, p.created, p.updated, p.source_storage, p.target_storage,
	(SELECT count(*) FROM tasks t WHERE t.project_id = p.id),
	(SELECT t.dimension FROM tasks t WHERE t.project_id = p.id AND t.dimension <> '' LIMIT 1),
	(SELECT g.id FROM guides g WHERE g.project_id = p.id) FROM projects p `

func scanProject(r *sql.Rows) (*project, error) {
	p := &project{}
	return p, r.Scan(&p.id, &p.name, &p.tracker, &p.owner, &p.assignee, &p.assigned, &p.org, &p.created, &p.updated, &p.source, &p.target, &p.tasks, &p.dimension, &p.guide)
}

func (p *project) owned() owned { return owned{p.org, []*int{p.owner, p.assignee}} }

// project finds a project; nil is none.
func (s *Server) project(ctx context.Context, id int) (*project, error) {
	found, err := storage.Collect(ctx, s.store.Reader, scanProject, projectColumns+`WHERE p.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// myProject finds a project that the caller may use, or says why not.
func (s *Server) myProject(q *query, id int) (*project, error) {
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, notFound("Project", id)
	case !s.mayUse(q, p.owned()):
		return nil, forbidden()
	}
	return p, nil
}

func (s *Server) projectJSON(q *query, p *project) (projectJSON, error) {
	subsets, err := storage.Collect(q.ctx, s.store.Reader, storage.ScanOne[string], `SELECT DISTINCT subset FROM tasks WHERE project_id = ? AND subset <> '' ORDER BY subset`, p.id)
	if err != nil {
		return projectJSON{}, err
	}
	people, base := s.people.Load(), q.base()
	return projectJSON{
		URL: base + "/api/projects/" + strconv.Itoa(p.id), ID: p.id, Name: p.name,
		Owner: people.basic(base, p.owner), Assignee: people.basic(base, p.assignee), Assigned: p.assigned,
		GuideID: p.guide, BugTracker: p.tracker, TaskSubsets: append([]string{}, subsets...), Created: p.created, Updated: p.updated,
		Status: "annotation", Dimension: p.dimension, Organization: p.org, OrganizationID: p.org,
		Source: readStorage(p.source), Target: readStorage(p.target),
		Tasks:  countLink{p.tasks, base + "/api/tasks?project_id=" + strconv.Itoa(p.id)},
		Labels: urlLink{base + "/api/labels?project_id=" + strconv.Itoa(p.id)},
	}, nil
}

func (s *Server) listProjects(q *query) (answer, error) {
	w := &where{}
	s.visible(q, w, "p.org_id", "p.owner_id", "p.assignee_id")
	ids, err := s.ids(q, projectListing, w)
	if err != nil {
		return answer{}, err
	}
	from, to, e, err := q.window(len(ids))
	if err != nil {
		return answer{}, err
	}
	results := []projectJSON{}
	for _, id := range ids[from:to] {
		p, err := s.project(q.ctx, id)
		if err != nil {
			return answer{}, err
		}
		if p == nil {
			continue // deleted since
		}
		j, err := s.projectJSON(q, p)
		if err != nil {
			return answer{}, err
		}
		results = append(results, j)
	}
	e.Results = results
	return ok(e), nil
}

func (s *Server) getProject(q *query) (answer, error) {
	p, err := s.myProject(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	j, err := s.projectJSON(q, p)
	return reply(http.StatusOK, j), err
}

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
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) (err error) {
		now := s.store.Now()
		id, err = storage.Insert(q.ctx, tx, `INSERT INTO projects (name, owner_id, assignee_id, assigned, bug_tracker, org_id, created, updated, source_storage, target_storage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			n.name, n.owner, n.assignee, when(n.assignee, now), n.tracker, q.org.id(), now, now, n.source, n.target)
		if err != nil {
			return err
		}
		return createLabels(q.ctx, tx, labelOwner{project: &id}, n.labels)
	})
	return id, err
}

// when is the time of an assignment, if there is one.
func when(assignee *int, now storage.Stamp) *storage.Stamp {
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
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if err := updateLabels(q.ctx, tx, labelOwner{project: &p.id}, nil, labels); err != nil {
			return err
		}
		if len(labels) > 0 {
			return labelOwner{project: &p.id}.touch(q.ctx, tx, s.store.Now(), c)
		}
		return c.save(q.ctx, tx, "projects", p.id, false, s.store.Now())
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
	c.text(&f, "name", text{max: 256}, p.name)
	c.text(&f, "bug_tracker", text{max: 2000, blank: true}, p.tracker)
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
	data, err := storage.Collect(q.ctx, s.store.Reader, storage.ScanOne[int], `SELECT data_id FROM tasks WHERE project_id = ? AND data_id IS NOT NULL`, p.id)
	if err != nil {
		return answer{}, err
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
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
		_ = os.RemoveAll(s.store.Dir.Data(id)) // what stays, the next Open sweeps away
	}
	return empty(http.StatusNoContent), nil
}
