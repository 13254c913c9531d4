package sandbox

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
)

// A project as the database has it.
type project struct {
	id               int
	name, tracker    string
	owner, assignee  *int
	assigned         *stamp
	org              *int
	created, updated stamp
	source, target   *string
	tasks            int
	dimension        *string
}

type projectJSON struct {
	URL            string       `json:"url"`
	ID             int          `json:"id"`
	Name           string       `json:"name"`
	Owner          *basicUser   `json:"owner"`
	Assignee       *basicUser   `json:"assignee"`
	GuideID        *int         `json:"guide_id"`
	BugTracker     string       `json:"bug_tracker"`
	TaskSubsets    []string     `json:"task_subsets"`
	Created        stamp        `json:"created_date"`
	Updated        stamp        `json:"updated_date"`
	Status         string       `json:"status"`
	Dimension      *string      `json:"dimension"`
	Organization   *int         `json:"organization"`
	OrganizationID *int         `json:"organization_id"`
	Target         *storageJSON `json:"target_storage"`
	Source         *storageJSON `json:"source_storage"`
	Tasks          countLink    `json:"tasks"`
	Labels         urlLink      `json:"labels"`
	Assigned       *stamp       `json:"assignee_updated_date"`
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
	(SELECT t.dimension FROM tasks t WHERE t.project_id = p.id AND t.dimension <> '' LIMIT 1) FROM projects p `

func scanProject(r *sql.Rows) (*project, error) {
	p := &project{}
	return p, r.Scan(&p.id, &p.name, &p.tracker, &p.owner, &p.assignee, &p.assigned, &p.org, &p.created, &p.updated, &p.source, &p.target, &p.tasks, &p.dimension)
}

func (p *project) owned() owned { return owned{p.org, []*int{p.owner, p.assignee}} }

// project finds a project; nil is none.
func (s *Server) project(ctx context.Context, id int) (*project, error) {
	found, err := collect(ctx, s.db.read, scanProject, projectColumns+`WHERE p.id = ?`, id)
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
	subsets, err := collect(q.ctx, s.db.read, scanOne[string], `SELECT DISTINCT subset FROM tasks WHERE project_id = ? AND subset <> '' ORDER BY subset`, p.id)
	if err != nil {
		return projectJSON{}, err
	}
	people, base := s.people.Load(), q.base()
	return projectJSON{
		URL: base + "/api/projects/" + strconv.Itoa(p.id), ID: p.id, Name: p.name,
		Owner: people.basic(base, p.owner), Assignee: people.basic(base, p.assignee), Assigned: p.assigned,
		BugTracker: p.tracker, TaskSubsets: append([]string{}, subsets...), Created: p.created, Updated: p.updated,
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
