package contract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // what context images become
	"slices"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

var contextQuestions = []question{
	{310, "only the last dot of a frame's name becomes _ in the folder of its context images", func(t *testing.T, s *suite) {
		s.wantRelated(t, []string{"a.b.jpg", "related_images/a.b_jpg/x.png", "related_images/a_b_jpg/y.png"}, 1)
		s.wantRelated(t, []string{"c.JPG", "related_images/c_JPG/x.png", "related_images/c_jpg/y.png"}, 1)
		s.wantRelated(t, []string{"ä b/d e.jpg", "ä b/related_images/d e_jpg/x.png"}, 1)
	}},
	{311, "what lies elsewhere in related_images, or is no image by its name, is dropped without a word, and is no frame", func(t *testing.T, s *suite) {
		s.wantRelated(t, []string{
			"a.jpg", "related_images/nope_jpg/1.png", "related_images/a/2.png", "related_images/a_png/3.png", "related_images/4.png",
			"related_images/a_jpg/sub/5.png", "related_images/a_jpg/6.txt", "related_images/a_jpg/7.png",
		}, 1)
		s.wantRelated(t, []string{"d/a.jpg", "related_images/d/a_jpg/1.png", "related_images/d_a_jpg/2.png", "related_images/a_jpg/3.png"}, 0)
	}},
	{312, "a context image that cannot be read is imported, and is a 500 when it is shown", func(t *testing.T, s *suite) {
		task := s.imported(t, []file{{"a.jpg", picture(1)}, {"related_images/a_jpg/x.png", []byte("no image")}}, naturally)
		if got := s.related(t, task.ID); !slices.Equal(got, []int{1}) {
			t.Errorf("related files %v", got)
		}
		s.raw(t, "GET", contextOf(task.ID, 0), "").want(t, 500, "")
	}},
	{313, "context images come back as JPEGs, named without their endings, and a frame without any has an empty zip", func(t *testing.T, s *suite) {
		task := s.imported(t, []file{
			{"a.jpg", picture(1)}, {"b.jpg", picture(2)}, {"related_images/a_jpg/left.png", pngOf(40, 30, 7)}, {"related_images/a_jpg/right.2.jpg", jpegOf(20, 10, 3)},
		}, naturally)
		images := s.contextImages(t, task.ID, 0)
		if len(images) != 2 || images["left.jpg"].Dx() != 40 || images["right.2.jpg"].Dy() != 10 {
			t.Errorf("%v", images)
		}
		if none := s.contextImages(t, task.ID, 1); len(none) > 0 {
			t.Errorf("%v", none)
		}
	}},
	{314, "with start_frame, context images are asked for by the number that the frame has among the files", func(t *testing.T, s *suite) {
		files := []file{{"a.jpg", picture(1)}, {"b.jpg", picture(2)}, {"c.jpg", picture(3)}, {"related_images/b_jpg/of_b.png", pngOf(40, 30, 7)}}
		task := s.task(t)
		s.upload(t, task.ID, "frames.zip", zipped(files))
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/data/", task.ID), `{"image_quality":70,"start_frame":1}`, "Upload-Finish", "true").want(t, 202, "")
		if r := s.end(t, task.ID); r.Status != cvat.StatusFinished {
			t.Fatalf("%+v", r)
		}
		if got := s.related(t, task.ID); !slices.Equal(got, []int{1, 0}) {
			t.Errorf("related files %v", got)
		}
		if images := s.contextImages(t, task.ID, 1); images["of_b.jpg"].Dx() != 40 { // frame 1 of the task is c.jpg
			t.Errorf("%v", images)
		}
	}},
}

// wantRelated imports files, of which the first is the only frame, and compares how many context images it has.
func (s *suite) wantRelated(t *testing.T, names []string, want int) {
	t.Helper()
	var files []file
	for _, name := range names {
		files = append(files, file{name, picture(1)})
	}
	task := s.imported(t, files, naturally)
	if got := s.related(t, task.ID); !slices.Equal(got, []int{want}) {
		t.Errorf("%q: related files %v, want %d", names, got, want)
	}
}

// related are the numbers of context images of a task's frames.
func (s *suite) related(t *testing.T, task int) (counts []int) {
	t.Helper()
	meta, err := s.DataMeta(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range meta.Frames {
		counts = append(counts, f.Related)
	}
	return counts
}

func contextOf(task, number int) string {
	return fmt.Sprintf("/api/tasks/%d/data?type=context_image&number=%d", task, number)
}

// contextImages are the sizes of a frame's context images, by their names.
func (s *suite) contextImages(t *testing.T, task, number int) map[string]image.Rectangle {
	t.Helper()
	got := s.raw(t, "GET", contextOf(task, number), "")
	z, err := zip.NewReader(bytes.NewReader([]byte(got.whole)), int64(len(got.whole)))
	if got.status != 200 || err != nil {
		t.Fatalf("%d, %v", got.status, err)
	}
	images := map[string]image.Rectangle{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		c, format, err := image.DecodeConfig(r)
		if err != nil || format != "jpeg" {
			t.Errorf("%s: %s, %v", f.Name, format, err)
		}
		images[f.Name] = image.Rect(0, 0, c.Width, c.Height)
	}
	return images
}
