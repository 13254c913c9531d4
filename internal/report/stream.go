package report

import (
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Stream writes what apply does as NDJSON: one object a line, of a type that
// schema/apply-event.schema.json describes. The first line is of type version; where the
// program fails, the last is of type exit_error. A line that cannot be written ends the
// stream, not the run: see [Stream.Exit].
type Stream struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewStream writes the version line; version is cvatplan's, left out where empty.
func NewStream(w io.Writer, version string) *Stream {
	s := &Stream{w: w}
	s.write(struct {
		Type          string `json:"type"`
		FormatVersion string `json:"format_version"`
		Version       string `json:"cvatplan_version,omitempty"`
	}{"version", FormatVersion, version})
	return s
}

func (s *Stream) write(line any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = writeJSON(s.w, line, "")
	}
}

// Plan writes what is about to be done.
func (s *Stream) Plan(plans []plan.Plan) {
	s.write(struct {
		Type    string     `json:"type"`
		Summary summaryDoc `json:"summary"`
	}{"plan", summaryOf(plan.Count(plans...))})
}

// Run begins the lines of one project.
func (s *Stream) Run(p plan.Plan) *StreamRun {
	return &StreamRun{s: s, project: p.Scope.Project, written: make(map[int]bool)}
}

// Exit writes the exit_error line if code is not 0, and returns why the stream is not
// whole, if it is not.
func (s *Stream) Exit(code int, message, hint string) error {
	if code != 0 {
		s.write(struct {
			Type    string `json:"type"`
			Code    int    `json:"exit_code"`
			Message string `json:"message"`
			Hint    string `json:"hint,omitempty"`
		}{"exit_error", code, message, hint})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// A StreamRun writes the lines of one project's run.
type StreamRun struct {
	s       *Stream
	project string
	written map[int]bool // tasks whose end is written
}

// Event writes an event of [apply.Run].
func (r *StreamRun) Event(e apply.Event) {
	if e.Phase == apply.Finished {
		if e.Result != nil {
			r.finished(e.Index, *e.Result)
		}
		return
	}
	doc := progressDoc{Type: "task_progress", Project: r.project, Task: e.Task, Phase: string(e.Phase), State: e.State, Error: errorText(e.Err)}
	if e.Phase == apply.Uploading {
		doc.Sent, doc.Total = &e.Sent, &e.Total
	}
	r.s.write(doc)
}

// Result writes the end of the tasks that had no event, and of the run.
func (r *StreamRun) Result(result apply.Result) {
	for i, t := range result.Tasks {
		if !r.written[i] {
			r.finished(i, t)
		}
	}
	r.s.write(resultDocOf(result))
}

func (r *StreamRun) finished(index int, t apply.TaskResult) {
	r.written[index] = true
	r.s.write(finishedDocOf(r.project, t))
}
