package cvat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
)

const KiB = 1 << 10

// content is size bytes that look like no other part of themselves.
func content(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// in256 sends in chunks of 256 KiB, the smallest.
var in256 = UploadOptions{Chunk: minChunk}

func TestUploadSendsEachByteOnce(t *testing.T) {
	for _, size := range []int{1, minChunk - 1, minChunk, minChunk + 1, 3*minChunk + 5} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s, data := newTus(), content(size)
			var location string
			var sent []int64
			o := in256
			o.OnLocation = func(id string) { location = id }
			o.OnProgress = func(n int64) { sent = append(sent, n) }
			if err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), int64(size), o); err != nil {
				t.Fatal(err)
			}
			s.holds(t, "a.zip", data)
			if requests, patched := s.asked(); patched != int64(size) || len(requests) != 1+(size+minChunk-1)/minChunk {
				t.Errorf("%d bytes in %q", patched, requests)
			}
			if location != "2_0" || sent[len(sent)-1] != int64(size) {
				t.Errorf("location %q, progress %v", location, sent)
			}
		})
	}
}

// An accident is what befalls one request, before or after the server has handled it.
type accident struct {
	before, after func(w http.ResponseWriter, r *http.Request)
	drained       bool // its body is read before, as a proxy does that buffers
	onlyOffsets   bool // not what a creation answers
}

var accidents = map[string]accident{
	"cut before handling":   {before: func(w http.ResponseWriter, r *http.Request) { hangUp(w) }},
	"cut after handling":    {after: func(w http.ResponseWriter, r *http.Request) { hangUp(w) }},
	"cut within the body":   {before: func(w http.ResponseWriter, r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 1000); hangUp(w) }},
	"429":                   {before: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(429) }, drained: true},
	"502 before handling":   {before: func(w http.ResponseWriter, r *http.Request) { say(w, 502, "<html>") }, drained: true},
	"502 after handling":    {after: func(w http.ResponseWriter, r *http.Request) { say(w, 502, "<html>") }},
	"503 with Retry-After":  {before: func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "0"); w.WriteHeader(503) }, drained: true},
	"504 after handling":    {after: func(w http.ResponseWriter, r *http.Request) { say(w, 504, "<html>") }},
	"500 before handling":   {before: func(w http.ResponseWriter, r *http.Request) { say(w, 500, "<html>") }, drained: true},
	"408":                   {before: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(408) }, drained: true},
	"no offset, handled":    {after: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, onlyOffsets: true},
	"wrong offset, handled": {after: func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Upload-Offset", "1"); w.WriteHeader(204) }, onlyOffsets: true},
}

// at lets the accident befall the k-th request to s, from 1.
func (a accident) at(s *tus, k int) {
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n != k || a.before == nil {
			return false
		}
		if a.drained {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		a.before(w, r)
		return true
	}
	s.after = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n != k || a.after == nil {
			return false
		}
		a.after(w, r)
		return true
	}
}

// Every kind of accident, at every request of an upload of five chunks: the file
// arrives whole, and at most one chunk of bytes was sent twice.
func TestUploadSurvivesAnAccidentAtEveryRequest(t *testing.T) {
	const size = 4*minChunk + 100
	data := content(size)
	for name, a := range accidents {
		for k := 1; k <= 6; k++ {
			if k == 1 && a.onlyOffsets {
				continue
			}
			t.Run(fmt.Sprintf("%s/request %d", name, k), func(t *testing.T) {
				t.Parallel() // since it waits before it asks again
				s := newTus()
				a.at(s, k)
				if err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), size, in256); err != nil {
					t.Fatal(err)
				}
				s.holds(t, "a.zip", data)
				if _, patched := s.asked(); patched > size+minChunk {
					t.Errorf("%d bytes sent of %d", patched, size)
				}
			})
		}
	}
}

