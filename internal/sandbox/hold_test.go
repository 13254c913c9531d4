package sandbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
)

// A gate stops imports at a step until it is opened.
type gate struct {
	step    importer.Step
	reached chan int
	open    chan struct{}
}

func newGate(step importer.Step) *gate {
	return &gate{step: step, reached: make(chan int, 16), open: make(chan struct{})}
}

func (g *gate) hooks() Hooks {
	return Hooks{Import: func(ctx context.Context, task int, s importer.Step) {
		if s != g.step {
			return
		}
		g.reached <- task
		select {
		case <-g.open:
		case <-ctx.Done():
		}
	}}
}

// arrive waits until an import is at the gate.
func (g *gate) arrive(t testing.TB) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(2 * time.Minute):
		t.Fatal("no import came to the gate")
	}
}

// until polls for what another goroutine is about to do.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// upload makes a task with two images that only Upload-Finish is missing of.
func (c *client) ready(name string) int {
	c.t.Helper()
	id := c.newTask(fmt.Sprintf(`{"name":%q}`, name))
	c.multiple(id, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)}).want(c.t, 200, "")
	return id
}
