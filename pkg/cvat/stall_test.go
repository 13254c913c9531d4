package cvat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A line takes a request's body at a rate, and gives an answer's; 0 is at once. Times are virtual.
type line struct {
	takes, gives int // bytes a second
	answer       string
}

func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, &slow{r.Context(), r.Body, l.takes}); err != nil {
			return nil, err
		}
	}
	body := io.NopCloser(&slow{r.Context(), strings.NewReader(l.answer), l.gives})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: r}, nil
}

// slow reads as much as a second lets through, each second.
type slow struct {
	ctx context.Context
	r   io.Reader
	bps int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.bps == 0 {
		return s.r.Read(p)
	}
	select {
	case <-time.After(time.Second):
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
	return s.r.Read(p[:min(len(p), s.bps)])
}

// A server that moved one byte now and then held a run up for ever.
func TestNextToNothingIsATimeOutInEitherDirection(t *testing.T) {
	long := `{"id":1,"name":"` + strings.Repeat("x", 60<<10) + `"}`
	for name, tt := range map[string]struct {
		line    line
		limit   int64 // of --limit-rate
		stalled bool
	}{
		"answer at 1 B/s":                         {line: line{gives: 1, answer: long}, stalled: true},
		"short answer at 1 B/s that takes longer": {line: line{gives: 1, answer: long[:16] + `"` + strings.Repeat(" ", 60) + `}`}, stalled: true},
		"answer at 250 B/s":                       {line: line{gives: 250, answer: long}, stalled: true},
		"answer at 300 B/s":                       {line: line{gives: 300, answer: long}},
		"short answer at 1 B/s":                   {line: line{gives: 1, answer: `{"id":1,"rq_id":"a"}`}},
		"upload at 1 B/s":                         {line: line{takes: 1, answer: `{"rq_id":"a"}`}, stalled: true},
		"upload at 250 B/s":                       {line: line{takes: 250, answer: `{"rq_id":"a"}`}, stalled: true},
		"upload at 300 B/s":                       {line: line{takes: 300, answer: `{"rq_id":"a"}`}},
		"upload that we slow down ourselves":      {line: line{answer: `{"rq_id":"a"}`}, limit: 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := New(Options{BaseURL: "http://cvat.localhost", Transport: tt.line, UploadRate: tt.limit, Retry: RetryPolicy{Tries: 1}})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if tt.line.gives > 0 {
					_, err = c.Task(t.Context(), 1)
				} else {
					_, err = c.ImportFiles(t.Context(), 1, []File{{Name: "a", Content: bytes.NewReader(make([]byte, 60<<10)), Size: 60 << 10}}, DataParams{}, UploadOptions{})
				}
				if errors.Is(err, ErrStalled) != tt.stalled || err != nil && !tt.stalled {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); tt.stalled && took > time.Minute+time.Second {
					t.Errorf("it took %v of virtual time", took)
				}
			})
		})
	}
}

// A store that gives a frame slowly is not taken for a server that takes it slowly.
func TestTheTimeOfASlowSourceIsNotTheServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{BaseURL: "http://cvat.localhost", Transport: line{answer: `{"rq_id":"a"}`}})
		if err != nil {
			t.Fatal(err)
		}
		sparse := &slowAt{bytes.NewReader(make([]byte, 1000)), 50 * time.Second}
		if _, err := c.ImportFiles(t.Context(), 1, []File{{Name: "a", Content: sparse, Size: 1000}}, DataParams{}, UploadOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// A slowAt gives 100 bytes at a time, each after a while.
type slowAt struct {
	r     *bytes.Reader
	after time.Duration
}

func (s *slowAt) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(s.after)
	n, err := s.r.ReadAt(p[:min(len(p), 100)], off)
	return n, err
}
