package cvat_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// versions are those on both sides of each difference that the client must cope with.
var versions = []string{"2.39.0", "2.42.0", "2.47.5", "2.48.0", "2.54.1", "2.55.0", "2.58.0", "2.64.0", "2.69.0", "2.73.0", "2.80.0"}

// archiveOf is a zip of n small images.
func archiveOf(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		e, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("cam/%03d.png", i), Method: zip.Store})
		if err == nil {
			err = png.Encode(e, image.NewGray(image.Rect(0, 0, 8+i, 8)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signedIn is a client with what the version can check: a login's key before 2.48.
func signedIn(t *testing.T, srv *cvattest.Server) *cvat.Client {
	t.Helper()
	c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Retry: cvat.RetryPolicy{Base: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(t.Context(), sandbox.Username, cvat.NewSecret(sandbox.Password)); err != nil {
		t.Fatal(err)
	}
	return c
}

// The whole way of a task, on every version: created, sent in two runs of which
// the second has a stale hint, imported, found again.
func TestTaskTravelsToEveryVersion(t *testing.T) {
	data := archiveOf(t, 12)
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			c := signedIn(t, cvattest.Start(t, cvattest.Version(version)))
			about, err := c.About(t.Context())
			if err != nil || about.Text != version {
				t.Fatalf("%+v, %v", about, err)
			}
			project, err := c.CreateProject(t.Context(), "p", "", []cvat.Label{{Name: "apple"}})
			if err != nil {
				t.Fatal(err)
			}
			task, err := c.CreateTask(t.Context(), cvat.NewTask{Name: "t", ProjectID: project.ID, SegmentSize: 5, BugTracker: "mark"})
			if err != nil || task.HasData() || task.Imported() {
				t.Fatalf("%+v, %v", task, err)
			}
			travels(t, c, task.ID, data)
			task, err = c.Task(t.Context(), task.ID)
			if err != nil || task.Size != 12 || task.SegmentSize != 5 || task.Jobs.Count != 3 {
				t.Fatalf("%+v, %v", task, err)
			}
			meta, err := c.DataMeta(t.Context(), task.ID)
			if err != nil || len(meta.Frames) != 12 || meta.Frames[11].Name != "cam/011.png" {
				t.Errorf("%+v, %v", meta, err)
			}
			if err := c.SetBugTracker(t.Context(), task.ID, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func travels(t *testing.T, c *cvat.Client, task int, data []byte) {
	t.Helper()
	var location string
	o := cvat.UploadOptions{OnLocation: func(id string) { location = id }}
	send := func() error { return c.Upload(t.Context(), task, "a.zip", bytes.NewReader(data), int64(len(data)), o) }
	if err := send(); err != nil {
		t.Fatal(err)
	}
	o.Resume = location // 404 or, before 2.55, 500: created again, and there
	if err := send(); err != nil {
		t.Fatalf("sent again: %v", err)
	}
	p := cvat.DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true}
	if _, err := c.FinishUpload(t.Context(), task, p); err != nil {
		t.Fatal(err)
	}
	for {
		r, err := c.Request(t.Context(), task)
		if err == nil && r.Status == cvat.StatusFailed {
			t.Fatal(r.Message)
		}
		now, err := c.Task(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if now.Imported() {
			break
		}
	}
	if _, err := c.CreateUpload(t.Context(), task, "b.zip", 5); !errors.Is(err, cvat.ErrAlreadyImported) {
		t.Errorf("a creation after the import: %v", err)
	}
	if _, err := c.FinishUpload(t.Context(), task, p); !errors.Is(err, cvat.ErrAlreadyImported) {
		t.Errorf("Upload-Finish after the import: %v", err)
	}
}

func TestServersBefore248KnowNoAccessTokens(t *testing.T) {
	for version, known := range map[string]bool{"2.47.5": false, "2.48.0": true} {
		t.Run(version, func(t *testing.T) {
			srv := cvattest.Start(t, cvattest.Version(version))
			c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
			if err != nil {
				t.Fatal(err)
			}
			about, err := c.About(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, refusal := about.Check(c.UsesAccessToken())
			_, answer := c.Self(t.Context())
			if errors.Is(refusal, cvat.ErrTooOld) == known || errors.Is(answer, cvat.ErrNotAuthorised) == known {
				t.Errorf("Check: %v; Self: %v", refusal, answer)
			}
			if answer != nil && !strings.Contains(advice.Of(answer), "2.48") {
				t.Errorf("hint %q", advice.Of(answer))
			}
		})
	}
}

func TestServersBefore270MayKeepUsWaitingWhileTheyImport(t *testing.T) {
	t.Parallel() // it waits for time-outs
	srv := cvattest.Start(t, cvattest.Version("2.69.0"))
	signedIn(t, srv) // so that a key exists
	hold := srv.HoldImports(sandbox.BeforeSave)
	defer hold.Release()
	c, task := started(t, srv)
	hold.Wait(t)
	for what, do := range map[string]func() error{
		"Upload-Finish": func() error {
			_, err := c.FinishUpload(t.Context(), task, cvat.DataParams{ImageQuality: 70, SortingMethod: "natural"})
			return err
		},
		"marker": func() error { return c.SetBugTracker(t.Context(), task, "") },
	} {
		before := srv.Count(cvattest.Rule{Writes: true})
		if err := do(); !errors.Is(err, cvat.ErrUnknownOutcome) || !errors.Is(err, cvat.ErrStalled) {
			t.Errorf("%s: %v", what, err)
		}
		if n := srv.Count(cvattest.Rule{Writes: true}) - before; n != 1 {
			t.Errorf("%s: sent %d times", what, n)
		}
	}
}

// started is a task whose import has begun, and an impatient client.
func started(t *testing.T, srv *cvattest.Server) (*cvat.Client, int) {
	t.Helper()
	patient := signedIn(t, srv)
	project, err := patient.CreateProject(t.Context(), "p", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	task, err := patient.CreateTask(t.Context(), cvat.NewTask{Name: "t", ProjectID: project.ID})
	if err != nil {
		t.Fatal(err)
	}
	data := archiveOf(t, 3)
	if err := patient.Upload(t.Context(), task.ID, "a.zip", bytes.NewReader(data), int64(len(data)), cvat.UploadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := patient.FinishUpload(t.Context(), task.ID, cvat.DataParams{ImageQuality: 70, SortingMethod: "natural"}); err != nil {
		t.Fatal(err)
	}
	impatient, err := cvat.New(cvat.Options{BaseURL: srv.URL, AnswerTimeout: time.Second, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	if err != nil {
		t.Fatal(err)
	}
	return impatient, task.ID
}
