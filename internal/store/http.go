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

var errNoRanges = errors.New("the server gives no ranges of files (it answered a part with the whole)")

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
		return nil, errors.New("the address of the bags' root cannot be read") // its words would be the address
	}
	if name == "." {
		return u, nil
	}
	return u.JoinPath(strings.Split(name, "/")...), nil
}

// List is not to be had.
func (w Web) List(_ context.Context, dir string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "list", Path: w.Path(dir), Err: ErrNoListing}
}

// Stat asks for the head of a file. The root is taken for a directory where it is not a file: a web server cannot tell.
func (w Web) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	r, err := w.head(ctx, name)
	if name == "." && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || err == nil && strings.HasSuffix(w.Root, "/")) {
		return remoteInfo{name: name, dir: true}, nil
	}
	if err != nil {
		return nil, err
	}
	modified, _ := http.ParseTime(r.Header.Get("Last-Modified"))
	return remoteInfo{name: path.Base(name), size: r.ContentLength, modified: modified}, nil
}

// Open pins the file to its ETag, or to its date where it has none.
func (w Web) Open(ctx context.Context, name string) (File, error) {
	r, err := w.head(ctx, name)
	if err != nil {
		return nil, err
	}
	if r.ContentLength < 0 {
		return nil, &fs.PathError{Op: "open", Path: w.Path(name), Err: errors.New("the server does not say how long it is")}
	}
	pin := func(h http.Header) {
		switch tag, date := r.Header.Get("ETag"), r.Header.Get("Last-Modified"); {
		case tag != "" && !strings.HasPrefix(tag, "W/"):
			h.Set("If-Match", tag)
		case date != "":
			h.Set("If-Unmodified-Since", date)
		}
	}
	get := func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
		return w.part(ctx, name, off, n, pin)
	}
	return &remoteFile{get: get, size: r.ContentLength, path: w.Path(name)}, nil
}

// Link knows no links.
func (w Web) Link(_ context.Context, name string) (target, end string, err error) {
	return "", w.Path(name), nil
}

func (w Web) head(ctx context.Context, name string) (*http.Response, error) {
	for failed := 1; ; failed++ {
		r, err := w.do(ctx, http.MethodHead, name, nil)
		if err == nil {
			r.Body.Close()
			return r, nil
		}
		if failed == tries || !temporary(err) || ctx.Err() != nil {
			return nil, &fs.PathError{Op: "open", Path: w.Path(name), Err: err}
		}
		time.Sleep(backoff(failed))
	}
}

func (w Web) part(ctx context.Context, name string, off, n int64, pin func(http.Header)) (io.ReadCloser, error) {
	r, err := w.do(ctx, http.MethodGet, name, func(h http.Header) {
		pin(h)
		h.Set("Range", rangeOf(off, n))
	})
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusPartialContent {
		r.Body.Close()
		return nil, errNoRanges
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
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err // without the address, which a redirection may have signed
	}
	if err != nil {
		return nil, err
	}
	if err := statusError(r.StatusCode, r.Status); err != nil {
		r.Body.Close()
		return nil, err
	}
	return r, nil
}

// webClient sends nothing but the request: no credentials, no cookies.
var webClient = &http.Client{Transport: webTransport()}

func webTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 30 * time.Second
	t.MaxIdleConnsPerHost = 16
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
	case code < 500 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout:
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
