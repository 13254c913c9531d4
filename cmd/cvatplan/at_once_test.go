package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// Eight processes apply one manifest at the same time to a server that has not even the
// project: one project, each task once, and none fails because of the others.
func TestEightAtOnceMakeEachTaskOnce(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 3, frames: 2, pixels: 200})
	d.inRounds(t, func(t *testing.T, _ int, _ *cvattest.Server, s *site) {
		s.wantDone(t, s.eight(t, "apply", "--upload-chunk", "256KiB"))
	})
}

// Eight processes put the predictions of two tasks while a person draws in each as soon as it has its frames: each
// prediction is there once, and what the person drew is as it was.
func TestEightAtOncePutEachPredictionOnceNextToAPersonsWork(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 2, predicted: 4})
	d.inRounds(t, func(t *testing.T, round int, srv *cvattest.Server, s *site) {
		put := srv.Gate.Hold(cvattest.Rule{Method: "PATCH", Path: "/api/tasks/*/annotations/", Nth: 1 + round%2}, cvattest.BeforeHandling)
		all := s.eight(t, "apply")
		<-put.Held()
		drawn := s.draw(t)
		put.Release()
		s.wantDone(t, all)
		if n := s.drawnByPeople(t); n != drawn || n == 0 {
			t.Errorf("of %d shapes that a person drew %d are there", drawn, n)
		}
	})
}

// inRounds runs a test on a server of its own, once, or in the whole tables 12 times.
func (d *dataset) inRounds(t *testing.T, test func(t *testing.T, round int, srv *cvattest.Server, s *site)) {
	rounds := 1
	if everything() {
		rounds = 12
	}
	for i := range rounds {
		t.Run(fmt.Sprint("round ", i), func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			test(t, i, srv, newSite(t, d, srv.URL, srv.Token))
		})
	}
}

// eight starts as many processes at once.
func (s *site) eight(t *testing.T, args ...string) (all []*process) {
	t.Helper()
	for k := range 8 {
		all = append(all, s.start(t, k%2, args...))
	}
	return all
}

// wantDone waits for the processes: all succeed, and everything is there once.
func (s *site) wantDone(t *testing.T, all []*process) {
	t.Helper()
	for _, p := range all {
		<-p.done
		p.wants(t, exitOK)
	}
	s.whole(t)
	s.oneProject(t)
}

// draw draws the box of a prediction, and one of its own, in each task that has its frames; it counts them.
func (s *site) draw(t *testing.T) (drawn int) {
	t.Helper()
	c := s.client(t)
	tasks, err := c.ListTasks(t.Context(), cvat.TaskFilter{})
	must(t, err)
	for _, task := range tasks {
		if task.Size == 0 {
			continue
		}
		labels, err := c.Labels(t.Context(), *task.ProjectID)
		must(t, err)
		for _, at := range []float64{0, 12} {
			box := cvat.Shape{Type: "rectangle", LabelID: labels[0].ID, Source: "manual", Points: []float64{at, 1, at + 2, 9}, Attributes: []cvat.AttributeValue{}}
			must(t, c.AddAnnotations(t.Context(), task.ID, &cvat.Annotations{Shapes: []cvat.Shape{box}}))
			drawn++
		}
	}
	return drawn
}

func (s *site) drawnByPeople(t *testing.T) (n int) {
	t.Helper()
	c := s.client(t)
	tasks, err := c.ListTasks(t.Context(), cvat.TaskFilter{})
	must(t, err)
	for _, task := range tasks {
		have, err := c.Annotations(t.Context(), task.ID)
		must(t, err)
		for _, shape := range have.Shapes {
			if shape.Source == "manual" {
				n++
			}
		}
	}
	return n
}

func (s *site) oneProject(t *testing.T) {
	t.Helper()
	projects, err := s.client(t).ListProjects(context.Background(), "Orchard")
	if err != nil || len(projects) != 1 {
		t.Errorf("%d projects, %v", len(projects), err)
	}
}

