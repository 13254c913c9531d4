package observe

import (
	"context"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// Places say where the frames of one imported task are on the server.
type Places struct {
	frames map[string]int
	jobs   []cvat.Job
}

// FramePlaces asks for a task's frames and jobs: two requests, one more per 400 jobs.
func FramePlaces(ctx context.Context, c Reader, task int) (Places, error) {
	names, err := FrameNames(ctx, c, task)
	if err != nil {
		return Places{}, err
	}
	p := Places{frames: make(map[string]int, len(names))}
	for i, name := range names {
		p.frames[name] = i
	}
	p.jobs, err = c.Jobs(ctx, cvat.JobFilter{TaskID: task})
	return p, err
}

// Of gives a frame's number, and the job whose start_frame to stop_frame holds it: where jobs overlap,
// the first annotation job, never a ground truth job or a consensus replica. ok is false where the task
// has no such frame; job is 0 where no job has it.
func (p Places) Of(name string) (frame, job int, ok bool) {
	frame, ok = p.frames[name]
	if !ok {
		return 0, 0, false
	}
	for _, j := range p.jobs {
		if j.Annotates() && j.StartFrame <= frame && frame <= j.StopFrame {
			return frame, j.ID, true
		}
	}
	return frame, 0, true
}
