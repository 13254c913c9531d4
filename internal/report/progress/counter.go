package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A counter counts what happened. Its methods may be called by several goroutines.
type counter struct {
	mu      sync.Mutex
	tasks   map[int]*task // by index: those that apply works on
	ended   int
	failed  int
	frames  int // of the tasks that ended well
	all     int // frames of all tasks
	retries int
	rate    rate
}

// A task is the progress of one task.
type task struct {
	name        string
	frames      int
	phase       apply.Phase
	state       string // of the import
	sent, total int64  // bytes; total is the plan's until the archive is known, -1 unknown
	begun       bool   // bytes were reported, so that the next report is a difference
	over        bool
}

func newCounter(p plan.Plan) *counter {
	t := &counter{tasks: make(map[int]*task)}
	for i, c := range p.Changes {
		if !c.Action.Acts() {
			continue
		}
		k := &task{name: c.Task, frames: c.Frames, total: c.Bytes}
		if c.Action == plan.Update {
			k.frames = 0 // it has them
		}
		t.tasks[i] = k
		t.all += k.frames
	}
	return t
}

// count takes an event in.
func (t *counter) count(e apply.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.tasks[e.Index]
	if k == nil || k.over {
		return
	}
	switch e.Phase {
	case apply.Retrying:
		t.retries++
		return
	case apply.Uploading:
		t.upload(k, e)
	case apply.Finished:
		t.finish(k, e)
	}
	k.phase, k.state = e.Phase, e.State
}

func (t *counter) retried() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retries++
}

// upload: what a task had before the first report was sent by an earlier run, and
// what is lost is sent again; neither makes the rate.
func (t *counter) upload(k *task, e apply.Event) {
	t.rate.begin(time.Now())
	if k.begun && e.Sent > k.sent {
		t.rate.add(time.Now(), e.Sent-k.sent)
	}
	k.begun, k.sent, k.total = true, e.Sent, e.Total
}

func (t *counter) finish(k *task, e apply.Event) {
	k.over = true
	t.ended++
	if e.Result == nil {
		return
	}
	switch e.Result.Outcome {
	case apply.Failed, apply.Refused:
		t.failed++
	case apply.Done, apply.Pending, apply.Unchanged:
		t.frames += k.frames
		k.sent = max(k.sent, k.total)
	}
}

// A snapshot is the sum of all tasks at one time.
type snapshot struct {
	tasks, ended, failed int
	frames, all          int
	sent, total          int64
	unknown              bool // the total is the least
	rate                 int64
	left                 time.Duration // 0: not known
	phases               map[apply.Phase]int
	retries              int
}

func (t *counter) snapshot() snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := snapshot{
		tasks: len(t.tasks), ended: t.ended, failed: t.failed, frames: t.frames, all: t.all,
		rate: t.rate.perSecond(time.Now()), retries: t.retries, phases: make(map[apply.Phase]int),
	}
	for _, k := range t.tasks {
		s.sent += k.sent
		s.total += max(k.total, k.sent)
		s.unknown = s.unknown || k.total < 0
		if k.phase != "" && !k.over {
			s.phases[k.phase]++
		}
	}
	if s.rate > 0 {
		s.left = time.Duration(float64(s.total-s.sent) / float64(s.rate) * float64(time.Second))
	}
	return s
}

// task is a copy of one task's place.
func (t *counter) task(index int) task {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.tasks[index]; k != nil {
		return *k
	}
	return task{}
}

// String is progress and crew in one line.
func (s snapshot) String() string { return s.progress() + ", " + s.crew() }

// progress is "12/300 tasks, 1.2 GiB/4.8 GiB, 23.1 MiB/s, 2m40s left".
func (s snapshot) progress() string {
	line := fmt.Sprintf("%d/%d tasks, %s", s.ended, s.tasks, s.bytes())
	if s.rate > 0 {
		line += ", " + wording.Bytes(s.rate) + "/s, " + roughly(s.left) + " left"
	}
	return line
}

// crew is "600/15000 frames, 2 uploading, 1 importing, 3 retried".
func (s snapshot) crew() string {
	line := fmt.Sprintf("%d/%d frames", s.frames, s.all)
	for _, p := range []apply.Phase{apply.Measuring, apply.Uploading, apply.Importing} {
		if n := s.phases[p]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, p)
		}
	}
	if s.failed > 0 {
		line += fmt.Sprintf(", %d failed", s.failed)
	}
	if s.retries > 0 {
		line += fmt.Sprintf(", %d retried", s.retries)
	}
	return line
}

func (s snapshot) bytes() string {
	total := wording.Bytes(s.total)
	if s.unknown {
		total += "+"
	}
	return wording.Bytes(s.sent) + "/" + total
}

// roughly rounds a duration to what can be believed of it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return d.Round(10 * time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
