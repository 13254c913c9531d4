package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A fault is what happens to one request of a session.
type fault int

const (
	none      fault = iota
	before          // the process dies before the server handles it
	after           // it dies after the server handled it, before the answer
	late            // it dies, and the server handles it while another session is at work
	lostHere        // the process lives, and gets an error that leaves open what happened: it was handled,
	neverCame       // it was not,
	lateHere        // or it is handled later
)

// A session is one process that talks to a fakeServer.
type session struct {
	w    *fakeServer
	user string
	org  string

	observed time.Time // when it looked for its plan
	inPieces bool      // its archives are too large for one request
	ctx      context.Context
	kill     context.CancelFunc

	mu     sync.Mutex                                 // guards n, log and jitter
	n      int                                        // requests so far
	faults func(n int, op string) fault               // may be nil
	wake   int                                        // at this request, what is late is handled; 0 never
	jitter *rand.Rand                                 // each request takes 5 to 10 ms
	hold   func(op string) time.Duration              // how long a creation has an id and is not visible
	each   func(op string)                            // before each request
	refuse func(op string) error                      // an answer in place of the server's
	during func(op string, handle func() error) error // around the handling
	log    []string
}

func (w *fakeServer) session() *session {
	s := &session{w: w, user: "ann"}
	s.ctx, s.kill = context.WithCancel(context.Background())
	return s
}

var errDead = errors.New("the process is dead")

// call is one request: f is what the server does about it, under the server's lock.
func (s *session) call(ctx context.Context, op string, f func() error) error {
	if s.ctx.Err() != nil || ctx.Err() != nil {
		return errDead
	}
	n, delay := s.count(op)
	time.Sleep(delay)
	if s.each != nil {
		s.each(op)
	}
	if n == s.wake {
		s.w.wakeLate()
	}
	if s.refuse != nil {
		if err := s.refuse(op); err != nil {
			return err
		}
	}
	return s.suffer(n, op, f)
}

// count numbers the request, and says how long it takes to arrive.
func (s *session) count(op string) (n int, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.log = append(s.log, op)
	if s.jitter != nil {
		delay = 5*time.Millisecond + time.Duration(s.jitter.IntN(5000))*time.Microsecond
	}
	return s.n, delay
}

// suffer handles the request, with the fault that is set for it.
func (s *session) suffer(n int, op string, f func() error) error {
	handle := func() error {
		s.w.mu.Lock()
		defer s.w.mu.Unlock()
		s.w.settle()
		return f()
	}
	if s.during != nil {
		inner := handle
		handle = func() error { return s.during(op, inner) }
	}
	what := none
	if s.faults != nil {
		what = s.faults(n, op)
	}
	switch what {
	case before:
		s.kill()
		return errDead
	case after:
		_ = handle()
		s.kill()
		return errDead
	case late:
		s.w.late = func() { _ = handle() }
		s.kill()
		return errDead
	case lostHere:
		_ = handle()
		return fmt.Errorf("%s: %w", op, cvat.ErrUnknownOutcome)
	case neverCame:
		return fmt.Errorf("%s: %w", op, cvat.ErrUnknownOutcome)
	case lateHere:
		s.w.late = func() { _ = handle() }
		return fmt.Errorf("%s: %w", op, cvat.ErrUnknownOutcome)
	}
	return handle()
}

func (w *fakeServer) wakeLate() {
	if w.late != nil {
		handle := w.late
		w.late = nil
		handle()
	}
}

func (s *session) Organization() string                                       { return s.org }
func (s *session) TaskURL(id int) string                                      { return fmt.Sprintf("http://cvat/tasks/%d", id) }
func (s *session) ProjectURL(id int) string                                   { return fmt.Sprintf("http://cvat/projects/%d", id) }
func (s *session) Organizations(context.Context) ([]cvat.Organization, error) { return nil, nil }

func (s *session) Users(context.Context) ([]cvat.User, error) { return nil, nil }

func (s *session) FindUser(ctx context.Context, name string) (u *cvat.User, err error) {
	return u, s.call(ctx, "GET users", func() error {
		if name != "bob" {
			return status("GET", http.StatusNotFound, "")
		}
		u = &cvat.User{ID: 3, Username: name}
		return nil
	})
}

func (s *session) Project(ctx context.Context, id int) (out *cvat.Project, err error) {
	err = s.call(ctx, "GET project", func() error {
		p := s.w.projects[id]
		if p == nil || p.hidden {
			return status("GET", http.StatusNotFound, "")
		}
		out = s.w.project(p)
		return nil
	})
	return out, err
}

func (w *fakeServer) project(p *fakeProject) *cvat.Project {
	out := &cvat.Project{ID: p.id, Name: p.name, BugTracker: p.tracker}
	if p.guide != nil {
		out.GuideID = &p.id
	}
	n := 0
	for _, t := range w.tasks {
		if *t.ProjectID == p.id {
			n++
		}
	}
	out.Tasks.Count = &n
	return out
}

func (s *session) ListProjects(ctx context.Context, name string) (out []cvat.Project, err error) {
	err = s.call(ctx, "GET projects", func() error {
		for _, p := range s.w.projects {
			if p.name == name && !p.hidden {
				out = append(out, *s.w.project(p))
			}
		}
		slices.SortFunc(out, func(a, b cvat.Project) int { return a.ID - b.ID })
		return nil
	})
	return out, err
}

func (s *session) ProjectsEverywhere(ctx context.Context, name string) ([]cvat.Project, error) {
	return s.ListProjects(ctx, name)
}

