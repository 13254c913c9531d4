package contract

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// announced is an upload of size bytes to a new task.
func (s *suite) announced(t *testing.T, name string, size int64) cvat.Upload {
	t.Helper()
	u, err := s.CreateUpload(t.Context(), s.task(t).ID, name, size)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (s *suite) offset(t *testing.T, u cvat.Upload, want int64) {
	t.Helper()
	if off, err := s.UploadOffset(t.Context(), u); err != nil || off != want {
		t.Errorf("offset %d, want %d: %v", off, want, err)
	}
}

func (s *suite) sendChunk(t *testing.T, u cvat.Upload, data []byte, off, n int64) {
	t.Helper()
	if after, err := s.SendChunk(t.Context(), u, off, bytes.NewReader(data), n); err != nil || after != off+n {
		t.Fatalf("offset %d after %d bytes at %d: %v", after, n, off, err)
	}
}

func chunkPath(u cvat.Upload) string { return fmt.Sprintf("/api/tasks/%d/data/%s", u.TaskID, u.ID) }

var tusType = []string{"Content-Type", "application/offset+octet-stream"}

var uploadQuestions = []question{
	{60, "an upload begins at 0, and each PATCH moves it on", func(t *testing.T, s *suite) {
		data := []byte("0123456789")
		u := s.announced(t, "a.zip", 10)
		s.offset(t, u, 0)
		s.sendChunk(t, u, data, 0, 4)
		s.offset(t, u, 4)
		s.sendChunk(t, u, data, 4, 6)
	}},
	{61, "a complete upload is known by its name alone: 409 to a creation, and no longer by its id", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 4)
		s.sendChunk(t, u, []byte("abcd"), 0, 4)
		if _, err := s.UploadOffset(t.Context(), u); !errors.Is(err, cvat.ErrUploadGone) {
			t.Errorf("HEAD: %v", err)
		}
		if _, err := s.SendChunk(t.Context(), u, 0, strings.NewReader("abcd"), 4); !errors.Is(err, cvat.ErrUploadGone) {
			t.Errorf("PATCH: %v", err)
		}
		if _, err := s.CreateUpload(t.Context(), u.TaskID, "a.zip", 4); !errors.Is(err, cvat.ErrExists) {
			t.Errorf("creation: %v", err)
		}
	}},
	{62, "the name of an upload that is not complete can be created again", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 10)
		s.sendChunk(t, u, []byte("abcd"), 0, 4)
		again, err := s.CreateUpload(t.Context(), u.TaskID, "a.zip", 10)
		if err != nil || again.ID == u.ID {
			t.Fatalf("%+v, %v", again, err)
		}
		s.offset(t, again, 0)
		s.offset(t, u, 4)
	}},
	{63, "a PATCH at a wrong offset is 409 and changes nothing", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 10)
		s.sendChunk(t, u, []byte("abcd"), 0, 4)
		s.raw(t, "PATCH", chunkPath(u), "xxxx", append(tusType, "Upload-Offset", "0")...).want(t, 409, "")
		s.offset(t, u, 4)
	}},
	{64, "a PATCH that overruns is 413 and changes nothing", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 4)
		s.raw(t, "PATCH", chunkPath(u), "abcdefgh", append(tusType, "Upload-Offset", "0")...).want(t, 413, "")
		s.offset(t, u, 0)
	}},
	{65, "a PATCH of another content type is 415", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 4)
		s.raw(t, "PATCH", chunkPath(u), "abcd", "Content-Type", "text/plain", "Upload-Offset", "0").want(t, 415, "")
	}},
	{66, "a PATCH that breaks is lost whole", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 1<<20)
		s.sendChunk(t, u, make([]byte, 1<<20), 0, 1000)
		if _, err := s.SendChunk(t.Context(), u, 1000, breaking{at: 500_000}, 1<<20-1000); err == nil {
			t.Fatal("it did not break")
		}
		s.offset(t, u, 1000)
	}},
	{67, "an upload that nobody knows is gone", func(t *testing.T, s *suite) {
		for _, id := range []string{"2_0e571a02-3612-4cbe-8772-8f355959a48c", "nonsense"} {
			u := cvat.Upload{TaskID: s.task(t).ID, ID: id, Size: 5}
			if _, err := s.UploadOffset(t.Context(), u); !errors.Is(err, cvat.ErrUploadGone) {
				t.Errorf("%s: %v", id, err)
			}
		}
	}},
	{68, "an upload of nothing is a 500", func(t *testing.T, s *suite) {
		s.creation(t, "a.zip", 0).want(t, 500, "")
	}},
	{69, "names that lead elsewhere are 400, and so is no name", func(t *testing.T, s *suite) {
		for _, name := range []string{"../evil.zip", "/abs.zip", ""} {
			s.creation(t, name, 5).want(t, 400, "")
		}
	}},
	{70, "more than 25 GiB is 413", func(t *testing.T, s *suite) {
		s.creation(t, "a.zip", 25<<30+1).want(t, 413, "")
	}},
	{71, "the same creation twice, both sent whole, is one file to the import", func(t *testing.T, s *suite) {
		data := zipped(pictures("a.jpg", "b.jpg"))
		first := s.announced(t, "a.zip", int64(len(data)))
		second, err := s.CreateUpload(t.Context(), first.TaskID, "a.zip", int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		s.sendChunk(t, first, data, 0, int64(len(data)))
		s.sendChunk(t, second, data, 0, int64(len(data)))
		if r := s.finish(t, first.TaskID, naturally); r.Status != cvat.StatusFinished || len(s.frames(t, first.TaskID)) != 2 {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{72, "an orphan of an upload does no harm to the import", func(t *testing.T, s *suite) {
		data := zipped(pictures("a.jpg"))
		orphan := s.announced(t, "a.zip", int64(len(data)))
		s.sendChunk(t, orphan, data, 0, 100)
		s.upload(t, orphan.TaskID, "a.zip", data)
		if r := s.finish(t, orphan.TaskID, naturally); r.Status != cvat.StatusFinished {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{73, "a PATCH may have more than 10 MiB", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 16<<20)
		s.sendChunk(t, u, make([]byte, 16<<20), 0, 16<<20)
	}},
	{74, "an upload of a deleted task is gone", func(t *testing.T, s *suite) {
		u := s.announced(t, "a.zip", 10)
		if err := s.DeleteTask(t.Context(), u.TaskID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UploadOffset(t.Context(), u); !errors.Is(err, cvat.ErrUploadGone) {
			t.Errorf("HEAD: %v", err)
		}
		if _, err := s.SendChunk(t.Context(), u, 0, strings.NewReader("0123456789"), 10); !errors.Is(err, cvat.ErrUploadGone) {
			t.Errorf("PATCH: %v", err)
		}
	}},
	{75, "files and all parameters in one request are one import", func(t *testing.T, s *suite) {
		names := []string{"c.jpg", "a/x.jpg", "b.jpg"}
		p := cvat.DataParams{ImageQuality: 61, SortingMethod: "predefined", ChunkSize: new(int), UseCache: true}
		*p.ChunkSize = 2
		seed, share := 5, 0.5
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameShare: &share, RandomSeed: &seed}
		id := s.task(t).ID
		rq, err := s.importFiles(t, id, p, file{"cvatplan-x.zip", zipped(pictures("a/x.jpg", "b.jpg", "c.jpg"))}, file{"cvatplan-x.jsonl", []byte(orderFile(names))})
		if err != nil || rq != cvat.RequestID(id) {
			t.Fatalf("%q, %v", rq, err)
		}
		if r := s.end(t, id); r.Status != cvat.StatusFinished {
			t.Fatalf("%s: %s", r.Status, r.Message)
		}
		task, err := s.Task(t.Context(), id)
		if err != nil || task.ImageQuality != 61 || *task.ChunkSize != 2 || task.ValidationMode == nil || *task.ValidationMode != "gt" {
			t.Errorf("%+v, %v", task, err)
		}
		if diff := cmp.Diff(names, s.frames(t, id)); diff != "" {
			t.Error(diff)
		}
	}},
	{76, "one request with validation frames by name makes ground truth of them", func(t *testing.T, s *suite) {
		p := naturally
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"frame_0003.jpg", "frame_0001.jpg"}}
		id := s.task(t).ID
		if _, err := s.importFiles(t, id, p, file{"a.zip", zipped(pictures(numbered(6)...))}); err != nil {
			t.Fatal(err)
		}
		r := s.end(t, id)
		jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: id})
		if r.Status != cvat.StatusFinished || err != nil || len(jobs) != 2 || jobs[1].Type != "ground_truth" {
			t.Errorf("%s: %s, %+v, %v", r.Status, r.Message, jobs, err)
		}
	}},
	{77, "one request for a name that a TUS creation has made is a 500 that changes nothing", func(t *testing.T, s *suite) {
		data := zipped(pictures("a.jpg"))
		u := s.announced(t, "a.zip", int64(len(data)))
		if _, err := s.importFiles(t, u.TaskID, naturally, file{"a.zip", data}); !errors.Is(err, cvat.ErrUnknownOutcome) {
			t.Errorf("%v", err)
		}
		s.sendChunk(t, u, data, 0, int64(len(data)))
		if r := s.finish(t, u.TaskID, naturally); r.Status != cvat.StatusFinished {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{78, "one request that breaks leaves nothing", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		f := cvat.File{Name: "a.zip", Content: breaking{at: 1 << 20}, Size: 2 << 20}
		if _, err := s.ImportFiles(t.Context(), id, []cvat.File{f}, naturally, cvat.UploadOptions{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v", err)
		}
		if task, err := s.Task(t.Context(), id); err != nil || task.HasData() {
			t.Errorf("%+v, %v", task, err)
		}
	}},
	{79, "one request for a task that has its frames, or is at importing them, changes nothing", func(t *testing.T, s *suite) {
		data := zipped(pictures(numbered(30)...))
		id := s.task(t).ID
		for range 3 {
			_, err := s.importFiles(t, id, naturally, file{"a.zip", data})
			if err != nil && !errors.Is(err, cvat.ErrAlreadyImported) && !errors.Is(err, cvat.ErrBusy) && !errors.Is(err, cvat.ErrUnknownOutcome) {
				t.Fatal(err)
			}
		}
		if r := s.end(t, id); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 30 {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
		if _, err := s.importFiles(t, id, naturally, file{"a.zip", data}); !errors.Is(err, cvat.ErrAlreadyImported) {
			t.Errorf("%v", err)
		}
		if _, err := s.CreateUpload(t.Context(), id, "a.zip", int64(len(data))); !errors.Is(err, cvat.ErrAlreadyImported) {
			t.Errorf("a creation then: %v", err)
		}
	}},
}

// importFiles sends files to a task in one request.
func (s *suite) importFiles(t *testing.T, id int, p cvat.DataParams, files ...file) (string, error) {
	t.Helper()
	var all []cvat.File
	for _, f := range files {
		all = append(all, cvat.File{Name: f.name, Content: bytes.NewReader(f.data), Size: int64(len(f.data))})
	}
	return s.ImportFiles(t.Context(), id, all, p, cvat.UploadOptions{})
}

// creation announces an upload of what the client would not announce.
func (s *suite) creation(t *testing.T, name string, size int64) exchange {
	t.Helper()
	return s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", s.task(t).ID), "",
		"Upload-Length", fmt.Sprint(size), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
}

// A breaking source fails at an offset.
type breaking struct{ at int64 }

func (b breaking) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.at {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}
