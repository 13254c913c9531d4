package planner

import (
	"cmp"
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Server is where a project is, as a manifest or its caller names the server. Manifests are
// about one project only where their Servers are equal.
type Server struct {
	Shown        string // as plans show it
	URL          string // without credentials
	Sandbox      string // the embedded server's directory; empty: a real server
	Organization string // slug; empty is the personal workspace
}

// userinfo is the user and password of a URL, which is refused for them, and never shown.
var userinfo = regexp.MustCompile(`^((?:[^/?#]*//)?)[^/?#]*@`)

// ServerOf says where a manifest's tasks are. Override, a URL or sandbox:DIR, replaces the server
// that the manifest names; the organization stays the manifest's.
func ServerOf(m *manifest.Manifest, override string) Server {
	s := Server{Shown: m.Server.URL, URL: m.Server.URL, Sandbox: m.Server.Sandbox, Organization: m.Server.Organization}
	if override != "" {
		s.Shown, s.URL, s.Sandbox = override, override, ""
		if dir, ok := strings.CutPrefix(override, "sandbox:"); ok && dir != "" {
			s.Sandbox = filepath.Clean(dir)
		} else {
			s.Shown = userinfo.ReplaceAllString(override, "$1")
		}
	}
	return s
}

// ScanOptions say where the bags and the server of manifests are.
type ScanOptions struct {
	Root   string // where bag paths begin; empty: each manifest's own root
	Server string // see ServerOf; empty: each manifest's own server
	Strict bool   // damage of a recording is an error, not a warning

	ReadWhole bool // recordings on other machines are read as those here are: see [source.Options]
	IndexOnly bool // only bags whose committed index fits are planned: the tasks of others are blocked

	Memory *memory.Budget // for reading recordings, shared by all that is scanned; nil: the default for each manifest

	// Lister gives the way to a server that is to list what it reads by itself (roots cloud:… and
	// share:…). nil: no server is asked, and such a root is an error.
	Lister func(ctx context.Context, s Server) (Lister, error)
	Listed func(dir string, names int) // called with how far a long listing is; may be nil

	// RenewIndex says that the committed indexes are about to be written again, so that what is wrong
	// with them is nothing to report.
	RenewIndex bool
}

// A Scanned is what manifests ask for.
type Scanned struct {
	Projects []*Project        // in the order of the manifests
	Problems []diag.Diagnostic // of the dataset, in the order of the manifests; see [Scanned.Mistakes]
}

// Mistakes are the entries of the manifests that gave no tasks, each with its place.
func (s Scanned) Mistakes() []diag.Diagnostic { return diag.Errors(s.Problems) }

// Scan lists the bags of all manifests and groups the manifests by project. An entry that gives nothing
// stops no other; where there is one, projects without any task are left out, so that there may be no
// project. The error is ctx's, and then all is incomplete.
func Scan(ctx context.Context, manifests []*manifest.Manifest, o ScanOptions) (Scanned, error) {
	var s Scanned
	for _, m := range manifests {
		p := s.projectOf(m, ServerOf(m, o.Server))
		p.indexOnly = o.IndexOnly
		tasks, problems := source.Scan(ctx, m, source.Options{Root: o.Root, Strict: o.Strict, IndexOnly: o.IndexOnly, Memory: o.Memory, At: o.at(p.Server), ReadWhole: o.ReadWhole})
		if o.RenewIndex {
			problems = slices.DeleteFunc(problems, aboutIndex)
		}
		s.Problems = append(s.Problems, p.acknowledge(m, tasks, problems)...)
		p.add(m, tasks)
	}
	if len(s.Mistakes()) > 0 {
		s.Projects = slices.DeleteFunc(s.Projects, func(p *Project) bool { return len(p.Tasks) == 0 })
	}
	return s, ctx.Err()
}

// acknowledge takes the notices out that the manifest ignores, those of its tasks too, and counts them.
func (p *Project) acknowledge(m *manifest.Manifest, tasks []source.Task, problems []diag.Diagnostic) []diag.Diagnostic {
	if len(m.Ignore) == 0 {
		return problems
	}
	if p.ignored == nil {
		p.ignored = make(plan.Ignored)
	}
	for _, code := range m.Ignore {
		p.ignored[code] += 0
	}
	ignored := func(d diag.Diagnostic) bool {
		if d.Severity == diag.Error || !slices.Contains(m.Ignore, d.Code) {
			return false
		}
		p.ignored[d.Code]++
		return true
	}
	for i := range tasks {
		tasks[i].Problems = slices.DeleteFunc(tasks[i].Problems, ignored)
	}
	return slices.DeleteFunc(problems, ignored)
}

// at opens roots, with the help of a manifest's server where that is needed.
func (o ScanOptions) at(s Server) func(context.Context, string) (store.Store, error) {
	return func(ctx context.Context, root string) (store.Store, error) {
		if o.Lister == nil || !store.OnServer(root) {
			return store.At(root), nil
		}
		server, err := o.Lister(ctx, s)
		if err != nil {
			return nil, err
		}
		return ServerFiles(ctx, server, root, o.Listed)
	}
}

// aboutIndex reports whether a problem goes away when the index is written again.
func aboutIndex(p diag.Diagnostic) bool {
	return p.Severity < diag.Error && slices.Contains([]diag.Code{diag.CodeStaleIndex, diag.CodeNoIndex, diag.CodeBadIndex}, p.Code)
}

// projectOf finds the project of a manifest, or begins it.
func (s *Scanned) projectOf(m *manifest.Manifest, server Server) *Project {
	for _, p := range s.Projects {
		if p.Server == server && p.Wanted.ID == m.Project.ID && plan.NameOf(p.Wanted.Name) == plan.NameOf(m.Project.Name) {
			return p
		}
	}
	p := &Project{Server: server, Wanted: m.Project, first: map[plan.Name]int{}}
	s.Projects = append(s.Projects, p)
	return p
}

func (p *Project) add(m *manifest.Manifest, tasks []source.Task) {
	p.Manifests = append(p.Manifests, m)
	p.Skip = append(p.Skip, m.Skip...)
	p.Wanted.Create = cmp.Or(p.Wanted.Create, m.Project.Create)
	p.Wanted.Labels = union(p.Wanted.Labels, m.Project.Labels)
	p.Wanted.Guide = cmp.Or(p.Wanted.Guide, m.Project.Guide)
	p.Wanted.Update = append(slices.Clip(p.Wanted.Update), m.Update...)
	p.whole = slices.Grow(p.whole, len(tasks))
	p.Tasks, p.Desired, p.sums = slices.Grow(p.Tasks, len(tasks)), slices.Grow(p.Desired, len(tasks)), slices.Grow(p.sums, len(tasks))
	for _, t := range tasks {
		if t.Deferred != "" {
			p.Skip = append(p.Skip, manifest.Skip{Task: t.Name, Reason: t.Deferred, Pos: t.Origin})
		}
		p.whole = append(p.whole, t)
		p.addTask(t)
	}
}

func (p *Project) addTask(t source.Task) {
	name := plan.NameOf(t.Name)
	if _, several := p.first[name]; !several {
		p.first[name] = len(p.Tasks)
	}
	p.Tasks = append(p.Tasks, t)
	p.Desired = append(p.Desired, t.Desired())
	p.sums, p.pixels = append(p.sums, nil), append(p.pixels, nil)
}

// union keeps the first of labels with equal names.
func union(labels, more []manifest.Label) []manifest.Label {
	have := map[plan.Name]bool{}
	for _, l := range labels {
		have[plan.NameOf(l.Name)] = true
	}
	for _, l := range more {
		if !have[plan.NameOf(l.Name)] {
			have[plan.NameOf(l.Name)] = true
			labels = append(labels, l)
		}
	}
	return labels
}

// CheckImages lists the bags of one manifest and reads the headers of all their images. What is wrong
// with a task's frames is among the problems, with the place where the manifest asks for the task. The tasks
// are those that a project without any would be given; the frames of [source.Task.Undecided] ones are not chosen.
func CheckImages(ctx context.Context, m *manifest.Manifest, o ScanOptions) ([]source.Task, []diag.Diagnostic) {
	tasks, problems := source.Scan(ctx, m, source.Options{Root: o.Root, Strict: o.Strict, Memory: o.Memory, ReadWhole: o.ReadWhole})
	for i, t := range tasks {
		checked, found := source.CheckHeaders(ctx, t)
		tasks[i] = checked
		for _, p := range append(slices.Clone(t.Problems), found...) {
			p.Pos = cmp.Or(p.Pos, t.Origin)
			problems = append(problems, p)
		}
	}
	problems = slices.DeleteFunc(problems, func(p diag.Diagnostic) bool {
		return p.Severity < diag.Error && slices.Contains(m.Ignore, p.Code)
	})
	return inParts(ctx, tasks), problems
}

// inParts are the tasks with the parts that a project without any would be given in place of whole bags.
func inParts(ctx context.Context, tasks []source.Task) []source.Task {
	var all []source.Task
	for _, t := range tasks {
		if t.Parts == nil || t.Undecided() || t.Deferred != "" || len(t.Problems) > 0 {
			all = append(all, t)
			continue
		}
		p := Project{first: map[plan.Name]int{}, whole: []source.Task{t}}
		if err := p.divideUnasked(ctx); err != nil {
			return tasks // it is ctx's
		}
		all = append(all, p.Tasks...)
	}
	return all
}