func TestUploadGoesOnWhereAnEarlierRunStopped(t *testing.T) {
	s, data := newTus(), content(5*minChunk)
	c := serve(t, s.ServeHTTP)
	until, stop := context.WithCancel(t.Context())
	var location string
	o := UploadOptions{Chunk: minChunk, Until: until, OnLocation: func(id string) { location = id }}
	o.OnProgress = func(sent int64) {
		if sent > 2*minChunk+10 && sent < 3*minChunk {
			stop()
		}
	}
	err := c.Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), int64(len(data)), o)
	before, patched := s.asked()
	if !errors.Is(err, ErrStopped) || patched != 3*minChunk {
		t.Fatalf("%v after %d bytes: it did not stop after its third chunk", err, patched)
	}
	if err := c.Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), int64(len(data)), UploadOptions{Chunk: minChunk, Resume: location}); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "a.zip", data)
	requests, _ := s.asked()
	if diff := cmp.Diff([]string{"HEAD  0", "PATCH 786432 262144", "PATCH 1048576 262144"}, requests[len(before):]); diff != "" {
		t.Error(diff)
	}
}

func TestHintOfAnEarlierRunMayBeWrong(t *testing.T) {
	for name, hint := range map[string]string{"unknown": "2_999", "not an id": "../../x", "another file's": "2_0"} {
		t.Run(name, func(t *testing.T) {
			s, data := newTus(), content(3*minChunk)
			s.uploads["2_0"] = &upload{name: "b.zip", size: 5}
			s.uploads["2_0"].data = data[:5]
			if err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), int64(len(data)), UploadOptions{Resume: hint}); err != nil {
				t.Fatal(err)
			}
			s.holds(t, "a.zip", data)
		})
	}
}

func TestFileThatIsWholeOnTheServerIsNotSent(t *testing.T) {
	s, data := newTus(), content(10)
	s.whole["a.zip"] = data
	err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), 10, in256)
	if _, patched := s.asked(); err != nil || patched != 0 {
		t.Errorf("%v after %d bytes", err, patched)
	}
}

func TestUploadThatTheServerLosesIsCreatedAgain(t *testing.T) {
	t.Parallel()
	s, data := newTus(), content(3*minChunk)
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 3 { // the second PATCH
			clear(s.uploads)
			s.uploads["lost"] = &upload{}
		}
		return false
	}
	if err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), int64(len(data)), in256); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "a.zip", data)
}

func TestUploadThatTheServerAlwaysLosesEnds(t *testing.T) {
	for name, status := range map[string]int{"404": 404, "500": 500, "409": 409} {
		t.Run(name, func(t *testing.T) {
			s := newTus()
			s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != "POST" {
					w.WriteHeader(status)
					return true
				}
				return false
			}
			err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(content(100)), 100, in256)
			if requests, _ := s.asked(); !errors.Is(err, ErrUploadGone) || len(requests) > 3*maxCreations {
				t.Errorf("%v after %d requests", err, len(requests))
			}
		})
	}
}

func TestChunkIsHalvedUntilTheProxyLetsItThrough(t *testing.T) {
	s, data := newTus(), content(3<<20)
	s.limit = 600 * KiB
	c := serve(t, s.ServeHTTP)
	for _, name := range []string{"a.zip", "b.zip"} {
		if err := c.Upload(t.Context(), 1, name, bytes.NewReader(data), int64(len(data)), UploadOptions{Chunk: 64 << 20}); err != nil {
			t.Fatal(err)
		}
		s.holds(t, name, data)
	}
	requests, patched := s.asked()
	if patched > 2*int64(len(data)) {
		t.Errorf("%d bytes sent of %d: refused chunks were sent all the same", patched, len(data))
	}
	if refused := len(requests) - 2*(1+8); refused != 2*3 { // creation and 384 KiB a PATCH; PATCH and HEAD of 3, 1.5 and 0.75 MiB, once
		t.Errorf("%d requests in vain: %q", refused, requests)
	}
}

func TestProxyThatTakesLessThan256KiBIsAnErrorWithAHint(t *testing.T) {
	s := newTus()
	s.limit = 100 * KiB
	err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(content(1<<20)), 1<<20, UploadOptions{})
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(advice.Of(err), "client_max_body_size") {
		t.Errorf("%v, hint %q", err, advice.Of(err))
	}
}

