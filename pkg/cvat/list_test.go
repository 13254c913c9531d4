package cvat

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pagedTasks is a list of tasks as a server pages it.
type pagedTasks struct {
	ids    []int
	asked  []string    // the query of each request
	before func(n int) // called before the n-th request is answered
}

func (s *pagedTasks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.RawQuery)
	if s.before != nil {
		s.before(len(s.asked))
	}
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from, to := (n-1)*pageSize, min(n*pageSize, len(s.ids))
	if n > 1 && from >= len(s.ids) {
		say(w, 404, `{"detail":"Invalid page."}`)
		return
	}
	items := []string{}
	for _, id := range s.ids[from:to] {
		items = append(items, fmt.Sprintf(`{"id":%d,"name":"t%d"}`, id, id))
	}
	next := `"http://elsewhere.example.com/api/tasks?page=99"` // never followed
	say(w, 200, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, len(s.ids), next, strings.Join(items, ",")))
}

func numbers(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i + 1
	}
	return ids
}

func idsOf(tasks []Task) []int {
	ids := []int{}
	for _, t := range tasks {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestListTakesOneRequestPerPage(t *testing.T) {
	for n, requests := range map[int]int{0: 1, 1: 1, 399: 1, 400: 1, 401: 2, 800: 2, 1000: 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := &pagedTasks{ids: numbers(n)}
			tasks, err := serve(t, s.ServeHTTP).ListTasks(t.Context(), TaskFilter{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(numbers(n), idsOf(tasks)); diff != "" || len(s.asked) != requests {
				t.Errorf("%d requests, want %d\n%s", len(s.asked), requests, diff)
			}
		})
	}
}

func TestListAsksForTheWorkspaceAndAStableOrder(t *testing.T) {
	tests := map[string]struct {
		organization, want string
	}{
		"personal":     {"", "name=a+%26+b&org=&page=1&page_size=400&project_id=3&sort=id&tracker_link=m"},
		"organization": {"orchard", "name=a+%26+b&page=1&page_size=400&project_id=3&sort=id&tracker_link=m"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &pagedTasks{}
			c := serve(t, s.ServeHTTP, func(o *Options) { o.Organization = tt.organization })
			if _, err := c.ListTasks(t.Context(), TaskFilter{ProjectID: 3, Name: "a & b", Marker: "m"}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, s.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListThatMovesIsReadAgain(t *testing.T) {
	tests := map[string]struct {
		at int // the request before which it moves
		to []int
	}{
		"grows":              {2, numbers(900)},
		"shrinks":            {2, numbers(850)[5:]},
		"a page is gone":     {3, numbers(300)},
		"shrinks to nothing": {2, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &pagedTasks{ids: numbers(850)}
			s.before = func(n int) {
				if n == tt.at {
					s.ids = tt.to
				}
			}
			tasks, err := serve(t, s.ServeHTTP).ListTasks(t.Context(), TaskFilter{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]int{}, tt.to...), idsOf(tasks)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListThatNeverRestsIsAnError(t *testing.T) {
	s := &pagedTasks{ids: numbers(500)}
	s.before = func(n int) { s.ids = numbers(500 + n) }
	_, err := serve(t, s.ServeHTTP).ListTasks(t.Context(), TaskFilter{})
	if !errors.Is(err, ErrListMoved) || len(s.asked) > 2*maxListTries {
		t.Errorf("%v after %d requests", err, len(s.asked))
	}
}

func TestListThatLiesIsAnErrorAndBounded(t *testing.T) {
	item := func(i int) string { return fmt.Sprintf(`{"id":%d}`, i) }
	many := make([]string, pageSize+1)
	for i := range many {
		many[i] = item(i)
	}
	tests := map[string]string{
		"endless count":       `{"count":99999999999,"results":[{"id":1}]}`,
		"negative count":      `{"count":-1,"results":[]}`,
		"more than a page":    fmt.Sprintf(`{"count":401,"results":[%s]}`, strings.Join(many, ",")),
		"the same page again": `{"count":2000,"results":[{"id":1},{"id":1}]}`,
		"fewer than it says":  `{"count":3,"results":[{"id":1}]}`,
		"no results":          `{"count":3}`,
		"a list":              `[{"id":1}]`,
		"HTML":                `<html>`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { asked++; say(w, 200, body) })
			if tasks, err := c.ListTasks(t.Context(), TaskFilter{}); err == nil {
				t.Errorf("no error, but %d tasks", len(tasks))
			}
			if asked > 5*maxListTries {
				t.Errorf("%d requests", asked)
			}
		})
	}
}

// What fits into an answer may be millions of empty items, and into a list thousands of
// full answers.
func TestListThatLiesTakesLittleMemory(t *testing.T) {
	crowd := `{"count":1,"results":[{}` + strings.Repeat(",{}", 1<<17) + `]}`
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, crowd) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.ListTasks(t.Context(), TaskFilter{})
	runtime.ReadMemStats(&after)
	if took := int(after.TotalAlloc - before.TotalAlloc); err == nil || took > 20*len(crowd) {
		t.Errorf("%v, %d MiB", err, took>>20)
	}
	n := 0
	c = serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		say(w, 200, fmt.Sprintf(`{"count":1000000,"results":[{"id":%d,"name":%q}]}`, n, strings.Repeat("n", 1<<16)))
	})
	_, _, err = listOnce(t.Context(), c, get("/api/tasks", url.Values{}), func(t Task) int { return t.ID }, 10<<16)
	if !errors.As(err, new(*answerError)) || n != 10 {
		t.Errorf("%v after %d pages", err, n)
	}
}

func TestFilterThatAServerIgnoresIsAppliedHere(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"count":4,"results":[{"id":1,"name":"a","project_id":3},{"id":2,"name":"A","project_id":3},{"id":3,"name":"a","project_id":4},{"id":4,"name":"a"}]}`)
	})
	tasks, err := c.ListTasks(t.Context(), TaskFilter{ProjectID: 3, Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1}, idsOf(tasks)); diff != "" {
		t.Error(diff)
	}
}

func TestAnswerThatNeverEndsIsAnErrorAndNotMemory(t *testing.T) {
	sent := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"name":"`))
		for sent = 0; ; sent += 1 << 20 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	c, err := New(Options{BaseURL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Task(t.Context(), 1); !errors.As(err, new(*answerError)) {
		t.Errorf("got %v", err)
	}
	srv.Close()
	if sent > 4*maxAnswer {
		t.Errorf("%d MiB were taken", sent>>20)
	}
}

func TestAnswerShorterThanItsContentLengthIsAskedAgain(t *testing.T) {
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if asked < 3 {
			w.Header().Set("Content-Length", "5000")
		}
		say(w, 200, `{"id": 5}`)
	})
	task, err := c.Task(t.Context(), 5)
	if err != nil || task.ID != 5 || asked != 3 {
		t.Errorf("%+v, %v after %d requests", task, err, asked)
	}
}
