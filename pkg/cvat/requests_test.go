package cvat

import (
	"errors"
	"net/http"
	"testing"
)

func TestRecordsThatSayNothingAreGone(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		gone   bool
	}{
		"queued":            {200, `{"status":"queued","id":"x"}`, false},
		"started":           {200, `{"status":"started"}`, false},
		"finished":          {200, `{"status":"finished"}`, false},
		"failed":            {200, `{"status":"failed","message":"ValueError: x\n"}`, false},
		"null, up to 2.69":  {200, `{"status":null}`, true},
		"absent":            {200, `{}`, true},
		"canceled":          {200, `{"status":"canceled"}`, true},
		"stopped":           {200, `{"status":"stopped"}`, true},
		"tomorrow's":        {200, `{"status":"paused"}`, true},
		"expired":           {404, `There is no request with specified id`, true},
		"another user's":    {403, `{"detail":"No."}`, true},
		"of a deleted task": {400, `["Task matching query does not exist."]`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var path string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { path = r.URL.EscapedPath(); say(w, tt.status, tt.body) })
			_, err := c.Request(t.Context(), 7)
			if errors.Is(err, ErrGone) != tt.gone || (err == nil) == tt.gone {
				t.Errorf("got %v", err)
			}
			if path != "/api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D7" {
				t.Errorf("path %s", path)
			}
		})
	}
}

func TestServerThatFailsIsNotAnAbsentRecord(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 503, `"Redis service is not available"`) })
	if _, err := c.Request(t.Context(), 7); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestMessagesOfFailedImportsAreHarmless(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"status":"failed","message":"\u001b[2JValueError: bad\n"}`)
	})
	r, err := c.Request(t.Context(), 7)
	if err != nil || r.Message != `\x1b[2JValueError: bad` || r.Active() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestOnlyImportsOfTasksAreListed(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"count":4,"results":[
			{"id":"a","status":"started","operation":{"type":"create:task","task_id":1}},
			{"id":"b","status":"started","operation":{"type":"export:dataset","task_id":1}},
			{"id":"c","status":null,"operation":{"type":"create:task","task_id":2}},
			{"id":"d","status":"failed","operation":{"type":"create:task","task_id":null}}]}`)
	})
	all, err := c.ListRequests(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "a" || !all[0].Active() {
		t.Errorf("%+v, %v", all, err)
	}
}
