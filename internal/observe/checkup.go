package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/limits"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A Outcome is what a check came to.
type Outcome string

// The outcomes. A failed check leaves out those that build on it.
const (
	Fine    Outcome = "ok"
	Warning Outcome = "warning"
	Failed  Outcome = "failed"
)

// A Finding is one check of [Checkup].
type Finding struct {
	Check   string
	Outcome Outcome
	Text    string
	Hint    diag.Hint // what to do about it; may be empty
	Code    diag.Code // of a failure, as [cvat.Code] has it; may be empty
	Err     error     // of a failure; may be nil
}

// A Patient is what is examined: a *cvat.Client that has not logged in yet.
type Patient interface {
	Reader
	Server() string
	UsesAccessToken() bool
	About(ctx context.Context) (*cvat.About, error)
	Clock(ctx context.Context) (time.Time, error)
	Self(ctx context.Context) (*cvat.User, error)
	AccessTokenSelf(ctx context.Context) (*cvat.Token, error)
	Role(ctx context.Context, username string) (string, error)

	// SignIn makes the client send the credentials that there are; it is asked only once
	// the server is known for a CVAT.
	SignIn(ctx context.Context) error
}

// Limits on the way of an upload that cannot be asked for, because they are a proxy's.
var limitsText = fmt.Sprintf("%d GiB per task, %d jobs per task unless the server was configured otherwise; proxies in front of it may limit a request (uploads adapt to that)",
	limits.MaxUpload>>30, limits.MaxJobs)

// soon is how near a token's end is worth a word.
const soon = 7 * 24 * time.Hour

// Checkup looks at all that apply needs of a server, by GETs and the login alone, in the order in
// which things build on each other: address, version, clock, credentials, token, workspace, project,
// rights, limits. Without a project in want none is looked for. now is this machine's time.
func Checkup(ctx context.Context, c Patient, want Want, now time.Time) []Finding {
	e := &examination{c: c, want: want, now: now}
	for _, check := range []func(context.Context) bool{e.version, e.clock, e.user, e.token, e.workspace, e.project, e.rights} {
		if !check(ctx) {
			return e.findings
		}
	}
	e.say("limits", Fine, diag.Hint{}, "%s", limitsText)
	return e.findings
}

type examination struct {
	c        Patient
	want     Want
	now      time.Time
	self     *cvat.User
	found    Found // the project
	findings []Finding
}

func (e *examination) say(check string, v Outcome, hint diag.Hint, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	e.findings = append(e.findings, Finding{Check: check, Outcome: v, Text: text, Hint: hint})
}

// fail says why a check failed; nothing that builds on it is asked.
func (e *examination) fail(check string, err error) bool {
	e.findings = append(e.findings, Finding{check, Failed, err.Error(), diag.HintOf(err), cvat.Code(err), err})
	return false
}

func (e *examination) version(ctx context.Context) bool {
	about, err := e.c.About(ctx)
	if err != nil {
		return e.fail("address", err)
	}
	encrypted := "encrypted, its certificate is trusted"
	if !strings.HasPrefix(e.c.Server(), "https:") {
		encrypted = "not encrypted"
	}
	e.say("address", Fine, diag.Hint{}, "%s answers as CVAT; %s", e.c.Server(), encrypted)
	warning, err := about.Check(e.c.UsesAccessToken())
	switch {
	case err != nil:
		return e.fail("version", err)
	case warning != "":
		e.say("version", Warning, diag.Do(diag.HintUpdateCvatplan), "%s", warning)
	default:
		e.say("version", Fine, diag.Hint{}, "CVAT %s", about.Version)
	}
	return true
}

func (e *examination) clock(ctx context.Context) bool {
	server, err := e.c.Clock(ctx)
	if err != nil {
		return e.fail("clock", err)
	}
	apart := e.now.Sub(server).Abs().Round(time.Second)
	switch {
	case server.IsZero():
		e.say("clock", Warning, diag.Hint{}, "the server does not tell its time")
	case apart > time.Minute:
		e.say("clock", Warning, diag.Do(diag.HintSynchronizeClocks), "this machine's and the server's clock are %s apart", wording.Duration(apart))
	default:
		e.say("clock", Fine, diag.Hint{}, "%s apart from the server's", wording.Duration(apart))
	}
	return true
}

func (e *examination) user(ctx context.Context) bool {
	err := e.c.SignIn(ctx)
	if err == nil {
		e.self, err = e.c.Self(ctx)
	}
	if err != nil {
		return e.fail("credentials", err)
	}
	e.say("credentials", Fine, diag.Hint{}, "user %s", e.self.Username)
	return true
}

func (e *examination) token(ctx context.Context) bool {
	if !e.c.UsesAccessToken() {
		return true
	}
	t, err := e.c.AccessTokenSelf(ctx)
	if errors.Is(err, cvat.ErrNotFound) {
		return true // an embedded server's or an older one's
	}
	if err != nil {
		return e.fail("token", err)
	}
	e.say("token", tokenOutcome(t, e.now), tokenHint(t, e.now), "%s", tokenText(t))
	return true
}

func tokenOutcome(t *cvat.Token, now time.Time) Outcome {
	if t.ReadOnly || t.Expires != nil && t.Expires.Sub(now) < soon {
		return Warning
	}
	return Fine
}

func tokenHint(t *cvat.Token, now time.Time) diag.Hint {
	switch {
	case t.Expires != nil && t.Expires.Sub(now) < soon:
		return diag.Do(diag.HintMakeNewToken)
	case t.ReadOnly:
		return diag.Do(diag.HintTokenMayOnlyRead)
	}
	return diag.Hint{}
}

func tokenText(t *cvat.Token) string {
	rights := "may write"
	if t.ReadOnly {
		rights = "read-only"
	}
	if t.Expires == nil {
		return fmt.Sprintf("token %q, %s, does not expire", t.Name, rights)
	}
	return fmt.Sprintf("token %q, %s, expires %s", t.Name, rights, t.Expires.UTC().Format("2006-01-02 15:04 MST"))
}

func (e *examination) workspace(ctx context.Context) bool {
	slug := e.c.Organization()
	all, err := e.c.Organizations(ctx)
	if err != nil {
		return e.fail("organization", err)
	}
	slugs := make([]string, len(all))
	for i, o := range all {
		slugs[i] = o.Slug
		if o.Slug == slug {
			e.say("organization", Fine, diag.Hint{}, "%s", slug)
			return true
		}
	}
	seen := cmp.Or(strings.Join(slugs, ", "), "none")
	if slug == "" {
		e.say("organization", Fine, diag.Hint{}, "none: the personal workspace (the user sees: %s)", seen)
		return true
	}
	e.say("organization", Failed, diag.Do(diag.HintCheckOrganization), "the user sees no organization %q (it sees: %s)", slug, seen)
	return false
}

func (e *examination) project(ctx context.Context) bool {
	if e.want.Project.ID == 0 && e.want.Project.Name == "" {
		return true
	}
	found, err := FindProject(ctx, e.c, e.want.Project)
	e.found = found
	switch {
	case err != nil:
		return e.fail("project", err)
	case found.ID == 0 && (e.want.Project.Create == nil || !*e.want.Project.Create):
		e.say("project", Warning, diag.Do(diag.HintAllowCreation), "there is no project %q", e.want.Project.Name)
	case found.ID == 0:
		e.say("project", Fine, diag.Hint{}, "there is no project %q yet; apply creates it", e.want.Project.Name)
	default:
		e.say("project", Fine, diag.Hint{}, "%q, id %d", found.Name, found.ID)
	}
	return true
}
