package memory

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestReadingAheadTakesHalfOfTheBudget(t *testing.T) {
	b := New(100)
	if !b.Try(50) || b.Try(1) {
		t.Error("half of it, and no more, is for reading ahead")
	}
	b.Take(80) // what is needed is granted nevertheless
	b.Give(130)
	if !b.Try(50) {
		t.Error("what was given back is granted again")
	}
}

func TestJobsTogetherStayWithinTheBudget(t *testing.T) {
	b := New(100)
	var held, most atomic.Int64
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := b.Wait(t.Context(), 30); err != nil {
				t.Error(err)
			}
			now := held.Add(30)
			for {
				m := most.Load()
				if now <= m || most.CompareAndSwap(m, now) {
					break
				}
			}
			held.Add(-30)
			b.Done(30)
		})
	}
	group.Wait()
	if most.Load() > 100 {
		t.Errorf("%d bytes at once", most.Load())
	}
}

func TestAJobLargerThanTheBudgetRunsAlone(t *testing.T) {
	b := New(100)
	b.Take(70) // of a reader that waits for the job
	if err := b.Wait(t.Context(), 500); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("beside it: %v", err)
	}
	b.Done(500)
	if err := b.Wait(ctx, 1); err != nil {
		t.Errorf("after it: %v", err)
	}
}
