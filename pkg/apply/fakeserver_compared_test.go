package apply

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A side is one of two servers that are asked the same, with what they are distinguished by.
type side struct {
	Server
	pack  func(frames ...string) []byte // an archive with these frames; "bad" is not an image
	hold  func()                        // imports that begin from now on do not end
	begun func(task int)                // waits until the import of a task has begun
	end   func()                        // lets all imports end
}

// The fakeServer takes the place of CVAT where thousands of runs are played in no time. Its answers
// are those of the embedded server, which are held to be a CVAT's by pkg/cvat/contract.
func TestFakeServerAnswersAsTheEmbeddedServerDoes(t *testing.T) {
	t.Parallel()
	fake, embedded := transcript(t, fakeSide()), transcript(t, embeddedSide(t))
	if diff := cmp.Diff(embedded, fake); diff != "" {
		t.Errorf("the embedded server (-) and the fakeServer (+) differ:\n%s", diff)
	}
}

func fakeSide() side {
	w := newFakeServer()
	w.importTime = 20 * time.Millisecond
	w.importError = func(t *fakeTask, _ int) string {
		if strings.Contains(string(t.files["a.zip"]), "bad") {
			return "InvalidImageError: failed to parse image file 'bad'"
		}
		return ""
	}
	locked := func(f func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		f()
	}
	return side{
		Server: w.session(),
		pack:   func(frames ...string) []byte { return []byte(strings.Join(frames, "\n")) },
		hold:   func() { locked(func() { w.importTime = time.Hour }) },
		begun:  func(task int) { locked(func() { w.tasks[task].state = cvat.StatusStarted }) },
		end: func() {
			locked(func() {
				for _, t := range w.tasks {
					t.until = time.Now()
				}
			})
		},
	}
}

func embeddedSide(t *testing.T) side {
	srv := cvattest.Start(t, cvattest.BusyProjects())
	c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	if err != nil {
		t.Fatal(err)
	}
	var hold *cvattest.Hold
	return side{
		Server: c, pack: zipOf,
		hold:  func() { hold = srv.HoldImports(sandbox.BeforeSave) },
		begun: func(int) { hold.Wait(t) },
		end:   func() { hold.Release() },
	}
}

// zipOf is an archive of small images.
func zipOf(frames ...string) []byte {
	var picture, b bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err)
	}
	z := zip.NewWriter(&b)
	for _, name := range frames {
		w, err := z.Create(name + ".png")
		if err == nil && name == "bad" {
			_, err = w.Write([]byte("no image"))
		} else if err == nil {
			_, err = w.Write(picture.Bytes())
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// A recorder asks a server, and notes what comes of it.
type recorder struct {
	t     *testing.T
	ctx   context.Context
	s     side
	lines []string
}

// note writes what was done, and the kind of its outcome.
func (r *recorder) note(what string, err error, more ...any) {
	outcome := "done"
	var api *cvat.APIError
	switch {
	case errors.Is(err, cvat.ErrAlreadyImported):
		outcome = "already imported"
	case errors.Is(err, cvat.ErrGone):
		outcome = "gone"
	case errors.Is(err, cvat.ErrUnknownOutcome):
		outcome = "nobody knows"
	case errors.As(err, &api):
		outcome = fmt.Sprintf("refused with %d", api.Status)
	case err != nil:
		outcome = err.Error()
	}
	r.lines = append(r.lines, strings.TrimSpace(fmt.Sprintln(append([]any{what + ":", outcome}, more...)...)))
}

func (r *recorder) task(name string, project int) int {
	t, err := r.s.CreateTask(r.ctx, cvat.NewTask{Name: name, ProjectID: project, BugTracker: "marker of " + name})
	r.note("create "+name, err)
	if err != nil {
		r.t.Fatal(err)
	}
	return t.ID
}

func (r *recorder) upload(task int, name string, frames ...string) {
	data := r.s.pack(frames...)
	r.note("upload "+name, r.s.Upload(r.ctx, task, name, bytes.NewReader(data), int64(len(data)), cvat.UploadOptions{}))
}

var quality = cvat.DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true}

func (r *recorder) finish(task int) {
	_, err := r.s.FinishUpload(r.ctx, task, quality)
	r.note("finish", err)
}

// importFiles sends an archive and starts its import in one request.
func (r *recorder) importFiles(task int, frames ...string) {
	data := r.s.pack(frames...)
	_, err := r.s.ImportFiles(r.ctx, task, []cvat.File{{Name: "a.zip", Content: bytes.NewReader(data), Size: int64(len(data))}}, quality, cvat.UploadOptions{})
	r.note("import in one request", err)
}

// ended waits for an import, and notes how it ended and what the task holds.
func (r *recorder) ended(task int) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		q, err := r.s.Request(r.ctx, task)
		if err != nil || !q.Active() {
			t, err2 := r.s.Task(r.ctx, task)
			if err2 != nil {
				r.t.Fatal(err2)
			}
			why := ""
			for _, class := range []string{"FileNotFoundError", "InvalidImageError", "Only one video, audio, archive"} {
				if strings.Contains(q.Message, class) {
					why = class
				}
			}
			r.note("ended", err, q.Status, why, "frames:", t.Size)
			return
		}
	}
	r.t.Fatalf("the import of task %d does not end", task)
}

