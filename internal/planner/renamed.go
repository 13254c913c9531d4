package planner

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Reader is what planning asks of a server; *cvat.Client is one.
type Reader interface {
	observe.Reader
	observe.AnnotationReader
	Frame(ctx context.Context, taskID, number int) (io.ReadCloser, error)
}

// maxCompared bounds how many tasks a plan compares; each costs four requests at most.
const maxCompared = 50

// A digest is the SHA-256 of one image.
type digest = [sha256.Size]byte

// proveRenamed finds the unmanaged tasks that hold the frames of a task to be created: as many,
// of the same names, and equal bytes in the first, the middle and the last. It notes each in
// [plan.Task].Holds and reports whether there is any. Names alone prove nothing, since bags may
// share them (frame_name: "{name}.{ext}"), unless the server cannot give the bytes and no other
// task to be created has the same.
func (p *pass) proveRenamed(ctx context.Context) (bool, error) {
	if !slices.ContainsFunc(p.Plan.Changes, func(c plan.Change) bool { return c.Action == plan.Unmanaged && c.Frames > 0 }) {
		return false, nil
	}
	lost, proven := p.creates(ctx)
	p.Actual.Uncompared = 0
	compared := 0
	for _, c := range p.Plan.Changes {
		if c.Action != plan.Unmanaged || len(lost[c.Frames]) == 0 || c.Frames == 0 {
			continue
		}
		if compared == maxCompared {
			p.Actual.Uncompared++
			continue
		}
		compared++
		i, err := p.holds(ctx, c.ID, lost[c.Frames])
		if err != nil {
			return proven, err
		}
		if i < 0 {
			continue
		}
		at := slices.IndexFunc(p.Actual.Tasks, func(t plan.Task) bool { return t.ID == c.ID })
		p.Actual.Tasks[at].Holds = p.Desired[i].Task
		lost[c.Frames] = slices.DeleteFunc(lost[c.Frames], func(k int) bool { return k == i })
		proven = true
	}
	return proven || p.Actual.Uncompared > 0, nil
}

// creates are the places of the tasks to be created, by their number of frames, and whether some
// have fewer than was known: of bags that may have lost images, which were left out then, too.
func (p *pass) creates(ctx context.Context) (lost map[int][]int, changed bool) {
	creates := make(map[plan.Name]bool)
	for _, c := range p.Plan.Changes {
		creates[plan.NameOf(c.Task)] = c.Action == plan.Create && !p.by.CreatesAnyway(c.Task)
	}
	held := make(map[int]bool) // numbers of frames that unmanaged tasks have
	for _, c := range p.Plan.Changes {
		held[c.Frames] = held[c.Frames] || c.Action == plan.Unmanaged
	}
	lost = make(map[int][]int)
	for i, d := range p.Desired {
		if !creates[plan.NameOf(d.Task)] {
			continue
		}
		if p.Tasks[i].MayLose() && (!p.Tasks[i].Provisional() || held[len(d.Frames)]) {
			_ = p.checkHeaders(ctx, i) // what is left out is said where it is sent
		}
		frames := len(p.Desired[i].Frames)
		lost[frames], changed = append(lost[frames], i), changed || frames != len(d.Frames)
	}
	return lost, changed
}

// holds is the place of the task whose frames the server's task holds; -1 if it is none's.
func (p *pass) holds(ctx context.Context, id int, lost []int) (int, error) {
	names, err := observe.FrameNames(ctx, p.server, id)
	if errors.Is(err, cvat.ErrNotFound) {
		return -1, nil // deleted since it was listed
	}
	if err != nil {
		return -1, err
	}
	number := make(map[string]int, len(names))
	for i, name := range names {
		number[name] = i
	}
	var alike []int
	for _, i := range lost {
		if covers(number, p.Desired[i].Frames) {
			alike = append(alike, i)
		}
	}
	sums := remoteSums{server: p.server, task: id, known: map[int]digest{}}
	for _, i := range alike {
		same, err := p.sameBytes(ctx, &sums, i, number)
		var refused *cvat.APIError
		switch {
		case errors.As(err, &refused):
			same = len(alike) == 1
		case err != nil:
			return -1, err
		}
		if same {
			return i, nil
		}
	}
	return -1, nil
}

// covers reports whether all frames are there; there are as many as in the task.
func covers(number map[string]int, frames []string) bool {
	for _, name := range frames {
		if _, there := number[name]; !there {
			return false
		}
	}
	return len(number) == len(frames)
}

// sameBytes compares the first, the middle and the last frame. Where the local ones cannot be
// read, nothing is proven: the task cannot be created either.
func (p *Project) sameBytes(ctx context.Context, sums *remoteSums, i int, number map[string]int) (bool, error) {
	frames := p.Desired[i].Frames
	for _, k := range observe.Sample(len(frames)) {
		local, err := localSum(ctx, p.Tasks[i], k)
		if err != nil {
			return false, ctx.Err()
		}
		remote, err := sums.of(ctx, number[frames[k]])
		if err != nil || local != remote {
			return false, err
		}
	}
	return true, nil
}

func localSum(ctx context.Context, t source.Task, frame int) (digest, error) {
	if indexed, ok := source.Indexed(t); ok {
		return indexed[frame].Sum, nil
	}
	r, err := t.Open(ctx, frame)
	if err != nil {
		return digest{}, err
	}
	return sumOf(r)
}

// remoteSums are those of one task's frames, each asked for once.
type remoteSums struct {
	server Reader
	task   int
	known  map[int]digest
}

func (s *remoteSums) of(ctx context.Context, frame int) (digest, error) {
	if sum, known := s.known[frame]; known {
		return sum, nil
	}
	r, err := s.server.Frame(ctx, s.task, frame)
	if err != nil {
		return digest{}, err
	}
	sum, err := sumOf(r)
	if err == nil {
		s.known[frame] = sum
	}
	return sum, err
}

func sumOf(r io.ReadCloser) (sum digest, err error) {
	h := sha256.New()
	_, err = io.Copy(h, r)
	h.Sum(sum[:0])
	return sum, errors.Join(err, r.Close())
}
