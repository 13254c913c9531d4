package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// fails imports files that cannot be imported, and returns why.
func (s *suite) fails(t *testing.T, archive []byte) (task int, message string) {
	t.Helper()
	task = s.task(t).ID
	s.upload(t, task, "a.zip", archive)
	r := s.finish(t, task, naturally)
	if r.Status != cvat.StatusFailed {
		t.Fatalf("%s: %s", r.Status, r.Message)
	}
	return task, r.Message
}

func wantMessage(t *testing.T, message string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("message %q, want %q in it", message, part)
		}
	}
}

var garbage = []byte(strings.Repeat("this is not an image at all. ", 20))

var failureQuestions = []question{
	{100, "a failed import leaves the task empty, and says why", func(t *testing.T, s *suite) {
		id, message := s.fails(t, zipped([]file{{"notes.txt", []byte("x")}}))
		wantMessage(t, message, "Exception: No image found")
		task, err := s.Task(t.Context(), id)
		if err != nil || !task.HasData() || task.Imported() || task.Jobs.Count != 0 {
			t.Errorf("%+v, %v", task, err)
		}
	}},
	{101, "a zip that is none fails", func(t *testing.T, s *suite) {
		_, message := s.fails(t, garbage)
		wantMessage(t, message, "BadZipFile: File is not a zip file")
	}},
	{102, "a first image that is none fails, and in a zip it is not named", func(t *testing.T, s *suite) {
		_, message := s.fails(t, zipped([]file{{"a.jpg", garbage}, {"b.jpg", picture(1)}}))
		wantMessage(t, message, "PIL.UnidentifiedImageError: cannot identify image file <_io.BytesIO object at ")
	}},
	{103, "a later image that is none fails, and is named", func(t *testing.T, s *suite) {
		_, message := s.fails(t, zipped([]file{{"a.jpg", picture(0)}, {"b.jpg", garbage}}))
		wantMessage(t, message, "InvalidImageError: failed to parse image file 'b.jpg'")
	}},
	{104, "an empty image fails", func(t *testing.T, s *suite) {
		_, message := s.fails(t, zipped([]file{{"a.jpg", picture(0)}, {"b.jpg", nil}}))
		wantMessage(t, message, "InvalidImageError: failed to parse image file 'b.jpg'")
	}},
	{105, "an image that is cut after its header is imported all the same", func(t *testing.T, s *suite) {
		whole := jpegOf(320, 240, 3)
		task := s.imported(t, []file{{"a.jpg", picture(0)}, {"b.jpg", whole[:len(whole)-200]}}, naturally)
		if task.Size != 2 {
			t.Errorf("%+v", task)
		}
	}},
	{106, "two archives in one task fail, and nothing can be taken out again", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg")))
		s.upload(t, id, "b.zip", zipped(pictures("b.jpg")))
		for range 2 {
			r := s.finish(t, id, naturally)
			if r.Status != cvat.StatusFailed {
				t.Fatalf("%s: %s", r.Status, r.Message)
			}
			wantMessage(t, r.Message, "Only one video, audio, archive", "2 zip(s) found")
		}
	}},
	{107, "an import consumes its archive even where it fails: created and sent again, it succeeds", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		data := zipped(pictures("a.jpg", "b.jpg"))
		s.upload(t, id, "a.zip", data)
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", id), `{"sorting_method":"natural"}`, "Upload-Finish", "true").want(t, 202, "")
		if r := s.end(t, id); r.Status != cvat.StatusFailed { // without image_quality
			t.Fatalf("%s: %s", r.Status, r.Message)
		}
		if _, err := s.CreateUpload(t.Context(), id, "a.zip", int64(len(data))); err != nil {
			t.Fatalf("its name is still there: %v", err)
		}
		s.upload(t, id, "a.zip", data)
		if r := s.finish(t, id, naturally); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 2 {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{108, "after a bad image, Upload-Finish without sending again finds no file", func(t *testing.T, s *suite) {
		id, _ := s.fails(t, zipped([]file{{"a.jpg", picture(0)}, {"b.jpg", garbage}}))
		r := s.finish(t, id, naturally)
		if r.Status != cvat.StatusFailed {
			t.Fatalf("%s: %s", r.Status, r.Message)
		}
		wantMessage(t, r.Message, "FileNotFoundError", "a.zip")
	}},
	{109, "after a bad image a task is poisoned: the right archive fails in it too", func(t *testing.T, s *suite) {
		id, _ := s.fails(t, zipped([]file{{"a.jpg", picture(0)}, {"b.jpg", garbage}, {"c.jpg", picture(2)}}))
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg", "b.jpg", "c.jpg")))
		if r := s.finish(t, id, naturally); r.Status != cvat.StatusFailed {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{110, "files that are not images are dropped without a word, those with a leading dot are not", func(t *testing.T, s *suite) {
		files := append(pictures("a.jpg", ".b.jpg"), file{"notes.txt", []byte("x")}, file{"__MACOSX/a.jpg", picture(3)}, file{"x.dat", garbage})
		task := s.imported(t, files, naturally)
		if names := s.frames(t, task.ID); len(names) != 2 {
			t.Errorf("frames %q", names)
		}
	}},
	{111, "a backslash in a name fails the import", func(t *testing.T, s *suite) {
		_, message := s.fails(t, zipped(pictures(`a\b.jpg`, "c.jpg")))
		wantMessage(t, message, "Incorrect file mapping to manifest content")
	}},
}
