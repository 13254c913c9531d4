package api

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A caller is who sent a request, and with which kind of credentials.
type caller struct {
	*user
	token    *token // nil with Basic and for an in-process caller
	readOnly bool
}

// A token as the database has it.
type token struct {
	id, user         int
	kind, name       string
	readOnly         bool
	created, updated storage.Stamp
	expiry, lastUsed sql.Null[storage.Stamp]
}

// A workspace is where a request looks and creates: everywhere, the personal
// workspace, or one organization.
type workspace struct {
	named bool          // false: everywhere for reading, personal for creating
	org   *organization // nil: personal
}

// id is the organization's id, or nil for the database.
func (w workspace) id() *int {
	if w.org == nil {
		return nil
	}
	return &w.org.id
}

func (s *Server) identify(q *query, r *route) error {
	who, err := s.authenticate(q)
	if err != nil {
		return err // a bad token is refused even where none is needed (A7)
	}
	q.who = who
	if r.open {
		return nil
	}
	if who == nil {
		return unauthorized("Authentication credentials were not provided.")
	}
	if who.readOnly && !safe(q.Method) {
		return forbidden()
	}
	return s.resolveWorkspace(q)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func unauthorized(text string) error {
	p := detail(http.StatusUnauthorized, "%s", text)
	p.header = http.Header{"Www-Authenticate": {"Token"}}
	return p
}

// authenticate tells who calls: the three schemes are distinguished by their word, and a
// word that CVAT does not know counts as no credentials (A8).
func (s *Server) authenticate(q *query) (*caller, error) {
	scheme, value, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "token":
		return s.bearer(q.ctx, "login", value)
	case "bearer":
		return s.bearer(q.ctx, "access", value)
	case "basic":
		name, password, _ := q.BasicAuth()
		if u := s.people.Load().signIn(name, password); u != nil {
			return &caller{user: u}, nil
		}
		return nil, unauthorized("Invalid username/password.")
	}
	if s.o.NoAuth {
		return &caller{user: s.people.Load().names[Username]}, nil
	}
	return s.session(q)
}

func (s *Server) bearer(ctx context.Context, kind, value string) (*caller, error) {
	t := &token{}
	err := s.store.Reader.QueryRowContext(ctx, `SELECT id, user_id, kind, name, read_only, created, updated, expiry, last_used FROM tokens WHERE value = ? AND kind = ?`, strings.TrimSpace(value), kind).
		Scan(&t.id, &t.user, &t.kind, &t.name, &t.readOnly, &t.created, &t.updated, &t.expiry, &t.lastUsed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err != nil || t.expiry.Valid && t.expiry.V < s.store.Now() {
		return nil, unauthorized("Invalid token.")
	}
	s.touchToken(ctx, t)
	return &caller{user: s.people.Load().users[t.user], token: t, readOnly: t.readOnly}, nil
}

// touchToken notes the use of an access token, at most once a minute: noting each
// would make a write of every GET.
func (s *Server) touchToken(ctx context.Context, t *token) {
	now := s.store.Now()
	if t.kind != "access" || t.lastUsed.Valid && now-t.lastUsed.V < 60*storage.Second {
		return
	}
	t.lastUsed = sql.Null[storage.Stamp]{V: now, Valid: true}
	if _, err := s.store.Writer.ExecContext(ctx, `UPDATE tokens SET last_used = ? WHERE id = ?`, now, t.id); err != nil {
		s.o.Log.Warn("sandbox cannot note a token's use", "error", err)
	}
}

// sessionCookie is set by a login: its value is the login's key.
const sessionCookie = "sessionid"

func (s *Server) session(q *query) (*caller, error) {
	c, err := q.Cookie(sessionCookie)
	if err != nil {
		return nil, nil
	}
	who, err := s.bearer(q.ctx, "login", c.Value)
	var p *problem
	if errors.As(err, &p) {
		return nil, nil // an old cookie is not an error
	}
	return who, err
}

func (s *Server) resolveWorkspace(q *query) error {
	params := q.URL.Query()
	header, inHeader := q.Header["X-Organization"]
	slug, named := "", false
	if inHeader {
		slug, named = header[0], true
	}
	if params.Has("org") {
		if named && slug != params.Get("org") {
			return listed(`You cannot specify "org" query parameter and "X-Organization" HTTP header with different values.`)
		}
		slug, named = params.Get("org"), true
	}
	p := s.people.Load()
	org := p.slugs[slug]
	if !named && params.Get("org_id") != "" {
		slug, named = params.Get("org_id"), true
		id, err := strconv.Atoi(slug)
		if err != nil {
			return crashed()
		}
		org = p.orgs[id]
	}
	if !named || slug == "" {
		q.org = workspace{named: named}
		return nil
	}
	if org == nil {
		return detail(http.StatusNotFound, "%s organization does not exist.", slug)
	}
	if p.role(q.who.id, org.id) == "" && !q.who.superuser {
		return forbidden()
	}
	q.org = workspace{named: true, org: org}
	return nil
}