func transcript(t *testing.T, s side) []string {
	r := &recorder{t: t, ctx: t.Context(), s: s}
	const missing = 1 << 20

	_, err := s.Project(r.ctx, missing)
	r.note("a project that is missing", err)
	_, err = s.Labels(r.ctx, missing)
	r.note("its labels", err)
	_, err = s.CreateTask(r.ctx, cvat.NewTask{Name: "x", ProjectID: missing})
	r.note("a task of it", err)
	p, err := s.CreateProject(r.ctx, "Orchard", "m", []cvat.Label{{Name: "apple"}})
	r.note("create a project", err)
	if err != nil {
		t.Fatal(err)
	}
	r.note("a label that is there", s.AddLabels(r.ctx, p.ID, []cvat.Label{{Name: "apple"}}))
	r.note("another label", s.AddLabels(r.ctx, p.ID, []cvat.Label{{Name: "leaf"}}))
	labels, err := s.Labels(r.ctx, p.ID)
	r.note("labels", err, len(labels))
	r.note("unmark", s.SetProjectBugTracker(r.ctx, p.ID, ""))
	found, err := s.ListProjects(r.ctx, "Orchard")
	r.note("projects of the name", err, len(found), found[0].BugTracker)

	_, err = s.Task(r.ctx, missing)
	r.note("a task that is missing", err)
	r.note("its marker", s.SetBugTracker(r.ctx, missing, ""))
	r.note("its deletion", s.DeleteTask(r.ctx, missing))
	one, other := r.task("same", p.ID), r.task("same", p.ID)
	for what, f := range map[string]cvat.TaskFilter{"name": {ProjectID: p.ID, Name: "same"}, "marker": {Marker: "marker of same"}, "a part of the name": {ProjectID: p.ID, Name: "sam"}} {
		all, err := s.ListTasks(r.ctx, f)
		r.note("by "+what, err, len(all), slices.IsSortedFunc(all, func(a, b cvat.Task) int { return a.ID - b.ID }))
	}
	slices.Sort(r.lines[len(r.lines)-3:]) // the order of a map
	_, err = s.Request(r.ctx, one)
	r.note("the import of a task that began none", err)

	r.upload(one, "a.zip", "1", "2")
	r.finish(one)
	r.ended(one)
	meta, err := s.DataMeta(r.ctx, one)
	r.note("its frames", err, meta.Size, len(meta.Frames))
	requests, err := s.ListRequests(r.ctx)
	r.note("requests", err, len(requests))
	r.upload(one, "b.zip", "3")
	r.finish(one)
	r.importFiles(one, "3")

	r.note("deletion", s.DeleteTask(r.ctx, other))
	r.note("and again", s.DeleteTask(r.ctx, other))
	_, err = s.Request(r.ctx, other)
	r.note("its request", err)

	bad := r.task("bad", p.ID)
	r.upload(bad, "a.zip", "1", "bad", "2")
	r.finish(bad)
	r.ended(bad)
	r.finish(bad) // the archive is used up
	r.ended(bad)

	two := r.task("two archives", p.ID)
	r.upload(two, "a.zip", "1")
	r.upload(two, "b.zip", "2")
	r.finish(two)
	r.ended(two)

	quick, known := r.task("quick", p.ID), r.task("known", p.ID)
	r.importFiles(quick, "1", "2", "3")
	r.ended(quick)
	r.upload(known, "a.zip", "1")
	r.importFiles(known, "1") // of a name that the task knows

	slow := r.task("slow", p.ID)
	r.upload(slow, "a.zip", "1")
	s.hold()
	r.finish(slow)
	s.begun(slow)
	r.note("its marker while it is imported", s.SetBugTracker(r.ctx, slow, ""))
	r.upload(slow, "b.zip", "2")
	s.end()
	r.ended(slow)
	return r.lines
}