func TestProxyThatCutsLargeChunksWithoutAWordGetsSmallerOnes(t *testing.T) {
	s, data := newTus(), content(2<<20)
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if r.ContentLength > 300*KiB {
			hangUp(w)
			return true
		}
		return false
	}
	if err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data), 2<<20, UploadOptions{Chunk: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "a.zip", data)
}

func TestConnectionThatBreaksForEverEnds(t *testing.T) {
	s := newTus()
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PATCH" {
			hangUp(w)
		}
		return r.Method == "PATCH"
	}
	err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(content(100)), 100, in256)
	if requests, _ := s.asked(); !errors.As(err, new(*ConnectionError)) || len(requests) > 2*maxStandstill {
		t.Errorf("%v after %d requests", err, len(requests))
	}
}

var errChanged = errors.New("frame 3 changed")

// A changing source fails from an offset on.
type changing struct {
	r  io.ReaderAt
	at int64
}

func (c changing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > c.at {
		n, _ := c.r.ReadAt(p[:max(0, c.at-off)], off)
		return n, fmt.Errorf("archive: %w", errChanged)
	}
	return c.r.ReadAt(p, off)
}

func TestFileThatChangedStopsBeforeTheUploadIsWhole(t *testing.T) {
	data := content(3 * minChunk)
	for _, at := range []int64{0, 10, minChunk, 2*minChunk + 77, 3*minChunk - 1} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			s := newTus()
			err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", changing{bytes.NewReader(data), at}, int64(len(data)), in256)
			if !errors.Is(err, errChanged) || !strings.Contains(err.Error(), "a.zip") {
				t.Errorf("got %v", err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.whole) != 0 || len(s.log) > 4 {
				t.Errorf("the upload is whole %v: %q", s.whole != nil, s.log)
			}
		})
	}
}

func TestFileThatShrankIsAnError(t *testing.T) {
	s, data := newTus(), content(minChunk+100)
	err := serve(t, s.ServeHTTP).Upload(t.Context(), 1, "a.zip", bytes.NewReader(data[:minChunk+50]), int64(len(data)), in256)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "ends at 262194 of 262244") {
		t.Errorf("got %v", err)
	}
}

func TestUploadThatStopsMovingIsATimeOut(t *testing.T) {
	s := newTus()
	hold := make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "PATCH" {
			s.ServeHTTP(w, r)
			return
		}
		select { // reads nothing of it
		case <-hold:
		case <-r.Context().Done():
		}
	}, func(o *Options) { o.IdleTimeout, o.AnswerTimeout = 20*time.Millisecond, 20*time.Millisecond })
	defer close(hold)
	err := c.Upload(t.Context(), 1, "a.zip", bytes.NewReader(content(16<<20)), 16<<20, UploadOptions{})
	if !errors.Is(err, ErrStalled) {
		t.Errorf("got %v", err)
	}
}

func TestCancelledUploadSaysSo(t *testing.T) {
	s := newTus()
	ctx, cancel := context.WithCancel(t.Context())
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 3 {
			cancel()
		}
		return false
	}
	err := serve(t, s.ServeHTTP).Upload(ctx, 1, "a.zip", bytes.NewReader(content(3*minChunk)), 3*minChunk, in256)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStopEndsTheWaitAfterABrokenChunk(t *testing.T) {
	s := newTus()
	until, stop := context.WithCancel(t.Context())
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PATCH" {
			hangUp(w)
		}
		return r.Method == "PATCH"
	}
	c := serve(t, s.ServeHTTP, func(o *Options) {
		o.Retry = RetryPolicy{Base: time.Hour, Cap: time.Hour}
		o.OnRetry = func(Retry) { stop() }
	})
	err := c.Upload(t.Context(), 1, "a.zip", bytes.NewReader(content(100)), 100, UploadOptions{Until: until})
	if !errors.Is(err, ErrStopped) {
		t.Errorf("got %v", err)
	}
}
