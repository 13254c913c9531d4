package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// videoFile is a fixture: 30 frames of 64 x 48 pixels at 10 a second, unless its name says otherwise.
func videoFile(t *testing.T, name string) file {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "internal", "video", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file{name, data}
}

// video imports a fixture; params are of the import, as JSON without braces.
func (s *suite) video(t *testing.T, name, params string, edit ...func(*cvat.NewTask)) (task int, r *cvat.Request) {
	t.Helper()
	f := videoFile(t, name)
	task = s.task(t, edit...).ID
	s.upload(t, task, f.name, f.data)
	return task, s.finishWith(t, task, `{"image_quality":70`+params+`}`)
}

// says looks for a piece of JSON in an answer.
func (s *suite) says(t *testing.T, path, piece string) {
	t.Helper()
	if got := s.raw(t, "GET", path, ""); got.status != 200 || !strings.Contains(got.whole, piece) {
		t.Errorf("%s: %d without %s: %s", path, got.status, piece, got.whole)
	}
}

var videoQuestions = []question{
	{340, "a video is one entry of frames and as many as its decoder gives, of which start_frame, stop_frame and frame_filter choose", func(t *testing.T, s *suite) {
		for _, tt := range []struct {
			name, params      string
			size, start, stop int
		}{
			{"h264_b.mp4", "", 30, 0, 29}, {"h265.mp4", "", 30, 0, 29}, {"av1.webm", "", 30, 0, 29}, {"vp9.mp4", "", 30, 0, 29},
			{"mjpeg.mov", "", 30, 0, 29}, {"mpeg4.avi", "", 30, 0, 29}, {"h264_b_live.mkv", "", 30, 0, 29}, {"h264_fragments.mp4", "", 30, 0, 29},
			{"hidden_start.mp4", "", 15, 0, 14}, {"h264_one_frame.mp4", "", 1, 0, 0},
			{"h264_b.mp4", `,"start_frame":3,"stop_frame":20,"frame_filter":"step=5"`, 4, 3, 18},
			{"h264_b.mp4", `,"stop_frame":100`, 30, 0, 29}, {"h264_b.mp4", `,"stop_frame":0`, 30, 0, 29}, {"h264_b.mp4", `,"frame_filter":"step=30"`, 1, 0, 0},
			{"h264_b.mp4", `,"sorting_method":"random"`, 30, 0, 29},
		} {
			id, r := s.video(t, tt.name, tt.params)
			if r.Status != cvat.StatusFinished {
				t.Errorf("%s%s: %+v", tt.name, tt.params, r)
				continue
			}
			meta, err := s.DataMeta(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if want := []cvat.FrameMeta{{Name: tt.name, Width: 64, Height: 48}}; meta.Size != tt.size || meta.StartFrame != tt.start || !slices.Equal(meta.Frames, want) {
				t.Errorf("%s%s: %+v", tt.name, tt.params, meta)
			}
			if names := meta.Names(); len(names) != tt.size || names[0] != fmt.Sprintf("frame_%06d", tt.start) {
				t.Errorf("%s%s: %q", tt.name, tt.params, names)
			}
			s.says(t, fmt.Sprintf("/api/tasks/%d/data/meta", id), fmt.Sprintf(`"stop_frame":%d,`, tt.stop))
			s.says(t, fmt.Sprintf("/api/tasks/%d", id), `"mode":"interpolation"`)
		}
	}},
	{341, "jobs of a video overlap by 5 frames where nothing is said, and one job by none", func(t *testing.T, s *suite) {
		jobs := func(segment int, overlap *int) (spans []string) {
			id, _ := s.video(t, "h264_b.mp4", "", func(n *cvat.NewTask) { n.SegmentSize, n.Overlap = segment, overlap })
			list, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: id})
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range list {
				spans = append(spans, fmt.Sprintf("%d-%d", j.StartFrame, j.StopFrame))
			}
			slices.Sort(spans)
			return spans
		}
		none := 0
		for _, tt := range []struct{ got, want []string }{
			{jobs(20, nil), []string{"0-19", "15-29"}}, {jobs(20, &none), []string{"0-19", "20-29"}}, {jobs(30, nil), []string{"0-29"}},
		} {
			if !slices.Equal(tt.got, tt.want) {
				t.Errorf("%v, want %v", tt.got, tt.want)
			}
		}
	}},
	{342, "gt_pool of a video is passed over without a word", func(t *testing.T, s *suite) {
		id, r := s.video(t, "h264_b.mp4", `,"sorting_method":"random","validation_params":{"mode":"gt_pool","frame_selection_method":"random_uniform","frame_count":3,"frames_per_job_count":1}`)
		if r.Status != cvat.StatusFinished {
			t.Fatalf("%+v", r)
		}
		s.says(t, fmt.Sprintf("/api/tasks/%d/validation_layout", id), `"mode":null`)
	}},
	{343, "a video that cannot be read, has no picture, or none from start_frame on fails its import", func(t *testing.T, s *suite) {
		for name, tt := range map[string]struct{ params, want string }{
			"cut.mp4":        {"", "av.error.InvalidDataError: [Errno 1094995529] Invalid data found when processing input: '"},
			"audio_only.mp4": {"", "IndexError: tuple index out of range"},
			"h264_b.mp4":     {`,"start_frame":100`, "ValueError: range() arg 3 must not be zero"},
		} {
			_, r := s.video(t, name, tt.params)
			if r.Status != cvat.StatusFailed || !strings.Contains(r.Message, tt.want) {
				t.Errorf("%s: %+v, want %s", name, r, tt.want)
			}
		}
	}},
	{344, "a video of a cloud storage is copied, and one of the share is read there; each is one entry by its name there", func(t *testing.T, s *suite) {
		b, video := s.bucket(t), videoFile(t, "h264_b.mp4").data
		b.write(t, "a.mp4", video)
		start := 3
		set := s.share(t, map[string][]byte{"a.mp4": video})
		for storage, p := range map[string]cvat.DataParams{"local": b.params(b.set + "a.mp4"), "share": {ImageQuality: 70, SortingMethod: "natural", UseCache: true, ServerFiles: []string{set + "a.mp4"}}} {
			p.StartFrame, p.FrameFilter = &start, "step=2"
			task := s.task(t).ID
			if _, err := s.ImportServerFiles(t.Context(), task, p); err != nil {
				t.Fatal(err)
			}
			if r := s.end(t, task); r.Status != cvat.StatusFinished {
				t.Fatal(r.Message)
			}
			if meta, err := s.DataMeta(t.Context(), task); err != nil || meta.Frames[0].Name != p.ServerFiles[0] || meta.Size != 14 {
				t.Errorf("%+v, %v", meta, err)
			}
			s.says(t, fmt.Sprintf("/api/tasks/%d/data/meta", task), fmt.Sprintf("%q:%q", "storage", storage))
		}
	}},
}
