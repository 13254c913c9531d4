package cvattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// A personality answers as CVAT 2.minor does. It puts right what the sandbox, which
// answers as 2.73, says differently; the facts are read in the sources of the releases.
type personality struct {
	version string
	minor   int
}

func parseVersion(v string) (personality, error) {
	p := personality{version: v}
	if n, _ := fmt.Sscanf(v, "2.%d", &p.minor); n != 1 || p.minor < 39 {
		return p, fmt.Errorf("cvattest: version %q: want 2.39.0 or later", v)
	}
	return p, nil
}

// before tells whether the version is older than 2.minor.
func (p personality) before(minor int) bool { return p.minor < minor }

// settle chooses the sandbox's options that hang on the version.
func (p personality) settle(o *sandbox.Options) {
	if p.before(70) {
		o.BusyWait = time.Hour // no time-out on a row's lock: a request waits for the import
	}
	if p.before(48) {
		o.MaxJobs = 1 << 30
	}
}

func (p personality) wrap(next http.Handler) http.Handler {
	if p.version == sandbox.Version {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.refuse(w, r) {
			return
		}
		origin := r.Header.Get("Origin")
		r.Header.Del("Accept-Encoding") // the answer is rewritten
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		p.rewrite(rec, r, origin)
		maps.Copy(w.Header(), rec.Header())
		if rec.Code != http.StatusNoContent && r.Method != http.MethodHead {
			w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

const (
	errorPage   = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n"
	oldPieceMax = 100 << 20 // DATA_UPLOAD_MAX_MEMORY_SIZE
)

var (
	dataURL   = regexp.MustCompile(`^/api/tasks/\d+/data/?$`)
	pieceURL  = regexp.MustCompile(`^/api/tasks/\d+/data/\d+_[0-9a-f-]+$`)
	metaURL   = regexp.MustCompile(`^/api/(tasks|jobs)/\d+/data/meta$`)
	taskURL   = regexp.MustCompile(`^/api/tasks(/\d+)?$`)
	requestsU = regexp.MustCompile(`^/api/requests(/[^/]+)?$`)
)

// refuse answers what an older server refuses and the sandbox does not.
func (p personality) refuse(w http.ResponseWriter, r *http.Request) bool {
	tokens := strings.HasPrefix(r.URL.Path, "/api/auth/access_tokens")
	bearer := strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), "bearer ")
	creation := r.Method == http.MethodPost && dataURL.MatchString(r.URL.Path) && r.Header.Get("Upload-Length") != ""
	switch {
	case p.before(48) && tokens:
		return say(w, r, http.StatusNotFound, "text/html; charset=utf-8", "<title>Not Found</title>")
	case p.before(48) && bearer && r.URL.Path != "/api/server/about":
		w.Header().Set("WWW-Authenticate", "Token")
		return say(w, r, http.StatusUnauthorized, "application/vnd.cvat+json", `{"detail":"Authentication credentials were not provided."}`)
	case p.before(56) && creation && r.Header.Get("Origin") == "" && r.Header.Get("X-Forwarded-Host") == "":
		return say(w, r, http.StatusInternalServerError, "text/html; charset=utf-8", errorPage)
	case p.before(55) && r.Method == http.MethodPatch && pieceURL.MatchString(r.URL.Path) && r.ContentLength > oldPieceMax:
		return say(w, r, http.StatusBadRequest, "text/html; charset=utf-8", "<title>Bad Request (400)</title>")
	case p.before(48) && bearer:
		r.Header.Del("Authorization")
	}
	return p.before(65) && p.missesQuality(w, r)
}

// missesQuality refuses an upload's parameters without an image_quality, as servers did
// until the parameter became optional, to be missed by the import.
func (p personality) missesQuality(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || !dataURL.MatchString(r.URL.Path) || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return false
	}
	_, finish := r.Header["Upload-Finish"]
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if err != nil || !finish || strings.Contains(string(body), `"image_quality"`) {
		return false
	}
	return say(w, r, http.StatusBadRequest, "application/vnd.cvat+json", `{"image_quality":["This field is required."]}`)
}

func say(w http.ResponseWriter, r *http.Request, status int, ctype, body string) bool {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", ctype)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return true
}

