package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/google/go-cmp/cmp"
)

func TestAnImportIsQueuedThenStartedThenFinished(t *testing.T) { // A24, A47
	queued, started := newGate(importer.BeforeStart), newGate(importer.BeforeSave)
	both := Hooks{Import: func(ctx context.Context, task int, s importer.Step) {
		queued.hooks().Import(ctx, task, s)
		started.hooks().Import(ctx, task, s)
	}}
	c := start(t, Options{Hooks: both})
	id := c.ready("a")
	c.finish(id, quality).want(t, 202, "action=create&target=task&target_id=1")
	queued.arrive(t)
	c.request(id).want(t, 200, `"status":"queued","message":"","id":"action=create&target=task&target_id=1"`)
	c.get(fmt.Sprintf("/api/tasks/%d/status", id)).want(t, 200, `{"state":"Queued","message":"","progress":0.0}`)
	close(queued.open)
	started.arrive(t)
	c.request(id).want(t, 200, `"status":"started","message":"Task is being saved in database"`)
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"size":0`)
	close(started.open)
	if got := c.wait(id); got != "finished " {
		t.Error(got)
	}
	c.request(id).want(t, 200, `"result_url":null,"result_id":null`)
}

func TestWhileAnImportIsQueued(t *testing.T) { // A46, A48, A50
	g := newGate(importer.BeforeStart)
	c := start(t, Options{Hooks: g.hooks()})
	id := c.ready("a")
	c.finish(id, quality).want(t, 202, "")
	g.arrive(t)
	c.finish(id, quality).want(t, 409, `{"rq_id":"`+storage.RequestID(id)+`"}`)
	c.multiple(id, file{"late.jpg", picture(3)}).want(t, 200, "")
	c.json("PATCH", fmt.Sprintf("/api/tasks/%d", id), `{"name":"renamed"}`).want(t, 200, "renamed")
	c.send("POST", "/api/requests/"+storage.RequestID(id)+"/cancel", nil).want(t, 200, "")
	c.request(id).want(t, 404, "There is no request with specified id")
	close(g.open)
	c.finish(id, quality).want(t, 202, "")
	if got := c.wait(id); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"1.jpg", "2.jpg", "late.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
	c.send("POST", "/api/requests/"+storage.RequestID(id)+"/cancel", nil).want(t, 400, "Requests with status 'finished' cannot be cancelled")
}

func TestFilesThatComeAfterUploadFinishAreNotImported(t *testing.T) { // A46
	g := newGate(importer.BeforeStart)
	c := start(t, Options{Hooks: g.hooks()})
	id := c.ready("a")
	c.finish(id, quality)
	g.arrive(t)
	c.multiple(id, file{"late.jpg", picture(3)}).want(t, 200, "")
	close(g.open)
	if got := c.wait(id); got != "finished " || len(c.names(id)) != 2 {
		t.Error(got, c.names(id))
	}
}

func TestAQueuedTaskCanBeDeleted(t *testing.T) { // A44
	g := newGate(importer.BeforeStart)
	c := start(t, Options{Hooks: g.hooks()})
	id := c.ready("a")
	c.finish(id, quality)
	g.arrive(t)
	c.send("DELETE", fmt.Sprintf("/api/tasks/%d", id), nil).want(t, 204, "")
	c.request(id).want(t, 400, `["Task matching query does not exist."]`)
	close(g.open)
}

func TestWhileAnImportRuns(t *testing.T) { // A27, A28, A50
	g := newGate(importer.BeforeSave)
	c := start(t, Options{Hooks: g.hooks(), BusyWait: 50 * time.Millisecond})
	id := c.ready("a")
	c.finish(id, quality)
	g.arrive(t)
	const text = "This resource is currently busy with another operation. Please try again in a moment."
	c.finish(id, quality).want(t, 409, text)
	c.createTUS(id, "x.jpg", 5).want(t, 409, text)
	c.json("PATCH", fmt.Sprintf("/api/tasks/%d", id), `{"name":"x"}`).want(t, 409, text)
	c.send("POST", "/api/requests/"+storage.RequestID(id)+"/cancel", nil).want(t, 400, "Cancellation of started requests is supported only for export requests")
	close(g.open)
	if got := c.wait(id); got != "finished " {
		t.Error(got)
	}
}

func TestADeletionDuringAnImportLosesToIt(t *testing.T) { // A28
	g := newGate(importer.BeforeSave)
	c := start(t, Options{Hooks: g.hooks()})
	id := c.ready("a")
	c.finish(id, quality)
	g.arrive(t)
	answer := make(chan result, 1)
	go func() { answer <- c.send("DELETE", fmt.Sprintf("/api/tasks/%d", id), nil) }()
	until(t, "the deletion waits", func() bool { return c.s.store.Waiting(id) == 2 })
	close(g.open)
	if r := <-answer; r.status != 500 {
		t.Errorf("%d %s", r.status, r.body)
	}
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"size":2`)
	c.send("DELETE", fmt.Sprintf("/api/tasks/%d", id), nil).want(t, 204, "")
}

