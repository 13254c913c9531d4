package apply

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

func (s *session) ListTasks(ctx context.Context, f cvat.TaskFilter) (out []cvat.Task, err error) {
	err = s.call(ctx, "GET tasks", func() error {
		for _, t := range s.w.tasks {
			in := (f.ProjectID == 0 || *t.ProjectID == f.ProjectID) && (f.Name == "" || t.Name == f.Name) && (f.Names == nil || slices.Contains(f.Names, t.Name)) && (f.Marker == "" || t.BugTracker == f.Marker)
			if in && !t.hidden {
				out = append(out, t.Task)
			}
		}
		slices.SortFunc(out, func(a, b cvat.Task) int { return a.ID - b.ID })
		return nil
	})
	return out, err
}

func (s *session) Task(ctx context.Context, id int) (out *cvat.Task, err error) {
	err = s.call(ctx, "GET task", func() error {
		t, err := s.w.find(id)
		if err == nil {
			now := t.Task
			out = &now
		}
		return err
	})
	return out, err
}

func (s *session) CreateTask(ctx context.Context, n cvat.NewTask) (out *cvat.Task, err error) {
	var t *fakeTask
	err = s.call(ctx, "POST tasks", func() error {
		if s.w.projects[n.ProjectID] == nil {
			return status("POST", http.StatusBadRequest, "Project matching query does not exist.")
		}
		t = s.w.addTask(n.Name, n.ProjectID, n.BugTracker)
		t.user, t.Owner, t.hidden = s.user, &cvat.User{Username: s.user}, s.hold != nil
		made := t.Task
		out = &made
		return nil
	})
	if err == nil && s.hold != nil {
		time.Sleep(s.hold("task"))
		s.w.mu.Lock()
		t.hidden = false
		s.w.mu.Unlock()
	}
	return out, err
}

func (s *session) UpdateTask(ctx context.Context, id int, u cvat.TaskUpdate) error {
	return s.call(ctx, "PATCH task", func() error {
		t, err := s.w.find(id)
		if err != nil {
			return err
		}
		for to, value := range map[*string]*string{&t.Name: u.Name, &t.Subset: u.Subset, &t.BugTracker: u.BugTracker} {
			if value != nil {
				*to = *value
			}
		}
		if u.AssigneeID != nil {
			t.Assignee = nil
			if *u.AssigneeID != 0 {
				t.Assignee = &cvat.User{ID: *u.AssigneeID, Username: "bob"}
			}
		}
		return nil
	})
}

func (s *session) Jobs(ctx context.Context, f cvat.JobFilter) (out []cvat.Job, err error) {
	err = s.call(ctx, "GET jobs", func() error {
		for id := 1; id <= s.w.nextID; id++ {
			t := s.w.tasks[id]
			if t != nil && (f.TaskID == 0 || f.TaskID == id) && (f.ProjectID == 0 || f.ProjectID == *t.ProjectID) {
				out = append(out, s.w.jobsOf(t)...)
			}
		}
		return nil
	})
	return out, err
}

// UpdateJob begins a job again where only its stage is sent, as CVAT does.
func (s *session) UpdateJob(ctx context.Context, id int, u cvat.JobUpdate) error {
	return s.call(ctx, "PATCH job", func() error {
		t, err := s.w.find(id / 1000)
		if err != nil {
			return err
		}
		j := &s.w.jobsOf(t)[id%1000]
		if u.AssigneeID != nil {
			j.Assignee = nil
			if *u.AssigneeID != 0 {
				j.Assignee = &cvat.User{ID: *u.AssigneeID, Username: "bob"}
			}
		}
		if u.Stage != "" {
			j.Stage, j.State = u.Stage, cmp.Or(u.State, "new")
		}
		return nil
	})
}

func (s *session) SetBugTracker(ctx context.Context, id int, text string) error {
	return s.call(ctx, "PATCH task", func() error {
		t, err := s.w.find(id)
		switch {
		case err != nil:
			return err
		case t.state == cvat.StatusStarted:
			return status("PATCH", http.StatusConflict, "This resource is currently busy with another operation.")
		}
		t.BugTracker = text
		return nil
	})
}

