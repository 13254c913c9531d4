package apply

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	// A request costs a CVAT 25 to 60 ms of its processor, however many names it asks for.
	gatherTime  = 250 * time.Millisecond // longest wait for tasks that are about to ask too, where the server may be idle meanwhile
	recentTime  = 2 * time.Second        // how old the answer about a task or project may be that is yet to be created
	aheadNames  = 32                     // tasks yet to be created that a request asks for in addition to the others
	aheadBytes  = 2000                   // of their names
	soonCreated = 16 << 20               // bytes that are read in a moment, so that a task of them is announced before it is
	createTime  = 2 * time.Second        // that the tasks under way may go unseen while others are created
	restTime    = 2                      // times as long as a request took, before another one is made for waiting alone
)

// lookups reads tasks by their names for all tasks of a run together: one request answers
// everyone who asks while the one before it is under way, those who wait for an import, and
// those whose task is the next to be created.
//
// What makes an answer safe to act on is when its request began: see the ways to ask.
type lookups struct {
	server Server
	gather func(asking, coming int) time.Duration // see run.gather

	mu      sync.Mutex
	waiting []*lookup     // not answered yet
	coming  int           // tasks on their way to be created, each of which asks when it is
	ahead   []plan.Name   // tasks to be created, in the plan's order, for which nobody has asked yet
	made    int           // requests, the one under way included
	latest  time.Time     // when the last of them began
	took    time.Duration // of the last that is answered
	last    answer        // the latest that was a success
	changed chan struct{} // wakes run; holds one
}

// A lookup is one question that waits for its answer.
type lookup struct {
	spellings []string  // of one name
	due       time.Time // when a request is made for it, unless one is made for others earlier
	announced bool      // it is counted in coming
	recent    bool      // a request that began a moment ago will do
	after     int       // the answer is that of a later request than this one
	reply     chan answer
}

// An answer is what one request found.
type answer struct {
	number int      // of the request, from 1
	names  []string // sorted
	tasks  []cvat.Task
	err    error
}

// newLookups begins with what the plan's own look at the server found: none of the tasks
// that are to be created.
func newLookups(s Server, gather func(asking, coming int) time.Duration, ahead []plan.Name, observed time.Time) *lookups {
	l := &lookups{server: s, gather: gather, ahead: ahead, changed: make(chan struct{}, 1), made: 1, latest: observed}
	l.last = answer{number: l.made}
	for _, name := range ahead {
		l.last.names = append(l.last.names, name.Spellings()...)
	}
	slices.Sort(l.last.names)
	return l
}

// now is how the tasks of the name are after this call.
func (l *lookups) now(ctx context.Context, spellings []string) ([]cvat.Task, error) {
	return l.ask(ctx, &lookup{spellings: spellings, due: time.Now()})
}

// recently is how they are now or were a moment ago, which is enough before a creation:
// what it misses is seen after it.
func (l *lookups) recently(ctx context.Context, spellings []string) ([]cvat.Task, error) {
	return l.ask(ctx, &lookup{spellings: spellings, due: time.Now(), recent: true})
}

// within is how they are after this call, at the latest after the given time, or later
// where the server is so slow that it would be asked most of the time. While tasks are
// still to be created, what is asked for them tells of the others too.
func (l *lookups) within(ctx context.Context, d time.Duration, spellings []string) ([]cvat.Task, error) {
	l.mu.Lock()
	d = max(d, restTime*l.took)
	if len(l.ahead) > 0 || l.coming > 0 {
		d = max(d, createTime)
	}
	l.mu.Unlock()
	return l.ask(ctx, &lookup{spellings: spellings, due: time.Now().Add(d)})
}

// announce says that a task is on its way to be created; created or unannounce must
// follow. Other questions wait a moment for what is asked then, so that tasks that are
// created together are looked for together.
func (l *lookups) announce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming++
}

func (l *lookups) unannounce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming--
	l.wake()
}

// ended says that a task is at its end: there may be no reason left to let the others wait.
func (l *lookups) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

// created is now, for a task whose creation was answered.
func (l *lookups) created(ctx context.Context, spellings []string) ([]cvat.Task, error) {
	return l.ask(ctx, &lookup{spellings: spellings, due: time.Now(), announced: true})
}

