package api

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"sort"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type organizationJSON struct {
	ID          int            `json:"id"`
	Slug        string         `json:"slug"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Created     storage.Stamp  `json:"created_date"`
	Updated     storage.Stamp  `json:"updated_date"`
	Contact     map[string]any `json:"contact"`
	Owner       *basicUser     `json:"owner"`
}

func (p *people) organizationJSON(base string, o *organization) organizationJSON {
	return organizationJSON{ID: o.id, Slug: o.slug, Name: o.name, Description: o.description, Created: o.created, Updated: o.updated, Contact: map[string]any{}, Owner: p.basic(base, &o.owner)}
}

func (s *Server) listOrganizations(q *query) (answer, error) {
	p := s.people.Load()
	var mine []*organization
	for _, o := range p.orgs {
		slug := q.URL.Query().Get("slug")
		if (q.who.superuser || p.role(q.who.id, o.id) != "") && (slug == "" || slug == o.slug) {
			mine = append(mine, o)
		}
	}
	sort.Slice(mine, func(i, j int) bool { return mine[i].id > mine[j].id })
	var all []any
	for _, o := range mine {
		all = append(all, p.organizationJSON(q.base(), o))
	}
	return q.page(all)
}

func (s *Server) getOrganization(q *query) (answer, error) {
	p := s.people.Load()
	o := p.orgs[q.id(0)]
	if o == nil {
		return answer{}, notFound("Organization", q.id(0))
	}
	if !q.who.superuser && p.role(q.who.id, o.id) == "" {
		return answer{}, forbidden()
	}
	return ok(p.organizationJSON(q.base(), o)), nil
}

// deleteOrganization takes everything in it along. Its owner may.
func (s *Server) deleteOrganization(q *query) (answer, error) {
	o := s.people.Load().orgs[q.id(0)]
	if o == nil {
		return answer{}, notFound("Organization", q.id(0))
	}
	if !q.who.superuser && o.owner != q.who.id {
		return answer{}, forbidden()
	}
	if err := s.store.Exec(q.ctx, `DELETE FROM organizations WHERE id = ?`, o.id); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), s.loadPeople(q.ctx)
}

var slugPattern = regexp.MustCompile(`^[-a-zA-Z0-9_]+$`)

func (s *Server) createOrganization(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	f := form{body: b}
	slug, _ := f.text("slug", text{max: 16, required: true})
	name, named := f.text("name", text{max: 64, blank: true})
	if slug != "" && !slugPattern.MatchString(slug) {
		f.fail("slug", `Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.`)
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if !named {
		name = slug
	}
	p := s.people.Load()
	if p.slugs[slug] != nil {
		f.fail("slug", "organization with this slug already exists.")
		return answer{}, f.err()
	}
	id, err := s.insertOrganization(q.ctx, slug, name, q.who.id)
	if err != nil {
		return answer{}, err
	}
	p = s.people.Load()
	return reply(http.StatusCreated, p.organizationJSON(q.base(), p.orgs[id])), nil
}

func (s *Server) insertOrganization(ctx context.Context, slug, name string, owner int) (id int, err error) {
	now := s.store.Now()
	err = s.store.Transaction(ctx, func(tx *sql.Tx) (err error) {
		id, err = storage.Insert(ctx, tx, `INSERT INTO organizations (slug, name, description, owner_id, created, updated) VALUES (?, ?, '', ?, ?, ?)`, slug, name, owner, now, now)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO memberships VALUES (?, ?, ?)`, id, owner, roleOwner)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, s.loadPeople(ctx)
}

// AddMember puts a user into an organization with a role (owner, maintainer,
// supervisor or worker), for tests; CVAT needs an invitation for it.
func (s *Server) AddMember(ctx context.Context, slug, username, role string) error {
	p := s.people.Load()
	o, u := p.slugs[slug], p.names[username]
	if o == nil || u == nil {
		return fmt.Errorf("add %s to organization %s: no such user or organization", username, slug)
	}
	if err := s.store.Exec(ctx, `INSERT OR REPLACE INTO memberships VALUES (?, ?, ?)`, o.id, u.id, role); err != nil {
		return err
	}
	return s.loadPeople(ctx)
}
