package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/schema"
)

// streamed writes the stream of a run that ended with results; the first task's end
// came as an event.
func streamed(t *testing.T, results []apply.Result, code int) []byte {
	t.Helper()
	return render(t, func(b *bytes.Buffer) error {
		s := NewStream(b, "1.2.3")
		s.Plan(onePlan())
		for _, r := range results {
			run := s.Run(onePlan()[0])
			if len(r.Tasks) > 0 {
				for _, e := range events(r.Tasks[0]) {
					run.Event(e)
				}
			}
			run.Result(r)
		}
		return s.Exit(code, fmt.Sprintf("exit code %d", code), "apply again")
	})
}

func events(r apply.TaskResult) []apply.Event {
	e := func(p apply.Phase) apply.Event { return apply.Event{Task: r.Task, Phase: p} }
	sent, queued, again, end := e(apply.Uploading), e(apply.Importing), e(apply.Retrying), e(apply.Finished)
	sent.Total, queued.State, again.Err, end.Result = 500_000, "queued", errors.New("connection reset"), &r
	return []apply.Event{e(apply.Measuring), e(apply.Creating), sent, again, queued, e(apply.Verifying), end}
}

func eachLine(t *testing.T, s *jsonschema.Schema, got []byte) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range bytes.Lines(got) {
		conforms(t, s, line)
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, v)
	}
	return lines
}

func TestStreamBeginsWithTheVersionAndEndsWithTheError(t *testing.T) {
	cases := map[string]struct {
		results []apply.Result
		code    int
		last    string
	}{
		"apply_none.ndjson":  {nil, 1, "exit_error"},
		"apply_empty.ndjson": {[]apply.Result{{Project: orchard}}, 0, "result"},
		"apply_one.ndjson":   {oneResult(), 0, "result"},
		"apply_many.ndjson":  {manyResults(), 3, "exit_error"},
	}
	s := strict(t, schema.ApplyEvent)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := streamed(t, c.results, c.code)
			lines := eachLine(t, s, got)
			if first, last := lines[0]["type"], lines[len(lines)-1]["type"]; first != "version" || last != c.last {
				t.Errorf("it begins with %v and ends with %v", first, last)
			}
			golden(t, name, got)
		})
	}
}

func TestStreamTellsTheEndOfEachTaskOnce(t *testing.T) {
	ends := map[string]int{}
	for line := range bytes.Lines(streamed(t, bigResult(), 0)) {
		var end struct{ Type, Task string }
		if err := json.Unmarshal(line, &end); err != nil {
			t.Fatal(err)
		}
		if end.Type == "task_finished" {
			ends[end.Task]++
		}
	}
	if len(ends) != 10_000 {
		t.Errorf("%d tasks ended, want 10000", len(ends))
	}
	for task, n := range ends {
		if n != 1 {
			t.Errorf("%s ended %d times", task, n)
		}
	}
}

// full accepts so many writes.
type full struct{ writes int }

func (f *full) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestStreamThatCannotBeWrittenEndsQuietlyAndSaysSo(t *testing.T) {
	for writes := range 3 {
		s := NewStream(&full{writes}, "")
		run := s.Run(onePlan()[0])
		run.Event(apply.Event{Task: "x", Phase: apply.Creating})
		run.Result(oneResult()[0])
		if err := s.Exit(3, "failed", ""); err == nil || err.Error() != "disk full" {
			t.Errorf("after %d writes: %v", writes, err)
		}
	}
}
