package cvat

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func asFile(name string, data []byte) File {
	return File{Name: name, Content: bytes.NewReader(data), Size: int64(len(data))}
}

func TestOneRequestCarriesFilesAndEveryParameter(t *testing.T) {
	fields, files := map[string][]string{}, map[string]string{}
	var announced int64
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		announced = r.ContentLength
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		fields = r.MultipartForm.Value
		for field, list := range r.MultipartForm.File {
			f, _ := list[0].Open()
			data, _ := io.ReadAll(f)
			files[field] = list[0].Filename + ": " + string(data)
		}
		say(w, 202, `{"rq_id":"the request"}`)
	})
	one, half, ten := 1, 0.5, 10
	p := DataParams{ImageQuality: 70, SortingMethod: "natural", ChunkSize: &ten, UseCache: true, Validation: &ValidationParams{
		Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"a/x.jpg", `b "2".jpg`}, RandomSeed: &one,
		FrameCount: &one, FrameShare: &half, FramesPerJobCount: &ten, FramesPerJobShare: &half,
	}}
	var sent []int64
	rq, err := c.ImportFiles(t.Context(), 1, []File{asFile("a.zip", []byte("zip")), asFile("a.jsonl", []byte("order"))}, p,
		UploadOptions{OnProgress: func(n int64) { sent = append(sent, n) }})
	if err != nil || rq != "the request" || announced <= 8 || len(sent) == 0 || sent[len(sent)-1] != 8 {
		t.Errorf("%q, %v, %d bytes, progress %v", rq, err, announced, sent)
	}
	want := map[string][]string{
		"image_quality": {"70"}, "sorting_method": {"natural"}, "chunk_size": {"10"}, "use_cache": {"true"}, "use_zip_chunks": {"false"},
		"validation_params.mode": {"gt"}, "validation_params.frame_selection_method": {"manual"}, "validation_params.random_seed": {"1"},
		"validation_params.frames[0]": {"a/x.jpg"}, "validation_params.frames[1]": {`b "2".jpg`},
		"validation_params.frame_count": {"1"}, "validation_params.frame_share": {"0.5"},
		"validation_params.frames_per_job_count": {"10"}, "validation_params.frames_per_job_share": {"0.5"},
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"client_files[0]": "a.zip: zip", "client_files[1]": "a.jsonl: order"}, files); diff != "" {
		t.Error(diff)
	}
}

// A file that changed under way must not become a task.
func TestAFileThatFailsEndsTheRequestBeforeItsLastByte(t *testing.T) {
	changed := errors.New("it changed")
	var whole atomic.Bool
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			whole.Store(true)
		}
	})
	for _, at := range []int64{0, 5000, 9999} {
		f := File{Name: "a.zip", Content: failing{at: at, err: changed}, Size: 10_000}
		if _, err := c.ImportFiles(t.Context(), 1, []File{f}, DataParams{}, UploadOptions{}); !errors.Is(err, changed) || whole.Load() {
			t.Errorf("at %d: whole %v, %v", at, whole.Load(), err)
		}
	}
}

// failing is a file that cannot be read at one offset.
type failing struct {
	at  int64
	err error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		return 0, f.err
	}
	return len(p), nil
}

func TestWhatIsTooMuchForOneRequestIsNotTriedTwice(t *testing.T) {
	const limit = 1 << 20
	sent := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent++
		if r.ContentLength > limit {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		say(w, 202, `{"rq_id":"x"}`)
	})
	try := func(size int, o UploadOptions) error {
		_, err := c.ImportFiles(t.Context(), 1, []File{asFile("a.zip", make([]byte, size))}, DataParams{}, o)
		return err
	}
	steps := []struct {
		size int
		o    UploadOptions
		sent int
		err  error
	}{
		{minChunk, in256, 0, ErrTooLarge},                 // more than a chunk, with what is around it
		{2 * limit, UploadOptions{}, 1, ErrTooLarge},      // the proxy refuses
		{2 * limit, UploadOptions{}, 1, ErrTooLarge},      // which is remembered
		{limit - 2000, UploadOptions{}, 2, nil},           // below half of what was refused
		{2*limit - 1000, UploadOptions{}, 2, ErrTooLarge}, // above it
	}
	for i, s := range steps {
		if err := try(s.size, s.o); !errors.Is(err, s.err) || sent != s.sent {
			t.Errorf("step %d: %d requests, %v", i, sent, err)
		}
	}
}

func TestALostAnswerToOneRequestIsOfUnknownOutcome(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"no answer": hangUp,
		"502":       func(w http.ResponseWriter) { say(w, 502, "<html>") },
		"500":       func(w http.ResponseWriter) { say(w, 500, "<html>") },
		"504":       func(w http.ResponseWriter) { say(w, 504, "<html>") },
		"cut":       func(w http.ResponseWriter) { say(w, 202, `{"rq_id":`) },
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				sent++
				_, _ = io.Copy(io.Discard, r.Body)
				answer(w)
			})
			_, err := c.ImportFiles(t.Context(), 1, []File{asFile("a.zip", []byte("x"))}, DataParams{}, UploadOptions{})
			if !errors.Is(err, ErrUnknownOutcome) || sent != 1 {
				t.Errorf("%d requests, %v", sent, err)
			}
		})
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 409, `{"rq_id":"queued already"}`) })
	if rq, err := c.ImportFiles(t.Context(), 1, []File{asFile("a.zip", []byte("x"))}, DataParams{}, UploadOptions{}); rq != "queued already" || err != nil {
		t.Errorf("%q, %v", rq, err)
	}
	if _, err := c.ImportFiles(t.Context(), 1, []File{{Name: "a.zip"}}, DataParams{}, UploadOptions{}); err == nil || !strings.Contains(err.Error(), "0 bytes") {
		t.Errorf("an empty file: %v", err)
	}
}