func (s *session) CreateProject(ctx context.Context, name, tracker string, labels []cvat.Label) (out *cvat.Project, err error) {
	var p *fakeProject
	err = s.call(ctx, "POST projects", func() error {
		p = s.w.projects[s.w.addProject(name, tracker)]
		p.labels, p.hidden = labels, s.hold != nil
		out = s.w.project(p)
		return nil
	})
	if err == nil && s.hold != nil {
		time.Sleep(s.hold("project"))
		s.w.mu.Lock()
		p.hidden = false
		s.w.mu.Unlock()
	}
	return out, err
}

func (s *session) SetProjectBugTracker(ctx context.Context, id int, text string) error {
	return s.call(ctx, "PATCH project", func() error {
		if s.w.projects[id] == nil {
			return status("PATCH", http.StatusNotFound, "")
		}
		s.w.projects[id].tracker = text
		return nil
	})
}

func (s *session) Labels(ctx context.Context, id int) (out []cvat.Label, err error) {
	err = s.call(ctx, "GET labels", func() error {
		if s.w.projects[id] == nil {
			return status("GET", http.StatusInternalServerError, "Server Error (500)")
		}
		out = slices.Clone(s.w.projects[id].labels)
		return nil
	})
	return out, err
}

func (s *session) AddLabels(ctx context.Context, id int, labels []cvat.Label) error {
	return s.call(ctx, "PATCH labels", func() error {
		p := s.w.projects[id]
		for _, l := range labels {
			if slices.ContainsFunc(p.labels, func(m cvat.Label) bool { return m.Name == l.Name }) {
				return status("PATCH", http.StatusBadRequest, "All label names must be unique")
			}
		}
		p.labels = append(p.labels, labels...)
		return nil
	})
}

// A guide has the id of its project.
func (s *session) guide(id int) (*fakeGuide, error) {
	if p := s.w.projects[id]; p != nil && p.guide != nil {
		return p.guide, nil
	}
	return nil, status("GET", http.StatusNotFound, "No AnnotationGuide matches the given query.")
}

func (s *session) Guide(ctx context.Context, id int) (out *cvat.Guide, err error) {
	err = s.call(ctx, "GET guide", func() error {
		g, err := s.guide(id)
		if err == nil {
			out = &cvat.Guide{ID: id, Markdown: g.text}
		}
		return err
	})
	return out, err
}

func (s *session) CreateGuide(ctx context.Context, project int, text string) (out *cvat.Guide, err error) {
	err = s.call(ctx, "POST guides", func() error {
		p := s.w.projects[project]
		switch {
		case p == nil:
			return status("POST", http.StatusBadRequest, "The specified project does not exist.")
		case p.guide != nil:
			return fmt.Errorf("POST guides: %w", cvat.ErrUnknownOutcome) // 500
		}
		p.guide = &fakeGuide{text: text, assets: map[string]string{}}
		out = &cvat.Guide{ID: project, Markdown: text}
		return nil
	})
	return out, err
}

func (s *session) SetGuide(ctx context.Context, id int, text string) error {
	return s.call(ctx, "PATCH guide", func() error {
		g, err := s.guide(id)
		if err != nil {
			return err
		}
		g.text = strings.TrimSpace(text)
		for uuid := range g.assets {
			if !strings.Contains(text, "(/api/assets/"+uuid+")") {
				delete(g.assets, uuid)
			}
		}
		return nil
	})
}

func (s *session) AddAsset(ctx context.Context, id int, name, _ string, data []byte) (uuid string, err error) {
	err = s.call(ctx, "POST assets", func() error {
		g, err := s.guide(id)
		if err == nil {
			g.made++
			uuid = fmt.Sprintf("00000000-0000-4000-8000-%012d", g.made)
			g.assets[uuid] = name + string(data)
		}
		return err
	})
	return uuid, err
}

func (s *session) CheckAsset(ctx context.Context, uuid string) error {
	return s.call(ctx, "GET asset", func() error {
		for _, p := range s.w.projects {
			if p.guide != nil && p.guide.assets[uuid] != "" {
				return nil
			}
		}
		return status("GET", http.StatusNotFound, "No Asset matches the given query.")
	})
}

// UpdateLabels changes what is sent and nothing else, but for a colour that is not: that is another one then.
func (s *session) UpdateLabels(ctx context.Context, id int, labels []cvat.LabelUpdate) error {
	return s.call(ctx, "PATCH labels", func() error {
		p := s.w.projects[id]
		for _, u := range labels {
			i := slices.IndexFunc(p.labels, func(l cvat.Label) bool { return l.ID == u.ID })
			switch {
			case i < 0:
				return status("PATCH", http.StatusNotFound, "Not found label with id")
			case u.Deleted:
				p.labels = slices.Delete(p.labels, i, i+1)
			default:
				l := &p.labels[i]
				l.Name, l.Color = u.Name, cmp.Or(u.Color, "#derived")
				l.Type = cmp.Or(u.Type, l.Type)
				for _, a := range u.Attributes {
					l.Attributes = append(slices.DeleteFunc(slices.Clone(l.Attributes), func(b cvat.Attribute) bool { return b.Name == a.Name }), a)
				}
			}
		}
		return nil
	})
}

func (s *session) DeleteProject(ctx context.Context, id int) error {
	return s.call(ctx, "DELETE project", func() error {
		if s.w.projects[id] == nil {
			return status("DELETE", http.StatusNotFound, "")
		}
		if n := s.w.project(s.w.projects[id]).Tasks.Count; *n > 0 {
			s.w.violations = append(s.w.violations, fmt.Sprintf("project %d deleted with %d tasks", id, *n))
		}
		delete(s.w.projects, id)
		return nil
	})
}
