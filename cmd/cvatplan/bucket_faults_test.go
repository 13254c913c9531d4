package main

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/store/storetest"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A bucketFault is what an S3 server, or the way to it, does to one request. passes: it is no reason to stop.
type bucketFault struct {
	do     func(b *storetest.Bucket, w http.ResponseWriter, r *http.Request)
	passes bool
}

var bucketFaults = map[string]bucketFault{
	"no answer": {func(*storetest.Bucket, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
	"cut in the middle": {func(b *storetest.Bucket, w http.ResponseWriter, r *http.Request) {
		a := answerOf(b, r)
		maps.Copy(w.Header(), a.Header())
		w.Header().Set("Content-Length", fmt.Sprint(max(a.Body.Len(), 1)))
		w.WriteHeader(a.Code)
		_, _ = w.Write(a.Body.Bytes()[:a.Body.Len()/2])
		panic(http.ErrAbortHandler)
	}, true},
	"503 SlowDown":       {refusal(503, "SlowDown"), true},
	"500 InternalError":  {refusal(500, "InternalError"), true},
	"403 ExpiredToken":   {refusal(403, "ExpiredToken"), false},
	"412, as it changed": {refusal(412, "PreconditionFailed"), false},
	"another ETag": {func(b *storetest.Bucket, w http.ResponseWriter, r *http.Request) {
		a := answerOf(b, r)
		maps.Copy(w.Header(), a.Header())
		w.Header().Set("ETag", `"of-another-object"`)
		w.WriteHeader(a.Code)
		_, _ = w.Write(a.Body.Bytes())
	}, false},
}

func refusal(status int, code string) func(*storetest.Bucket, http.ResponseWriter, *http.Request) {
	return func(_ *storetest.Bucket, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code></Error>`, code)
	}
}

// answerOf is what the server would have answered. It is no request more to it.
func answerOf(b *storetest.Bucket, r *http.Request) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	(&storetest.Bucket{Objects: b.Objects}).ServeHTTP(a, r)
	return a
}

// Whatever happens to one request for images in a bucket: what passes is asked again by the same run, and what the server decided
// makes no task of other bytes. The next run ends with each task whole.
func TestAFaultOfTheBucketAtAnyRequestIsSurvived(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2})
	objects := objectsOf(t, filepath.Join(d.checkouts[0], "data"))
	total := withFault(t, d, objects, 0, bucketFault{passes: true})
	names := slices.Sorted(maps.Keys(bucketFaults))
	for k := 1; k <= total; k++ {
		for i, name := range names {
			if !everything() && i != k%len(names) || skipped(k, 2) {
				continue
			}
			t.Run(fmt.Sprintf("%02d %s", k, name), func(t *testing.T) {
				t.Parallel()
				withFault(t, d, objects, k, bucketFaults[name])
			})
		}
	}
}

// withFault applies a dataset that is in a bucket, with a fault at the k-th request, and gives how many requests came to the
// bucket until apply ended.
func withFault(t *testing.T, d *dataset, objects map[string][]byte, k int, fault bucketFault) (requests int) {
	t.Helper()
	b := &storetest.Bucket{Objects: objects}
	var mu sync.Mutex
	came := 0
	b.Fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		mu.Lock()
		came++
		hit := came == k
		mu.Unlock()
		if hit {
			fault.do(b, w, r)
		}
		return hit
	}
	bucket := httptest.NewServer(b)
	t.Cleanup(bucket.Close)
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token).with("cvatplan", "AWS_ENDPOINT_URL="+bucket.URL, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_EC2_METADATA_DISABLED=true")
	p := s.run(t, 0, "apply", "--root", "s3://lab/data")
	requests, _ = b.Seen()
	if fault.passes {
		p.wants(t, exitOK)
	} else if p.code() != exitOK { // it may have hit an answer whose ETag is of no use
		s.apply(t, 0, "--root", "s3://lab/data")
	}
	s.whole(t)
	return requests
}

// objectsOf are the files of a directory as objects below data/.
func objectsOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	objects := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err == nil {
			objects[path.Join("data", filepath.ToSlash(rel))], err = os.ReadFile(file)
		}
		return err
	}))
	return objects
}