// One run's creation has its id, and nobody sees it, until another run has come to its j-th
// request. Then the first run goes on alone to its end, or both go on together. The other
// run's task has the higher id, and must give way or have been finished.
func TestTwoAtOnceInterleavedAtEveryRequest(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2})
	total := newTable(d, nil).count(t)
	for j := 1; j <= total; j++ {
		for _, alone := range []bool{true, false} {
			if !everything() && (j%4 != 0 || alone == (j%8 == 0)) {
				continue
			}
			t.Run(fmt.Sprintf("%02d alone %v", j, alone), func(t *testing.T) {
				t.Parallel()
				interleave(t, d, j, alone)
			})
		}
	}
}

func interleave(t *testing.T, d *dataset, j int, alone bool) {
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	creation := srv.HoldCreation()
	first := s.start(t, 0, "apply")
	creation.Wait(t)
	at := srv.Hold(cvattest.Rule{Nth: j}, cvattest.BeforeHandling) // of the other run: the first one waits
	other := s.start(t, 1, "apply")
	select {
	case <-at.Held():
	case <-other.done: // it had fewer requests; none of the first run's is to be held
		at.Release()
	}
	creation.Release()
	if alone {
		<-first.done
	}
	at.Release()
	<-first.done
	<-other.done
	first.wants(t, exitOK)
	other.wants(t, exitOK)
	s.next(t, 0)
	s.whole(t)
	if lost := srv.Losses(); len(lost) > 0 {
		t.Errorf("deleted with its frames: %v", lost)
	}
}

// A run has sent its Upload-Finish, or its one request for all, and it is on its way for as
// long as another run, whose task of the same name has the lower id and became visible only
// now, sends so many requests. Mostly all ends well. The window that remains is stated in
// docs/reliability.md: both tasks get frames, then nothing is lost, and runs and plans say
// that a person must choose.
func TestAnUploadFinishThatIsDelayedAtOnce(t *testing.T) {
	t.Parallel()
	for way, d := range map[string]*dataset{
		"one request": newDataset(t, shape{tasks: 1, frames: 2}),
		"in pieces":   newDataset(t, shape{tasks: 1, frames: 2, pixels: 200}),
	} {
		for i := 1; i <= 12; i++ {
			if !everything() && i%4 != 0 || fewest() && i != 8 {
				continue
			}
			t.Run(fmt.Sprint(way, " by ", i), func(t *testing.T) {
				t.Parallel()
				delayStart(t, d, i)
			})
		}
	}
}

func delayStart(t *testing.T, d *dataset, by int) {
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	apply := append([]string{"apply"}, inPieces...)
	creation := srv.HoldCreation()
	first := s.start(t, 0, apply...)
	creation.Wait(t)
	start := srv.Hold(nth(starts, 1), cvattest.BeforeHandling)
	other := s.start(t, 1, apply...)
	start.Wait(t)
	at := srv.Hold(cvattest.Rule{Nth: by}, cvattest.BeforeHandling)
	creation.Release()
	select {
	case <-at.Held():
	case <-first.done:
		at.Release()
	}
	if srv.Count(cvattest.Rule{Method: "DELETE"}) > 0 { // the window of a deletion, stated in docs/reliability.md too, is not this one
		at.Release()
		<-first.done
	}
	start.Release()
	<-start.Handled()
	at.Release()
	<-first.done
	<-other.done
	t.Logf("delayed by %d requests: %s", by, s.oneOrConflict(t, first, other))
	if lost := srv.Losses(); len(lost) > 0 {
		t.Errorf("deleted with its frames: %v", lost)
	}
}

// oneOrConflict: all is whole, or every run says that there is a conflict.
func (s *site) oneOrConflict(t *testing.T, runs ...*process) string {
	t.Helper()
	p := s.run(t, 0, "plan", "--detailed-exitcode")
	if p.code() == exitOK {
		s.next(t, 0)
		s.whole(t)
		return "one task"
	}
	p.wants(t, exitConflict)
	if !strings.Contains(p.out.String(), "several tasks with frames have this name") {
		t.Errorf("%s", &p.out)
	}
	for _, run := range runs {
		if run.code() != exitOK && run.code() != exitConflict {
			run.wants(t, exitConflict)
		}
	}
	return "two tasks, shown as a conflict"
}

