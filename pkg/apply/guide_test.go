package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// guided is a job whose project has a guide with two images.
func guided(t *testing.T) *job {
	t.Helper()
	g := &manifest.Guide{Dir: t.TempDir()}
	for _, name := range []string{"a.gif", "b.gif"} {
		data := []byte("GIF89a" + name)
		if err := os.WriteFile(filepath.Join(g.Dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		image := manifest.GuideImage{Path: name, Type: "image/gif", Sum: hex.EncodeToString(sum[:])}
		g.Images = append(g.Images, image)
		g.Text += fmt.Sprintf("![%s](sha256:%s)\n", name, image.Sum)
	}
	g.Text = "# Guide\n\n" + strings.TrimSpace(g.Text)
	j := one("a", "b")
	j.plan.Project = manifest.Project{Name: "p", Create: ptr(true), Labels: []manifest.Label{{Name: "apple"}}, Guide: g}
	return j
}

// guideWhole fails unless the one project has the wanted guide and just its images.
func guideWhole(t *testing.T, w *fakeServer, j *job) {
	t.Helper()
	for _, p := range w.projects {
		if p.guide == nil {
			t.Error("no guide")
			continue
		}
		text, assets := manifest.GuideText(p.guide.text)
		if text != j.plan.Project.Guide.Text || len(p.guide.assets) != 2 {
			t.Errorf("%q with %v", p.guide.text, p.guide.assets)
		}
		for _, image := range j.plan.Project.Guide.Images {
			if got := p.guide.assets[assets[image.Sum]]; got != image.Name()+"GIF89a"+image.Path {
				t.Errorf("%s: %q", image.Path, got)
			}
		}
	}
	j.whole(t, w)
}

// The guide of a new project is there before the project is claimed, so that a run that is killed in between is
// continued, with neither update: nor a flag.
func TestKilledWhileItSetsAGuideTheNextRunFinishes(t *testing.T) {
	for what, start := range map[string]func(t *testing.T) (*fakeServer, *job){
		"new project": func(t *testing.T) (*fakeServer, *job) { return newFakeServer(), guided(t) },
		"no guide yet": func(t *testing.T) (*fakeServer, *job) {
			w, p := existing()
			w.addTask("t", p, "", "a", "b")
			j := guided(t)
			j.plan.Update = []string{"guide"}
			return w, j
		},
		"another guide": func(t *testing.T) (*fakeServer, *job) {
			w, p := existing()
			w.addTask("t", p, "", "a", "b")
			j := guided(t)
			j.plan.Update = []string{"guide"}
			w.projects[p].guide = &fakeGuide{text: "old", assets: map[string]string{}}
			return w, j
		},
	} {
		total := 0
		bubble(t, what, func(t *testing.T) {
			w, j := start(t)
			s := w.session()
			if r := j.run(t, s); !r.OK() || len(r.Project.Warnings) > 0 {
				t.Errorf("%+v", r)
			}
			guideWhole(t, w, j)
			total = s.n
		})
		for k := 1; k <= total; k++ {
			for name, f := range map[string]fault{"before": before, "after": after, "lost": lostHere, "not handled": neverCame} {
				bubble(t, fmt.Sprintf("%s, %s %d", what, name, k), func(t *testing.T) {
					w, j := start(t)
					s := w.session()
					s.faults = func(n int, op string) fault {
						if n == k && (f == before || f == after || strings.Contains(op, "guide") && !strings.HasPrefix(op, "GET")) {
							return f
						}
						return none
					}
					j.try(s)
					if r := j.run(t, w.session()); !r.OK() {
						t.Errorf("the next run: %+v", r)
					}
					guideWhole(t, w, j)
				})
			}
		}
	}
}

func TestAnEqualGuideSendsNothing(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j := newFakeServer(), guided(t)
		j.run(t, w.session())
		j.plan.Update = []string{"all"}
		s := w.session()
		j.run(t, s)
		for _, op := range s.log {
			if !strings.HasPrefix(op, "GET") {
				t.Errorf("%s", op)
			}
		}
	})
}

func TestAGuideThatAPersonWroteMeanwhileIsLeftAlone(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, p := existing()
		w.addTask("t", p, "", "a", "b")
		j := guided(t)
		j.plan.Update = []string{"guide"}
		s := w.session()
		planned := j.planned(t, s)
		w.projects[p].guide = &fakeGuide{text: "a person's", assets: map[string]string{}}
		r := j.carryOut(s, planned)
		if w.projects[p].guide.text != "a person's" || len(r.Project.Warnings) != 1 {
			t.Errorf("%q, %+v", w.projects[p].guide.text, r.Project)
		}
		if next := j.planned(t, w.session()).Project.Guide; next == nil || *next.Before != "a person's" {
			t.Errorf("%+v", next)
		}
	})
}

// Each text deletes the assets that it does not mention: the other run's, too.
func TestRunsAtOnceLeaveOneGuideWithItsImages(t *testing.T) {
	for seed := range uint64(30) {
		bubble(t, fmt.Sprint(seed), func(t *testing.T) {
			w, j := newFakeServer(), guided(t)
			var both sync.WaitGroup
			for i := range 2 {
				s := w.session()
				s.jitter = rand.New(rand.NewPCG(seed, uint64(i)))
				both.Go(func() {
					if r := j.try(s); !r.OK() {
						t.Errorf("process %d: %+v", i, r)
					}
				})
			}
			both.Wait()
			guideWhole(t, w, j)
		})
	}
}
