package cvat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/wording"
)

func TestFramesAreReadInOrder(t *testing.T) {
	// as CVAT 2.73 answers, with a field of tomorrow
	body := `{"chapters":null,"chunks_updated_date":"2026-11-23T14:48:45Z","chunk_size":72,"size":2,"image_quality":70,
		"start_frame":0,"stop_frame":1,"frame_filter":"","tomorrow":{"frames":[1]},
		"frames":[{"width":160,"height":120,"name":"a/1.jpg","related_files":0,"has_related_context":false},{"name":"b.jpg","related_files":2}],
		"deleted_frames":[1],"included_frames":null,"storage":"local","cloud_storage_id":null}`
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, body) })
	got, err := c.DataMeta(t.Context(), 1)
	want := &DataMeta{Size: 2, ChunkSize: 72, ImageQuality: 70, Deleted: []int{1},
		Frames: []FrameMeta{{Name: "a/1.jpg", Width: 160, Height: 120}, {Name: "b.jpg", Related: 2}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestFramesThatMakeNoSenseAreAnError(t *testing.T) {
	tests := map[string]struct {
		body    string
		notCVAT bool
	}{
		"HTML":            {"<html>", true},
		"a list":          {`[1]`, true},
		"frames a number": {`{"frames":5}`, true},
		"a frame a text":  {`{"frames":["a.jpg"]}`, true},
		"a name a number": {`{"frames":[{"name":5}]}`, true},
		"cut":             {`{"size":2,"frames":[{"name":"a.jpg"},`, false},
		"cut at the end":  {`{"size":2,"frames":[]`, false},
		"empty":           {``, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { asked++; say(w, 200, tt.body) })
			_, err := c.DataMeta(t.Context(), 1)
			var answer *answerError
			if !errors.As(err, &answer) || errors.Is(err, ErrNotCVAT) != tt.notCVAT || answer.Path == "" {
				t.Errorf("got %v", err)
			}
			if want := map[bool]int{true: 1, false: fewTries}[tt.notCVAT]; asked != want {
				t.Errorf("%d requests, want %d", asked, want)
			}
		})
	}
}

func TestNullFramesAreNone(t *testing.T) {
	meta, err := readMeta(strings.NewReader(`{"frames":null,"chunk_size":null}`), 1)
	if err != nil || meta.Frames != nil {
		t.Errorf("%+v, %v", meta, err)
	}
}

func TestFramesThatNeverEndFailAtALimit(t *testing.T) {
	for start, again := range map[string]string{`{"frames":[`: `{},`, `{"frames":[{"name":"`: "a", `{"x":"`: "a"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readMeta(io.MultiReader(strings.NewReader(start), &endless{text: again}), 1000)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.As(err, new(*answerError)) || took > 1<<30 {
			t.Errorf("%s%s: %v, %d MiB", start, again, err, took>>20)
		}
	}
}

// An endless reader says the same again and again.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		some := copy(p[n:], e.text[e.at:])
		n, e.at = n+some, (e.at+some)%len(e.text)
	}
	return n, nil
}

func FuzzDataMeta(f *testing.F) {
	for _, seed := range []string{`{"frames":[{"name":"a","width":1,"height":2}]}`, `{"frames":null}`, `[]`, `{`, `{"size":1e999}`, `{"frames":[[]]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		meta, err := readMeta(bytes.NewReader(body), 100)
		if (meta == nil) == (err == nil) {
			t.Errorf("readMeta(%q) = %v, %v", body, meta, err)
		}
	})
}

// FuzzAnswers puts one body to every operation that reads JSON: none may panic,
// and none may succeed with an error's text that could command a terminal.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"name":"a","size":0,"data":null}`, `{"count":1,"results":[{"id":1}]}`, `{"rq_id":"x"}`, `{"key":"x"}`,
		`{"status":null}`, `{"status":"finished","operation":{"task_id":1}}`, `{"version":"2.73.0"}`, `[]`, `"x"`, `{"count":1e9}`, "<html>\x1b[31m", `{"id":"`,
	} {
		f.Add(200, []byte(seed))
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, code int, body []byte) {
		if code < 200 || code > 599 {
			return
		}
		s := &script{steps: []step{status(code, string(body))}}
		c, err := New(Options{BaseURL: "http://cvat.test", Transport: s, Retry: RetryPolicy{Tries: 1, Base: 1}})
		if err != nil {
			t.Fatal(err)
		}
		for name, call := range calls {
			if name == "Frame" { // hands on what it gets
				continue
			}
			if err := call(t.Context(), c); err != nil && !wording.IsSafe(err.Error()) {
				t.Errorf("%s: %q", name, err)
			}
		}
	})
}

func TestFrameIsStreamedAndCloses(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RawQuery; got != "number=3&quality=original&type=frame" {
			t.Errorf("query %s", got)
		}
		_, _ = w.Write([]byte("bytes"))
	})
	r, err := c.Frame(t.Context(), 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil || string(data) != "bytes" || r.Close() != nil {
		t.Errorf("%q, %v", data, err)
	}
}

func TestFrameThatIsCutIsAnError(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("bytes"))
	})
	r, err := c.Frame(t.Context(), 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func TestParametersAreWhatCVATReads(t *testing.T) {
	size, share := 20, 0.5
	tests := map[string]struct {
		params DataParams
		want   string
	}{
		"least": {DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true},
			`{"image_quality":70,"sorting_method":"natural","use_cache":true,"use_zip_chunks":false}`},
		"all": {DataParams{ImageQuality: 1, SortingMethod: "predefined", ChunkSize: &size, UseZipChunks: true,
			Validation: &ValidationParams{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameShare: &share, RandomSeed: &size}},
			`{"image_quality":1,"sorting_method":"predefined","chunk_size":20,"use_cache":false,"use_zip_chunks":true,` +
				`"validation_params":{"mode":"gt","frame_selection_method":"random_uniform","random_seed":20,"frame_share":0.5}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				data, _ := io.ReadAll(r.Body)
				got = fmt.Sprint(r.Header.Get("Upload-Finish"), " ", string(data))
				say(w, 202, `{"rq_id":"action=create&target=task&target_id=1"}`)
			})
			if _, err := c.FinishUpload(t.Context(), 1, tt.params); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("true "+tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUploadFinishsAnswersAreDistinguished(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		rqID   string
		err    error
	}{
		"started":          {202, `{"rq_id":"x"}`, "x", nil},
		"before 2.16":      {202, `{"image_quality":70}`, RequestID(1), nil},
		"under way":        {409, `{"rq_id":"y"}`, "y", nil},
		"imported":         {400, `["Adding more data is not supported"]`, "", ErrAlreadyImported},
		"busy":             {409, `{"detail":"This resource is currently busy with another operation. Please try again in a moment."}`, "", ErrBusy},
		"proxy's time-out": {504, `<html>`, "", ErrUnknownOutcome},
		"task is gone":     {404, `{"detail":"Not found."}`, "", ErrNotFound},
		"token may not":    {403, `{"detail":"No."}`, "", ErrNotAuthorised},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, tt.status, tt.body) })
			rqID, err := c.FinishUpload(t.Context(), 1, DataParams{})
			if rqID != tt.rqID || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v", rqID, err)
			}
		})
	}
}
