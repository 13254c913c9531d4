package memory

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func grant(t *testing.T) func(*Grant, error) *Grant {
	return func(g *Grant, err error) *Grant {
		t.Helper()
		if g == nil || err != nil {
			t.Fatalf("%v, %v", g, err)
		}
		return g
	}
}

func TestReadingAheadTakesHalfOfTheBudget(t *testing.T) {
	b := New(100)
	r, other := b.Reader(), b.Reader()
	first := grant(t)(r.Ahead(One(50)), nil)
	if other.Ahead(One(1)) != nil {
		t.Error("more than half of it was granted for reading ahead")
	}
	grant(t)(other.Need(t.Context(), One(80))) // what is needed is granted nevertheless, to one
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if g, err := r.Need(ctx, One(1)); g != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("with the leader: %v, %v", g, err)
	}
	other.Close()
	first.Done(nil)
	grant(t)(r.Ahead(One(50)), nil)
	r.Close()
	if n := b.Held(); n != 0 {
		t.Errorf("%d bytes are held for ever", n)
	}
}

// A second reader waits, and leads once the first is done, or once its consumer gives up.
func TestTheLeadGoesToWhoWaitsForIt(t *testing.T) {
	for name, end := range map[string]func(*Reader, *Grant){
		"done":   func(_ *Reader, g *Grant) { g.Done(nil) },
		"closed": func(r *Reader, _ *Grant) { r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := New(100)
			first := b.Reader()
			g := grant(t)(first.Need(t.Context(), One(90)))
			grant(t)(first.Need(t.Context(), One(90))) // the leader's chunks may be open at once
			done := make(chan error)
			second := b.Reader()
			go func() {
				_, err := second.Need(t.Context(), One(90))
				done <- err
			}()
			select {
			case err := <-done:
				t.Fatalf("two readers lead: %v", err)
			default:
			}
			end(first, g)
			if name == "done" {
				first.Close()
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestJobsTogetherStayWithinTheBudget(t *testing.T) {
	b := New(100)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			g, err := b.Wait(t.Context(), One(30))
			if err != nil {
				t.Error(err)
			}
			g.Done(nil)
		})
	}
	group.Wait()
	if b.Most() > 100 || b.Held() != 0 {
		t.Errorf("%d bytes at once, %d still", b.Most(), b.Held())
	}
}

func TestAJobOfNoBytesEndsToo(t *testing.T) {
	b := New(100)
	grant(t)(b.Wait(t.Context(), Size{})).Done(nil)
	grant(t)(b.Wait(t.Context(), One(500)))
}

func TestAJobLargerThanTheBudgetRunsAlone(t *testing.T) {
	b := New(100)
	grant(t)(b.Reader().Need(t.Context(), One(70))) // of a reader that waits for the job
	alone := grant(t)(b.Wait(t.Context(), One(500)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Wait(ctx, One(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("with it: %v", err)
	}
	alone.Done(nil)
	grant(t)(b.Wait(t.Context(), One(1)))
}

func TestMemoryIsUsedAgainAndMakesWay(t *testing.T) {
	b := New(1 << 20)
	g := grant(t)(b.Wait(t.Context(), One(200_000)))
	buf := make([]byte, 200_000, Round(200_000))
	g.Done(buf)
	g = grant(t)(b.Wait(t.Context(), One(199_000)))
	if cap(g.Buf) != cap(buf) || &g.Buf[:1][0] != &buf[0] {
		t.Error("the buffer was not used again")
	}
	kept := g.Keep(buf[:10])
	if len(kept.Bytes()) != 10 {
		t.Errorf("%d bytes were kept", len(kept.Bytes()))
	}
	grant(t)(b.Wait(t.Context(), One(1<<20)))
	if kept.Bytes() != nil || b.Most() > 1<<20 {
		t.Errorf("what was kept did not make way: %d bytes at once", b.Most())
	}
}

func TestABufferIsAtMostAnEighthLarger(t *testing.T) {
	for n := int64(1); n < 1<<40; n += n/7 + 1 {
		if r := Round(n); r < n || r > n+n/8 || Round(r) != r {
			t.Fatalf("%d is rounded to %d", n, r)
		}
	}
}

// Readers whose consumers start jobs and hold messages, with bytes of all sizes: nobody waits for ever,
// and no more is granted than the budget and one message.
func TestNobodyWaitsForEver(t *testing.T) {
	b := New(1000)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // far more than it takes; its end is the failure
	defer cancel()
	var group sync.WaitGroup
	for seed := range uint64(16) {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for range 20 {
				if err := consume(ctx, b, rng); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if b.Held() != 0 || b.Most() > 1000+largestOpen+largestMessage {
		t.Errorf("%d bytes held, %d at once", b.Held(), b.Most())
	}
}

const largestOpen, largestMessage = 20, 300

// consume is a pipeline in small: units in order, each of which has a part open while the next is needed.
func consume(ctx context.Context, b *Budget, rng *rand.Rand) error {
	r := b.Reader()
	defer r.Close()
	for range 20 {
		open, err := r.Need(ctx, One(1+rng.Int64N(largestOpen)))
		if err != nil {
			return err
		}
		size := One(1 + rng.Int64N(largestMessage))
		message := r.Ahead(size)
		if message == nil {
			if message, err = r.Need(ctx, size); err != nil {
				return err
			}
		}
		job, err := b.Wait(ctx, One(1+rng.Int64N(250)))
		if err != nil {
			return err
		}
		hold, err := b.Hold(ctx, One(1+rng.Int64N(125)))
		if err != nil {
			return err
		}
		hold.Done(nil)
		job.Done(nil)
		if rng.IntN(10) == 0 { // its consumer gives up with something held, and something awaited
			ended, stop := context.WithCancel(ctx)
			stop()
			r.Need(ended, size)
			return nil
		}
		message.Done(nil)
		open.Done(nil)
	}
	return nil
}
