package openapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What the judge has to find: if it found nothing, the other test would say nothing.
func TestJudgeFindsWhatIsWrong(t *testing.T) {
	document := readDocument(t)
	if document == nil {
		t.Skip("CVAT's OpenAPI document is not at hand: set CVAT_OPENAPI to its path")
	}
	good := `{"count":0,"results":[]}`
	tests := map[string]struct {
		method, path, body string
		status             int
		answer             string
		want               string // in a finding
	}{
		"unknown path":           {"GET", "/api/taskz", "", 200, good, "no matching operation"},
		"unknown method":         {"DELETE", "/api/tasks", "", 200, good, "DELETE /api/tasks: request"},
		"unknown query":          {"GET", "/api/tasks?projekt_id=1", "", 200, good, "does not know: projekt_id"},
		"query of wrong type":    {"GET", "/api/tasks?project_id=x", "", 200, good, "project_id"},
		"misspelt field":         {"POST", "/api/tasks", `{"name":"a","segment_sise":1}`, 201, "", "segment_sise"},
		"field of wrong type":    {"POST", "/api/tasks", `{"name":1}`, 201, "", "must be a string"},
		"missing field":          {"POST", "/api/tasks", `{}`, 201, "", `"name" is missing`},
		"misspelt inner field":   {"POST", "/api/projects", `{"name":"a","labels":[{"name":"x","colour":"red"}]}`, 201, "", "colour"},
		"misspelt parameter":     {"POST", "/api/tasks/1/data/", `{"image_quality":70,"validation_params":{"mode":"gt","frame_cont":1}}`, 202, `{"rq_id":"x"}`, "frame_cont"},
		"value out of range":     {"POST", "/api/tasks/1/data/", `{"image_quality":101}`, 202, `{"rq_id":"x"}`, "at most 100"},
		"status unknown":         {"GET", "/api/tasks", "", 206, good, "status 206"},
		"answer's unknown field": {"GET", "/api/tasks", "", 200, `{"count":1,"results":[{"id":1,"jobs":{"completed":0,"validation":0},"labels":{},"segment_sise":3}]}`, "segment_sise"},
		"answer's wrong type":    {"GET", "/api/tasks", "", 200, `{"count":"1","results":[]}`, "must be an integer"},
		"answer's missing field": {"GET", "/api/tasks", "", 200, `{"count":1}`, `"results" is missing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", cvatType)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.answer))
			}))
			defer srv.Close()
			j := newJudge(newRouter(t, document, srv.URL))
			req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), tt.method, srv.URL+tt.path, strings.NewReader(tt.body)))
			if tt.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			check(t, must[*http.Response](t)(j.RoundTrip(req)).Body.Close())
			for finding := range j.findings {
				if strings.Contains(finding, tt.want) {
					return
				}
			}
			t.Errorf("found %v, want %q", j.findings, tt.want)
		})
	}
}