func (s *session) DeleteTask(ctx context.Context, id int) error {
	return s.call(ctx, "DELETE task", func() error {
		t, err := s.w.find(id)
		switch {
		case err != nil:
			return err
		case t.state == cvat.StatusStarted:
			return status("DELETE", http.StatusInternalServerError, "Server Error (500)")
		case t.Size > 0:
			s.w.violations = append(s.w.violations, fmt.Sprintf("task %d deleted with %d frames", id, t.Size))
		}
		delete(s.w.tasks, id)
		return nil
	})
}

// Upload is one request here: the client's own tests are about its chunks.
func (s *session) Upload(ctx context.Context, id int, name string, src io.ReaderAt, size int64, o cvat.UploadOptions) error {
	return s.call(ctx, "upload "+name[strings.LastIndexByte(name, '.'):], func() error {
		t, err := s.w.importable(id)
		switch {
		case err != nil:
			return err
		}
		t.Data = &t.ID
		if o.OnLocation != nil {
			o.OnLocation(fmt.Sprintf("%d_%d", id, len(name)))
		}
		data, err := readWhole(src, size)
		if err != nil {
			return err
		}
		if t.state == cvat.StatusQueued {
			return nil // accepted, and not imported: the list is frozen
		}
		t.files[name] = data
		if o.OnProgress != nil {
			o.OnProgress(0)
			o.OnProgress(size)
		}
		return nil
	})
}

// ImportFiles is all that CVAT does in one request: it takes the files and starts the
// import, or nothing of both.
func (s *session) ImportFiles(ctx context.Context, id int, files []cvat.File, p cvat.DataParams, o cvat.UploadOptions) (string, error) {
	data, broken := map[string][]byte{}, error(nil)
	total := int64(0)
	for _, f := range files {
		var err error
		if data[f.Name], err = readWhole(f.Content, f.Size); err != nil {
			broken = err // the body never ends: the server forgets it
		}
		total += f.Size
	}
	if s.inPieces {
		return "", cvat.ErrTooLarge
	}
	return cvat.RequestID(id), s.call(ctx, "import", func() error {
		t, err := s.w.find(id)
		switch {
		case broken != nil:
			return broken
		case err != nil:
			return err
		case t.Size > 0:
			return status("POST", http.StatusBadRequest, "Adding more data is not supported")
		case t.state == cvat.StatusStarted:
			return status("POST", http.StatusConflict, "This resource is currently busy with another operation.")
		case t.Data != nil: // the name is known
			return fmt.Errorf("%w: %w", cvat.ErrUnknownOutcome, status("POST", http.StatusInternalServerError, "Server Error (500)"))
		}
		t.Data, t.params, t.files = &t.ID, p, data
		t.state, t.until, t.user = cvat.StatusQueued, time.Now().Add(s.w.importTime), s.user
		if o.OnProgress != nil {
			o.OnProgress(total)
		}
		return nil
	})
}

// importable is a task whose import may be started.
func (w *fakeServer) importable(id int) (*fakeTask, error) {
	t, err := w.find(id)
	switch {
	case err != nil:
		return nil, err
	case t.Size > 0:
		return nil, status("POST", http.StatusBadRequest, "Adding more data is not supported")
	case t.state == cvat.StatusStarted:
		return nil, status("POST", http.StatusConflict, "This resource is currently busy with another operation.")
	}
	return t, nil
}

// ImportServerFiles takes the names and starts the import, or nothing of both.
func (s *session) ImportServerFiles(ctx context.Context, id int, p cvat.DataParams) (string, error) {
	return cvat.RequestID(id), s.call(ctx, "import", func() error {
		t, err := s.w.importable(id)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(p.ServerFiles, func(name string) bool { return slices.Contains(t.served, name) }):
			return fmt.Errorf("%w: %w", cvat.ErrUnknownOutcome, status("POST", http.StatusInternalServerError, "Server Error (500)"))
		}
		t.Data, t.params, t.served = &t.ID, p, append(t.served, p.ServerFiles...)
		if t.state != cvat.StatusQueued {
			t.state, t.until, t.user = cvat.StatusQueued, time.Now().Add(s.w.importTime), s.user
		}
		return nil
	})
}

