package cvattest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"sync"
	"time"
)

// patience is how long a test waits for what must come, on a machine with much else to do.
const patience = 2 * time.Minute

// A Rule picks requests. Its zero value picks all.
type Rule struct {
	Method string // "" is any
	Path   string // a pattern of path.Match, such as /api/tasks/*/data/; "" is any
	Header string // a header that must be there, such as Upload-Finish
	Writes bool   // only what is not GET or HEAD
	Nth    int    // only the nth that fits, counted from 1; 0 is each
}

func (r Rule) fits(q *http.Request) bool {
	if r.Method != "" && r.Method != q.Method || r.Writes && (q.Method == http.MethodGet || q.Method == http.MethodHead) {
		return false
	}
	if _, there := q.Header[http.CanonicalHeaderKey(r.Header)]; r.Header != "" && !there {
		return false
	}
	if r.Path == "" {
		return true
	}
	ok, _ := path.Match(r.Path, q.URL.Path) // a bad pattern fits nothing
	return ok
}

// A Point is where a request is held.
type Point int

// The points. A request whose client goes away while it is held counts for nothing
// before its handling, unless it is held Late: then it is handled all the same when the
// hold is released, as by a server that was merely slow.
const (
	BeforeHandling Point = iota
	AfterHandling        // it was handled, and the answer is not sent yet
	Late
)

// An Answer is sent in place of handling a request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Drop   bool // sends nothing and cuts the connection
	After  bool // handles the request first, and then answers this
	Cut    bool // handles the request, and sends half of the server's own answer as if it were all
	Short  bool // handles the request, announces the whole of the server's answer, and sends half
}

// A Seen is a request that came.
type Seen struct {
	Method, Path, Query string
	Header              http.Header
	Status              int // 0 until it is answered
}

// String is the request in a line, with the status of its answer.
func (s Seen) String() string {
	target := s.Path
	if s.Query != "" {
		target += "?" + s.Query
	}
	return fmt.Sprintf("%s %s %d", s.Method, target, s.Status)
}

// A Gate is in front of a server: it notes, holds and refuses requests. It is safe
// for concurrent use.
type Gate struct {
	next http.Handler

	mu     sync.Mutex
	seen   []*Seen
	rules  []*gateRule
	losses []string // see Losses
}

type gateRule struct {
	Rule
	count  int
	hold   *Hold
	point  Point
	answer *Answer
}

// NewGate puts a gate in front of any server, such as a reverse proxy to a real CVAT.
func NewGate(next http.Handler) *Gate { return &Gate{next: next} }

// Hold holds requests at a point.
func (g *Gate) Hold(r Rule, at Point) *Hold {
	h := newHold()
	g.add(&gateRule{Rule: r, hold: h, point: at})
	return h
}

// Fail answers requests in the server's stead.
func (g *Gate) Fail(r Rule, a Answer) { g.add(&gateRule{Rule: r, answer: &a}) }

// Clear drops all rules, and releases what they hold.
func (g *Gate) Clear() {
	g.Release()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = nil
}

func (g *Gate) add(r *gateRule) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, r)
}

// Release lets everything go on that is held.
func (g *Gate) Release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.rules {
		if r.hold != nil {
			r.hold.Release()
		}
	}
}

// Seen are the requests so far, in the order of their coming.
func (g *Gate) Seen() []Seen {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]Seen, len(g.seen))
	for i, s := range g.seen {
		all[i] = *s
	}
	return all
}

// Count is how many requests so far fit a rule.
func (g *Gate) Count(r Rule) int {
	n := 0
	for _, s := range g.Seen() {
		q := &http.Request{Method: s.Method, Header: s.Header}
		q.URL = &url.URL{Path: s.Path}
		if r.fits(q) {
			n++
		}
	}
	return n
}

// Forget starts the counting again.
func (g *Gate) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = nil
}

// note records a request and finds the rules that apply to it.
func (g *Gate) note(r *http.Request) (*Seen, []*gateRule) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := &Seen{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: maps.Clone(r.Header)}
	s.Header.Del("Authorization")
	s.Header.Del("Cookie")
	g.seen = append(g.seen, s)
	var apply []*gateRule
	for _, rule := range g.rules {
		if !rule.fits(r) {
			continue
		}
		rule.count++
		if rule.Nth == 0 || rule.Nth == rule.count {
			apply = append(apply, rule)
		}
	}
	return s, apply
}

// ServeHTTP puts one request through the gate.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen, rules := g.note(r)
	status := &statusWriter{to: w}
	g.through(status, r, rules)
	g.mu.Lock()
	defer g.mu.Unlock()
	seen.Status = status.status
}

// through applies the rules from the first to the last; with none left, the server has
// the request.
func (g *Gate) through(w http.ResponseWriter, r *http.Request, rules []*gateRule) {
	if len(rules) == 0 {
		g.handle(w, r)
		return
	}
	rule, rest := rules[0], rules[1:]
	if h := rule.hold; h != nil {
		defer h.done.Do(func() { close(h.handled) })
	}
	switch {
	case rule.answer != nil:
		g.fail(w, r, rule.answer, rest)
	case rule.point == AfterHandling:
		rec := httptest.NewRecorder()
		g.through(rec, r, rest)
		if rule.hold.stay(r.Context()) == nil {
			copyAnswer(w, rec)
		}
	case rule.point == Late:
		g.late(w, r, rule.hold, rest)
	case rule.hold.stay(r.Context()) == nil:
		g.through(w, r, rest)
	}
}

// late has the whole body before it waits, as the connection will be gone.
func (g *Gate) late(w http.ResponseWriter, r *http.Request, h *Hold, rest []*gateRule) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	detached := r.Clone(context.WithoutCancel(r.Context()))
	detached.Body = io.NopCloser(bytes.NewReader(body))
	_ = h.stay(detached.Context()) // never ends but by its release
	rec := httptest.NewRecorder()
	g.through(rec, detached, rest)
	copyAnswer(w, rec) // to nobody, perhaps
}

func (g *Gate) fail(w http.ResponseWriter, r *http.Request, a *Answer, rest []*gateRule) {
	if a.Cut || a.Short {
		g.half(w, r, a.Short, rest)
		return
	}
	if a.After {
		g.through(httptest.NewRecorder(), r, rest)
	} else {
		_, _ = io.Copy(io.Discard, r.Body) // else a client that still sends sees a broken pipe
	}
	if a.Drop {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

// half handles the request and spoils the answer.
func (g *Gate) half(w http.ResponseWriter, r *http.Request, announced bool, rest []*gateRule) {
	r.Header.Del("Accept-Encoding") // half of a gzip stream is a broken connection, not JSON that ends
	rec := httptest.NewRecorder()
	g.through(rec, r, rest)
	rec.Header().Del("Content-Length")
	if announced {
		rec.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
	}
	rec.Body.Truncate(rec.Body.Len() / 2)
	copyAnswer(w, rec)
}

func copyAnswer(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// A statusWriter remembers the status.
type statusWriter struct {
	to     http.ResponseWriter
	status int
}

func (w *statusWriter) Header() http.Header { return w.to.Header() }

func (w *statusWriter) Write(p []byte) (int, error) { return w.to.Write(p) }

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.to.WriteHeader(status)
}
