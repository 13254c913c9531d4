package cvat

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A tus keeps uploads as CVAT does: the offset moves only with a whole PATCH,
// and a complete upload is known by its name alone.
type tus struct {
	mu      sync.Mutex
	uploads map[string]*upload // by id
	whole   map[string][]byte  // by name
	log     []string           // what was asked, with offset and size
	patched int64              // bytes of PATCH bodies that came whole or in part
	limit   int64              // largest body; 0: none
	buffers bool               // a PATCH is handled once it has come whole, as behind CVAT's proxy

	// before may answer the n-th request itself, from 1, in place of the tus.
	before func(n int, w http.ResponseWriter, r *http.Request) (answered bool)
	// after may replace the answer of the n-th request, once it is handled.
	after func(n int, w http.ResponseWriter, r *http.Request) (answered bool)
}

type upload struct {
	name string
	size int64
	data []byte
}

func newTus() *tus { return &tus{uploads: map[string]*upload{}, whole: map[string][]byte{}} }

// countedBody counts the bytes of a body as they are read.
type countedBody struct {
	io.ReadCloser
	n *int64
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	*b.n += int64(n)
	return n, err
}

func (s *tus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.buffers && r.Method == "PATCH" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // nobody handles it
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, strings.TrimSpace(fmt.Sprintf("%s %s %d", r.Method, r.Header.Get("Upload-Offset"), r.ContentLength)))
	r = r.WithContext(r.Context()) // a copy: net/http looks at the body of the original
	r.Body = countedBody{r.Body, &s.patched}
	n := len(s.log)
	if s.before != nil && s.before(n, w, r) {
		return
	}
	rec := &recorder{header: http.Header{}, status: 200}
	s.answer(rec, r)
	if s.after != nil && s.after(n, w, r) {
		return
	}
	for k, v := range rec.header {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.status)
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }

func (s *tus) answer(w http.ResponseWriter, r *http.Request) {
	u := s.uploads[path.Base(r.URL.Path)]
	switch {
	case s.limit > 0 && r.ContentLength > s.limit:
		w.WriteHeader(413)
	case r.Method == "POST":
		s.create(w, r)
	case u == nil:
		w.WriteHeader(404)
	case r.Method == "PATCH":
		s.patch(w, r, u)
	default:
		w.Header().Set("Upload-Offset", fmt.Sprint(len(u.data)))
		w.Header().Set("Upload-Length", fmt.Sprint(u.size))
	}
}

func (s *tus) create(w http.ResponseWriter, r *http.Request) {
	name, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Upload-Metadata"), "filename "))
	if s.whole[string(name)] != nil {
		w.WriteHeader(409)
		return
	}
	size, _ := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	id := fmt.Sprintf("2_%d", len(s.uploads))
	s.uploads[id] = &upload{name: string(name), size: size}
	w.Header().Set("Location", "http://inside/api/tasks/1/data/"+id)
	w.WriteHeader(201)
}

func (s *tus) patch(w http.ResponseWriter, r *http.Request, u *upload) {
	if r.Header.Get("Upload-Offset") != fmt.Sprint(len(u.data)) {
		w.WriteHeader(409)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // lost whole
	}
	u.data = append(u.data, body...)
	w.Header().Set("Upload-Offset", fmt.Sprint(len(u.data)))
	w.WriteHeader(204)
	if int64(len(u.data)) == u.size {
		s.whole[u.name] = u.data
		delete(s.uploads, path.Base(r.URL.Path))
		s.uploads["done "+u.name] = u // so that ids are never used again
	}
}

// asked is what was asked so far, and how many bytes of PATCH bodies came.
func (s *tus) asked() (requests []string, patched int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log), s.patched
}

// holds checks that the server has the file, whole and right.
func (s *tus) holds(t *testing.T, name string, want []byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, ok := s.whole[name]; !ok || !bytes.Equal(got, want) {
		t.Errorf("%s on the server: there %v, %d bytes, want %d\n%s", name, ok, len(got), len(want), strings.Join(s.log, "\n"))
	}
}

// hangUp cuts the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}
