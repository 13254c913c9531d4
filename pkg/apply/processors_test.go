package apply

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A server whose two processors are what everybody waits for, as a real CVAT is: what each request and each import takes of
// them was measured (CVAT 2.73, 10 images of 8 kB a task). Looks are shared by so many tasks that they cost little of it.
func TestOnABusyServerManyTasksShareEachLook(t *testing.T) {
	const usual, slow = 250 * time.Millisecond, 600 * time.Millisecond // an import's; slow ones pile up
	for _, test := range []struct {
		tasks, looks int
		each         time.Duration
	}{{1, 3, usual}, {24, 14, usual}, {200, 66, usual}, {200, 66, slow}} {
		bubble(t, fmt.Sprint(test.tasks, " ", test.each), func(t *testing.T) {
			w, _ := existing()
			j := &job{tasks: map[string][]string{}}
			for i := range test.tasks {
				j.tasks[fmt.Sprint("bag", i)] = []string{"1"}
			}
			s := w.session()
			s.observed = time.Now()
			p := j.planned(t, s)
			busy := newBusyServer(w, test.each)
			defer busy.close()
			s.during = busy.handle
			began := time.Now()
			if r := j.carryOut(s, p); !r.OK() {
				t.Errorf("%+v", r)
			}
			whole, worked := time.Since(began), busy.processors.worked
			t.Logf("%v, of which each processor worked %v; requests: %v", whole, worked/2, busy.requests)
			if n := busy.requests["GET tasks"]; n > test.looks {
				t.Errorf("%d looks for %d tasks, at most %d wanted", n, test.tasks, test.looks)
			}
		})
	}
}

// A busyServer lets a fakeServer's requests and imports take turns on two processors. Two processes handle requests, each one
// at a time, and two import.
type busyServer struct {
	w          *fakeServer
	processors *processors
	processes  [2]*processors
	imports    chan *fakeTask

	mu       sync.Mutex
	requests map[string]int
	queued   map[int]bool
	noise    *rand.Rand
}

func newBusyServer(w *fakeServer, each time.Duration) *busyServer {
	b := &busyServer{
		w: w, processors: &processors{free: 2}, processes: [2]*processors{{free: 1}, {free: 1}}, imports: make(chan *fakeTask, 1000),
		requests: map[string]int{}, queued: map[int]bool{}, noise: rand.New(rand.NewPCG(1, 2)),
	}
	for range 2 {
		go b.importer(each)
	}
	return b
}

func (b *busyServer) close() { close(b.imports) }

const noEnd = 24 * time.Hour // of an import, until an importer says otherwise

// handle handles a request and spends its time.
func (b *busyServer) handle(op string, handle func() error) error {
	err := handle()
	took := map[string]time.Duration{"POST tasks": 115, "import": 125, "GET tasks": 90, "PATCH task": 145}[op] * time.Millisecond
	b.mu.Lock()
	b.requests[op]++
	process := b.processes[b.noise.IntN(2)]
	took = took*3/5 + time.Duration(b.noise.Int64N(int64(took)*4/5+1))
	b.mu.Unlock()
	for took > 0 {
		process.turn(func() { took -= b.processors.slice(took) })
	}
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	for id, task := range b.w.tasks {
		if task.state == cvat.StatusQueued && !b.queued[id] {
			b.queued[id] = true
			task.until = time.Now().Add(noEnd)
			b.imports <- task
		}
	}
	return err
}

func (b *busyServer) importer(each time.Duration) {
	for task := range b.imports {
		for left := each; left > 0; {
			left -= b.processors.slice(left)
		}
		b.w.mu.Lock()
		task.until = time.Now()
		b.w.mu.Unlock()
	}
}

// processors are given to those who wait for one in the order in which they came.
type processors struct {
	mu      sync.Mutex
	free    int
	waiting []chan struct{}
	worked  time.Duration
}

// turn has f done once one is free.
func (p *processors) turn(f func()) {
	p.mu.Lock()
	if p.free == 0 {
		mine := make(chan struct{})
		p.waiting = append(p.waiting, mine)
		p.mu.Unlock()
		<-mine
	} else {
		p.free--
		p.mu.Unlock()
	}
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.free++
		return
	}
	close(p.waiting[0])
	p.waiting = p.waiting[1:]
}

// slice is one time slice of work of which so much is left; it gives how long it was.
func (p *processors) slice(left time.Duration) time.Duration {
	d := min(left, 5*time.Millisecond)
	p.turn(func() {
		time.Sleep(d)
		p.mu.Lock()
		p.worked += d
		p.mu.Unlock()
	})
	return d
}
