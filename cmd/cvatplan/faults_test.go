package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// wireFaults are what networks do to one connection, which is one request here.
var wireFaults = map[string]cvattest.Fault{
	"reset at once":              {End: cvattest.Reset},
	"reset in the request":       {End: cvattest.Reset, After: 100},
	"reset in the answer":        {End: cvattest.Reset, After: 100, Answer: true},
	"reset before the answer":    {End: cvattest.Reset, Answer: true},
	"request half closed":        {End: cvattest.HalfClose, After: 100},
	"answer half closed":         {End: cvattest.HalfClose, After: 50, Answer: true},
	"request into a black hole":  {End: cvattest.BlackHole, After: 100},
	"answer from a black hole":   {End: cvattest.BlackHole, Answer: true},
	"answer stops in the middle": {End: cvattest.BlackHole, After: 100, Answer: true},
	"late, slow and in slices":   {Latency: time.Millisecond, Slice: 512, Rate: 4 << 20},
}

const errorPage = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"

// answerFaults are what servers, and proxies in front of them, answer to one request.
func answerFaults() map[string]cvattest.Answer {
	page := http.Header{"Content-Type": {"text/html"}}
	faults := map[string]cvattest.Answer{
		"JSON that is cut":     {Cut: true},
		"wrong Content-Length": {Short: true},
		"no answer":            {Drop: true},
		"no answer, handled":   {Drop: true, After: true},
		"429 in seconds":       {Status: 429, Header: http.Header{"Retry-After": {"1"}}, Body: `{"detail":"Request was throttled."}`},
		"429 with a date":      {Status: 429, Header: http.Header{"Retry-After": {time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)}}},
		"503 in seconds":       {Status: 503, Header: http.Header{"Retry-After": {"1"}}},
		"503 with a date":      {Status: 503, Header: http.Header{"Retry-After": {time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)}}},
		"429 without a word":   {Status: 429},
		"503 of CVAT's":        {Status: 503, Body: `"Redis service is not available"`},
		"503, handled":         {Status: 503, After: true, Header: page, Body: errorPage},
	}
	for _, code := range []int{500, 502, 504} {
		faults[fmt.Sprint(code)] = cvattest.Answer{Status: code, Header: page, Body: errorPage}
		faults[fmt.Sprint(code, ", handled")] = cvattest.Answer{Status: code, After: true, Header: page, Body: errorPage}
	}
	return faults
}

// impatient are flags that make black holes short.
var impatient = []string{"apply", "--upload-chunk", "256KiB", "--timeout", "2s", "--answer-timeout", "2s"}

// Whatever the network does to any one request, the same run ends well.
func TestAFaultOfTheWireAtAnyRequestIsSurvived(t *testing.T) {
	t.Parallel()
	faults := &faultTable{dataset: newDataset(t, shape{tasks: 1, frames: 2, pixels: 200, related: everything()})}
	faults.run(t, slices.Sorted(maps.Keys(wireFaults)), func(t *testing.T, name string, k int) bool {
		srv := cvattest.Start(t, cvattest.OneRequestEach())
		wire := cvattest.NewWire(t, strings.TrimPrefix(srv.URL, "http://"))
		wire.On(k, wireFaults[name])
		s := newSite(t, faults.dataset, "http://"+wire.Address, srv.Token)
		s.next(t, 0, impatient[1:]...)
		s.url = srv.URL
		s.whole(t)
		return wire.Count() >= k
	})
}

// The same for what servers and proxies answer.
func TestAFaultyAnswerToAnyRequestIsSurvived(t *testing.T) {
	t.Parallel()
	answers := answerFaults()
	faults := &faultTable{dataset: newDataset(t, shape{tasks: 1, frames: 2, related: everything()})}
	faults.run(t, slices.Sorted(maps.Keys(answers)), func(t *testing.T, name string, k int) bool {
		srv := cvattest.Start(t)
		srv.Fail(cvattest.Rule{Nth: k}, answers[name])
		s := newSite(t, faults.dataset, srv.URL, srv.Token)
		s.next(t, 0, impatient[1:]...)
		reached := len(srv.Seen()) >= k
		srv.Clear()
		s.whole(t)
		return reached
	})
}

// A faultTable counts what was survived at which request.
type faultTable struct {
	*dataset
	mu       sync.Mutex
	survived map[string]int
}

// run tries each fault at each request; without the whole table each request gets one
// fault, the next one in turn.
func (f *faultTable) run(t *testing.T, names []string, try func(t *testing.T, name string, k int) (reached bool)) {
	f.survived = map[string]int{}
	total := newTable(f.dataset, impatient[1:]).count(t)
	for k := 1; k <= total; k++ {
		for i, name := range names {
			if !everything() && i != k%len(names) || skipped(k, 4) {
				continue
			}
			t.Run(fmt.Sprintf("%02d %s", k, name), func(t *testing.T) {
				t.Parallel()
				if try(t, name, k) && !t.Failed() {
					f.mu.Lock()
					defer f.mu.Unlock()
					f.survived[name]++
				}
			})
		}
	}
	t.Cleanup(func() { t.Logf("survived at how many of %d requests: %v", total, f.survived) })
}

// A proxy in front of CVAT may cut bodies at any size: the chunk is halved until it goes
// through, and the upload goes on.
func TestAProxyThatCutsBodiesIsWorkedAround(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 4, pixels: 420})
	for name, limit := range map[string]int64{"1 MiB": 1 << 20, "256 KiB": 256 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, cutting(t, srv, limit), srv.Token)
			s.next(t, 0)
			s.whole(t)
			for _, r := range srv.Seen() {
				if r.Method == "DELETE" {
					t.Errorf("something was begun again: %s", r)
				}
			}
		})
	}
	t.Run("100 KiB is an error that says what to do", func(t *testing.T) {
		t.Parallel()
		srv := cvattest.Start(t)
		p := newSite(t, d, cutting(t, srv, 100<<10), srv.Token).run(t, 0, "apply").wants(t, exitTaskFailed)
		if !strings.Contains(p.out.String(), "--upload-chunk") && !strings.Contains(p.out.String(), "client_max_body_size") {
			t.Errorf("no word of what to do:\n%s%s", &p.out, &p.err)
		}
	})
}

// cutting is the URL of a proxy that refuses bodies above a limit.
func cutting(t *testing.T, srv *cvattest.Server, limit int64) string {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > limit {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			fmt.Fprint(w, strings.ReplaceAll(errorPage, "502 Bad Gateway", "413 Request Entity Too Large"))
			return
		}
		srv.Gate.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}
