package api

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/klauspost/compress/gzip"
)

// An answer is what a handler has to say. Handlers do not write to the connection,
// so that an answer is complete before its first byte is sent.
type answer struct {
	status int
	ctype  string
	header http.Header
	body   []byte
}

const (
	jsonType = "application/vnd.cvat+json"
	htmlType = "text/html; charset=utf-8"
)

func ok(v any) answer {
	return answer{status: http.StatusOK, ctype: jsonType, body: storage.EncodeJSON(v)}
}
func reply(status int, v any) answer {
	return answer{status: status, ctype: jsonType, body: storage.EncodeJSON(v)}
}
func empty(status int) answer { return answer{status: status} }
func created(url string, v any) answer {
	a := reply(http.StatusCreated, v)
	a.header = http.Header{"Location": {url}}
	return a
}

// A problem is an answer that is an error, in one of CVAT's shapes (A1).
type problem struct {
	status int
	ctype  string
	body   []byte
	header http.Header
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s", p.status, p.body) }

// detail is {"detail": text}.
func detail(status int, format string, args ...any) *problem {
	return &problem{status: status, ctype: jsonType, body: storage.EncodeJSON(map[string]string{"detail": fmt.Sprintf(format, args...)})}
}

// listed is ["text"], with status 400.
func listed(format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, ctype: jsonType, body: storage.EncodeJSON([]string{fmt.Sprintf(format, args...)})}
}

// quoted is a bare JSON string.
func quoted(status int, format string, args ...any) *problem {
	return &problem{status: status, ctype: jsonType, body: storage.EncodeJSON(fmt.Sprintf(format, args...))}
}

// plain is bare text that is labelled as HTML.
func plain(status int, format string, args ...any) *problem {
	return &problem{status: status, ctype: htmlType, body: fmt.Appendf(nil, format, args...)}
}

// page is Django's own error page.
func page(status int, title, text string) *problem {
	const layout = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>%s</title>\n</head>\n<body>\n  <h1>%s</h1><p>%s</p>\n</body>\n</html>\n"
	return &problem{status: status, ctype: htmlType, body: fmt.Appendf(nil, layout, title, title, text)}
}

// nginxPage is what CVAT's proxy answers in CVAT's stead.
func nginxPage(status int) *problem {
	const layout = "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return &problem{status: status, ctype: "text/html", body: fmt.Appendf(nil, layout, title)}
}

// notFound is for an id that nothing has; an id below zero means a word that is no
// number.
func notFound(kind string, id int) *problem {
	if id < 0 {
		return detail(http.StatusNotFound, "Not found.")
	}
	return detail(http.StatusNotFound, "No %s matches the given query.", kind)
}
func forbidden() *problem {
	return detail(http.StatusForbidden, "You do not have permission to perform this action.")
}
func crashed() *problem { return page(http.StatusInternalServerError, "Server Error (500)", "") }

// missingURL is the answer to a URL that CVAT does not have.
func missingURL() *problem {
	return page(http.StatusNotFound, "Not Found", "The requested resource was not found on this server.")
}

// notDone is for what CVAT does and the sandbox does not.
func notDone(what string) *problem {
	return detail(http.StatusNotImplemented, "The sandbox has no %s; use a CVAT server for it.", what)
}

// gzipFrom is the size below which Django does not compress.
const gzipFrom = 200

func (a answer) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for k, v := range a.header {
		h[k] = v
	}
	if a.ctype != "" {
		h.Set("Content-Type", a.ctype)
	}
	body := a.body
	if len(body) >= gzipFrom && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && compressible(a.ctype) {
		body = compressed(body)
		h.Set("Content-Encoding", "gzip")
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", fmt.Sprint(len(body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may be gone; what was done stays done
	}
}

func compressible(ctype string) bool {
	return strings.HasPrefix(ctype, "text/") || ctype == jsonType
}

// compressors are kept, as each has tables of about a megabyte.
var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for bad levels only
	return z
}}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(&b)
	_, _ = z.Write(body) // a Buffer takes all
	_ = z.Close()
	return b.Bytes()
}

// fullDisk is the answer where the directory's disk is full; nil where that is not why. A
// CVAT answers 500 and does not say why, but this disk is mostly that of who applies.
func (s *Server) fullDisk(err error) *problem {
	if text := s.store.DiskFull(err); text != "" {
		return detail(http.StatusInsufficientStorage, "%s", text)
	}
	return nil
}
