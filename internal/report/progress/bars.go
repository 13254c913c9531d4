package progress

import (
	"io"
	"math"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

// bars shows a bar for each running task and, below, one for all. What its
// decorators print they read from the counter, which must not be locked while the
// library is called: it may wait for them. Bars are made with the total 0, for one
// that is made with another is over when it reaches it, and here the tasks decide.
type bars struct {
	counter   *counter
	container *mpb.Progress
	running   map[int]*mpb.Bar
	total     *mpb.Bar
	names     int         // how many cells a task's name gets
	crash     crash.Relay // of a decorator, which the library calls in a goroutine of its own
}

func newBars(w io.Writer, t *counter, width int) *bars {
	b := &bars{counter: t, running: make(map[int]*mpb.Bar), names: nameWidth(t, width)}
	b.container = mpb.New(mpb.WithOutput(w), mpb.ForceTTY(), mpb.WithAutoRefresh())
	b.total = b.container.AddBar(0,
		mpb.BarPriority(math.MaxInt), // below the others
		mpb.BarRemoveOnComplete(),
		mpb.BarWidth(20),
		mpb.AppendDecorators(b.text(func() string { return t.snapshot().progress() })),
		mpb.BarBtmExtender(mpb.BarFillerFunc(func(w io.Writer, s decor.Statistics) error {
			var err error
			b.crash.Guard(func() {
				_, err = io.WriteString(w, cells.Truncate(t.snapshot().crew(), s.AvailableWidth, "")+"\n")
			})
			return err
		})),
	)
	return b
}

func (b *bars) event(e apply.Event) {
	if e.Phase == apply.Finished {
		b.finish(e)
	} else if task := b.counter.task(e.Index); task.name != "" {
		bar := b.bar(e.Index, task)
		bar.SetTotal(max(task.total, task.sent), false)
		bar.SetCurrent(task.sent)
	}
	s := b.counter.snapshot()
	b.total.SetTotal(s.total, false)
	b.total.SetCurrent(s.sent)
}

// text is a decorator that shows what f says.
func (b *bars) text(f func() string) decor.Decorator {
	return decor.Any(func(decor.Statistics) (text string) {
		b.crash.Guard(func() { text = f() })
		return text
	})
}

// leastName is how many cells a task's name gets at least, and barWidth what the bar and the text
// behind it take.
const leastName, barWidth = 32, 46

// nameWidth gives names what a wide terminal has left, since long names often differ in their middle.
func nameWidth(t *counter, width int) int {
	longest := 0
	for _, k := range t.tasks {
		longest = max(longest, cells.StringWidth(wording.Safe(k.name)))
	}
	return max(leastName, min(longest, width-barWidth))
}

// bar is the task's, made at its first event.
func (b *bars) bar(index int, t task) *mpb.Bar {
	if bar, ok := b.running[index]; ok {
		return bar
	}
	bar := b.container.AddBar(0,
		mpb.BarPriority(index),
		mpb.BarRemoveOnComplete(),
		mpb.BarWidth(20),
		mpb.PrependDecorators(decor.Name(report.Shortened(wording.Safe(t.name), b.names), decor.WC{W: b.names + 1, C: decor.DindentRight})),
		mpb.AppendDecorators(b.text(func() string { return b.counter.task(index).String() })),
	)
	b.running[index] = bar
	return bar
}

// finish takes the task's bar away; what went wrong stays above the bars.
func (b *bars) finish(e apply.Event) {
	if bar, ok := b.running[e.Index]; ok {
		bar.Abort(true)
		delete(b.running, e.Index)
	}
	if e.Result != nil && e.Result.Outcome == apply.Failed {
		_, _ = b.container.Write([]byte(finished(*e.Result) + "\n"))
	}
}

func (b *bars) say(text string) { _, _ = b.container.Write([]byte(text + "\n")) }

func (b *bars) close() {
	for _, bar := range b.running {
		bar.Abort(true)
	}
	b.total.Abort(true)
	b.container.Wait()
	b.crash.Rethrow()
}

// String is the text behind a task's bar.
func (t task) String() string {
	switch {
	case t.phase == apply.Uploading && t.total > 0:
		return wording.Bytes(t.sent) + "/" + wording.Bytes(t.total)
	case t.phase == apply.Importing && t.state != "":
		return "importing (" + t.state + ")"
	}
	return string(t.phase)
}

// cells measures text as a terminal shows it, whatever the locale.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}
