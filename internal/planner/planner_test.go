package planner_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// TestMain lets more tests run at once than there are processors: mostly they wait for imports.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestWhatIsPlannedIsApplied(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png", "run_1/b.png", "run_2/a.png")
	server := newServer(t)

	p := d.project(t)
	decide(t, p, server, planner.Options{Upload: true})
	wantActions(t, p.Plan, "create run_1", "create run_2")
	if n := plan.Count(p.Plan); n.Images != 3 || n.BytesUnknown {
		t.Errorf("to send: %+v", n)
	}
	if r := apply.Run(t.Context(), p.Plan, server, apply.Options{Images: p.Images}, nil); !r.OK() {
		t.Fatalf("apply: %+v", r)
	}

	p = d.project(t)
	decide(t, p, server, planner.Options{CheckFrames: true})
	wantActions(t, p.Plan, "no-op run_1", "no-op run_2")
}

func TestManifestsOfOneProjectArePlannedTogether(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png", "run_2/a.png")
	one, two, other := d.manifest(t, "one.yaml", d.text("run_1", "")), d.manifest(t, "two.yaml", d.text("run_2", "")),
		d.manifest(t, "other.yaml", strings.Replace(d.text("run_1", ""), "Orchard", "Barn", 1))
	s, err := planner.Scan(t.Context(), []*manifest.Manifest{one, other, two}, planner.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.Projects {
		for _, task := range p.Tasks {
			got = append(got, p.Wanted.Name+" "+task.Name)
		}
	}
	if diff := cmp.Diff([]string{"Orchard run_1", "Orchard run_2", "Barn run_1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAProjectIsOneOnOneServer(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png")
	here, there := d.text("run_1", ""), strings.Replace(d.text("run_1", ""), "cvat.example.com", "cvat.example.org", 1)
	manifests := []*manifest.Manifest{d.manifest(t, "here.yaml", here), d.manifest(t, "there.yaml", there)}
	for name, c := range map[string]struct {
		override string
		want     int
	}{
		"as the manifests name it":     {"", 2},
		"a URL in place of theirs":     {"https://cvat.example.net", 1},
		"a sandbox in place of theirs": {"sandbox:here", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := planner.Scan(t.Context(), manifests, planner.ScanOptions{Server: c.override})
			if err != nil || len(s.Projects) != c.want {
				t.Errorf("%d projects, %v", len(s.Projects), err)
			}
		})
	}
}

func TestAnEntryWithoutBagsStopsNoOther(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png")
	for name, c := range map[string]struct {
		bags         string
		tasks, wrong int
	}{
		"next to one with": {"run_1, absent", 1, 1},
		"and there is all": {"run_1", 1, 0},
		"and no other":     {"absent", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := d.manifest(t, "cvatplan.yaml", d.text(c.bags, ""))
			s, err := planner.Scan(t.Context(), []*manifest.Manifest{m}, planner.ScanOptions{})
			if err != nil || len(s.Mistakes()) != c.wrong {
				t.Fatalf("%v, %v", s.Problems, err)
			}
			tasks := 0
			for _, p := range s.Projects {
				tasks += len(p.Tasks)
			}
			if tasks != c.tasks || len(s.Projects) != c.tasks {
				t.Errorf("%d tasks in %d projects", tasks, len(s.Projects))
			}
		})
	}
}

func TestWithoutAServerAllIsWanted(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png")
	p := d.project(t)
	if err := p.DecideOffline(t.Context(), planner.Options{}); err != nil {
		t.Fatal(err)
	}
	wantActions(t, p.Plan, "wanted run_1")
	if p.Plan.Scope.Project != "Orchard" {
		t.Errorf("scope: %+v", p.Plan.Scope)
	}
}

// What is wrong with images is found by as much reading as is asked for, and no more is read.
func TestADepthFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		read    planner.Depth
		blocked bool
	}{
		"sizes":    {planner.Sizes, false},
		"headers":  {planner.Headers, true},
		"contents": {planner.Contents, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDataset(t, "", "run_1/a.png", "run_1/b.png")
			d.write(t, "run_1/b.png", []byte(strings.Repeat("no image ", 100)))
			p := d.project(t)
			decide(t, p, newServer(t), planner.Options{Read: c.read})
			want := "create run_1"
			if c.blocked {
				want = "blocked run_1"
			}
			wantActions(t, p.Plan, want)
			if hash := p.Desired[0].Hash != ""; hash != (c.read == planner.Contents && !c.blocked) {
				t.Errorf("archive measured: %v", hash)
			}
		})
	}
}

