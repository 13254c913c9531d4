package cvat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// growing is an upload whose chunks grow from 256 KiB to eight times that.
func growing(t *testing.T, c *Client, data []byte) error {
	u := &uploader{c: c, taskID: 1, name: "a.zip", src: bytes.NewReader(data), size: int64(len(data)), o: UploadOptions{Until: t.Context()}}
	u.chunks = chunks{size: minChunk, first: minChunk, most: 8 * minChunk, quick: time.Hour}
	return u.run(t.Context())
}

// buffering is a tus behind a proxy like CVAT's.
func buffering() *tus {
	s := newTus()
	s.buffers = true
	return s
}

// A growing chunk that a proxy refuses, or cuts, costs one of that size, and no second.
func TestAChunkThatGrewTooLargeIsSentOnce(t *testing.T) {
	data := content(20 * minChunk)
	for name, refuse := range map[string]func(w http.ResponseWriter, r *http.Request){
		"413":             func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(413) },
		"cut":             func(w http.ResponseWriter, r *http.Request) { hangUp(w) },
		"504 as too slow": func(w http.ResponseWriter, r *http.Request) { say(w, 504, "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			s, refused := buffering(), 0
			s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
				if r.ContentLength <= 3*minChunk {
					return false
				}
				refused++
				refuse(w, r)
				return true
			}
			if err := growing(t, serve(t, s.ServeHTTP), data); err != nil {
				t.Fatal(err)
			}
			s.holds(t, "a.zip", data)
			if requests, _ := s.asked(); refused != 1 || len(requests) > 16 {
				t.Errorf("%d refused: %q", refused, requests)
			}
		})
	}
}

func TestAnUploadThatGrowsSurvivesAnAccidentAtEveryRequest(t *testing.T) {
	data := content(20*minChunk + 1)
	for name, accident := range accidents {
		for k := 1; k <= 6; k++ {
			if k == 1 && accident.onlyOffsets {
				continue
			}
			t.Run(fmt.Sprintf("%s/request %d", name, k), func(t *testing.T) {
				t.Parallel() // since it waits before it asks again
				s := buffering()
				accident.at(s, k)
				if err := growing(t, serve(t, s.ServeHTTP), data); err != nil {
					t.Fatal(err)
				}
				s.holds(t, "a.zip", data)
				if _, patched := s.asked(); patched > int64(len(data))+2*8*minChunk {
					t.Errorf("%d bytes sent of %d", patched, len(data))
				}
			})
		}
	}
}

// The server answers each chunk only when all but the last byte of the next one has come.
func TestTheNextChunkIsSentWhileOneIsHandled(t *testing.T) {
	data := content(20 * minChunk)
	s := buffering()
	var came atomic.Int64 // bytes of PATCH bodies
	waits := 0
	s.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		var off, done int64
		_, _ = fmt.Sscan(r.Header.Get("Upload-Offset"), &off)
		if done = off + r.ContentLength; r.Method != "PATCH" || done == int64(len(data)) {
			return false
		}
		waits++
		for came.Load() < done+1 {
			select {
			case <-t.Context().Done():
				return false
			default:
			}
		}
		return false
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "PATCH" {
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.TeeReader(r.Body, counter{&came}), r.Body}
		}
		s.ServeHTTP(w, r)
	})
	if err := growing(t, c, data); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "a.zip", data)
	if _, patched := s.asked(); patched != int64(len(data)) || waits < 3 {
		t.Errorf("%d bytes sent of %d, %d chunks", patched, len(data), waits)
	}
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// Something on the way hands a PATCH on before it is whole, and the server looks at its offset then.
func TestWhereChunksAreNotHeldBackTheyGoOneByOne(t *testing.T) {
	data := content(20 * minChunk)
	s := newTus()
	answered, refused := make(chan struct{}, 100), 0
	first := atomic.Bool{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upload-Offset") == fmt.Sprint(minChunk) && !first.Swap(true) {
			refused++
			w.WriteHeader(http.StatusConflict)
			answered <- struct{}{}
			return
		}
		if r.Header.Get("Upload-Offset") == "0" {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			<-answered
		}
		s.ServeHTTP(w, r)
	})
	if err := growing(t, c, data); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "a.zip", data)
	if requests, patched := s.asked(); patched != int64(len(data)) || refused != 1 {
		t.Errorf("%d bytes sent of %d, %d refused: %q", patched, len(data), refused, requests)
	}
}

func TestAStopEndsTheChunkThatIsAhead(t *testing.T) {
	data := content(20 * minChunk)
	s := buffering()
	until, stop := context.WithCancel(t.Context())
	s.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n == 3 {
			stop()
		}
		return false
	}
	u := &uploader{c: serve(t, s.ServeHTTP), taskID: 1, name: "a.zip", src: bytes.NewReader(data), size: int64(len(data)), o: UploadOptions{Until: until}}
	u.chunks = chunks{size: minChunk, first: minChunk, most: minChunk, quick: time.Hour}
	err := u.run(t.Context())
	if _, patched := s.asked(); !errors.Is(err, ErrStopped) || patched != 2*minChunk {
		t.Errorf("%v after %d bytes: it did not stop after its second chunk", err, patched)
	}
}
