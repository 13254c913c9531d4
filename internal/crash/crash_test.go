package crash_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
)

// thrower is what the stack of a panic must tell of, wherever it comes out.
func thrower(value any) { panic(value) }

func TestAPanicComesOutWhereItIsWaitedFor(t *testing.T) {
	for name, run := range map[string]func(){
		"through an errgroup": func() {
			var g errgroup.Group
			g.Go(func() error { return crash.Guard(func() error { thrower("boom"); return nil }) })
			_ = crash.Rethrow(fmt.Errorf("reading: %w", g.Wait()))
		},
		"through a relay": func() {
			var r crash.Relay
			var group sync.WaitGroup
			group.Go(func() { r.Guard(func() { thrower("boom") }) })
			group.Wait()
			r.Rethrow()
		},
		"through two": func() {
			var r crash.Relay
			r.Guard(func() {
				_ = crash.Rethrow(crash.Guard(func() error { thrower("boom"); return nil }))
			})
			r.Rethrow()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var p *crash.Panic
			if err := crash.Guard(func() error { run(); return nil }); !errors.As(err, &p) {
				t.Fatalf("got %v", err)
			}
			if p.Value != "boom" || !strings.Contains(p.Error(), "thrower") || !strings.HasPrefix(p.Error(), "boom\n\n") {
				t.Errorf("got %v", p)
			}
		})
	}
}

func TestWithoutAPanicNothingChanges(t *testing.T) {
	failed := errors.New("failed")
	for _, want := range []error{nil, failed} {
		if err := crash.Rethrow(crash.Guard(func() error { return want })); err != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	var r crash.Relay
	r.Guard(func() {})
	r.Rethrow()
}

func TestARelayKeepsTheFirst(t *testing.T) {
	var r crash.Relay
	r.Guard(func() { thrower("first") })
	r.Guard(func() { thrower("second") })
	if p := r.Panic(); p.Value != "first" {
		t.Errorf("got %v", p)
	}
}
