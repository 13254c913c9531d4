package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

var accountQuestions = []question{
	{1, "the version is given to anybody", func(t *testing.T, s *suite) {
		e := s.raw(t, "GET", "/api/server/about", "", "Authorization", "")
		e.want(t, 200, "")
		if err := new(cvat.Version).UnmarshalText([]byte(decoded(e.body).(map[string]any)["version"].(string))); err != nil {
			t.Error(err)
		}
	}},
	{2, "a wrong token is 401, even where none is needed", func(t *testing.T, s *suite) {
		s.raw(t, "GET", "/api/server/about", "", "Authorization", "Bearer nope").want(t, 401, `{"detail":"Invalid token."}`)
	}},
	{3, "an access token goes as Bearer and not as Token", func(t *testing.T, s *suite) {
		s.raw(t, "GET", "/api/users/self", "", "Authorization", "Token "+s.rawToken).want(t, 401, `{"detail":"Invalid token."}`)
		if _, err := s.Self(t.Context()); err != nil {
			t.Error(err)
		}
	}},
	{4, "without credentials there is no reading", func(t *testing.T, s *suite) {
		s.raw(t, "GET", "/api/tasks", "", "Authorization", "").want(t, 401, `{"detail":"Authentication credentials were not provided."}`)
	}},
	{5, "an access token describes itself", func(t *testing.T, s *suite) {
		token, err := s.AccessTokenSelf(t.Context())
		if err != nil || token.ReadOnly {
			t.Errorf("%+v, %v", token, err)
		}
	}},
	{6, "a login gives a key that goes as Token", func(t *testing.T, s *suite) {
		c := s.loggedIn(t)
		if self, err := c.Self(t.Context()); err != nil || self.Username != s.username {
			t.Errorf("%+v, %v", self, err)
		}
	}},
	{7, "a wrong password is 400", func(t *testing.T, s *suite) {
		s.needLogin(t)
		s.raw(t, "POST", "/api/auth/login", text(map[string]string{"username": s.username, "password": "wrong"}), "Authorization", "").
			want(t, 400, `{"non_field_errors":["Unable to log in with provided credentials."]}`)
	}},
	{8, "a new access token is read-only: it may read, and is refused with 403 to write", func(t *testing.T, s *suite) {
		c := s.client(t, cvat.Options{Credentials: cvat.Credentials{AccessToken: s.newToken(t)}})
		if token, err := c.AccessTokenSelf(t.Context()); err != nil || !token.ReadOnly {
			t.Errorf("%+v, %v", token, err)
		}
		if _, err := c.Project(t.Context(), s.project); err != nil {
			t.Errorf("reading: %v", err)
		}
		_, err := c.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: s.project})
		if !errors.Is(err, cvat.ErrNotAuthorised) || errors.Is(err, cvat.ErrUnknownOutcome) {
			t.Errorf("writing: %v", err)
		}
	}},
	{9, "an access token may not make another", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/auth/access_tokens", `{"name":"x"}`).want(t, 403, "")
	}},
	{10, "a login's key is no access token that describes itself", func(t *testing.T, s *suite) {
		if token, err := s.loggedIn(t).AccessTokenSelf(t.Context()); err == nil {
			t.Errorf("%+v", token)
		}
	}},
	{11, "one finds oneself among the users, by the exact name", func(t *testing.T, s *suite) {
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.FindUser(t.Context(), self.Username)
		if err != nil || found.ID != self.ID {
			t.Errorf("%+v, %v", found, err)
		}
		if _, err := s.FindUser(t.Context(), self.Username[:1]); !errors.Is(err, cvat.ErrNotFound) {
			t.Errorf("a part of the name: %v", err)
		}
	}},
}

func (s *suite) needLogin(t *testing.T) {
	t.Helper()
	if s.username == "" || s.password == "" {
		t.Skip("CVAT_TEST_USERNAME and CVAT_TEST_PASSWORD are not set")
	}
}

func (s *suite) loggedIn(t *testing.T) *cvat.Client {
	t.Helper()
	s.needLogin(t)
	c, err := cvat.New(cvat.Options{BaseURL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(t.Context(), s.username, cvat.NewSecret(s.password)); err != nil {
		t.Fatal(err)
	}
	return c
}

// newToken makes an access token, which is read-only by default, and deletes it in the end.
func (s *suite) newToken(t *testing.T) cvat.Secret {
	t.Helper()
	key := "Token " + s.loginKey(t)
	e := s.raw(t, "POST", "/api/auth/access_tokens", text(map[string]string{"name": s.run}), "Authorization", key)
	e.want(t, 201, "")
	var made struct {
		ID    int
		Value string
	}
	if err := json.Unmarshal([]byte(e.body), &made); err != nil {
		t.Fatal(err)
	}
	s.inTheEnd(t, fmt.Sprintf("/api/auth/access_tokens/%d", made.ID), "Authorization", key)
	return cvat.NewSecret(made.Value)
}

func (s *suite) loginKey(t *testing.T) string {
	t.Helper()
	s.needLogin(t)
	e := s.raw(t, "POST", "/api/auth/login", text(map[string]string{"username": s.username, "password": s.password}), "Authorization", "")
	e.want(t, 200, "")
	return decoded(e.body).(map[string]any)["key"].(string)
}