// rewrite turns an answer of the sandbox into one of the version.
func (p personality) rewrite(rec *httptest.ResponseRecorder, r *http.Request, origin string) {
	path := r.URL.Path
	switch {
	case pieceURL.MatchString(path) && rec.Code == http.StatusNotFound && p.before(55):
		replace(rec, http.StatusInternalServerError, "text/html; charset=utf-8", errorPage)
	case dataURL.MatchString(path) && rec.Code == http.StatusCreated && p.before(59):
		p.relocate(rec, r, origin)
	case dataURL.MatchString(path) && rec.Code == http.StatusBadRequest && p.before(73):
		rec.Body = bytes.NewBufferString(strings.Replace(rec.Body.String(), `["Adding more data is not supported"]`, `"Adding more data is not supported"`, 1))
	case metaURL.MatchString(path) && r.Method == http.MethodGet && p.before(65):
		p.oldMeta(rec)
	}
	if !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/vnd.cvat+json") || rec.Code >= 300 {
		return
	}
	switch {
	case path == "/api/server/about":
		edit(rec, func(o map[string]any) { o["version"] = p.version })
	case taskURL.MatchString(path):
		edit(rec, p.oldTask)
	case requestsU.MatchString(path):
		edit(rec, p.oldRequest)
	case metaURL.MatchString(path) && p.before(52):
		edit(rec, func(o map[string]any) { drop(o, "chapters", "storage", "cloud_storage_id") })
	}
}

// relocate makes the Location that the old code makes: the client's Origin and the
// path of the request with its last segment replaced, so that without a slash at the
// end "data" is lost.
func (p personality) relocate(rec *httptest.ResponseRecorder, r *http.Request, origin string) {
	full, err := url.Parse(rec.Header().Get("Location"))
	if err != nil {
		return
	}
	id := full.Path[strings.LastIndexByte(full.Path, '/')+1:]
	dir := r.URL.Path[:strings.LastIndexByte(r.URL.Path, '/')+1]
	if origin == "" {
		origin = "http://" + r.Host
	}
	rec.Header().Set("Location", origin+dir+id)
}

// oldMeta answers for a task without frames: 500 if nothing was sent, an empty list if
// something was. The sandbox cannot tell the two apart here, and says the latter.
func (p personality) oldMeta(rec *httptest.ResponseRecorder) {
	if rec.Code == http.StatusBadRequest {
		replace(rec, http.StatusOK, "application/vnd.cvat+json", `{"chunk_size":null,"size":0,"image_quality":0,"start_frame":0,"stop_frame":0,"frame_filter":"","frames":[],"deleted_frames":[],"included_frames":null}`)
	}
}

func (p personality) oldTask(o map[string]any) {
	if p.before(65) {
		drop(o, "media_type")
		if o["data"] != nil && o["dimension"] == "" {
			o["dimension"], o["image_quality"], o["data_chunk_size"] = "2d", 0, nil
		}
	}
	if p.before(59) {
		drop(o, "project_name")
		if o["data"] == nil {
			drop(o, "data")
		}
	}
	if p.before(44) {
		drop(o, "organization_id", "data_cloud_storage_id")
	}
}

func (p personality) oldRequest(o map[string]any) {
	if op, ok := o["operation"].(map[string]any); ok && p.before(65) {
		drop(op, "org_id", "lightweight")
	}
	if p.before(70) && o["status"] == "finished" {
		o["status"] = nil // as if the record had expired while it was read
	}
	if m, ok := o["message"].(string); ok && p.before(46) && strings.Contains(m, "InvalidImageError") {
		o["message"] = "PIL.UnidentifiedImageError: cannot identify image file " + m[strings.Index(m, "'"):]
	}
}

func drop(o map[string]any, names ...string) {
	for _, n := range names {
		delete(o, n)
	}
}

func replace(rec *httptest.ResponseRecorder, status int, ctype, body string) {
	rec.Code = status
	rec.Header().Set("Content-Type", ctype)
	rec.Body = bytes.NewBufferString(body)
}

// edit changes an object, or each of a list's results.
func edit(rec *httptest.ResponseRecorder, change func(map[string]any)) {
	var o map[string]any
	dec := json.NewDecoder(rec.Body)
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil {
		panic(errors.Join(errors.New("cvattest: the sandbox answered no object"), err))
	}
	if results, ok := o["results"].([]any); ok {
		for _, r := range results {
			if one, ok := r.(map[string]any); ok {
				change(one)
			}
		}
	} else {
		change(o)
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // it was decoded just now
	}
	rec.Body = bytes.NewBufferString(string(b))
}