func TestOfSeveralFirstPostsOneIsServed(t *testing.T) { // A32
	c := start(t, Options{})
	id := c.newTask(`{"name":"race"}`)
	unlock, err := c.s.store.LockTask(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var created, crashed atomic.Int32
	for i := range 4 {
		group.Go(func() {
			switch c.createTUS(id, fmt.Sprintf("%d.jpg", i), 5).status {
			case 201:
				created.Add(1)
			case 500:
				crashed.Add(1)
			}
		})
	}
	until(t, "all wait", func() bool { return c.s.store.Waiting(id) == 5 })
	unlock()
	group.Wait()
	if created.Load() != 1 || crashed.Load() != 3 {
		t.Errorf("%d created, %d crashed", created.Load(), crashed.Load())
	}
}

func TestWhatWasBegunIsFinishedThoughTheClientIsGone(t *testing.T) { // A2
	c := start(t, Options{})
	id := c.newTask(`{"name":"before"}`)
	unlock, err := c.s.store.LockTask(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "PATCH", fmt.Sprintf("http://sandbox/api/tasks/%d", id), strings.NewReader(`{"name":"after"}`))
		req.Header.Set("Authorization", c.auth)
		req.Header.Set("Content-Type", "application/json")
		resp, err := c.http.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		gone <- err
	}()
	until(t, "the PATCH waits", func() bool { return c.s.store.Waiting(id) == 2 })
	cancel()
	if err := <-gone; err == nil {
		t.Fatal("the client is still there")
	}
	unlock()
	until(t, "the name changes", func() bool {
		return strings.Contains(c.get(fmt.Sprintf("/api/tasks/%d", id)).body, `"name":"after"`)
	})
}

func TestABrokenPatchIsLostWhole(t *testing.T) { // A35
	c := start(t, Options{})
	id := c.newTask(`{"name":"t"}`)
	at := strings.TrimPrefix(c.createTUS(id, "a.zip", 8).header.Get("Location"), "http://sandbox")
	c.patchTUS(at, 0, []byte("1234")).want(t, 204, "")
	r, w := io.Pipe()
	req, _ := http.NewRequest("PATCH", "http://sandbox"+at, r)
	req.ContentLength = 4
	req.Header = http.Header{"Authorization": {c.auth}, "Upload-Offset": {"4"}, "Content-Type": {"application/offset+octet-stream"}}
	go func() {
		_, _ = w.Write([]byte("56"))
		_ = w.CloseWithError(io.ErrUnexpectedEOF)
	}()
	if resp, err := c.http.Do(req); err == nil {
		t.Fatal(resp.Status)
	}
	if got := c.send("HEAD", at, nil).header.Get("Upload-Offset"); got != "4" {
		t.Errorf("offset %s", got)
	}
	c.patchTUS(at, 4, []byte("5678")).want(t, 204, "")
}

func TestAStalledPatchDoesNotHoldUpAnother(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"t"}`)
	at := strings.TrimPrefix(c.createTUS(id, "a.txt", 8).header.Get("Location"), "http://sandbox")
	r, w := io.Pipe()
	req, _ := http.NewRequest("PATCH", "http://sandbox"+at, r)
	req.ContentLength = 8
	req.Header = http.Header{"Authorization": {c.auth}, "Upload-Offset": {"0"}, "Content-Type": {"application/offset+octet-stream"}}
	stalled := make(chan int, 1)
	go func() {
		resp, err := c.http.Do(req)
		if err != nil {
			stalled <- 0
			return
		}
		_ = resp.Body.Close()
		stalled <- resp.StatusCode
	}()
	if _, err := w.Write([]byte("xxxx")); err != nil {
		t.Fatal(err)
	}
	part := c.s.store.Dir.Part(1, at[strings.LastIndexByte(at, '/')+1:])
	until(t, "the first piece is being written", func() bool {
		written, err := os.ReadFile(part)
		return err == nil && bytes.HasPrefix(written, []byte("xxxx"))
	})
	c.patchTUS(at, 0, []byte("whole OK")).want(t, 204, "")
	_, _ = w.Write([]byte("yyyy"))
	_ = w.Close()
	if got := <-stalled; got != 409 {
		t.Errorf("the slow one: %d", got)
	}
	if got, err := os.ReadFile(filepath.Join(c.s.store.Dir.Raw(1), "a.txt")); err != nil || string(got) != "whole OK" {
		t.Errorf("%q, %v", got, err)
	}
}

// A piece that is ahead of the one before it, as the client sends it, is written once: to its place, and not to tmp.
func TestAPieceThatIsAheadIsWrittenToItsPlace(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"t"}`)
	at := strings.TrimPrefix(c.createTUS(id, "a.txt", 12).header.Get("Location"), "http://sandbox")
	piece := func(offset string, size int64) (*io.PipeWriter, chan int) {
		r, w := io.Pipe()
		req, _ := http.NewRequest("PATCH", "http://sandbox"+at, r)
		req.ContentLength = size
		req.Header = http.Header{"Authorization": {c.auth}, "Upload-Offset": {offset}, "Content-Type": {"application/offset+octet-stream"}}
		status := make(chan int, 1)
		go func() {
			resp, err := c.http.Do(req)
			if err != nil {
				status <- 0
				return
			}
			_ = resp.Body.Close()
			status <- resp.StatusCode
		}()
		return w, status
	}
	written := func(what string) {
		part := c.s.store.Dir.Part(1, at[strings.LastIndexByte(at, '/')+1:])
		until(t, what+" is in its place", func() bool {
			have, err := os.ReadFile(part)
			return err == nil && bytes.Contains(have, []byte(what))
		})
	}
	first, firstStatus := piece("0", 4)
	_, _ = first.Write([]byte("abc"))
	written("abc")
	second, secondStatus := piece("4", 8)
	_, _ = second.Write([]byte("efghijk"))
	written("efghijk")
	if left, err := os.ReadDir(c.s.store.Dir.Tmp()); err != nil || len(left) > 0 {
		t.Errorf("in tmp: %v, %v", left, err)
	}
	_, _ = first.Write([]byte("d"))
	if got := <-firstStatus; got != 204 {
		t.Errorf("the first piece: %d", got)
	}
	_, _ = second.Write([]byte("l"))
	if got := <-secondStatus; got != 204 {
		t.Errorf("the second piece: %d", got)
	}
	if got, err := os.ReadFile(filepath.Join(c.s.store.Dir.Raw(1), "a.txt")); err != nil || string(got) != "abcdefghijkl" {
		t.Errorf("%q, %v", got, err)
	}
}

