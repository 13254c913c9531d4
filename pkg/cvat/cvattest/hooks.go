package cvattest

import (
	"context"

	"sync"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// hooks hold the server at points that no request can see.
type hooks struct {
	mu      sync.Mutex
	created []*Hold
	imports map[sandbox.ImportStep][]*Hold
}

func (h *hooks) install(on *sandbox.Hooks) {
	on.TaskNumbered = func(ctx context.Context, _ int) { h.stay(ctx, h.take(&h.created)) }
	on.Import = func(ctx context.Context, _ int, s sandbox.ImportStep) { h.stay(ctx, h.importHold(s)) }
}

func (h *hooks) stay(ctx context.Context, hold *Hold) {
	if hold != nil {
		_ = hold.stay(ctx) // ends with the server, too
	}
}

// take hands each hold to one of those that come.
func (h *hooks) take(holds *[]*Hold) *Hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(*holds) == 0 {
		return nil
	}
	hold := (*holds)[0]
	*holds = (*holds)[1:]
	return hold
}

// importHold is the hold of a step; it serves all imports until it is released.
func (h *hooks) importHold(s sandbox.ImportStep) *Hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	holds := h.imports[s]
	if len(holds) == 0 {
		return nil
	}
	return holds[len(holds)-1]
}

func (h *hooks) releaseAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, hold := range h.created {
		hold.Release()
	}
	for _, holds := range h.imports {
		for _, hold := range holds {
			hold.Release()
		}
	}
}

// HoldCreation holds the next creation of a task when it has its id and nobody can see
// it yet. Tasks that are made meanwhile get higher ids, and are visible before it.
func (s *Server) HoldCreation() *Hold {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	hold := newHold()
	s.hooks.created = append(s.hooks.created, hold)
	return hold
}

// HoldImports holds every import at a step until its release.
func (s *Server) HoldImports(at sandbox.ImportStep) *Hold {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	if s.hooks.imports == nil {
		s.hooks.imports = map[sandbox.ImportStep][]*Hold{}
	}
	hold := newHold()
	s.hooks.imports[at] = append(s.hooks.imports[at], hold)
	return hold
}
