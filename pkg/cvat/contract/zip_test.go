package contract

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A file is one entry of an archive.
type file struct {
	name string
	data []byte
}

// picture is a small JPEG; another shade is another file.
func picture(shade int) []byte { return jpegOf(48, 32, shade) }

func jpegOf(w, h, shade int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shaded(w, h, shade), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func pngOf(w, h, shade int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, shaded(w, h, shade)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func shaded(w, h, shade int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(shade * 7), uint8(x * 5), uint8(y * 5), 255})
		}
	}
	return img
}

// pictures are JPEGs of these names.
func pictures(names ...string) []file {
	files := make([]file, len(names))
	for i, name := range names {
		files[i] = file{name, picture(i)}
	}
	return files
}

// zipped packs files, stored.
func zipped(files []file) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		e, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err == nil {
			_, err = e.Write(f.data)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// naturally are the parameters of most questions.
var naturally = cvat.DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true}

// upload brings data to a task, whole.
func (s *suite) upload(t *testing.T, task int, name string, data []byte) {
	t.Helper()
	if err := s.Upload(t.Context(), task, name, bytes.NewReader(data), int64(len(data)), cvat.UploadOptions{}); err != nil {
		t.Fatal(err)
	}
}

// finish starts an import and waits for its end.
func (s *suite) finish(t *testing.T, task int, p cvat.DataParams) *cvat.Request {
	t.Helper()
	if _, err := s.FinishUpload(t.Context(), task, p); err != nil {
		t.Fatal(err)
	}
	return s.end(t, task)
}

// end waits for the end of an import.
func (s *suite) end(t *testing.T, task int) *cvat.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		r, err := s.Request(ctx, task)
		if err != nil && !errors.Is(err, cvat.ErrGone) || ctx.Err() != nil {
			t.Fatalf("waiting for the import of task %d: %v, %v", task, err, ctx.Err())
		}
		if err == nil && !r.Active() {
			return r
		}
		s.wait(ctx)
	}
}

// imported makes a task of the files in one zip.
func (s *suite) imported(t *testing.T, files []file, p cvat.DataParams, edit ...func(*cvat.NewTask)) *cvat.Task {
	t.Helper()
	id := s.task(t, edit...).ID
	s.upload(t, id, "cvatplan-"+s.run+".zip", zipped(files))
	if r := s.finish(t, id, p); r.Status != cvat.StatusFinished {
		t.Fatalf("import of task %d: %s: %s", id, r.Status, r.Message)
	}
	task, err := s.Task(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// frames are the names of a task's frames, in order.
func (s *suite) frames(t *testing.T, task int) []string {
	t.Helper()
	meta, err := s.DataMeta(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, f := range meta.Frames {
		names = append(names, f.Name)
	}
	return names
}
