package importer

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"slices"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A Segment is a span of frames that one job shows, both ends included.
type Segment struct{ Start, Stop int }

// Segments splits size frames as CVAT does. It rewrites segment size and overlap to
// what they come to: one segment of everything, and half a segment at most (A61).
func Segments(size, segmentSize int, overlap *int) (list []Segment, effective, effectiveOverlap int) {
	if segmentSize == 0 || segmentSize > size {
		segmentSize = size
	}
	o := 0
	if overlap != nil {
		o = min(*overlap, segmentSize/2)
	}
	for start := 0; start < size-o; start += segmentSize - o {
		list = append(list, Segment{start, min(start+segmentSize, size) - 1})
	}
	return list, segmentSize, o
}

// mapped are the segments of a job_file_mapping.
func mapped(jobs [][]string) (list []Segment) {
	start := 0
	for _, files := range jobs {
		list = append(list, Segment{start, start + len(files) - 1})
		start += len(files)
	}
	return list
}

// save writes the import's result, all of it or nothing.
func (i *importer) save() error {
	if err := i.say("Task is being saved in database"); err != nil {
		return err
	}
	list, size, overlap := Segments(len(i.frames), i.task.SegmentSize, i.overlap())
	if i.p.JobFiles != nil {
		list, size, overlap = mapped(i.p.JobFiles), 0, 0
	}
	if total := len(list) * (i.task.Consensus + 1); total > i.queue.o.MaxJobs {
		return failure("ValueError", "Too many jobs would be created for the task. Current total: %d, maximum allowed: %d.", total, i.queue.o.MaxJobs)
	}
	gt, err := i.groundTruth(list, overlap)
	if err != nil {
		return err
	}
	i.queue.hook(i.task.ID, BeforeSave)
	return i.store.Transaction(i.ctx, func(tx *sql.Tx) error { return i.saveRows(tx, list, size, overlap, gt) })
}

func (i *importer) saveRows(tx *sql.Tx, list []Segment, size, overlap int, gt []int) error {
	now := i.store.Now()
	if err := InsertJobs(i.ctx, tx, i.task, list, gt, len(i.frames), now); err != nil {
		return err
	}
	if err := storage.SaveFrames(i.ctx, tx, i.data, i.frames); err != nil {
		return err
	}
	var mode, frames *string
	if gt != nil {
		m, f := "gt", string(storage.EncodeJSON(gt))
		mode, frames = &m, &f
	}
	start, step := i.p.start(), i.p.Step()
	_, err := tx.ExecContext(i.ctx, `UPDATE data SET size = ?, chunk_size = ?, image_quality = ?, start_frame = ?, stop_frame = ?, chunks_updated = ?, validation_mode = ?, validation_frames = ? WHERE id = ?`,
		len(i.frames), i.p.ChunkSize, i.p.ImageQuality, start, start+(len(i.frames)-1)*step, now, mode, frames, i.data)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(i.ctx, `UPDATE tasks SET segment_size = ?, overlap = ?, dimension = ?, mode = ?, media_type = ?, updated = ? WHERE id = ?`, size, overlap, i.dimension, i.mode(), i.media, now, i.task.ID)
	if err != nil {
		return err
	}
	return storage.RecountJobs(i.ctx, tx, i.task.ID)
}

// InsertJobs makes the jobs of a task of size frames: one for each segment, its replicas,
// and one for the ground truth frames gt if there are some.
func InsertJobs(ctx context.Context, tx *sql.Tx, t *storage.Task, list []Segment, gt []int, size int, now storage.Stamp) error {
	add := func(kind string, parent *int, s Segment, frames, replicas int) (int, error) {
		return storage.Insert(ctx, tx, `INSERT INTO jobs (task_id, type, parent_id, start, stop, frame_count, replicas, stage, state, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, 'annotation', 'new', ?, ?)`,
			t.ID, kind, parent, s.Start, s.Stop, frames, replicas, now, now)
	}
	for _, s := range list {
		id, err := add(storage.JobAnnotation, nil, s, s.Stop-s.Start+1, t.Consensus)
		if err != nil {
			return err
		}
		for range t.Consensus {
			if _, err := add(storage.JobReplica, &id, s, s.Stop-s.Start+1, 0); err != nil {
				return err
			}
		}
	}
	if gt == nil {
		return nil
	}
	_, err := add(storage.JobGroundTruth, nil, Segment{0, size - 1}, len(gt), 0)
	return err
}