// `bad: skip` leaves damaged images out: at creation, and when the task is compared with the server's.
func TestDamagedImagesAreDroppedAlikeByPlanAndApply(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "cameras: [{name: all, files: ['*.png'], frames: {bad: skip}}]\ntask: {name: '{bag}'}", "run_1/a.png", "run_1/b.png", "run_1/c.png")
	d.write(t, "run_1/b.png", []byte(strings.Repeat("no image ", 100)))
	server := newServer(t)
	p := d.project(t)
	decide(t, p, server, planner.Options{Upload: true, Read: planner.Headers})
	if len(p.Problems) == 0 {
		t.Error("nothing is said of the image that is left out")
	}
	if n := plan.Count(p.Plan); n.Images != 2 {
		t.Errorf("%d images to send", n.Images)
	}
	if r := apply.Run(t.Context(), p.Plan, server, apply.Options{Images: p.Images}, nil); !r.OK() {
		t.Fatalf("apply: %+v", r)
	}
	for _, frames := range []bool{false, true} {
		p := d.project(t)
		decide(t, p, server, planner.Options{CheckFrames: frames})
		wantActions(t, p.Plan, "no-op run_1")
	}
}

// A bag that is not here is planned by its committed index; what apply is to send is blocked.
func TestAnAbsentBagIsPlannedAndNotApplied(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png", "run_1/b.png")
	withIndex := d.text("{path: run_1, index: run_1.jsonl}", "")
	d.index(t, "run_1.jsonl")
	if err := os.RemoveAll(filepath.Join(d.dir, "data", "run_1")); err != nil {
		t.Fatal(err)
	}
	server := newServer(t)
	for want, upload := range map[string]bool{"create run_1": false, "blocked run_1": true} {
		p := d.projectIn(t, "cvatplan.yaml", withIndex)
		decide(t, p, server, planner.Options{Upload: upload})
		wantActions(t, p.Plan, want)
		if upload && p.Plan.Changes[0].Reason.Code != diag.CodeMissingBag {
			t.Errorf("blocked by %+v", p.Plan.Changes[0].Reason)
		}
	}
}

// An unfinished task of ours is finished with the archive that its marker names, and with no other.
func TestAnUnfinishedTaskIsJudgedByItsImages(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]bool{"resume run_1": false, "replace run_1": true} {
		d := newDataset(t, "", "run_1/a.png")
		server := newServer(t)
		p := d.project(t)
		decide(t, p, server, planner.Options{Read: planner.Contents})
		until, stop := context.WithCancel(t.Context())
		apply.Run(t.Context(), p.Plan, server, apply.Options{Images: p.Images, Until: until}, func(e apply.Event) {
			if e.Phase == apply.Creating {
				stop() // the task is there, and empty
			}
		})
		if change {
			d.write(t, "run_1/a.png", picture(t, 77))
		}
		p = d.project(t)
		decide(t, p, server, planner.Options{})
		wantActions(t, p.Plan, want)
	}
}

func TestASavedPlanIsCarriedOutAndThenNothingIsLeft(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png", "run_2/a.png")
	server := newServer(t)
	file := d.saved(t, server)
	for _, want := range [][]string{{"create run_1", "create run_2"}, {"no-op run_1", "no-op run_2"}} {
		projects := reopen(t, file, server)
		plans, err := planner.Due(projects, file)
		if err != nil {
			t.Fatal(err)
		}
		wantActions(t, plans[0], want...)
		if r := apply.Run(t.Context(), plans[0], server, apply.Options{Images: projects[0].Images}, nil); !r.OK() {
			t.Fatalf("apply: %+v", r)
		}
	}
}

func TestASavedPlanGoesStale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, d *dataset, server *cvat.Client)
		want   planner.Staleness
		says   string
	}{
		"when an image changes": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			d.write(t, "run_1/a.png", picture(t, 99))
		}, planner.Changed, "run_1"},
		"when an image is added": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			d.write(t, "run_1/z.png", picture(t, 99))
		}, planner.Changed, "run_1"},
		"when the manifest changes": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			d.manifest(t, "cvatplan.yaml", d.text("run_*", "task: {segment_size: 5}"))
		}, planner.Changed, "cvatplan.yaml changed"},
		"when the manifest is wrong": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			d.writeManifest(t, "cvatplan.yaml", "version: 9\n")
		}, planner.Changed, "is wrong"},
		"when the manifest is gone": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			if err := os.Remove(filepath.Join(d.dir, "cvatplan.yaml")); err != nil {
				t.Fatal(err)
			}
		}, planner.Changed, "is not there"},
		"when the bags are elsewhere": {func(t *testing.T, d *dataset, _ *cvat.Client) {
			if err := os.Rename(filepath.Join(d.dir, "data"), filepath.Join(d.dir, "moved")); err != nil {
				t.Fatal(err)
			}
		}, planner.BagsChanged, ""},
		"when somebody makes the task": {func(t *testing.T, d *dataset, server *cvat.Client) {
			d.write(t, "run_1/b.png", picture(t, 5))
			other := d.projectIn(t, "other.yaml", d.text("run_1", ""))
			decide(t, other, server, planner.Options{})
			if r := apply.Run(t.Context(), other.Plan, server, apply.Options{Images: other.Images}, nil); !r.OK() {
				t.Fatalf("apply: %+v", r)
			}
			d.remove(t, "run_1/b.png")
		}, planner.Changed, "run_1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDataset(t, "", "run_1/a.png", "run_2/a.png")
			server := newServer(t)
			file := d.saved(t, server)
			c.change(t, d, server)
			err := due(t, file, server)
			var stale *planner.StaleError
			if !errors.As(err, &stale) || stale.Kind != c.want || !strings.Contains(strings.Join(stale.Since, "\n"), c.says) {
				t.Errorf("got %v: %#v", err, stale)
			}
		})
	}
}

