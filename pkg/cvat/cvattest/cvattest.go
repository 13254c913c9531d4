// Package cvattest starts the embedded server in tests, and gives it what the shipped
// one lacks: requests that hang, answers that get lost, faults, and the ways of older
// CVAT versions.
//
//	srv := cvattest.Start(t, cvattest.Version("2.42.0"))
//	hold := srv.Hold(cvattest.Rule{Method: "POST", Path: "/api/tasks", Nth: 1}, cvattest.AfterHandling)
//	go client.CreateTask(…)
//	hold.Wait(t)    // the task exists, and no answer was sent
//	hold.Release()
//
// [Commands] has the same for testscript.
package cvattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// A Server is an embedded server on a loopback port, with a gate in front.
type Server struct {
	URL     string          // http://127.0.0.1:PORT
	Token   string          // of the account sandbox, for Authorization: Bearer; another for each server
	Sandbox *sandbox.Server // to add users, to seed tasks
	Dir     string          // its data; objects of cloud storages are files in buckets/NAME there, those of the share in share/
	*Gate

	http  *httptest.Server
	hooks *hooks
}

// An Option changes how [Start] sets the server up.
type Option func(*settings)

type settings struct {
	sandbox sandbox.Options
	version string
	oneEach bool
}

// Version makes the server answer as that CVAT does, where cvatplan can tell: any from
// 2.39 on. The default is the sandbox's own, 2.73.
func Version(v string) Option { return func(s *settings) { s.version = v } }

// OneRequestEach makes the server close each connection after one request, so that a
// [Wire] can tell requests apart.
func OneRequestEach() Option { return func(s *settings) { s.oneEach = true } }

// BusyProjects makes an import hold its project, as CVAT's does, so that a task created there
// meanwhile waits, and is 409 after a moment.
func BusyProjects() Option {
	return func(s *settings) { s.sandbox.BusyProjects, s.sandbox.BusyWait = true, 50*time.Millisecond }
}

// Start runs a server until the test ends, or until Close.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	srv, err := Open(t.TempDir(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// Open runs a server with its data in dir until Close, where there is no test to end it.
func Open(dir string, options ...Option) (*Server, error) {
	s := settings{version: sandbox.Version}
	for _, o := range options {
		o(&s)
	}
	s.sandbox.Dir = dir
	return start(s)
}

func start(s settings) (*Server, error) {
	p, err := parseVersion(s.version)
	if err != nil {
		return nil, err
	}
	p.settle(&s.sandbox)
	h := &hooks{}
	h.install(&s.sandbox.Hooks)
	box, err := sandbox.Open(s.sandbox)
	if err != nil {
		return nil, err
	}
	token, err := makeToken(box, canary)
	if err != nil {
		return nil, errors.Join(err, box.Close())
	}
	gate := NewGate(p.wrap(box))
	web := httptest.NewServer(gate)
	web.Config.SetKeepAlivesEnabled(!s.oneEach)
	return &Server{URL: web.URL, Token: token, Sandbox: box, Dir: s.sandbox.Dir, Gate: gate, http: web, hooks: h}, nil
}

// Close lets go of everything that is held, stops the server and frees its directory.
// It may be called twice.
func (s *Server) Close() error {
	s.Gate.Release()
	s.hooks.releaseAll()
	s.http.CloseClientConnections()
	s.http.Close()
	return s.Sandbox.Close()
}

// Client is an HTTP client for the server. It keeps no connections.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// A Hold is a place where the server waits.
type Hold struct {
	held, released, handled chan struct{}
	once, again, done       sync.Once
}

func newHold() *Hold {
	return &Hold{held: make(chan struct{}), released: make(chan struct{}), handled: make(chan struct{})}
}

// Held is closed when something has come to the place.
func (h *Hold) Held() <-chan struct{} { return h.held }

// Handled is closed when a request that was held is dealt with: handled by the server, or
// given up because its client was gone.
func (h *Hold) Handled() <-chan struct{} { return h.handled }

// Wait waits until something has come to the place; it fails the test if nothing does.
func (h *Hold) Wait(t testing.TB) {
	t.Helper()
	if err := h.arrive(); err != nil {
		t.Fatal(err)
	}
}

func (h *Hold) arrive() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-h.held:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("nothing came to the hold in %v", patience)
	}
}

// Release lets the one that waits go on, and all that come later.
func (h *Hold) Release() { h.again.Do(func() { close(h.released) }) }

// stay marks the place as reached, and waits for its release or the end of ctx.
func (h *Hold) stay(ctx context.Context) error {
	h.once.Do(func() { close(h.held) })
	select {
	case <-h.released:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("held: %w", ctx.Err())
	}
}