// Frame gives no image.
func (s *session) Frame(ctx context.Context, _, _ int) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("no image")), s.call(ctx, "GET frame", func() error { return nil })
}

func (s *session) FinishUpload(ctx context.Context, id int, p cvat.DataParams) (string, error) {
	return cvat.RequestID(id), s.call(ctx, "finish", func() error {
		t, err := s.w.importable(id)
		switch {
		case err != nil:
			return err
		case t.state == cvat.StatusQueued:
			return nil // 409 with rq_id
		}
		t.Data, t.params = &t.ID, p
		t.state, t.until, t.user = cvat.StatusQueued, time.Now().Add(s.w.importTime), s.user
		return nil
	})
}

func (s *session) Request(ctx context.Context, id int) (out *cvat.Request, err error) {
	err = s.call(ctx, "GET request", func() error {
		t := s.w.tasks[id]
		switch {
		case t == nil || t.state == "":
			return fmt.Errorf("%w: %w", cvat.ErrGone, status("GET", http.StatusNotFound, ""))
		case t.user != s.user:
			return fmt.Errorf("%w: %w", cvat.ErrGone, status("GET", http.StatusForbidden, ""))
		}
		out = &cvat.Request{Status: t.state, Message: t.message}
		out.Operation.TaskID = &id
		return nil
	})
	return out, err
}

func (s *session) ListRequests(ctx context.Context) (out []cvat.Request, err error) {
	err = s.call(ctx, "GET requests", func() error {
		for id, t := range s.w.tasks {
			if t.state != "" && t.user == s.user {
				r := cvat.Request{Status: t.state, Message: t.message}
				r.Operation.TaskID = &id
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

func (s *session) DataMeta(ctx context.Context, id int) (*cvat.DataMeta, error) {
	meta := &cvat.DataMeta{}
	return meta, s.call(ctx, "GET meta", func() error {
		t, err := s.w.find(id)
		if err != nil {
			return err
		}
		meta.Size = t.Size
		for _, f := range t.frames {
			meta.Frames = append(meta.Frames, cvat.FrameMeta{Name: f, Related: t.related[f]})
		}
		return nil
	})
}

func (s *session) Annotations(ctx context.Context, id int) (*cvat.Annotations, error) {
	out := &cvat.Annotations{}
	return out, s.call(ctx, "GET annotations", func() error {
		t, err := s.w.find(id)
		if err == nil {
			out.Shapes = slices.Clone(t.shapes)
		}
		return err
	})
}

func (s *session) AddAnnotations(ctx context.Context, id int, a *cvat.Annotations) error {
	return s.call(ctx, "PATCH annotations create", func() error {
		t, err := s.w.find(id)
		if err != nil {
			return err
		}
		for _, shape := range a.Shapes {
			t.shapes = append(t.shapes, s.w.numbered(shape))
		}
		return nil
	})
}

func (w *fakeServer) numbered(shape cvat.Shape) cvat.Shape {
	w.nextID++
	shape.ID = w.nextID
	return shape
}

func (s *session) DeleteShapes(ctx context.Context, id int, shapes []cvat.Shape) error {
	return s.call(ctx, "PATCH annotations delete", func() error {
		t, err := s.w.find(id)
		if err != nil {
			return err
		}
		for _, gone := range shapes {
			if gone.Source != "auto" {
				s.w.violations = append(s.w.violations, fmt.Sprintf("a shape of a person was deleted: %+v", gone))
			}
			t.shapes = slices.DeleteFunc(t.shapes, func(have cvat.Shape) bool { return have.ID == gone.ID })
		}
		return nil
	})
}
