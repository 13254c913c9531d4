package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// Web is a tree of files behind HTTP. A web server lists nothing: files are known by their names only, so that a
// manifest writes them out. The server must know ranges.
type Web struct {
	Root   string // an http or https URL, of a directory or of one file
	Client *http.Client
}

var (
	errNoRanges  = errors.New("the server gives no ranges of files (it answered a part with the whole)")
	errAddress   = errors.New("the address of the bags' root cannot be read") // the reason would repeat the address
	errOtherPart = fmt.Errorf("%w: the server answered with another part of it", fs.ErrInvalid)
)

// ErrNoListing is what [Web] says of directories.
var ErrNoListing = errors.New("a web server lists no files: name each file in the manifest, without * or ?")

// Path is the URL of a name, as it may be shown: without a password and without a query, which may be a signature.
func (w Web) Path(name string) string {
	u, err := w.address(name)
	if err != nil {
		return name
	}
	u.User = nil
	if u.RawQuery != "" {
		u.RawQuery = ""
		return u.String() + "?…"
	}
	return u.String()
}

// address is the URL that is asked.
func (w Web) address(name string) (*url.URL, error) {
	u, err := url.Parse(w.Root)
	if err != nil {
		return nil, errAddress
	}
	if name == "." {
		return u, nil
	}
	return u.JoinPath(strings.Split(name, "/")...), nil
}

// split is the directory that the root is in, and the root's name there.
func (w Web) split() (dir Web, name string) {
	address, query, signed := strings.Cut(w.Root, "?")
	parent, base := path.Split(address)
	if unescaped, err := url.PathUnescape(base); err == nil {
		base = unescaped
	}
	if signed {
		parent += "?" + query
	}
	return Web{Root: parent, Client: w.Client}, base
}

// isDirectory says that the root is written as a directory.
func (w Web) isDirectory() bool {
	u, err := w.address(".")
	return err == nil && strings.HasSuffix(u.Path, "/")
}

// List is not to be had.
func (w Web) List(_ context.Context, dir string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "list", Path: w.Path(dir), Err: ErrNoListing}
}

// Stat asks for the head of a file. The root is taken for a directory where it is not a file: a web server cannot tell.
// Where it answers with a page, of a directory's names or any other, the address that it leads to ends with a slash.
func (w Web) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	f, err := w.head(ctx, name)
	if name == "." && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || (err == nil || errors.Is(err, errNoRanges)) && (f.page || w.isDirectory())) {
		return remoteInfo{name: name, dir: true}, nil
	}
	if err != nil {
		return nil, err
	}
	modified, _ := http.ParseTime(f.date)
	return remoteInfo{name: path.Base(name), size: f.size, modified: modified}, nil
}

// Open pins the file to its ETag, or to its date where it has none, and in any case to its length.
func (w Web) Open(ctx context.Context, name string) (File, error) {
	f, err := w.head(ctx, name)
	if err != nil {
		return nil, err
	}
	if f.size < 0 {
		return nil, &fs.PathError{Op: "open", Path: w.Path(name), Err: errors.New("the server does not say how long it is")}
	}
	get := func(ctx context.Context, off, n int64) (io.ReadCloser, error) { return w.part(ctx, name, off, n, f) }
	return &remoteFile{get: get, size: f.size, path: w.Path(name)}, nil
}

// Link knows no links.
func (w Web) Link(_ context.Context, name string) (target, end string, err error) {
	return "", w.Path(name), nil
}

// A webFile is what a server says of one version of a file.
type webFile struct {
	size      int64 // -1 is unknown
	tag, date string
	page      bool // its address, after redirections, is a directory's
}

// pin lets a server answer only if the file is still that version.
func (f webFile) pin(h http.Header) {
	switch {
	case f.tag != "" && !strings.HasPrefix(f.tag, "W/"):
		h.Set("If-Match", f.tag)
	case f.date != "":
		h.Set("If-Unmodified-Since", f.date)
	}
}

func (w Web) head(ctx context.Context, name string) (webFile, error) {
	for failed := 1; ; failed++ {
		f, err := w.tryHead(ctx, name)
		if err == nil {
			return f, nil
		}
		if failed == tries || !temporary(err) || ctx.Err() != nil {
			return f, &fs.PathError{Op: "open", Path: w.Path(name), Err: err}
		}
		select {
		case <-time.After(backoff(failed)):
		case <-ctx.Done():
		}
	}
}

// tryHead asks for the first byte where a server refuses HEAD, as it does of an address that is signed for GET, or does not tell
// the length with it.
func (w Web) tryHead(ctx context.Context, name string) (webFile, error) {
	r, err := w.do(ctx, http.MethodHead, name, nil)
	if err == nil {
		r.Body.Close()
		if r.ContentLength >= 0 {
			return webFileOf(r, r.ContentLength), packed(r)
		}
	} else if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return webFile{}, err
	}
	first, err := w.do(ctx, http.MethodGet, name, func(h http.Header) { h.Set("Range", rangeOf(0, 1)) })
	if err != nil {
		return webFile{}, err
	}
	first.Body.Close()
	if first.StatusCode != http.StatusPartialContent {
		return webFileOf(first, -1), errNoRanges
	}
	_, size := contentRange(first.Header.Get("Content-Range"))
	return webFileOf(first, size), packed(first)
}

