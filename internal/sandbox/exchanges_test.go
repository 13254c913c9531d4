package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The files of testdata/exchanges were recorded from a CVAT 2.73, less what differs from
// run to run:
//
//	> METHOD PATH [Header: value] BODY
//	< STATUS BODY
//	= name         keeps the id of what was made as $name
//
// An object must hold what is there, and may hold more; other bodies must be equal;
// a page must have the title.
func TestAnswersAreThoseOfCVAT(t *testing.T) {
	files, err := filepath.Glob("testdata/exchanges/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { replay(t, f) })
	}
}

type replayed struct {
	*client
	names map[string]string
	last  result
}

func replay(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &replayed{client: start(t, Options{}), names: map[string]string{}}
	for n, line := range strings.Split(string(raw), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		switch mark {
		case ">":
			r.ask(rest)
		case "<":
			if err := r.compare(r.fill(rest)); err != nil {
				t.Errorf("%s:%d: %v", file, n+1, err)
			}
		case "=":
			r.keep(rest)
		}
	}
}

func (r *replayed) fill(s string) string {
	for name, value := range r.names {
		s = strings.ReplaceAll(s, "$"+name, value)
	}
	return s
}

var bracketed = regexp.MustCompile(`^ \[([^:\]]+):([^\]]*)\]`)

func (r *replayed) ask(line string) {
	method, rest, _ := strings.Cut(line, " ")
	path, rest, _ := strings.Cut(rest, " ")
	rest = " " + rest
	var header []string
	for m := bracketed.FindStringSubmatch(rest); m != nil; m = bracketed.FindStringSubmatch(rest) {
		header = append(header, m[1], strings.TrimSpace(m[2]))
		rest = rest[len(m[0]):]
	}
	body := r.fill(strings.TrimSpace(rest))
	if body == "" {
		r.last = r.send(method, r.fill(path), nil, header...)
		return
	}
	r.last = r.send(method, r.fill(path), strings.NewReader(body), append([]string{"Content-Type", "application/json"}, header...)...)
}

// keep notes the id in the last answer's body, or at the end of its Location.
func (r *replayed) keep(name string) {
	var made struct{ ID json.Number }
	_ = json.Unmarshal([]byte(r.last.body), &made) // there may be no body
	r.names[name] = string(made.ID)
	if made.ID == "" {
		r.names[name] = filepath.Base(r.last.header.Get("Location"))
	}
}

func (r *replayed) compare(want string) error {
	status, body, _ := strings.Cut(want, " ")
	got := strings.TrimSpace(r.last.body)
	if fmt.Sprint(r.last.status) != status {
		return fmt.Errorf("got %d %.300s\nwant %s", r.last.status, got, want)
	}
	if title, is := strings.CutPrefix(body, "<title>"); is {
		if !strings.Contains(got, "<title>"+title+"</title>") {
			return fmt.Errorf("got %.300s, want the page %s", got, title)
		}
		return nil
	}
	var w, g any
	if json.Unmarshal([]byte(body), &w) != nil || json.Unmarshal([]byte(got), &g) != nil {
		if got != body {
			return fmt.Errorf("got %.300s\nwant %s", got, body)
		}
		return nil
	}
	if !holds(g, w) {
		return fmt.Errorf("got %.1000s\nwant %s", got, body)
	}
	return nil
}

// holds tells whether got has all of want.
func holds(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for k, v := range w {
			other, there := g[k]
			ok = ok && there && holds(other, v)
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(w)
		for i := range w {
			ok = ok && holds(g[i], w[i])
		}
		return ok
	}
	return reflect.DeepEqual(got, want)
}