// Manifests with different tasks for one project leave each other's tasks alone.
func TestTwoManifestsForOneProjectDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	apples, pears := newDataset(t, shape{tasks: 2, frames: 2}), newDataset(t, shape{prefix: "pear", tasks: 3, frames: 1})
	srv := cvattest.Start(t)
	one, two := newSite(t, apples, srv.URL, srv.Token), newSite(t, pears, srv.URL, srv.Token)
	a, b := one.start(t, 0, "apply"), two.start(t, 0, "apply")
	<-a.done
	<-b.done
	a.wants(t, exitOK)
	b.wants(t, exitOK)
	one.whole(t)
	two.whole(t)
	one.oneProject(t)
	for s, unmanaged := range map[*site]string{one: "2 unchanged, 3 unmanaged.", two: "3 unchanged, 2 unmanaged."} {
		if p := s.run(t, 0, "plan"); !strings.Contains(p.out.String(), unmanaged) {
			t.Errorf("no %q in\n%s", unmanaged, &p.out)
		}
	}
}

// A colleague uploads, by hand or with another tool, under a name that the manifest wants:
// whatever state that is in, it is left alone and reported as blocked.
func TestAColleaguesUploadIsLeftAloneAndBlocked(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2, organization: "orchard"})
	for name, upload := range map[string]func(t *testing.T, c *cvat.Client, id int){
		"nothing is sent yet": func(*testing.T, *cvat.Client, int) {},
		"in the midst of it": func(t *testing.T, c *cvat.Client, id int) {
			_, err := c.CreateUpload(context.Background(), id, "images.zip", 1<<20)
			must(t, err)
		},
		"importing": func(t *testing.T, c *cvat.Client, id int) {
			image := noise(t, 24, 99)
			must(t, c.Upload(context.Background(), id, "image.png", strings.NewReader(string(image)), int64(len(image)), cvat.UploadOptions{}))
			_, err := c.FinishUpload(context.Background(), id, cvat.DataParams{ImageQuality: 70, SortingMethod: "natural"})
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			id := s.colleague(t, srv, upload)
			srv.Forget()
			for _, command := range []string{"plan", "apply"} {
				p := s.run(t, 0, command).wants(t, exitConflict)
				if !strings.Contains(p.out.String(), "1 blocked") || !strings.Contains(p.out.String(), fmt.Sprintf("task %d of colleague", id)) {
					t.Errorf("%s", &p.out)
				}
			}
			for _, r := range srv.Seen() {
				if r.Method != "GET" && strings.HasPrefix(r.Path+"/", fmt.Sprintf("/api/tasks/%d/", id)) {
					t.Errorf("the colleague's task was touched: %s", r)
				}
			}
		})
	}
}

// colleague makes the project in an organization, in it a task of the name run_00 of
// another user's, and brings it into a state.
func (s *site) colleague(t *testing.T, srv *cvattest.Server, upload func(*testing.T, *cvat.Client, int)) (id int) {
	t.Helper()
	ctx := context.Background()
	s.post(t, "/api/organizations", `{"slug": "orchard"}`)
	_, err := srv.Sandbox.AddUser(ctx, "colleague", "secret")
	must(t, err)
	must(t, srv.Sandbox.AddMember(ctx, "orchard", "colleague", "maintainer"))
	project, err := s.client(t).CreateProject(ctx, "Orchard", "", []cvat.Label{{Name: "apple"}})
	must(t, err)
	c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Organization: "orchard"})
	must(t, err)
	must(t, c.Login(ctx, "colleague", cvat.NewSecret("secret")))
	made, err := c.CreateTask(ctx, cvat.NewTask{Name: "run_00", ProjectID: project.ID})
	must(t, err)
	srv.HoldImports(sandbox.BeforeSave)
	upload(t, c, made.ID)
	return made.ID
}

// post sends what cvatplan's own client has no method for.
func (s *site) post(t *testing.T, path, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("POST %s: %s", path, resp.Status)
	}
}
