package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
)

func TestItBindsLoopbackOnly(t *testing.T) {
	c := start(t, Options{})
	for address, want := range map[string]string{
		"0.0.0.0:0":       "loopback only",
		":0":              "loopback only",
		"[::]:0":          "loopback only",
		"192.0.2.1:0":     "loopback only",
		"127.0.0.1":       "want an address like 127.0.0.1:0",
		"127.0.0.1:99999": "listen on 127.0.0.1:99999",
	} {
		if _, err := c.s.Listen(context.Background(), address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	addr, err := c.s.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + addr.String() + "/api/server/about")
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

func TestADirectoryBelongsToOneServerAtATime(t *testing.T) {
	dir := t.TempDir()
	c := start(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir, LockDir: time.Millisecond}); err == nil || !strings.Contains(err.Error(), dir+": another process has had it open for 1ms") {
		t.Errorf("%v", err)
	}
	opened := make(chan error, 1)
	go func() {
		s, err := Open(Options{Dir: dir, LockDir: time.Minute})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
}

func TestLinksAreBuiltFromTheHostHeader(t *testing.T) { // A3
	c := start(t, Options{})
	req, _ := http.NewRequest("POST", "http://sandbox/api/tasks", strings.NewReader(`{"name":"x"}`))
	req.Host = "evil.example"
	req.Header = http.Header{"Authorization": {c.auth}, "Content-Type": {"application/json"}}
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Location"); got != "http://evil.example/api/tasks/1" {
		t.Error(got)
	}
}

func TestWithNoAuthNobodyNeedsCredentialsAndBadOnesAreStillRefused(t *testing.T) { // A7
	c := start(t, Options{NoAuth: true})
	c.auth = ""
	c.get("/api/users/self").want(t, 200, `"username":"sandbox"`)
	c.auth = "Token nonsense"
	c.get("/api/server/about").want(t, 401, "Invalid token.")
}

func TestWhatWasAnsweredIsThereAfterAReopening(t *testing.T) {
	dir := t.TempDir()
	c := start(t, Options{Dir: dir})
	id := c.ready("kept")
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Dir: dir})
	again.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"size":2`)
	again.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=1&quality=original", id)).want(t, 200, string(picture(2)))
	if got := again.newTask(`{"name":"next"}`); got != id+1 {
		t.Errorf("the next task has id %d", got)
	}
}

func TestFilesThatAKilledServerLeftAreSweptAway(t *testing.T) {
	dir := t.TempDir()
	c := start(t, Options{Dir: dir})
	id := c.newTask(`{"name":"x"}`)
	c.multiple(id, file{"kept.jpg", picture(1)}).want(t, 200, "")
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"raw/left.jpg", "parts/1_left"} {
		if err := os.WriteFile(filepath.Join(dir, "data/1", left), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "data/77/raw"), 0o755); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Dir: dir})
	again.multiple(id, file{"left.jpg", picture(2)}).want(t, 200, "")
	if got := again.imported(id, quality); got != "finished " || len(again.names(id)) != 2 {
		t.Error(got, again.names(id))
	}
	if _, err := os.Stat(filepath.Join(dir, "data/77")); err == nil {
		t.Error("the directory of no task is still there")
	}
}

func TestAClosedServerLeavesItsQueueToTheNext(t *testing.T) {
	dir := t.TempDir()
	g := newGate(importer.BeforeStart)
	c := start(t, Options{Dir: dir, Hooks: g.hooks(), Workers: 1})
	first, second := c.ready("1"), c.ready("2")
	c.finish(first, quality)
	c.finish(second, quality)
	g.arrive(t)
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Dir: dir})
	for _, id := range []int{first, second} {
		if got := again.wait(id); got != "finished " {
			t.Errorf("task %d: %s", id, got)
		}
	}
}

// TestMain lets the test binary be a server that is going to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SANDBOX_TO_KILL"); dir != "" {
		serveUntilKilled(dir, importer.Step(os.Getenv("SANDBOX_HELD_AT")))
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string, at importer.Step) {
	hold := func(_ context.Context, _ int, s importer.Step) {
		if s == at {
			fmt.Println("held")
			select {}
		}
	}
	s, err := Open(Options{Dir: dir, Hooks: Hooks{Import: hold}})
	if err == nil {
		addr, e := s.Listen(context.Background(), "127.0.0.1:0")
		fmt.Println(addr)
		err = e
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	select {}
}

func TestAKilledServerLosesNothing(t *testing.T) {
	for _, step := range []importer.Step{importer.BeforeStart, importer.BeforeSave} {
		t.Run(string(step), func(t *testing.T) {
			dir := t.TempDir()
			zipped := archiveOf(t, file{"a/1.jpg", picture(1)}, file{"a/2.jpg", picture(2)})
			id, at := killed(t, dir, step, zipped)
			if err := os.WriteFile(filepath.Join(dir, "tmp", "half"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			c := start(t, Options{Dir: dir})
			if got := c.wait(id); got != "finished " {
				t.Fatal(got)
			}
			c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=1&quality=original", id)).want(t, 200, string(picture(2)))
			if got := c.send("HEAD", at, nil).header.Get("Upload-Offset"); got != "5" {
				t.Errorf("the other upload is at %q", got)
			}
			if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
				t.Errorf("left in tmp: %v", left)
			}
		})
	}
}

// killed uploads a zip to a server that is killed while it imports it, and half a file
// to another task.
func killed(t *testing.T, dir string, step importer.Step, zipped []byte) (task int, upload string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SANDBOX_TO_KILL="+dir, "SANDBOX_HELD_AT="+string(step))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var address, held string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, host: "localhost", http: &http.Client{Transport: rewritten(address)}, auth: "Bearer " + api.AccessToken}
	task = c.newTask(`{"name":"killed"}`)
	c.tus(task, "a.zip", zipped)
	other := c.newTask(`{"name":"other"}`)
	upload = strings.TrimPrefix(c.createTUS(other, "b.zip", 9).header.Get("Location"), "http://localhost")
	c.patchTUS(upload, 0, []byte("12345")).want(t, 204, "")
	c.finish(task, quality).want(t, 202, "")
	if _, err := fmt.Fscanln(out, &held); err != nil || held != "held" {
		t.Fatal(held, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	return task, upload
}

// rewritten sends requests for any host to an address.
type rewritten string

func (to rewritten) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = string(to)
	return http.DefaultTransport.RoundTrip(r)
}

func TestManyClientsAtOnce(t *testing.T) {
	c := start(t, Options{Workers: 4})
	p, err := c.s.SeedProject(context.Background(), "p", "apple")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			id := c.newTask(fmt.Sprintf(`{"name":"t%d","project_id":%d}`, n, p))
			c.tus(id, "a.zip", archiveOf(t, file{"1.jpg", picture(n)}, file{"2.jpg", picture(n + 100)}))
			if got := c.imported(id, quality); got != "finished " {
				t.Errorf("task %d: %s", n, got)
			}
			c.get(fmt.Sprintf("/api/tasks?project_id=%d&page_size=all", p)).want(t, 200, fmt.Sprintf(`"name":"t%d"`, n))
		})
	}
	group.Wait()
	c.get(fmt.Sprintf("/api/tasks?project_id=%d", p)).want(t, 200, `"count":8`)
}

func TestSeededTasksAreListedAndDescribed(t *testing.T) {
	c := start(t, Options{})
	p, err := c.s.SeedProject(context.Background(), "p", "apple")
	if err != nil {
		t.Fatal(err)
	}
	err = c.s.SeedTasks(context.Background(), p, []api.SeedTask{{Name: "a", Frames: []string{"1.jpg", "2.jpg", "3.jpg"}, SegmentSize: 2, BugTracker: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	c.get(fmt.Sprintf("/api/tasks?project_id=%d", p)).want(t, 200, `"size":3`).want(t, 200, `"jobs":{"count":2`)
	c.get("/api/tasks/1/data/meta").want(t, 200, `"name":"3.jpg"`)
}

func TestATaskIsNumberedBeforeItIsVisible(t *testing.T) {
	numbered, open := make(chan int, 1), make(chan struct{})
	c := start(t, Options{Hooks: Hooks{TaskNumbered: func(_ context.Context, id int) {
		if id == 1 {
			numbered <- id
			<-open
		}
	}}})
	made := make(chan int, 1)
	go func() { made <- c.newTask(`{"name":"slow"}`) }()
	if got := <-numbered; got != 1 {
		t.Errorf("numbered %d", got)
	}
	if got := c.newTask(`{"name":"quick"}`); got != 2 {
		t.Errorf("the second has id %d", got)
	}
	c.get("/api/tasks").want(t, 200, `"count":1`)
	c.get("/api/tasks/1").want(t, 404, "")
	close(open)
	if got := <-made; got != 1 {
		t.Errorf("made %d", got)
	}
}
