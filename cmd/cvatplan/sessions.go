package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const defaultManifest = "cvatplan.yaml"

// load reads the manifests of a command line, without any the one in the current directory, and
// reports the mistakes of all of them at once.
func (a *app) load(files []string) ([]*manifest.Manifest, error) {
	if len(files) == 0 {
		files = []string{defaultManifest}
	}
	var all []*manifest.Manifest
	var problems []diag.Diagnostic
	for _, file := range files {
		if planfile.IsFile(file) {
			return nil, usageError{fmt.Errorf("%s is a saved plan, which only apply and show take", file)}
		}
		m, err := a.loadManifest(file)
		var mistakes *manifest.Error
		switch {
		case errors.As(err, &mistakes):
			problems = append(problems, mistakes.Problems...)
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, diag.Diagnostic{
				Pos: manifest.Position{File: file}, Text: "there is no such file", Hint: diag.Do(diag.HintInitManifest),
			})
		case err != nil:
			problems = append(problems, diag.Diagnostic{
				Code: diag.CodeOr(diag.CodeBadManifest, err), Pos: manifest.Position{File: file}, Text: err.Error(),
			})
		default:
			all = append(all, m)
		}
	}
	if len(problems) > 0 {
		return nil, &manifest.Error{Problems: problems}
	}
	return all, nil
}

// loadManifest reads a manifest. No output repeats the passwords and signatures in its files, whichever key holds them
// and whatever is wrong with it.
func (a *app) loadManifest(file string) (*manifest.Manifest, error) {
	known := a.known()
	m, err := manifest.Load(file, func(text []byte) { known.Address(string(text)) })
	if err != nil {
		return nil, err
	}
	known.Address(m.Root) // as it is used: the text may have it escaped
	for _, b := range m.Bags {
		known.Address(b.Root)
		known.Address(b.Path)
	}
	return m, nil
}

// A session is one project of the command line's manifests, and the way to its server.
type session struct {
	project *planner.Project
	conn    *connection // nil where no server is asked
}

// budget is the one budget of memory of a run.
func (a *app) budget() *memory.Budget {
	if a.memory == nil {
		a.memory = memory.New(int64(a.Memory))
	}
	return a.memory
}

func (a *app) scanOptions() planner.ScanOptions {
	o := planner.ScanOptions{Root: string(a.Root), Server: a.Server, Strict: a.strict, ReadWhole: a.ReadWhole, IndexOnly: a.indexOnly, RenewIndex: a.renewing, Memory: a.budget()}
	if a.asking {
		o.Lister = func(ctx context.Context, s planner.Server) (planner.Lister, error) { return a.connected(ctx, s) }
		o.Listed = a.reportListing
	}
	return o
}

// reportListing names directories that are long to list, once in ten pages of CVAT's.
func (a *app) reportListing(dir string, names int) {
	const often = 5000
	if names%often == 0 && names > 0 && !a.Quiet {
		fmt.Fprintf(a.stderr, "cvatplan: listing %s: %d names so far\n", wording.Safe(dir), names)
	}
}

// connected is the one connection to a server.
func (a *app) connected(ctx context.Context, s planner.Server) (*connection, error) {
	if c := a.connections[s]; c != nil {
		return c, nil
	}
	c, err := a.connect(ctx, s)
	if err != nil {
		return nil, named(s, err)
	}
	if a.connections == nil {
		a.connections = map[planner.Server]*connection{}
	}
	a.connections[s] = c
	return c, nil
}

// disconnect closes what no session has.
func (a *app) disconnect() {
	for s, c := range a.connections {
		c.close()
		delete(a.connections, s)
	}
}

// open loads the manifests, lists their bags and connects to their servers.
func (a *app) open(ctx context.Context, files []string, f targetFlag) ([]*session, error) {
	a.asking = true
	sessions, err := a.openOffline(ctx, files, f)
	if err != nil {
		a.disconnect()
		return nil, err
	}
	return sessions, a.connectAll(ctx, sessions)
}

// openOffline loads the manifests and lists their bags, among which must be what f names; no server is asked,
// and no credentials are needed.
func (a *app) openOffline(ctx context.Context, files []string, f targetFlag) ([]*session, error) {
	manifests, err := a.load(files)
	if err != nil {
		return nil, err
	}
	sessions, err := a.scan(ctx, manifests)
	if err != nil {
		return nil, err
	}
	return sessions, f.checkMatches(sessions)
}

// scan lists the bags of all manifests, and tells what is wrong with them.
func (a *app) scan(ctx context.Context, manifests []*manifest.Manifest) ([]*session, error) {
	scanned, err := planner.Scan(ctx, manifests, a.scanOptions())
	sessions := a.sessionsOf(scanned)
	switch {
	case err != nil:
		return nil, err
	case len(sessions) == 0:
		return nil, bagsError{problems: a.wrong}
	}
	return sessions, nil
}

// sessionsOf tells what was found in the dataset, and keeps the entries that gave nothing for [app.partly].
func (a *app) sessionsOf(scanned planner.Scanned) []*session {
	a.printProblems(scanned.Problems)
	a.wrong = append(a.wrong, scanned.Mistakes()...)
	sessions := make([]*session, len(scanned.Projects))
	for i, p := range scanned.Projects {
		p.Given = a.given()
		sessions[i] = &session{project: p}
	}
	return sessions
}

// connectAll connects to each server once. If one fails, all are closed.
func (a *app) connectAll(ctx context.Context, sessions []*session) (err error) {
	for _, s := range sessions {
		if s.conn, err = a.connected(ctx, s.project.Server); err != nil {
			closeAll(sessions)
			a.disconnect()
			return err
		}
	}
	return nil
}

// decideAll plans each project, with a look at its server where there is a way to it.
func decideAll(ctx context.Context, sessions []*session, o planner.Options) ([]plan.Plan, error) {
	plans := make([]plan.Plan, len(sessions))
	for i, s := range sessions {
		if err := s.decide(ctx, o); err != nil {
			return nil, err
		}
		plans[i] = s.project.Plan
	}
	return plans, nil
}

func (s *session) decide(ctx context.Context, o planner.Options) error {
	if s.conn == nil {
		return s.project.DecideOffline(ctx, o)
	}
	o.Token = s.conn.token
	return s.project.Decide(ctx, s.conn, o)
}

func projectsOf(sessions []*session) []*planner.Project {
	all := make([]*planner.Project, len(sessions))
	for i, s := range sessions {
		all[i] = s.project
	}
	return all
}

func closeAll(sessions []*session) {
	for _, s := range sessions {
		s.project.Close()
		if s.conn != nil {
			s.conn.close()
		}
	}
}
