package contract

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// numbered are n names that sort alike in every order.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("frame_%04d.jpg", i)
	}
	return names
}

var importQuestions = []question{
	{80, "Upload-Finish answers with the request's name, made of the task's id", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg")))
		rq, err := s.FinishUpload(t.Context(), id, naturally)
		if err != nil || rq != cvat.RequestID(id) {
			t.Errorf("%q, %v", rq, err)
		}
		r := s.end(t, id)
		if r.Status != cvat.StatusFinished || r.ID != rq || r.Operation.Type != "create:task" || *r.Operation.TaskID != id {
			t.Errorf("%+v", r)
		}
	}},
	{81, "once imported, a task has its frames, and takes no more data", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures("a.jpg", "b.jpg"), naturally)
		if task.Size != 2 || task.Mode != "annotation" || task.ImageQuality != 70 || task.Jobs.Count != 1 {
			t.Errorf("%+v", task)
		}
		if _, err := s.CreateUpload(t.Context(), task.ID, "b.zip", 5); !errors.Is(err, cvat.ErrAlreadyImported) {
			t.Errorf("creation: %v", err)
		}
		if _, err := s.FinishUpload(t.Context(), task.ID, naturally); !errors.Is(err, cvat.ErrAlreadyImported) {
			t.Errorf("Upload-Finish: %v", err)
		}
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data", task.ID), "", "Upload-Start", "true").want(t, 400, `["Adding more data is not supported"]`)
	}},
	{82, "Upload-Finish sent again and again is one import", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures(numbered(30)...)))
		for range 5 {
			_, err := s.FinishUpload(t.Context(), id, naturally)
			if err != nil && !errors.Is(err, cvat.ErrAlreadyImported) && !errors.Is(err, cvat.ErrBusy) {
				t.Fatal(err)
			}
		}
		if r := s.end(t, id); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 30 {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{83, "segment_size and overlap are rewritten to what they came to", func(t *testing.T, s *suite) {
		type split struct{ Segment, Overlap, Jobs int }
		for sent, want := range map[split]split{
			{0, 0, 0}:   {25, 0, 1},
			{100, 0, 0}: {25, 0, 1},
			{10, 0, 0}:  {10, 0, 3},
			{10, 2, 0}:  {10, 2, 3},
			{10, 9, 0}:  {10, 5, 4},
			{24, 1, 0}:  {24, 1, 2},
		} {
			task := s.imported(t, pictures(numbered(25)...), naturally, func(n *cvat.NewTask) { n.SegmentSize, n.Overlap = sent.Segment, ptr(sent.Overlap) })
			if diff := cmp.Diff(want, split{task.SegmentSize, *task.Overlap, task.Jobs.Count}); diff != "" {
				t.Errorf("sent %+v: %s", sent, diff)
			}
		}
	}},
	{84, "jobs are the segments, in order", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures(numbered(25)...), naturally, func(n *cvat.NewTask) { n.SegmentSize, n.Overlap = 10, ptr(2) })
		jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: task.ID})
		if err != nil {
			t.Fatal(err)
		}
		got := [][2]int{}
		for _, j := range jobs {
			got = append(got, [2]int{j.StartFrame, j.StopFrame})
			if j.Type != "annotation" || j.Stage != "annotation" || j.State != "new" || j.TaskID != task.ID {
				t.Errorf("%+v", j)
			}
		}
		if diff := cmp.Diff([][2]int{{0, 9}, {8, 17}, {16, 24}}, got); diff != "" {
			t.Error(diff)
		}
	}},
	{85, "a task that is missing has no jobs", func(t *testing.T, s *suite) {
		if jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: 1 << 30}); err != nil || len(jobs) != 0 {
			t.Errorf("%v, %v", jobs, err)
		}
	}},
	{86, "the request of a task that imported nothing is gone", func(t *testing.T, s *suite) {
		if _, err := s.Request(t.Context(), s.task(t).ID); !errors.Is(err, cvat.ErrGone) {
			t.Error(err)
		}
	}},
	{87, "the requests of one's imports are listed", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures("a.jpg"), naturally)
		all, err := s.ListRequests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if *r.Operation.TaskID == task.ID && r.Status == cvat.StatusFinished {
				return
			}
		}
		t.Errorf("not among %d", len(all))
	}},
	{88, "a deletion during an import deletes the task, or fails and leaves it whole", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures(numbered(200)...)))
		if _, err := s.FinishUpload(t.Context(), id, naturally); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteTask(t.Context(), id); err == nil {
			if _, err := s.Task(t.Context(), id); !errors.Is(err, cvat.ErrNotFound) {
				t.Errorf("deleted, and still: %v", err)
			}
			return
		}
		if r := s.end(t, id); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 200 {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{89, "the request of a deleted task is gone", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures("a.jpg"), naturally)
		if err := s.DeleteTask(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Request(t.Context(), task.ID); !errors.Is(err, cvat.ErrGone) {
			t.Error(err)
		}
	}},
	{90, "validation in mode gt adds a job of ground truth", func(t *testing.T, s *suite) {
		p := naturally
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"frame_0003.jpg", "frame_0001.jpg"}}
		task := s.imported(t, pictures(numbered(6)...), p)
		if task.ValidationMode == nil || *task.ValidationMode != "gt" || task.Size != 6 {
			t.Errorf("%+v", task)
		}
		jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: task.ID})
		if err != nil || len(jobs) != 2 || jobs[1].Type != "ground_truth" {
			t.Errorf("%+v, %v", jobs, err)
		}
	}},
	{91, "consensus_replicas adds as many replicas to each job", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures(numbered(4)...), naturally, func(n *cvat.NewTask) { n.SegmentSize, n.ConsensusReplicas = 2, 2 })
		jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: task.ID})
		if err != nil {
			t.Fatal(err)
		}
		types := map[string]int{}
		for _, j := range jobs {
			types[j.Type]++
		}
		if diff := cmp.Diff(map[string]int{"annotation": 2, "consensus_replica": 4}, types); diff != "" || !task.Consensus {
			t.Errorf("%+v\n%s", task, diff)
		}
	}},
	{92, "chunk_size is kept, and where it is not sent CVAT chooses", func(t *testing.T, s *suite) {
		p := naturally
		p.ChunkSize = ptr(3)
		if task := s.imported(t, pictures("a.jpg"), p); task.ChunkSize == nil || *task.ChunkSize != 3 {
			t.Errorf("%+v", task)
		}
		if task := s.imported(t, pictures("a.jpg"), naturally); task.ChunkSize == nil || *task.ChunkSize < 1 {
			t.Errorf("%+v", task)
		}
	}},
	{93, "parameters out of range are refused at once", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg")))
		for what, body := range map[string]string{
			"image_quality 101": `{"image_quality":101}`, "chunk_size 0": `{"image_quality":70,"chunk_size":0}`,
			"sorting": `{"image_quality":70,"sorting_method":"backwards"}`,
		} {
			t.Run(what, func(t *testing.T) {
				s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", id), body, "Upload-Finish", "true").want(t, 400, "")
			})
		}
	}},
	{94, "chunk_size null is a 500, whatever CVAT's OpenAPI document says", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg")))
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", id), `{"image_quality":70,"chunk_size":null}`, "Upload-Finish", "true").want(t, 500, "")
	}},
	{95, "while an import is queued, Upload-Finish is 409 with its request, and the task can be deleted", func(t *testing.T, s *suite) {
		id := s.queued(t)
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", id), text(naturally), "Upload-Finish", "true").
			want(t, 409, text(map[string]string{"rq_id": cvat.RequestID(id)}))
		if rq, err := s.FinishUpload(t.Context(), id, naturally); err != nil || rq != cvat.RequestID(id) {
			t.Errorf("the client: %q, %v", rq, err)
		}
		if err := s.DeleteTask(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Request(t.Context(), id); !errors.Is(err, cvat.ErrGone) {
			t.Errorf("its request: %v", err)
		}
	}},
}

// queued starts an import that does not begin for a while: the workers of the
// embedded server are held, those of a CVAT are given enough to do before.
func (s *suite) queued(t *testing.T) (task int) {
	t.Helper()
	others := 0
	if s.embedded == nil {
		others = 6
	} else {
		hold := s.embedded.HoldImports(sandbox.BeforeStart)
		t.Cleanup(hold.Release)
	}
	archive := zipped(pictures(numbered(800)...))
	ids := []int{}
	for range others + 1 {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", archive)
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := s.FinishUpload(t.Context(), id, naturally); err != nil {
			t.Fatal(err)
		}
	}
	return ids[others]
}
