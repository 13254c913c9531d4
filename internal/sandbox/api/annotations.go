package api

import "net/http"

// getAnnotations answers that there are none: the sandbox has nothing to make some with.
func (s *Server) getAnnotations(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	switch {
	case err != nil:
		return answer{}, err
	case t.Data == nil:
		return answer{}, plain(http.StatusBadRequest, "Exporting annotations from a task without data is not allowed")
	}
	return ok(struct {
		Version   int   `json:"version"`
		Tags      []any `json:"tags"`
		Shapes    []any `json:"shapes"`
		Tracks    []any `json:"tracks"`
		Intervals []any `json:"intervals"`
	}{0, []any{}, []any{}, []any{}, []any{}}), nil
}

func (s *Server) deleteAnnotations(q *query) (answer, error) {
	if _, err := s.myTask(q, q.id(0)); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), nil
}
