package main

import (
	"context"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// An Upload-Finish that another run sent is on its way while this one replaces the task. The
// import begins before the deletion is handled, which waits for it at the server, and the
// import wins: nothing is lost, and the task is verified like any other.
func TestADeletionThatIsHeldWhileAnImportFinishesLosesNothing(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2, pixels: 200})
	for name, refusal := range map[string]cvattest.Answer{
		"it fails":                       {Status: 500, Body: "<html><head><title>Server Error (500)</title></head></html>"},
		"it waits too long for the task": {Status: 409, Body: `{"detail":"This resource is currently busy with another operation. Please try again in a moment."}`},
		"nobody hears how it ends":       {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			id := s.failedOnce(t, srv)
			finish := srv.Hold(cvattest.Rule{Header: "Upload-Finish", Nth: 1}, cvattest.BeforeHandling)
			other := s.start(t, 1, "apply")
			finish.Wait(t)
			deletion := srv.Hold(cvattest.Rule{Method: "DELETE", Nth: 1}, cvattest.BeforeHandling)
			srv.Fail(cvattest.Rule{Method: "DELETE", Nth: 1}, refusal)
			replacing := s.start(t, 0, "apply", "--target", "run_00", "--replace-empty")
			deletion.Wait(t)
			finish.Release()
			s.imported(t, id)
			deletion.Release()
			<-replacing.done
			<-other.done
			replacing.wants(t, exitOK)
			s.next(t, 0)
			s.whole(t)
			if found, err := s.client(t).Task(context.Background(), id); err != nil || found.Size != 2 || len(srv.Losses()) > 0 {
				t.Errorf("%+v, %v, lost %v", found, err, srv.Losses())
			}
		})
	}
}

// imported waits until a task has its frames.
func (s *site) imported(t *testing.T, id int) {
	t.Helper()
	for found := (&cvat.Task{}); !found.Imported(); {
		var err error
		found, err = s.client(t).Task(context.Background(), id)
		must(t, err)
	}
}

// failedOnce leaves a task of ours whose import failed for a reason that another attempt may cure.
func (s *site) failedOnce(t *testing.T, srv *cvattest.Server) (id int) {
	t.Helper()
	ctx := context.Background()
	hold := srv.Hold(cvattest.Rule{Header: "Upload-Finish", Nth: 1}, cvattest.BeforeHandling)
	p := s.start(t, 0, append([]string{"apply"}, inPieces...)...)
	hold.Wait(t)
	p.kill()
	c := s.client(t)
	found, err := c.ListTasks(ctx, cvat.TaskFilter{Name: "run_00"})
	must(t, err)
	_, err = c.FinishUpload(ctx, found[0].ID, cvat.DataParams{SortingMethod: "predefined", ImageQuality: 70})
	must(t, err)
	for {
		r, err := c.Request(ctx, found[0].ID)
		must(t, err)
		if !r.Active() {
			if r.Status != cvat.StatusFailed || !(plan.Payload{}).Retryable(r.Message) {
				t.Fatalf("the import %s: %s", r.Status, r.Message)
			}
			srv.Clear()
			return found[0].ID
		}
	}
}

// A run that removes its own empty task, because another's of the same name has frames, is
// held at the deletion while all kinds of things happen elsewhere.
func TestALeftoversDeletionThatIsHeldLosesNothing(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2})
	for name, meanwhile := range map[string]func(t *testing.T, s *site){
		"another run comes and goes": func(t *testing.T, s *site) { s.next(t, 1) },
		"its own run is killed":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			deletion := srv.Hold(cvattest.Rule{Method: "DELETE", Path: "/api/tasks/*", Nth: 1}, cvattest.Late)
			run := s.leftover(t, srv)
			deletion.Wait(t)
			if meanwhile == nil {
				run.kill()
				s.next(t, 1)
			} else {
				meanwhile(t, s)
			}
			deletion.Release()
			<-deletion.Handled()
			<-run.done
			s.next(t, 0)
			s.whole(t)
			if lost := srv.Losses(); len(lost) > 0 {
				t.Errorf("deleted with its frames: %v", lost)
			}
		})
	}
}

// leftover is a run that meets its own empty task next to another's of the same name, which
// has frames.
func (s *site) leftover(t *testing.T, srv *cvattest.Server) *process {
	t.Helper()
	creation := srv.HoldCreation()
	late := s.start(t, 0, "apply")
	creation.Wait(t)
	s.next(t, 1)
	creation.Release()
	return late
}
