// Package planner turns manifests into plans that are ready to be applied: it lists what they ask for,
// looks at what a server has, reads as much of the images as the plan needs, and decides.
//
// It knows no command line and prints nothing. What it finds on the way is returned as problems, and
// what stops it as errors with types; the caller puts both into words.
//
// # The steps
//
//	scanned, err := planner.Scan(ctx, manifests, planner.ScanOptions{})
//	for _, p := range scanned.Projects {
//		err := p.Decide(ctx, client, planner.Options{Upload: true})
//		result := apply.Run(ctx, p.Plan, client, apply.Options{Images: p.Images}, nil)
//		err = p.Close()
//	}
//
// [Scan] asks no server and opens no image. [Project.Decide] sends GETs alone and reads the images as
// deeply as [Options.Read] says. [Project.Images] reads a task's images whole, once, right before
// they are sent. A plan may be kept in a file between the two ([Project.Saved], [Reopen]).
package planner

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/given"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Project is one project on one server, with all manifests that ask for tasks there.
type Project struct {
	Server    Server
	Wanted    manifest.Project // as the manifests ask for it, their labels together
	Skip      []manifest.Skip  // of all manifests, and the tasks whose bags have not settled
	Manifests []*manifest.Manifest

	Tasks   []source.Task
	Desired []plan.Desired // parallel to Tasks: what planning found out of each so far

	Given given.Store // what this machine remembers of the predictions that tasks were given

	// What Decide, DecideOffline or DecideAgain found.
	Observed time.Time // when the server was looked at
	Actual   plan.Actual
	Plan     plan.Plan
	Problems []diag.Diagnostic // warnings and notes of images that were read; what blocks a task is in Desired
	Unlisted []diag.Diagnostic // warnings of lists of images, in a storage of the server, that are not used

	indexOnly bool         // see [ScanOptions]
	ignored   plan.Ignored // notices that the manifests acknowledge

	whole []source.Task          // as the manifests ask for them: bags in parts are one task each
	parts map[plan.Name][]string // see PartsOf
	held  []manifest.Skip        // parts whose bags have not settled

	first  map[plan.Name]int  // of a task's name, in Tasks; of several of one name the first
	sums   [][]planfile.Image // parallel to Tasks: what was measured of each frame
	pixels [][]source.Pixels  // parallel to Tasks: of each frame of Desired; nil: no image of the task was read
	labels []cvat.Label       // the project's, once the plan is carried out; nil: not asked for, or not known
	pinned bool               // the plan is a saved one: what is sent must be what it says

	predictions predictionFiles
}

// A Depth is how much a plan reads of the images that are to be uploaded.
type Depth int

// Each depth includes those before it.
const (
	Sizes    Depth = iota // asks for files' sizes
	Headers               // reads image headers, and so finds images that cannot be sent
	Contents              // reads all, as Images does, for the hash of each archive
)

// Options say what is planned, and how closely it is looked at.
type Options struct {
	Target       []string   // only the tasks of these names or globs; empty: all
	Shard        plan.Shard // only the tasks of its bags
	CreateAnyway []string   // names or globs of tasks to create although their name or frames are elsewhere
	ReplaceEmpty bool       // empty tasks of ours that cannot be finished may be deleted
	Update       []string   // in place of each manifest's update:; nil: as those say
	DeleteLabels []string   // labels to be deleted: what was drawn with them is counted
	CheckFrames  bool       // compare frame names with the server's: one request per task
	Read         Depth
	Upload       bool // the plan is to be carried out at once: tasks whose bags are missing are blocked

	// Token tells what kind of access token is in use, nil where that cannot be known. It is asked only
	// where there is something to write, and its failure stops no plan; nil: not asked.
	Token func(context.Context) (*cvat.Token, error)
}

// Decide looks at the server and plans. Only GETs are sent.
func (p *Project) Decide(ctx context.Context, server Reader, o Options) error {
	return p.newPass(server, o).decide(ctx)
}

// DecideOffline plans without a server: all that the manifests ask for is wanted.
func (p *Project) DecideOffline(ctx context.Context, o Options) error {
	offline := p.newPass(nil, o)
	offline.by.Offline = true
	return offline.decideOffline(ctx)
}

// Task is the task that a change of the plan is about; false where no manifest asks for it.
func (p *Project) Task(c plan.Change) (source.Task, bool) {
	i, ok := p.first[plan.NameOf(c.Task)]
	for ; ok && i < len(p.Desired); i++ {
		if d := p.Desired[i]; plan.NameOf(d.Task) == plan.NameOf(c.Task) && d.Origin == c.Origin {
			return p.Tasks[i], true
		}
	}
	return source.Task{}, false
}

// Unmatched are those of the names or globs that fit no task of any project.
func Unmatched(projects []*Project, globs []string) []string {
	return slices.DeleteFunc(slices.Clone(globs), func(glob string) bool {
		return slices.ContainsFunc(projects, func(p *Project) bool {
			return slices.ContainsFunc(p.Tasks, func(t source.Task) bool { return t.Fits(glob) })
		})
	})
}

// Meant is what a name that fits no task was probably to be: the task's whose name differs least, or a glob of those that have it
// in theirs, as the name of a bag or camera is; empty if there is neither.
func Meant(projects []*Project, name string) string {
	if wording.IsGlob(name) {
		return ""
	}
	var names []string
	for _, p := range projects {
		for _, t := range p.Tasks {
			names = append(names, t.Name)
		}
	}
	if near := wording.Nearest(name, names); near != "" {
		return near
	}
	if slices.ContainsFunc(names, func(task string) bool { return strings.Contains(task, name) }) {
		return "*" + name + "*"
	}
	return ""
}

// Paths are the local files that apply will read, for all that the plan uploads.
func (p *Project) Paths() []string {
	upload := map[plan.Name]bool{}
	for _, c := range p.Plan.Changes {
		name := plan.NameOf(c.Task)
		upload[name] = upload[name] || c.Upload
	}
	var paths []string
	for i, d := range p.Desired {
		if upload[plan.NameOf(d.Task)] {
			paths = append(paths, p.Tasks[i].Paths()...)
			if a := p.Tasks[i].Annotations; a != nil && a.Path != "" {
				paths = append(paths, a.Path)
			}
		}
	}
	return paths
}

// Close gives up what is kept for the tasks' frames to be read again.
func (p *Project) Close() {
	for _, t := range p.Tasks {
		t.Close() // what it keeps was made to be read only
	}
}
