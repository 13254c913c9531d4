package apply_test

import (
	"context"
	"fmt"
	"path"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// What a task costs the server, whose own processor each request takes 25 to 60 ms of
// (CVAT 2.73): few requests of its own, and of those that tasks share at most one for each
// of them. A second apply costs none.
func TestATaskCostsFewRequests(t *testing.T) {
	for _, n := range []int{1, 24, 400} {
		if testing.Short() && n > 100 {
			continue
		}
		t.Run(fmt.Sprint(n, " tasks"), func(t *testing.T) {
			srv := cvattest.Start(t)
			c := client(t, srv, "2.73.0")
			d := someImages(t, n, 2)
			p := d.plan(t, c, plan.Options{})
			srv.Forget()
			if n == 1 {
				looksOnceItIsOver(t, srv)
			}
			if r := d.applyWith(t, c, p, apply.Options{Parallelism: 8}); !r.OK() || apply.Count(r).Done != n {
				t.Fatalf("%+v", apply.Count(r))
			}
			own, shared := tasksRequests(srv.Seen())
			t.Logf("%d of the tasks' own, %d shared", own, shared)
			if own > 6*n {
				t.Errorf("%d requests of their own for %d tasks: %v", own, n, srv.Seen())
			}
			if most := max(n, 3); shared > most { // one task: before its creation, after it, and when it is imported
				t.Errorf("%d shared requests for %d tasks", shared, n)
			}
			p = d.plan(t, c, plan.Options{})
			srv.Forget()
			if r := d.apply(t, c, p); !r.OK() || len(srv.Seen()) != 0 {
				t.Errorf("a second apply, %+v: %v", apply.Count(r), srv.Seen())
			}
		})
	}
}

// looksOnceItIsOver holds the first look for the end of the only import until it has ended: how often one looks at an
// import depends on how long that takes.
func looksOnceItIsOver(t *testing.T, srv *cvattest.Server) {
	look := srv.Gate.Hold(cvattest.Rule{Method: "GET", Path: "/api/tasks", Nth: 3}, cvattest.BeforeHandling)
	end := srv.HoldImports(sandbox.AfterEnd)
	go func() {
		select {
		case <-end.Held():
		case <-t.Context().Done():
		}
		end.Release()
		look.Release()
	}()
}

// tasksRequests counts those that name one task, or create one, and those about many.
func tasksRequests(seen []cvattest.Seen) (own, shared int) {
	for _, s := range seen {
		one, _ := path.Match("/api/tasks/*", s.Path)
		data, _ := path.Match("/api/tasks/*/*", s.Path)
		meta, _ := path.Match("/api/tasks/*/data/*", s.Path)
		record, _ := path.Match("/api/requests/*", s.Path)
		switch {
		case one, data, meta, record, s.Path == "/api/tasks" && s.Method == "POST":
			own++
		case s.Path == "/api/tasks", s.Path == "/api/requests":
			shared++
		}
	}
	return own, shared
}

func (d *dataset) applyWith(t *testing.T, s apply.Server, p plan.Plan, o apply.Options) apply.Result {
	t.Helper()
	o.Images = func(_ context.Context, c plan.Change) (apply.Images, error) {
		return apply.Images{Archive: d.zip(c.Desired.Frames)}, nil
	}
	return apply.Run(t.Context(), p, s, o, nil)
}
