package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A handler answers one method of one URL. An error that is no [problem] becomes
// Django's page for a 500, and is logged.
type handler func(q *query) (answer, error)

// A query is one request with what every handler needs to know about it.
type query struct {
	*http.Request
	ctx  context.Context // outlives the client: CVAT finishes what it began (A2)
	args []string        // what the groups of the route matched
	who  *caller         // nil: without credentials
	org  workspace
}

// base is the server's URL as the client wrote it; CVAT builds all links from it (A3).
func (q *query) base() string { return "http://" + q.Host }

// id is the route's group n as a number; a number too large is no id that exists.
func (q *query) id(n int) int {
	id, err := strconv.Atoi(q.args[n])
	if err != nil {
		return -1
	}
	return id
}

type route struct {
	pattern *regexp.Regexp
	methods map[string]handler
	allow   string
	open    bool // needs no credentials
	kind    bodyKind
}

// bodyKind is what a route's bodies may be; anything else answers 415.
type bodyKind int

const (
	jsonBody   bodyKind = iota // JSON only
	uploadBody                 // JSON or multipart
	tusBody                    // the TUS type only
)

type router struct{ routes []*route }

func (rt *router) add(pattern string, methods map[string]handler) *route {
	r := &route{pattern: regexp.MustCompile("^" + pattern + "$"), methods: methods}
	var names []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if methods[m] != nil {
			names = append(names, m)
		}
	}
	if get := methods["GET"]; get != nil && methods["HEAD"] == nil {
		methods["HEAD"] = get
	}
	if methods["HEAD"] != nil {
		names = append(names, "HEAD")
	}
	r.allow = strings.Join(append(names, "OPTIONS"), ", ")
	rt.routes = append(rt.routes, r)
	return r
}

func (rt *router) find(path string) (*route, []string) {
	for _, r := range rt.routes {
		if m := r.pattern.FindStringSubmatch(path); m != nil {
			return r, m[1:]
		}
	}
	return nil, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", storage.NewUUID())
	w.Header().Set("X-Frame-Options", "DENY")
	a, err := s.handle(w, r)
	if r.ContentLength <= maxBody {
		_, _ = io.Copy(io.Discard, r.Body) // the proxy has all of a body before CVAT refuses it
	}
	if err == nil {
		a.send(w, r)
		return
	}
	var p *problem
	if !errors.As(err, &p) {
		p = s.fullDisk(err)
	}
	if p == nil {
		s.o.Log.Error("sandbox request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		p = crashed()
	}
	if p.status == http.StatusInternalServerError {
		w.Header().Del("Allow") // Django's page comes from outside of CVAT's views
	}
	answer{status: p.status, ctype: p.ctype, body: p.body, header: p.header}.send(w, r)
}

// maxBody is what the proxy takes in one request (CVAT's nginx.conf, A29).
const maxBody = 1 << 30

func (s *Server) handle(w http.ResponseWriter, r *http.Request) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			err = s.queue.Panicked(v)
		}
	}()
	if r.ContentLength > maxBody {
		return answer{}, nginxPage(http.StatusRequestEntityTooLarge)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	route, args := s.routes.find(r.URL.Path)
	if route == nil {
		return answer{}, missingURL()
	}
	q := &query{Request: r, ctx: context.WithoutCancel(r.Context()), args: args}
	w.Header().Set("Allow", route.allow)
	w.Header().Set("Vary", "Accept, Accept-Encoding, Origin, Cookie")
	if err := s.identify(q, route); err != nil {
		return answer{}, err
	}
	h := route.methods[r.Method]
	if h == nil && r.Method == http.MethodOptions {
		return ok(map[string]any{}), nil
	}
	if h == nil {
		return answer{}, detail(http.StatusMethodNotAllowed, "Method %q not allowed.", r.Method)
	}
	if err := checkMediaTypes(r, route.kind); err != nil {
		return answer{}, err
	}
	return h(q)
}

// checkMediaTypes holds what the client sends and wants against what CVAT takes and has.
func checkMediaTypes(r *http.Request, kind bodyKind) error {
	if err := checkAccept(r.Header.Get("Accept")); err != nil || r.ContentLength == 0 {
		return err
	}
	ctype, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	var good bool
	switch ctype = strings.TrimSpace(ctype); ctype {
	case "application/json", jsonType:
		good = kind != tusBody
	case "multipart/form-data":
		good = kind == uploadBody
	case "application/offset+octet-stream":
		good = kind == tusBody
	}
	if !good {
		return detail(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", r.Header.Get("Content-Type"))
	}
	return nil
}

// checkAccept refuses a client that wants neither JSON nor what a browser wants, or
// another version of the API than its only one.
func checkAccept(accept string) error {
	if accept == "" {
		return nil
	}
	satisfied := false
	for _, kind := range strings.Split(accept, ",") {
		name, rest, _ := strings.Cut(kind, ";")
		switch strings.TrimSpace(name) {
		case "*/*", "application/*", "application/json", jsonType, "text/html", "text/*":
			satisfied = true
		}
		for _, part := range strings.Split(rest, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(part), "version="); ok && v != "2.0" {
				return detail(http.StatusNotAcceptable, `Invalid version in "Accept" header.`)
			}
		}
	}
	if !satisfied {
		return detail(http.StatusNotAcceptable, "Could not satisfy the request Accept header.")
	}
	return nil
}