// webFileOf is what an answer says of a file. An address without a path is the server's own page.
func webFileOf(r *http.Response, size int64) webFile {
	p := r.Request.URL.Path
	return webFile{size, r.Header.Get("ETag"), r.Header.Get("Last-Modified"), p == "" || strings.HasSuffix(p, "/")}
}

// packed is an error of a file whose bytes are not those that its server sends.
func packed(r *http.Response) error {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return fmt.Errorf("%w: the server sends it packed (Content-Encoding: %.20q), and a part of that is no part of the file", fs.ErrInvalid, encoding)
	}
	return nil
}

// contentRange is where a part begins and how long its file is, as the header of that name says; -1 where it does not.
func contentRange(h string) (off, size int64) {
	var end int64
	if n, _ := fmt.Sscanf(h, "bytes %d-%d/%d", &off, &end, &size); n == 3 {
		return off, size
	}
	if n, _ := fmt.Sscanf(h, "bytes %d-%d/*", &off, &end); n == 2 {
		return off, -1
	}
	return -1, -1
}

// part is n bytes of a file. A server may overlook what it was asked: another part, or one of another version, is none.
func (w Web) part(ctx context.Context, name string, off, n int64, f webFile) (io.ReadCloser, error) {
	r, err := w.do(ctx, http.MethodGet, name, func(h http.Header) {
		f.pin(h)
		h.Set("Range", rangeOf(off, n))
	})
	if err != nil {
		return nil, err
	}
	at, size := contentRange(r.Header.Get("Content-Range"))
	switch tag := r.Header.Get("ETag"); {
	case r.StatusCode != http.StatusPartialContent:
		err = errNoRanges
	case at != off:
		err = errOtherPart
	case size >= 0 && size != f.size, tag != "" && f.tag != "" && tag != f.tag:
		err = ErrChanged
	default:
		err = packed(r)
	}
	if err != nil {
		r.Body.Close()
		return nil, err
	}
	return r.Body, nil
}

func (w Web) do(ctx context.Context, method, name string, set func(http.Header)) (*http.Response, error) {
	address, err := w.address(name)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "identity") // the file's own bytes
	if set != nil {
		set(request.Header)
	}
	client := w.Client
	if client == nil {
		client = webClient
	}
	r, err := client.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	if err := statusError(r.StatusCode, statusText(r.StatusCode)); err != nil {
		r.Body.Close()
		return nil, err
	}
	return r, nil
}

var errRedirect = errors.New("the server redirects to what is not an address")

// withoutAddress is an error of a request without the address that was asked, which a redirection may have signed, and without
// that of a redirection which net/http quotes because it cannot be parsed.
func withoutAddress(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if strings.Contains(err.Error(), "Location header") {
		return errRedirect
	}
	return err
}

// statusText is a status in our words: a server's own may be anything, the request's signature too.
func statusText(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// webClient sends nothing but the request: no credentials, no cookies.
var webClient = &http.Client{Transport: webTransport()}

// How long a server may take to begin an answer, and how many connections to it are kept.
const (
	responseHeaderTimeout = 30 * time.Second
	maxIdleConns          = 16
)

func webTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = responseHeaderTimeout
	t.MaxIdleConnsPerHost = maxIdleConns
	return t
}

func rangeOf(off, n int64) string { return fmt.Sprintf("bytes=%d-%d", off, off+n-1) }

// statusError is what an answer says went wrong, nil for a success.
func statusError(code int, status string) error {
	switch {
	case code < 300:
		return nil
	case code == http.StatusNotFound || code == http.StatusGone:
		return fs.ErrNotExist
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("%w (%s)", fs.ErrPermission, status)
	case code == http.StatusPreconditionFailed:
		return ErrChanged
	case code == http.StatusRequestedRangeNotSatisfiable:
		return ErrChanged // it became shorter
	case code == http.StatusNotImplemented, code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout:
		return fmt.Errorf("%w: the server answered %s", fs.ErrInvalid, status)
	}
	return fmt.Errorf("the server answered %s", status)
}

// A remoteInfo is what a server says of a file or directory.
type remoteInfo struct {
	name     string
	size     int64
	modified time.Time
	dir      bool
}

func (i remoteInfo) Name() string       { return i.name }
func (i remoteInfo) Size() int64        { return i.size }
func (i remoteInfo) ModTime() time.Time { return i.modified }
func (i remoteInfo) IsDir() bool        { return i.dir }
func (i remoteInfo) Sys() any           { return nil }

func (i remoteInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
