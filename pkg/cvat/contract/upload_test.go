package contract

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

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
