package api

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// login answers the user's one key: it is the same for every client until someone
// logs out (A10).
func (s *Server) login(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	name, _ := b["username"].(string)
	email, _ := b["email"].(string)
	password, _ := b["password"].(string)
	if name == "" && email == "" || password == "" {
		return answer{}, listed(`Must include either "username" or "email" and "password".`)
	}
	p := s.people.Load()
	if u := p.byEmail(email); u != nil && name == "" {
		name = u.username
	}
	u := p.signIn(name, password)
	if u == nil {
		return answer{}, &problem{status: http.StatusBadRequest, ctype: jsonType, body: storage.EncodeJSON(map[string][]string{"non_field_errors": {"Unable to log in with provided credentials."}})}
	}
	key, err := s.loginKey(q, u)
	if err != nil {
		return answer{}, err
	}
	a := ok(map[string]string{"key": key})
	a.header = loginCookies(key)
	return a, s.loadPeople(q.ctx)
}

// loginCookies are what cvat-sdk looks for after a login; the key is what counts.
func loginCookies(key string) http.Header {
	h := http.Header{}
	for _, c := range []http.Cookie{
		{Name: "csrftoken", Value: key[:32], Path: "/", MaxAge: 31449600, SameSite: http.SameSiteLaxMode},
		{Name: "sessionfresh", Value: "1", Path: "/", MaxAge: 86400, HttpOnly: true, SameSite: http.SameSiteLaxMode},
		{Name: sessionCookie, Value: key, Path: "/", MaxAge: 1209600, HttpOnly: true, SameSite: http.SameSiteLaxMode},
	} {
		h.Add("Set-Cookie", c.String())
	}
	return h
}

func (s *Server) loginKey(q *query, u *user) (key string, err error) {
	now := s.store.Now()
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(q.ctx, `SELECT value FROM tokens WHERE user_id = ? AND kind = 'login'`, u.id).Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			key = randomHex(20)
			_, err = tx.ExecContext(q.ctx, `INSERT INTO tokens (user_id, kind, value, name, read_only, created, updated) VALUES (?, 'login', ?, '', 0, ?, ?)`, u.id, key, now, now)
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(q.ctx, `UPDATE users SET last_login = ? WHERE id = ?`, now, u.id)
		return err
	})
	return key, err
}

// logout takes the key away from every client of the user.
func (s *Server) logout(q *query) (answer, error) {
	if q.who != nil {
		if err := s.store.Exec(q.ctx, `DELETE FROM tokens WHERE user_id = ? AND kind = 'login'`, q.who.id); err != nil {
			return answer{}, err
		}
	}
	return ok(map[string]string{"detail": "Successfully logged out."}), nil
}

// accessToken is a personal access token; Value is shown once, at its making.
type accessToken struct {
	ID       int            `json:"id"`
	Name     string         `json:"name"`
	Created  storage.Stamp  `json:"created_date"`
	Updated  storage.Stamp  `json:"updated_date"`
	Expiry   *storage.Stamp `json:"expiry_date"`
	LastUsed *storage.Stamp `json:"last_used_date"`
	ReadOnly bool           `json:"read_only"`
	Owner    *basicUser     `json:"owner"`
	Value    string         `json:"value,omitempty"`
}

// createToken makes an access token; it is read-only unless asked otherwise, and an
// access token may not make another (A11).
func (s *Server) createToken(q *query) (answer, error) {
	if q.who.token != nil && q.who.token.kind == "access" {
		return answer{}, forbidden()
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	f := form{body: b}
	name, _ := f.text("name", text{max: 255, required: true})
	readOnly, given := f.truth("read_only")
	expiry := f.date("expiry_date")
	if err := f.err(); err != nil {
		return answer{}, err
	}
	now := s.store.Now()
	t := accessToken{Name: name, Created: now, Updated: now, Expiry: expiry, ReadOnly: readOnly || !given, Value: randomHex(4) + "." + randomHex(16)}
	t.Owner = s.people.Load().basic(q.base(), &q.who.id)
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) (err error) {
		t.ID, err = storage.Insert(q.ctx, tx, `INSERT INTO tokens (user_id, kind, value, name, read_only, created, updated, expiry) VALUES (?, 'access', ?, ?, ?, ?, ?, ?)`,
			q.who.id, t.Value, t.Name, t.ReadOnly, now, now, t.Expiry)
		return err
	})
	return reply(http.StatusCreated, t), err
}

// date reads a time; null and absent are none.
func (f *form) date(name string) *storage.Stamp {
	v, ok := f.body[name].(string)
	if !ok {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			at := storage.Stamp(t.UnixMicro())
			return &at
		}
	}
	f.fail(name, "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].")
	return nil
}

// selfToken describes the access token that the request was sent with.
func (s *Server) selfToken(q *query) (answer, error) {
	t := q.who.token
	if t == nil || t.kind != "access" {
		return answer{}, notFound("AccessToken", 0)
	}
	return ok(accessToken{
		ID: t.id, Name: t.name, Created: t.created, Updated: t.updated, Expiry: storage.Optional(t.expiry), LastUsed: storage.Optional(t.lastUsed),
		ReadOnly: t.readOnly, Owner: s.people.Load().basic(q.base(), &t.user),
	}), nil
}

// deleteToken takes one of the caller's access tokens back.
func (s *Server) deleteToken(q *query) (answer, error) {
	n, err := s.store.Change(q.ctx, `DELETE FROM tokens WHERE id = ? AND user_id = ? AND kind = 'access'`, q.id(0), q.who.id)
	if err == nil && n == 0 {
		err = notFound("AccessToken", q.id(0))
	}
	return empty(http.StatusNoContent), err
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