// What a piece that is ahead has written counts for nothing once the one before it fails.
func TestAPieceThatIsAheadOfABrokenOneIsRefused(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"t"}`)
	at := strings.TrimPrefix(c.createTUS(id, "a.txt", 8).header.Get("Location"), "http://sandbox")
	c.patchTUS(at, 4, []byte("xxxx")).want(t, 409, "")
	if got := c.send("HEAD", at, nil).header.Get("Upload-Offset"); got != "0" {
		t.Errorf("offset %s", got)
	}
	c.patchTUS(at, 0, []byte("abcd")).want(t, 204, "")
	c.patchTUS(at, 0, []byte("yyyy")).want(t, 409, "")
	c.patchTUS(at, 4, []byte("efgh")).want(t, 204, "")
	if got, err := os.ReadFile(filepath.Join(c.s.store.Dir.Raw(1), "a.txt")); err != nil || string(got) != "abcdefgh" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRequestsExpire(t *testing.T) { // A49
	var now atomic.Int64
	now.Store(1_800_000_000)
	c := start(t, Options{Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	good, bad := c.ready("good"), c.ready("bad")
	if got := c.imported(good, quality); got != "finished " {
		t.Fatal(got)
	}
	if got := c.imported(bad, `{}`); !strings.HasPrefix(got, "failed ") {
		t.Fatal(got)
	}
	now.Add(499)
	c.request(good).want(t, 200, `"finished_date":"2027-01-15T08:00:00Z","expiry_date":"2027-01-15T08:08:20Z"`)
	now.Add(1)
	c.request(good).want(t, 404, "There is no request with specified id")
	c.get("/api/requests?action=create&target=task").want(t, 200, `"count":1`)
	now.Add(300 * 24 * 3600)
	c.request(bad).want(t, 200, `"failed"`)
}

func TestAnothersRequestIsForbidden(t *testing.T) { // A44
	c := start(t, Options{})
	id := c.ready("a")
	c.imported(id, quality)
	if _, err := c.s.AddUser(context.Background(), "bob", "pw"); err != nil {
		t.Fatal(err)
	}
	bob := *c
	bob.auth = "Basic Ym9iOnB3"
	bob.request(id).want(t, 403, "You do not have permission")
	bob.get("/api/requests").want(t, 200, `"count":0`)
	bob.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 403, "")
	bob.get("/api/tasks").want(t, 200, `"count":0`)
	c.get("/api/requests/create:task-1").want(t, 200, storage.RequestID(id))
	c.get("/api/requests/"+strings.NewReplacer("=", "%3D", "&", "%26").Replace(storage.RequestID(id))).want(t, 200, `"finished"`)
}

func TestAPanicInAnImportFailsItAndIsReportedOnce(t *testing.T) {
	var mu sync.Mutex
	var reported []string
	c := start(t, Options{Hooks: Hooks{
		Import: func(_ context.Context, _ int, s ImportStep) {
			if s == BeforeSave {
				panic("out of ink")
			}
		},
		Panicked: func(p *crash.Panic) {
			mu.Lock()
			defer mu.Unlock()
			reported = append(reported, p.Error())
		},
	}})
	id := c.ready("a")
	if got := c.imported(id, quality); !strings.HasPrefix(got, "failed Exception: panic: out of ink") {
		t.Error(got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(reported) != 1 || !strings.Contains(reported[0], "out of ink") {
		t.Errorf("reported %q", reported)
	}
}
