package cvattest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
)

// Losses are the paths of tasks that were deleted although they held frames: nothing of
// ours may ever do that, whatever happens to it.
func (g *Gate) Losses() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.losses...)
}

// handle gives the request to the server, and looks at tasks before they are deleted.
func (g *Gate) handle(w http.ResponseWriter, r *http.Request) {
	if ok, _ := path.Match("/api/tasks/*", r.URL.Path); !ok || r.Method != http.MethodDelete {
		g.next.ServeHTTP(w, r)
		return
	}
	frames := g.frames(r)
	status := &statusWriter{to: w}
	g.next.ServeHTTP(status, r)
	if frames > 0 && status.status == http.StatusNoContent {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.losses = append(g.losses, r.URL.Path)
	}
}

// frames is how many the task holds that r is about.
func (g *Gate) frames(r *http.Request) int {
	get := r.Clone(context.WithoutCancel(r.Context()))
	get.Method, get.Body = http.MethodGet, http.NoBody
	get.Header.Del("Accept-Encoding")
	rec := httptest.NewRecorder()
	g.next.ServeHTTP(rec, get)
	var task struct{ Size int }
	_ = json.Unmarshal(rec.Body.Bytes(), &task) // a task that is not there has none
	return task.Size
}
