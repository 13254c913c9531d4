package main

import (
	"context"
	"errors"
	"slices"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// hash measures the named tasks: ours and unfinished, so that only their archive's hash tells whether
// they can be finished.
func (s *session) hash(ctx context.Context, names []string) error {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	for i, d := range s.want {
		if !wanted[d.Task] || len(d.Problems) > 0 {
			continue
		}
		if err := s.measure(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// measure reads one task's images, or its listing where they are not here, and keeps what the plan is
// to know of them.
func (s *session) measure(ctx context.Context, i int) error {
	frames, listed := source.Listed(s.tasks[i])
	if !listed {
		var problems []source.Problem
		frames, problems = source.Measure(ctx, s.tasks[i])
		s.tasks[i].Close() // the images are opened again where they are sent
		s.blame(i, problems)
	}
	if err := ctx.Err(); err != nil || len(s.want[i].Problems) > 0 {
		return err
	}
	d := &s.want[i]
	d.Hash, d.Bytes, s.sums[i] = pack(frames).Hash(), 0, make([]planfile.Image, len(frames))
	if len(frames) < len(d.Frames) { // bad ones were dropped
		d.Frames = names(frames)
	}
	for k, f := range frames {
		d.Bytes += f.Size
		s.sums[i][k] = planfile.Image{Size: f.Size, Sum: [8]byte(f.Sum[:8])}
	}
	return nil
}

// sift drops bad images from tasks that say `bad: skip`, and what damaged recordings lost, where the
// server's task would else look drifted.
func (s *session) sift(ctx context.Context, have plan.Actual, o plan.Options) {
	sizes := map[string]int{}
	for _, t := range have.Tasks {
		sizes[t.Name] = t.Size
	}
	for i, t := range s.tasks {
		size := sizes[t.Name]
		differs := size > 0 && size != len(t.Frames())
		if differs && t.MayLose() || size > 0 && o.CheckFrames && t.SkipsBad() {
			_ = s.checkHeaders(ctx, i) // what is left out was said when the task was made
		}
	}
}

// checkHeaders reads the headers of one task's images and takes what they show into account.
func (s *session) checkHeaders(ctx context.Context, i int) []source.Problem {
	checked, problems := source.CheckHeaders(ctx, s.tasks[i])
	s.tasks[i] = checked
	bytes := s.want[i].Bytes
	s.want[i] = checked.Desired()
	s.want[i].Bytes = bytes
	return problems
}

// weigh reads what is to be uploaded, as closely as is asked for: at the least it finds the sizes. It
// reports whether that changed what is wanted.
func (s *session) weigh(ctx context.Context, read reading) (changed bool) {
	upload := map[string]bool{}
	for _, c := range s.plan.Changes {
		upload[c.Task] = c.Upload && (c.Bytes < 0 || read >= readHeaders)
	}
	for i, d := range s.want {
		if !upload[d.Task] || ctx.Err() != nil {
			continue
		}
		s.look(ctx, i, read)
		changed = true
	}
	return changed
}

func (s *session) look(ctx context.Context, i int, read reading) {
	switch {
	case s.want[i].Hash != "":
		return // it was read whole
	case read == readContents:
		_ = s.measure(ctx, i) // its error is the context's
		return
	case read == readHeaders:
		s.mention(s.checkHeaders(ctx, i))
	}
	s.weighOne(ctx, i)
}

func (s *session) weighOne(ctx context.Context, i int) {
	size, err := source.Bytes(ctx, s.tasks[i])
	if err != nil {
		s.blameOnce(i, asProblem(err))
		return
	}
	s.want[i].Bytes = size
	if stale := s.tasks[i].Stale(size); stale != nil {
		s.found = append(s.found, *stale)
	}
}

// asProblem is an error of internal/source with the code and the hint that it carries.
func asProblem(err error) plan.Problem {
	var p source.Problem
	if errors.As(err, &p) {
		return plan.Problem{Code: p.Code, Text: p.Text, Hint: p.Hint}
	}
	return plan.Problem{Code: diag.CodeUnreadable, Text: err.Error()}
}

// blameOnce keeps a problem that reading the headers may have found before.
func (s *session) blameOnce(i int, p plan.Problem) {
	same := func(have plan.Problem) bool { return have.Code == p.Code && have.Text == p.Text }
	if !slices.ContainsFunc(s.want[i].Problems, same) {
		s.want[i].Problems = append(s.want[i].Problems, p)
	}
}

// needBytes blocks what cannot be uploaded because its bag is not here; a plan does without.
func (s *session) needBytes() {
	for i, t := range s.tasks {
		if p, absent := t.Absent(); absent {
			s.blame(i, []source.Problem{p})
		}
	}
}

// mention keeps what is to be said of a task's frames and does not block it.
func (s *session) mention(problems []source.Problem) {
	for _, p := range problems {
		if p.Severity < source.Error {
			s.found = append(s.found, p)
		}
	}
}

// blame keeps why a task's frames cannot be uploaded, and what else is to be said of them.
func (s *session) blame(i int, problems []source.Problem) {
	s.mention(problems)
	for _, p := range problems {
		if p.Severity == source.Error {
			s.want[i].Problems = append(s.want[i].Problems, plan.Problem{Code: p.Code, Text: p.Text, Hint: p.Hint})
		}
	}
}

// pack lays out the archive of measured frames.
func pack(frames []source.Frame) *archive.Zip {
	entries := make([]archive.Entry, len(frames))
	for i, f := range frames {
		entries[i] = archive.Entry{Name: f.Name, Size: f.Size, CRC: f.CRC, Sum: f.Sum, Width: f.Width, Height: f.Height, Open: f.Open}
	}
	return archive.New(entries)
}
