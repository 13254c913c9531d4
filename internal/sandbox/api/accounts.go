package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A user as the database has it.
type user struct {
	id                                     int
	username, email, password, first, last string
	superuser                              bool
	joined                                 storage.Stamp
	lastLogin                              sql.Null[storage.Stamp]
}

// An organization as the database has it.
type organization struct {
	id                      int
	slug, name, description string
	owner                   int
	created, updated        storage.Stamp
}

// people are all users and organizations: few, read by every request, and so kept in
// memory as a value that is replaced and never changed.
type people struct {
	users  map[int]*user
	names  map[string]*user
	orgs   map[int]*organization
	slugs  map[string]*organization
	roles  map[int]map[int]string // user → organization → role
	sorted []*user
}

// Roles in an organization. A worker sees what is assigned to them, the others all.
const (
	roleOwner      = "owner"
	roleMaintainer = "maintainer"
	roleSupervisor = "supervisor"
	roleWorker     = "worker"
)

func (s *Server) loadPeople(ctx context.Context) error {
	p := &people{
		users: map[int]*user{}, names: map[string]*user{}, roles: map[int]map[int]string{},
		orgs: map[int]*organization{}, slugs: map[string]*organization{},
	}
	users, err := storage.Collect(ctx, s.store.Writer, scanUser, `SELECT id, username, email, password, first_name, last_name, superuser, joined, last_login FROM users ORDER BY id`)
	if err != nil {
		return err
	}
	p.sorted = users
	for _, u := range users {
		p.users[u.id], p.names[u.username], p.roles[u.id] = u, u, map[int]string{}
	}
	orgs, err := storage.Collect(ctx, s.store.Writer, scanOrganization, `SELECT id, slug, name, description, owner_id, created, updated FROM organizations`)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		p.orgs[o.id], p.slugs[o.slug] = o, o
	}
	members, err := storage.Collect(ctx, s.store.Writer, scanMember, `SELECT org_id, user_id, role FROM memberships`)
	for _, m := range members {
		p.roles[m.user][m.org] = m.role
	}
	s.people.Store(p)
	return err
}

// A member is a user's place in an organization.
type member struct {
	org, user int
	role      string
}

func scanMember(r *sql.Rows) (m member, err error) {
	err = r.Scan(&m.org, &m.user, &m.role)
	return m, err
}

func scanUser(r *sql.Rows) (*user, error) {
	u := &user{}
	return u, r.Scan(&u.id, &u.username, &u.email, &u.password, &u.first, &u.last, &u.superuser, &u.joined, &u.lastLogin)
}

func scanOrganization(r *sql.Rows) (*organization, error) {
	o := &organization{}
	return o, r.Scan(&o.id, &o.slug, &o.name, &o.description, &o.owner, &o.created, &o.updated)
}

// foundAccount makes the sandbox account in a new directory.
func (s *Server) foundAccount(ctx context.Context) error {
	some, err := s.store.Exists(ctx, `SELECT 1 FROM users`)
	if err != nil || some {
		return err
	}
	return s.store.Transaction(ctx, func(tx *sql.Tx) error {
		id, err := s.insertUser(ctx, tx, Username, Password, "")
		if err != nil {
			return err
		}
		now := s.store.Now()
		_, err = tx.ExecContext(ctx, `INSERT INTO tokens (user_id, kind, value, name, read_only, created, updated) VALUES (?, 'access', ?, 'sandbox', 0, ?, ?)`, id, AccessToken, now, now)
		return err
	})
}

func (s *Server) insertUser(ctx context.Context, tx *sql.Tx, name, password, email string) (int, error) {
	return storage.Insert(ctx, tx, `INSERT INTO users (username, email, password, first_name, last_name, superuser, joined) VALUES (?, ?, ?, '', '', 0, ?)`,
		name, email, hashPassword(name, password), s.store.Now())
}

// AddUser makes a further account, for tests that need a colleague. It returns the
// account's id.
func (s *Server) AddUser(ctx context.Context, name, password string) (int, error) {
	var id int
	err := s.store.Transaction(ctx, func(tx *sql.Tx) (err error) {
		id, err = s.insertUser(ctx, tx, name, password, name+"@example.com")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("add user %s: %w", name, err)
	}
	return id, s.loadPeople(ctx)
}

// hashPassword keeps passwords out of the file. It is no defence against guessing,
// which would be idle: the sandbox's password is in its documentation.
func hashPassword(name, password string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + password))
	return hex.EncodeToString(sum[:])
}

// signIn finds the user with that password.
func (p *people) signIn(name, password string) *user {
	u := p.names[name]
	if u == nil || subtle.ConstantTimeCompare([]byte(u.password), []byte(hashPassword(name, password))) != 1 {
		return nil
	}
	return u
}

func (p *people) byEmail(email string) *user {
	for _, u := range p.sorted {
		if u.email == email && email != "" {
			return u
		}
	}
	return nil
}

// role is the user's role in the organization; "" is none.
func (p *people) role(user, org int) string { return p.roles[user][org] }
