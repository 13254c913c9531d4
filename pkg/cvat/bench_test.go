package cvat

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// zeros is a file of any size that costs nothing to read.
type zeros struct{}

func (zeros) ReadAt(p []byte, off int64) (int, error) { clear(p); return len(p), nil }

// BenchmarkUpload sends 256 MiB to a server that throws it away.
func BenchmarkUpload(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			w.Header().Set("Location", "/x/u")
			w.WriteHeader(201)
			return
		}
		n, _ := io.Copy(io.Discard, r.Body)
		off, _ := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
		w.Header().Set("Upload-Offset", fmt.Sprint(off+n))
		w.WriteHeader(204)
	}))
	defer srv.Close()
	c, err := New(Options{BaseURL: srv.URL})
	if err != nil {
		b.Fatal(err)
	}
	const size = 256 << 20
	b.SetBytes(size)
	for b.Loop() {
		if err := c.Upload(b.Context(), 1, "a.zip", zeros{}, size, UploadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListTasks reads pages of 400 tasks, 10,000 in all.
func BenchmarkListTasks(b *testing.B) {
	page := func(n int) string {
		items := make([]string, pageSize)
		for i := range items {
			id := (n-1)*pageSize + i + 1
			items[i] = fmt.Sprintf(`{"url":"http://127.0.0.1/api/tasks/%d","id":%d,"name":"jai_cam_2026-03-%d","project_id":1,"project_name":"Orchard",`+
				`"owner":{"url":"http://127.0.0.1/api/users/2","id":2,"username":"alice"},"assignee":null,"bug_tracker":"","overlap":0,"segment_size":10,`+
				`"status":"annotation","data":%d,"size":100,"mode":"annotation","subset":"","jobs":{"count":10,"completed":0,"validation":0},"labels":{}}`, id, id, id, id)
		}
		return `{"count":10000,"results":[` + strings.Join(items, ",") + `]}`
	}
	pages := map[string]string{}
	for n := 1; n <= 25; n++ {
		pages[strconv.Itoa(n)] = page(n)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, pages[r.URL.Query().Get("page")])
	}))
	defer srv.Close()
	c, err := New(Options{BaseURL: srv.URL})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if tasks, err := c.ListTasks(b.Context(), TaskFilter{}); err != nil || len(tasks) != 10000 {
			b.Fatal(len(tasks), err)
		}
	}
}