// groundTruth picks the frames of the job that validates the others; nil is no such job.
func (i *importer) groundTruth(list []Segment, overlap int) ([]int, error) {
	v := i.p.Validation
	if v == nil {
		return nil, nil
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), 0))
	if v.RandomSeed != nil {
		r = rand.New(rand.NewPCG(uint64(*v.RandomSeed), 0))
	}
	var picked []int
	var err error
	switch v.Method {
	case MethodUniform:
		picked, err = uniform(r, len(i.frames), v)
	case MethodPerJob:
		picked, err = perJob(r, list, overlap, v)
	case MethodManual:
		if i.video != nil {
			return nil, invalid("manual validation frame selection method at task creation is only available for image-based tasks. Please create the GT job after the task is created.")
		}
		picked, err = i.named(v.Frames)
	default:
		err = invalid(`The "frame_selection_method" field is required`)
	}
	slices.Sort(picked)
	return picked, err
}

func uniform(r *rand.Rand, size int, v *ValidationParams) ([]int, error) {
	count := 0
	switch {
	case v.FrameCount != nil && *v.FrameCount > size:
		return nil, invalid("The number of validation frames requested (%d) is greater that the number of task frames (%d)", *v.FrameCount, size)
	case v.FrameCount != nil:
		count = *v.FrameCount
	case v.FrameShare != nil:
		count = max(1, int(*v.FrameShare*float64(size)))
	default:
		return nil, invalid("The number of validation frames is not specified")
	}
	return r.Perm(size)[:count], nil
}

func perJob(r *rand.Rand, list []Segment, overlap int, v *ValidationParams) ([]int, error) {
	longest := list[0].Stop - list[0].Start + 1
	count := 0
	switch {
	case v.PerJobCount != nil && *v.PerJobCount > longest:
		return nil, invalid("The requested number of GT frames per job must be less than task segment size (%d)", longest)
	case v.PerJobCount != nil:
		count = *v.PerJobCount
	case v.PerJobShare != nil:
		count = max(1, int(*v.PerJobShare*float64(longest)))
	default:
		return nil, invalid("The number of validation frames is not specified")
	}
	var picked []int
	for _, s := range list {
		picked = s.pick(r, picked, count, overlap)
	}
	return picked, nil
}

// pick picks frames until count of the segment's are; those that it shares with the
// segment before it may have been picked there, and are not picked here.
func (s Segment) pick(r *rand.Rand, picked []int, count, overlap int) []int {
	first := s.Start
	if s.Start > 0 {
		first += overlap
	}
	missing := min(count, s.Stop-s.Start+1)
	for _, f := range picked {
		if f >= s.Start {
			missing--
		}
	}
	fresh := r.Perm(s.Stop - first + 1)
	for _, f := range fresh[:max(0, min(missing, len(fresh)))] {
		picked = append(picked, first+f)
	}
	return picked
}

// named are the frames that a client chose by their names.
func (i *importer) named(names []string) ([]int, error) {
	at := map[string]int{}
	for n, f := range i.frames {
		at[f.Name] = n
	}
	var picked []int
	var unknown []string
	for _, name := range names {
		if n, ok := at[name]; ok {
			picked = append(picked, n)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, invalid("Unknown validation frames requested: %s", FirstFew(unknown))
	}
	return picked, nil
}
