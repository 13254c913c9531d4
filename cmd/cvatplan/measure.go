package main

import (
	"context"

	"github.com/cvatplan/cvatplan/pkg/archive"
	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/pkg/source"
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
		frames, listed := source.Listed(s.tasks[i])
		var problems []source.Problem
		if !listed {
			frames, problems = source.Measure(ctx, s.tasks[i])
			s.tasks[i].Close() // only the hash is wanted now
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		s.blame(i, problems)
		if len(s.want[i].Problems) > 0 {
			continue
		}
		zip := pack(frames)
		s.want[i].Hash, s.want[i].Bytes = zip.Hash(), zip.Size()
		if err := s.tasks[i].Close(); err != nil {
			return err
		}
	}
	return nil
}

// sift drops bad images from tasks that say `bad: skip`, where the server's task would else look drifted.
func (s *session) sift(ctx context.Context, have plan.Actual, o plan.Options) {
	sizes := map[string]int{}
	for _, t := range have.Tasks {
		sizes[t.Name] = t.Size
	}
	for i, t := range s.tasks {
		size := sizes[t.Name]
		if t.SkipsBad() && size > 0 && (o.CheckFrames || size != len(t.Frames())) {
			s.checkHeaders(ctx, i)
		}
	}
}

// checkHeaders reads the headers of one task's images and takes what they show into account.
func (s *session) checkHeaders(ctx context.Context, i int) {
	checked, _ := source.CheckHeaders(ctx, s.tasks[i])
	s.tasks[i] = checked
	bytes := s.want[i].Bytes
	s.want[i] = checked.Desired()
	s.want[i].Bytes = bytes
}

// weigh finds the sizes of what is to be uploaded, and reads its headers where that is asked for.
// It reports whether that changed what is wanted.
func (s *session) weigh(ctx context.Context, headers bool) (changed bool) {
	upload := map[string]bool{}
	for _, c := range s.plan.Changes {
		upload[c.Task] = c.Upload && (c.Bytes < 0 || headers)
	}
	for i, d := range s.want {
		if !upload[d.Task] || ctx.Err() != nil {
			continue
		}
		if headers {
			s.checkHeaders(ctx, i)
		}
		s.weighOne(ctx, i)
		changed = true
	}
	return changed
}

func (s *session) weighOne(ctx context.Context, i int) {
	size, err := source.Bytes(ctx, s.tasks[i])
	if err != nil {
		s.want[i].Problems = append(s.want[i].Problems, plan.Problem{Code: "unreadable", Text: err.Error()})
		return
	}
	s.want[i].Bytes = size
	if stale := s.tasks[i].Stale(size); stale != nil {
		s.found = append(s.found, *stale)
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

// blame keeps why a task's frames cannot be uploaded.
func (s *session) blame(i int, problems []source.Problem) {
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
