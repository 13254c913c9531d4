package observe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// A patient is a server in perfect health, unless a test says otherwise.
type patient struct {
	*fake
	url, version string
	clock        time.Time
	self         cvat.User
	token        *cvat.Token // nil: the server knows none of them
	role         string
	fails        map[string]error
}

func healthy() *patient {
	return &patient{
		fake: &fake{projects: []cvat.Project{{ID: 7, Name: "p", Owner: &cvat.User{ID: 1, Username: "alice"}}}},
		url:  "https://cvat.example.com", version: "2.73.0", clock: noon,
		self:  cvat.User{ID: 1, Username: "alice", Groups: []string{"user"}},
		token: &cvat.Token{Name: "ci"}, fails: map[string]error{},
	}
}

func (p *patient) Server() string               { return p.url }
func (p *patient) UsesAccessToken() bool        { return p.token != nil }
func (p *patient) SignIn(context.Context) error { return p.fails["sign in"] }

func (p *patient) About(context.Context) (*cvat.About, error) {
	var v cvat.Version
	err := v.UnmarshalText([]byte(p.version))
	return &cvat.About{Version: v}, errors.Join(err, p.fails["about"])
}

func (p *patient) Clock(context.Context) (time.Time, error) { return p.clock, p.fails["clock"] }
func (p *patient) Self(context.Context) (*cvat.User, error) { return &p.self, p.fails["self"] }
func (p *patient) AccessTokenSelf(context.Context) (*cvat.Token, error) {
	return p.token, p.fails["token"]
}
func (p *patient) Role(context.Context, string) (string, error) { return p.role, p.fails["role"] }

// examine gives "check: outcome" of each finding, and its texts.
func examine(t *testing.T, p *patient, want manifest.Project) (outcomes []string, text string) {
	t.Helper()
	for _, f := range Checkup(t.Context(), p, Want{Project: want}, noon) {
		outcomes = append(outcomes, f.Check+": "+string(f.Outcome))
		text += f.Text + "\n" + advice.Words(f.Hint) + "\n"
	}
	return outcomes, text
}

func TestACheckupSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	refused := &cvat.APIError{Method: "GET", Path: "/api/users/self", Status: 401}
	for name, c := range map[string]struct {
		change func(p *patient)
		want   map[string]Outcome // but for those that are fine
		says   []string
		ends   string // at which check it ends; "": none
	}{
		"healthy":               {func(*patient) {}, nil, []string{"encrypted, its certificate is trusted", `"p", id 7`, "nothing speaks against"}, ""},
		"not encrypted":         {func(p *patient) { p.url = "http://cvat" }, nil, []string{"not encrypted"}, ""},
		"nobody answers":        {func(p *patient) { p.fails["about"] = errors.New("connection refused") }, map[string]Outcome{"address": Failed}, []string{"connection refused"}, "address"},
		"too old":               {func(p *patient) { p.version = "2.30.0" }, map[string]Outcome{"version": Failed}, []string{"needs 2.39.0 or newer"}, "version"},
		"no tokens yet":         {func(p *patient) { p.version = "2.42.0" }, map[string]Outcome{"version": Failed}, []string{"use CVAT_USERNAME and CVAT_PASSWORD"}, "version"},
		"very new":              {func(p *patient) { p.version = "2.99.0" }, map[string]Outcome{"version": Warning}, []string{"look for a newer cvatplan"}, ""},
		"clocks":                {func(p *patient) { p.clock = noon.Add(-10 * time.Minute) }, map[string]Outcome{"clock": Warning}, []string{"10m apart", "NTP"}, ""},
		"no clock":              {func(p *patient) { p.clock = time.Time{} }, map[string]Outcome{"clock": Warning}, []string{"does not tell its time"}, ""},
		"no credentials":        {func(p *patient) { p.fails["sign in"] = errors.New("no credentials") }, map[string]Outcome{"credentials": Failed}, []string{"no credentials"}, "credentials"},
		"a refused token":       {func(p *patient) { p.fails["self"] = refused }, map[string]Outcome{"credentials": Failed}, []string{"401"}, "credentials"},
		"no token":              {func(p *patient) { p.token = nil }, nil, nil, ""},
		"read-only":             {func(p *patient) { p.token.ReadOnly = true }, map[string]Outcome{"token": Warning}, []string{"read-only", "apply needs one that may write"}, ""},
		"expires soon":          {func(p *patient) { at := noon.Add(24 * time.Hour); p.token.Expires = &at }, map[string]Outcome{"token": Warning}, []string{"expires 2026-03-05 12:00 UTC", "make a new token"}, ""},
		"unknown to the server": {func(p *patient) { p.fails["token"] = notFound() }, nil, nil, ""},
		"no organization of that name": {func(p *patient) { p.org, p.orgs = "nowhere", []cvat.Organization{{Slug: "orchard"}} },
			map[string]Outcome{"organization": Failed}, []string{`no organization "nowhere" (it sees: orchard)`}, "organization"},
		"no project":        {func(p *patient) { p.projects = nil }, map[string]Outcome{"project": Warning}, []string{"create: true"}, ""},
		"two projects":      {func(p *patient) { p.projects = append(p.projects, cvat.Project{ID: 8, Name: "p"}) }, map[string]Outcome{"project": Failed}, []string{"project.id"}, "project"},
		"another's project": {func(p *patient) { p.self.ID = 2 }, map[string]Outcome{"rights": Warning}, []string{"project 7 is alice's", "organization"}, ""},
		"a superuser":       {func(p *patient) { p.self.ID, p.self.IsSuperuser = 2, true }, nil, nil, ""},
		"a worker":          {func(p *patient) { p.self.Groups = []string{"worker"} }, map[string]Outcome{"rights": Warning}, []string{"may create nothing", "group user"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy()
			c.change(p)
			outcomes, text := examine(t, p, manifest.Project{Name: "p"})
			var want []string
			for _, check := range []string{"address", "version", "clock", "credentials", "token", "organization", "project", "rights", "limits"} {
				if check == "token" && (p.token == nil || p.fails["token"] != nil) {
					continue
				}
				v := Fine
				if c.want[check] != "" {
					v = c.want[check]
				}
				want = append(want, fmt.Sprintf("%s: %s", check, v))
				if check == c.ends {
					break
				}
			}
			if diff := cmp.Diff(want, outcomes); diff != "" {
				t.Error(diff)
			}
			for _, s := range c.says {
				if !strings.Contains(text, s) {
					t.Errorf("no %q in\n%s", s, text)
				}
			}
		})
	}
}

func TestRightsInAnOrganizationAreItsRoles(t *testing.T) {
	org := 3
	for role, c := range map[string]struct {
		err  error
		want Outcome
	}{
		"owner": {nil, Fine}, "maintainer": {nil, Fine}, "supervisor": {nil, Fine}, "worker": {nil, Warning},
		"unknown": {notFound(), Fine},
	} {
		t.Run(role, func(t *testing.T) {
			p := healthy()
			p.org, p.orgs, p.role, p.fails["role"] = "orchard", []cvat.Organization{{ID: org, Slug: "orchard"}}, role, c.err
			p.projects[0].OrganizationID = &org
			outcomes, _ := examine(t, p, manifest.Project{Name: "p"})
			if diff := cmp.Diff("rights: "+string(c.want), outcomes[len(outcomes)-2]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