// Images that change after the plan was found to be true are not sent in place of those that it names.
func TestASavedPlanSendsNoOtherImages(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "", "run_1/a.png")
	server := newServer(t)
	file := d.saved(t, server)
	projects := reopen(t, file, server)
	plans, err := planner.Due(projects, file)
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, "run_1/a.png", picture(t, 99))
	r := apply.Run(t.Context(), plans[0], server, apply.Options{Images: projects[0].Images}, nil)
	if task := r.Tasks[0]; task.Outcome != apply.Refused || task.Reason.Code != diag.CodeOutOfDate || task.Sent != 0 {
		t.Errorf("%+v", task)
	}
}

// due reopens a saved plan and returns why it is no longer true.
func due(t *testing.T, file planfile.File, server *cvat.Client) error {
	t.Helper()
	s, err := planner.Reopen(t.Context(), file, load, planner.ScanOptions{})
	if err != nil {
		return err
	}
	for i, p := range s.Projects {
		if err := p.DecideAgain(t.Context(), server, file.Projects[i]); err != nil {
			t.Fatal(err)
		}
	}
	_, err = planner.Due(s.Projects, file)
	return err
}

func reopen(t *testing.T, file planfile.File, server *cvat.Client) []*planner.Project {
	t.Helper()
	s, err := planner.Reopen(t.Context(), file, load, planner.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Projects {
		t.Cleanup(p.Close)
		if err := p.DecideAgain(t.Context(), server, file.Projects[i]); err != nil {
			t.Fatal(err)
		}
	}
	return s.Projects
}

func decide(t *testing.T, p *planner.Project, server *cvat.Client, o planner.Options) {
	t.Helper()
	if err := p.Decide(t.Context(), server, o); err != nil {
		t.Fatal(err)
	}
}

func wantActions(t *testing.T, p plan.Plan, want ...string) {
	t.Helper()
	var got []string
	for _, c := range p.Changes {
		got = append(got, string(c.Action)+" "+c.Task)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// newServer is an empty server, and a way to it.
func newServer(t *testing.T) *cvat.Client {
	t.Helper()
	server := cvattest.Start(t)
	client, err := cvat.New(cvat.Options{BaseURL: server.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(server.Token)}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A dataset is a manifest, cvatplan.yaml, and its bags in data.
type dataset struct{ dir, more string }

// newDataset writes pictures; more is what the manifest has in addition to server, project and bags.
func newDataset(t *testing.T, more string, files ...string) *dataset {
	t.Helper()
	d := &dataset{t.TempDir(), more}
	for i, name := range files {
		d.write(t, name, picture(t, i))
	}
	return d
}

func (d *dataset) text(bags, more string) string {
	return fmt.Sprintf("version: 1\nserver: {url: https://cvat.example.com}\nroot: data\nproject: {name: Orchard, create: true, labels: [apple]}\nbags: [%s]\n%s\n", bags, more)
}

func (d *dataset) project(t *testing.T) *planner.Project {
	t.Helper()
	return d.projectIn(t, "cvatplan.yaml", d.text("run_*", d.more))
}

func (d *dataset) projectIn(t *testing.T, file, text string) *planner.Project {
	t.Helper()
	m := d.manifest(t, file, text)
	s, err := planner.Scan(t.Context(), []*manifest.Manifest{m}, planner.ScanOptions{})
	if err != nil || len(s.Projects) != 1 {
		t.Fatalf("%v, %v", s.Problems, err)
	}
	t.Cleanup(s.Projects[0].Close)
	return s.Projects[0]
}

func (d *dataset) saved(t *testing.T, server *cvat.Client) planfile.File {
	t.Helper()
	p := d.project(t)
	decide(t, p, server, planner.Options{Read: planner.Contents})
	var b bytes.Buffer
	if err := planfile.Write(&b, planner.Save([]*planner.Project{p}, "test", "")); err != nil {
		t.Fatal(err)
	}
	file, err := planfile.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// index writes the index of all frames, as `cvatplan frames` does.
func (d *dataset) index(t *testing.T, name string) {
	t.Helper()
	var b bytes.Buffer
	out := index.NewJSONL(&b)
	for _, task := range d.project(t).Tasks {
		if _, err := source.Trace(t.Context(), task, out.Write); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	d.writeManifest(t, name, b.String())
}

func (d *dataset) manifest(t *testing.T, name, text string) *manifest.Manifest {
	t.Helper()
	d.writeManifest(t, name, text)
	m, err := manifest.Load(filepath.Join(d.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (d *dataset) writeManifest(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (d *dataset) write(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(d.dir, "data", filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func (d *dataset) remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "data", filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
	}
}

// picture is a small PNG that no other seed gives.
func picture(t *testing.T, seed int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		img.SetNRGBA(i%8, i/8, color.NRGBA{uint8(seed), uint8(i * seed), uint8(i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(file string) (*manifest.Manifest, error) { return manifest.Load(file) }
