// Package storetest is an object storage for tests: it speaks as much of S3's protocol as reading bags needs.
package storetest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Bucket is an object storage with one bucket, "lab". It counts what is asked for, and a fault may come before its
// answers.
type Bucket struct {
	Objects map[string][]byte // by key
	Files   map[string]string // by key: objects that are files of this machine, and not listed
	Fault   func(w http.ResponseWriter, r *http.Request, again int) (answered bool)

	mu       sync.Mutex
	asked    map[string]int // method and URL → how often
	requests int
	sent     int64
}

// Seen tells how many requests came, and how many bytes of objects went out.
func (b *Bucket) Seen() (requests int, sent int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests, b.sent
}

// ServeHTTP answers as an S3 server does to HeadObject, GetObject and ListObjectsV2.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	again := b.count(r)
	counted := &countingWriter{to: w}
	defer func() {
		b.mu.Lock()
		b.sent += counted.n
		b.mu.Unlock()
	}()
	if b.Fault != nil && b.Fault(counted, r, again) {
		return
	}
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/lab"), "/")
	if r.URL.Query().Has("list-type") {
		b.list(counted, r.URL.Query())
		return
	}
	if file, there := b.Files[key]; there {
		http.ServeFile(counted, r, file)
		return
	}
	object, there := b.Objects[key]
	if !there {
		http.Error(w, `<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>`, http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%d-%x"`, len(object), object[:min(8, len(object))]))
	http.ServeContent(counted, r, key, time.Unix(1700000000, 0), bytes.NewReader(object))
}

func (b *Bucket) count(r *http.Request) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked = map[string]int{}
	}
	request := r.Method + " " + r.URL.String() + " " + r.Header.Get("Range")
	b.asked[request]++
	b.requests++
	return b.asked[request]
}

type countingWriter struct {
	to http.ResponseWriter
	n  int64
}

func (w *countingWriter) Header() http.Header    { return w.to.Header() }
func (w *countingWriter) WriteHeader(status int) { w.to.WriteHeader(status) }

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.n += int64(n)
	return n, err
}

// list gives two names a page, and directories where the query has a delimiter, which is a slash.
func (b *Bucket) list(w io.Writer, query url.Values) {
	prefix, after, flat := query.Get("prefix"), query.Get("continuation-token"), query.Get("delimiter") == ""
	type content struct {
		Key  string
		Size int
	}
	type common struct{ Prefix string }
	var answer struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
		CommonPrefixes        []common
	}
	names := map[string]int{}
	for key, object := range b.Objects {
		rest, below := strings.CutPrefix(key, prefix)
		if dir, _, deep := strings.Cut(rest, "/"); below && deep && !flat {
			names[prefix+dir+"/"] = -1
		} else if below {
			names[key] = len(object)
		}
	}
	var sorted []string
	for name := range names {
		if name > after {
			sorted = append(sorted, name)
		}
	}
	slices.Sort(sorted)
	if len(sorted) > 2 {
		sorted = sorted[:2]
		answer.IsTruncated, answer.NextContinuationToken = true, sorted[1]
	}
	for _, name := range sorted {
		if names[name] < 0 {
			answer.CommonPrefixes = append(answer.CommonPrefixes, common{name})
		} else {
			answer.Contents = append(answer.Contents, content{name, names[name]})
		}
	}
	_ = xml.NewEncoder(w).Encode(answer)
}
