// Package progress shows what apply does while it does it: on a terminal a bar for
// each running task and one for all of them, elsewhere a line for each finished task
// and one for all of them every 30 seconds.
//
// It only listens: [Progress.Event] is what [apply.Run] calls, and nothing that is
// shown here changes what is done. It belongs on stderr, results belong on stdout.
// The terminal is left as it was: the cursor is never hidden, no mode is set, and
// [Progress.Close] takes the bars away. A process that is killed leaves the last
// picture of them above its prompt.
package progress

import (
	"io"
	"time"

	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Options say how progress is shown.
type Options struct {
	Terminal bool          // w is a terminal, and plain lines were not asked for: bars
	Width    int           // of the terminal in cells, for how much of a name is shown; 0: not known
	Every    time.Duration // between the lines about all tasks; default 30 s
}

// A Progress shows one run.
type Progress struct {
	counter *counter
	view    view
}

// A view shows events that the counter has counted already. Event is not called by two
// goroutines at once, nor after close.
type view interface {
	event(e apply.Event)
	say(text string) // may be called while an event is shown
	close()
}

// New begins to show a run of p on w. It is to be closed.
func New(w io.Writer, p plan.Plan, o Options) *Progress {
	if o.Every <= 0 {
		o.Every = 30 * time.Second
	}
	t := newCounter(p)
	if o.Terminal {
		return &Progress{t, newBars(w, t, o.Width)}
	}
	return &Progress{t, newLines(w, t, o.Every)}
}

// Event is given to [apply.Run].
func (p *Progress) Event(e apply.Event) {
	p.counter.count(e)
	p.view.event(e)
}

// Say puts a line of its own among what is shown, such as that the run is about to end.
// It may be called by another goroutine than Event, before Close.
func (p *Progress) Say(text string) { p.view.say(text) }

// Retried counts a request that is sent again.
func (p *Progress) Retried() { p.counter.retried() }

// Close ends the showing; it returns when nothing more will be written.
func (p *Progress) Close() { p.view.close() }