// ask waits for the answer to q.
func (l *lookups) ask(ctx context.Context, q *lookup) ([]cvat.Task, error) {
	q.reply = make(chan answer, 1)
	l.add(q)
	select {
	case a := <-q.reply:
		return a.of(q)
	case <-ctx.Done():
		l.remove(q)
		return nil, context.Cause(ctx)
	}
}

// add takes a question in.
func (l *lookups) add(q *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q.announced {
		l.coming--
	}
	l.begun(plan.NameOf(q.spellings[0]))
	q.after = l.made
	if q.recent && time.Since(l.latest) < recentTime {
		q.after--
	}
	if l.last.answers(q) {
		q.reply <- l.last
		return
	}
	l.waiting = append(l.waiting, q)
	l.wake()
}

// begun takes a name out of those ahead, near whose start it is. The lock is held.
func (l *lookups) begun(name plan.Name) {
	if i := slices.Index(l.ahead[:min(4*aheadNames, len(l.ahead))], name); i >= 0 {
		copy(l.ahead[1:i+1], l.ahead[:i])
		l.ahead = l.ahead[1:]
	}
}

func (l *lookups) remove(q *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(w *lookup) bool { return w == q })
}

// run makes the requests, one after another, until ctx ends.
func (l *lookups) run(ctx context.Context) {
	for l.pause(ctx) {
		l.reply(ctx, l.request(ctx, l.names()))
	}
}

// request asks the server for names.
func (l *lookups) request(ctx context.Context, names []string) answer {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	l.mu.Lock()
	l.made++
	l.latest = time.Now()
	a := answer{number: l.made, names: names}
	l.mu.Unlock()
	a.tasks, a.err = l.server.ListTasks(ctx, cvat.TaskFilter{Names: names})
	return a
}

// pause waits until a question is due; false says that the run is over.
func (l *lookups) pause(ctx context.Context) bool {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, asked := l.untilDue()
		if asked && wait <= 0 {
			return ctx.Err() == nil
		}
		if asked {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-l.changed:
		case <-ctx.Done():
			return false
		}
	}
}

// untilDue is how long the next request can wait.
func (l *lookups) untilDue() (wait time.Duration, asked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return 0, false
	}
	first := slices.MinFunc(l.waiting, func(a, b *lookup) int { return a.due.Compare(b.due) })
	wait = time.Until(first.due)
	return wait + l.gather(len(l.waiting), l.coming), true
}

// names are those that the next request asks for: of all questions, due or not, and of
// the tasks that are the next to be created.
func (l *lookups) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, q := range l.waiting {
		names = append(names, q.spellings...)
	}
	bytes := 0
	for _, name := range l.ahead[:min(aheadNames, len(l.ahead))] {
		if bytes += len(url.QueryEscape(name.String())); bytes > aheadBytes {
			break
		}
		names = append(names, name.Spellings()...)
	}
	return names
}

// reply answers every question that the request is an answer to. If CVAT refuses the
// request for one of the names, the others must not suffer: each question is asked alone.
func (l *lookups) reply(ctx context.Context, a answer) {
	refused := errors.As(a.err, new(*cvat.APIError)) && !errors.Is(a.err, cvat.ErrNotAuthorised)
	if !refused {
		l.deliver(a)
		return
	}
	for _, q := range l.answered(a) {
		l.deliver(l.request(ctx, q.spellings))
	}
}

// answered are the questions that a is an answer to.
func (l *lookups) answered(a answer) []*lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	var questions []*lookup
	for _, q := range l.waiting {
		if a.answers(q) {
			questions = append(questions, q)
		}
	}
	return questions
}

func (l *lookups) deliver(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.err == nil {
		l.last, l.took = a, time.Since(l.latest)
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(q *lookup) bool {
		if !a.answers(q) {
			return false
		}
		q.reply <- a
		return true
	})
}

// wake lets run count again. The lock is held.
func (l *lookups) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// answers reports whether a is an answer to q.
func (a answer) answers(q *lookup) bool {
	for _, name := range q.spellings {
		if _, asked := slices.BinarySearch(a.names, name); !asked {
			return false
		}
	}
	return a.number > q.after
}

// of are the tasks of the name that q asks for.
func (a answer) of(q *lookup) ([]cvat.Task, error) {
	if a.err != nil {
		return nil, a.err
	}
	var tasks []cvat.Task
	for _, t := range a.tasks {
		if slices.Contains(q.spellings, t.Name) {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}
