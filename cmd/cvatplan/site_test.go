package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A dataset is a manifest and its images, in two checkouts whose files have other times.
type dataset struct {
	checkouts [2]string
	tasks     map[string][]string // frame names in the order that they should have
	sums      map[string][sha256.Size]byte
	org       string
	related   int // context images of each frame
	video     bool
	served    map[string][]byte // by key: files that CVAT reads by itself
	share     bool              // they are on its share, not in a cloud storage
	predicted int               // boxes of each frame
}

// A shape is what a dataset is to look like.
type shape struct {
	tasks, frames int
	pixels        int    // height and width; noise, so a PNG has about four bytes for each
	settings      string // of the manifest's task
	prefix        string // of the bags' names; default run
	organization  string
	related       bool   // each frame has a context image next to it
	clouds        bool   // the frames are point clouds
	video         bool   // each task is one video of 30 frames, in three pieces
	served        string // the root of files that CVAT reads by itself: onCloud or onShare; default none
	predicted     int    // boxes that a model found in each frame
}

// Roots of files that CVAT reads by itself.
const (
	onCloud = "cloud:lab"
	onShare = "share:/"
)

const datasetManifest = `version: 1
server: {url: "https://cvat.example.com"%s}
root: %s
project: {name: Orchard, create: true, labels: [apple]}
task: {%s}
bags: ["*/"]
`

func newDataset(t testing.TB, s shape) *dataset {
	t.Helper()
	d := &dataset{tasks: map[string][]string{}, sums: map[string][sha256.Size]byte{}, org: s.organization}
	dir := t.TempDir()
	root := "data"
	if s.served != "" {
		root, d.served, d.share = s.served, map[string][]byte{}, s.served == onShare
	}
	organization := ""
	if s.organization != "" {
		organization = ", organization: " + s.organization
	}
	settings := s.settings
	if s.predicted > 0 {
		settings += `annotations: {file: "predictions/{bag}.jsonl", format: jsonl}`
	}
	for i := range d.checkouts {
		d.checkouts[i] = filepath.Join(dir, fmt.Sprint("checkout", i))
		must(t, os.MkdirAll(d.checkouts[i], 0o755))
		manifest := fmt.Appendf(nil, datasetManifest, organization, root, settings)
		if s.clouds {
			manifest = append(manifest, cloudCamera...)
		}
		if s.video && s.served != "" {
			manifest = bytes.Replace(manifest, []byte(`"*/"`), []byte(`{path: "*/", index: index.jsonl}`), 1)
			must(t, os.WriteFile(filepath.Join(d.checkouts[i], "index.jsonl"), videoIndex(s.tasks), 0o644))
		}
		must(t, os.WriteFile(filepath.Join(d.checkouts[i], "cvatplan.yaml"), manifest, 0o644))
	}
	for i := range s.tasks {
		if s.video {
			d.addVideo(t, fmt.Sprintf("run_%02d", i), uint64(i))
			continue
		}
		for k := range s.frames {
			if s.clouds {
				d.add(t, fmt.Sprintf("run_%02d", i), fmt.Sprintf("lidar/%03d.pcd", k), fmt.Appendf(nil, cloudFile, i, k))
				continue
			}
			d.add(t, fmt.Sprintf("%s_%02d", cmp.Or(s.prefix, "run"), i), fmt.Sprintf("sub dir/frame_%03d.png", k), noise(t, cmp.Or(s.pixels, 24), uint64(len(s.prefix)*1e6+i*1000+k)))
			if s.related {
				d.related = 1
				d.write(t, fmt.Sprintf("%s_%02d", cmp.Or(s.prefix, "run"), i), fmt.Sprintf("sub dir/related_images/frame_%03d_png/left.png", k), noise(t, 24, uint64(5e6+i*1000+k)))
			}
		}
	}
	if d.predicted = s.predicted; d.predicted > 0 {
		d.predict(t)
	}
	return d
}

// cloudCamera and cloudFile are of a dataset of point clouds.
const (
	cloudCamera = `cameras: [{name: lidar, kind: pointcloud, task: {name: "{bag}"}}]
`
	cloudFile = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n%d %d 0\n"
)

func (d *dataset) add(t testing.TB, task, name string, content []byte) {
	t.Helper()
	frame := task + "/" + name
	d.tasks[task] = append(d.tasks[task], frame)
	d.sums[frame] = sha256.Sum256(content)
	d.write(t, task, name, content)
}

// addVideo adds a video with noise behind it, which no decoder reads, so that it is several pieces to send.
func (d *dataset) addVideo(t testing.TB, task string, seed uint64) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "internal", "video", "testdata", "h264_b.mp4"))
	must(t, err)
	const size = 600 << 10
	free := append(binary.BigEndian.AppendUint32(nil, size), "free"...)
	random := rand.New(rand.NewPCG(seed, 8))
	for len(free) < size {
		free = binary.BigEndian.AppendUint64(free, random.Uint64())
	}
	d.video, d.tasks[task] = true, []string{"front.mp4"}
	if d.served != nil {
		d.tasks[task] = []string{task + "/front.mp4"}
	}
	d.write(t, task, "front.mp4", append(content, free...))
}

// predict writes a file of predictions for each task.
func (d *dataset) predict(t testing.TB) {
	t.Helper()
	for task, frames := range d.tasks {
		var lines strings.Builder
		for _, frame := range frames {
			var boxes []string
			for i := range d.predicted {
				boxes = append(boxes, fmt.Sprintf(`{"type":"rectangle","label":"apple","points":[%d,1,%d,9]}`, i, i+2))
			}
			fmt.Fprintf(&lines, `{"name":%q,"shapes":[%s]}`+"\n", frame, strings.Join(boxes, ","))
		}
		for _, checkout := range d.checkouts {
			file := filepath.Join(checkout, "predictions", task+".jsonl")
			must(t, os.MkdirAll(filepath.Dir(file), 0o755))
			must(t, os.WriteFile(file, []byte(lines.String()), 0o644))
		}
	}
}

// videoIndex is the committed index of a dataset's videos, which tells how many frames they have.
func videoIndex(tasks int) (lines []byte) {
	for i := range tasks {
		for k := range 30 {
			lines = fmt.Appendf(lines, `{"task":"run_%02d","name":"frame_%06d","frame":%d,"bag":"run_%02d","path":"front.mp4","pts_ns":"%d","index":%d}`+"\n", i, k, k, i, k*100_000_000, k)
		}
	}
	return lines
}

func (d *dataset) write(t testing.TB, task, name string, content []byte) {
	t.Helper()
	if d.served != nil {
		d.served[task+"/"+name] = content
		return
	}
	for i, checkout := range d.checkouts {
		file := filepath.Join(checkout, "data", task, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, content, 0o644))
		then := time.Date(2020+i, 1, 2, 3, 4, 5, 0, time.UTC)
		must(t, os.Chtimes(file, then, then))
	}
}

// serve puts files on the server's share or in a cloud storage, and has the server know that, which is no request that its gate
// sees.
func (d *dataset) serve(t testing.TB, srv *cvattest.Server) {
	t.Helper()
	if d.served == nil {
		return
	}
	place := filepath.Join(srv.Dir, "buckets", "lab")
	if d.share {
		place = filepath.Join(srv.Dir, "share")
	}
	for key, content := range d.served {
		file := filepath.Join(place, filepath.FromSlash(key))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, content, 0o644))
	}
	if d.share {
		return
	}
	body := `{"display_name": "Orchard bucket", "resource": "lab", "provider_type": "AWS_S3_BUCKET"}`
	q := httptest.NewRequest(http.MethodPost, srv.URL+"/api/cloudstorages", strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+srv.Token)
	q.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	srv.Sandbox.ServeHTTP(answer, q)
	if answer.Code != http.StatusCreated {
		t.Fatalf("no cloud storage: %d %s", answer.Code, answer.Body)
	}
}

// noise is an image that no other seed gives and that no compression makes smaller.
func noise(t testing.TB, pixels int, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	img := image.NewNRGBA(image.Rect(0, 0, pixels, pixels))
	for y := range pixels {
		for x := range pixels {
			v := random.Uint32()
			img.SetNRGBA(x, y, color.NRGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), uint8(v >> 24)})
		}
	}
	var b bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img))
	return b.Bytes()
}

// A site is where the real program runs, as a child process: a dataset, a home, a server.
type site struct {
	*dataset
	url, token string
	home       string
	program    string   // cvatplan, or one of TestMain's others
	env        []string // in addition
}

func newSite(t testing.TB, d *dataset, url, token string) *site {
	s := &site{dataset: d, url: url, token: token, home: t.TempDir(), program: "cvatplan"}
	if len(token) > 8 {
		t.Cleanup(func() {
			for _, dir := range []string{s.home, d.checkouts[0], d.checkouts[1]} {
				must(t, leaks(dir, token))
			}
		})
	}
	return s
}

// with is the same site for another program and its environment.
func (s *site) with(program string, env ...string) *site {
	other := *s
	other.program, other.env = program, append(slices.Clone(s.env), env...)
	return &other
}

// A process is one run of the program.
type process struct {
	*exec.Cmd
	out, err stream
	done     chan struct{} // closed when it has ended
}

// start runs the program in one of the checkouts.
func (s *site) start(t testing.TB, checkout int, args ...string) *process {
	t.Helper()
	p := s.command(checkout, args...)
	p.begin(t)
	return p
}

func (p *process) begin(t testing.TB) {
	t.Helper()
	must(t, p.Start())
	go func() {
		defer close(p.done)
		_ = p.Wait() // the state is in ProcessState
	}()
	t.Cleanup(p.kill)
}

func (s *site) command(checkout int, args ...string) *process {
	p := &process{Cmd: exec.Command(s.program, args...), done: make(chan struct{})}
	p.Dir = s.checkouts[checkout]
	p.Stdout, p.Stderr = &p.out, &p.err
	p.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "SystemRoot=" + os.Getenv("SystemRoot"),
		"HOME=" + s.home, "XDG_STATE_HOME=" + filepath.Join(s.home, "state"), "LOCALAPPDATA=" + s.home,
		"CVATPLAN_SERVER=" + s.url, "CVAT_ACCESS_TOKEN=" + s.token, "CVATPLAN_COLOR=never",
		"GOGC=" + garbage,
	}, s.env...)
	return p
}

// run runs the program to its end.
func (s *site) run(t testing.TB, checkout int, args ...string) *process {
	t.Helper()
	p := s.start(t, checkout, args...)
	<-p.done
	return p
}

// manifest is that of the first checkout.
func (s *site) manifest() string { return filepath.Join(s.checkouts[0], "cvatplan.yaml") }

// inProcess runs the program in this process, which is quicker, where nothing is to happen to a process. Manifests must be named.
func (s *site) inProcess(t testing.TB, code int, args ...string) string {
	t.Helper()
	env := map[string]string{"HOME": s.home, "XDG_STATE_HOME": filepath.Join(s.home, "state"), "CVATPLAN_SERVER": s.url, "CVAT_ACCESS_TOKEN": s.token, "CVATPLAN_COLOR": "never"}
	for _, variable := range s.env {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	var out, err bytes.Buffer
	got := run(args, strings.NewReader(""), &out, &err, func(name string) string { return env[name] })
	if got != code {
		t.Errorf("%q: exit code %d, wanted %d\n%s%s", args, got, code, &out, &err)
	}
	if len(s.token) > 8 && strings.Contains(out.String()+err.String(), s.token) {
		t.Errorf("%q shows the token\n%s%s", args, &out, &err)
	}
	return out.String()
}

// apply runs an apply that must end well.
func (s *site) apply(t testing.TB, checkout int, args ...string) *process {
	t.Helper()
	return s.run(t, checkout, append([]string{"apply"}, args...)...).wants(t, exitOK)
}

// next is an apply that must end well whatever came before it, and to which nothing happens: with -short it is in this process,
// which is quicker.
func (s *site) next(t testing.TB, checkout int, flags ...string) {
	t.Helper()
	if !fewest() {
		s.apply(t, checkout, flags...)
		return
	}
	s.inProcess(t, exitOK, slices.Concat([]string{"apply"}, flags, []string{filepath.Join(s.checkouts[checkout], "cvatplan.yaml")})...)
}

// kill ends it as kill -9 does, and waits for its end.
func (p *process) kill() {
	_ = p.Process.Kill() // it may have ended
	<-p.done
}

// until waits for the program to write text, and returns the rest of that line.
func (p *process) until(t testing.TB, text string) string {
	t.Helper()
	for ended := false; ; {
		wrote, erred := p.out.written(), p.err.written()
		for _, s := range []string{p.out.String(), p.err.String()} {
			if _, rest, found := strings.Cut(s, text); found {
				line, _, _ := strings.Cut(rest, "\n")
				return strings.TrimSpace(line)
			}
		}
		if ended {
			t.Fatalf("%s ended without %q:\n%s%s", strings.Join(p.Args, " "), text, &p.out, &p.err)
		}
		select {
		case <-wrote:
		case <-erred:
		case <-p.done: // and what it wrote last is there
			ended = true
		}
	}
}

func (p *process) code() int { return p.ProcessState.ExitCode() }

// wants fails the test unless the program ended with the code.
func (p *process) wants(t testing.TB, code int) *process {
	t.Helper()
	if p.code() != code {
		t.Errorf("%s: exit code %d (%v), wanted %d\n%s%s", strings.Join(p.Args, " "), p.code(), p.ProcessState, code, &p.out, &p.err)
	}
	return p
}

// A stream is what a process writes.
type stream struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.text.Write(p)
}

// written is closed at the next write.
func (s *stream) written() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == nil {
		s.more = make(chan struct{})
	}
	return s.more
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// whole checks what must be true after any accident, once apply has run again: each task
// once, its frames in order and equal to the files, and nothing to do.
func (s *site) whole(t testing.TB) {
	t.Helper()
	out := s.inProcess(t, exitOK, "plan", "--detailed-exitcode", "--check", "frames", s.manifest())
	if nothing := fmt.Sprintf("Plan: 0 to create, 0 to resume, 0 in conflict, 0 drifted, %d unchanged", len(s.tasks)); !strings.Contains(out, nothing) {
		t.Errorf("no %q in\n%s", nothing, out)
	}
	c := s.client(t)
	for name, frames := range s.tasks {
		s.wholeTask(t, c, name, frames)
	}
}

func (s *site) wholeTask(t testing.TB, c *cvat.Client, name string, frames []string) {
	t.Helper()
	found, err := c.ListTasks(context.Background(), cvat.TaskFilter{Name: name})
	if err != nil || len(found) != 1 {
		t.Errorf("%d tasks %s, %v", len(found), name, err)
		return
	}
	if _, marked := plan.ParseMarker(found[0].BugTracker); marked {
		t.Errorf("task %s still bears its marker", name)
	}
	meta, err := c.DataMeta(context.Background(), found[0].ID)
	must(t, err)
	var names []string
	for _, f := range meta.Frames {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, frames) {
		t.Errorf("task %s has the frames %q, wanted %q", name, names, frames)
		return
	}
	for _, f := range meta.Frames {
		if f.Related != s.related {
			t.Errorf("task %s: frame %s has %d context images, wanted %d", name, f.Name, f.Related, s.related)
		}
	}
	if s.predicted > 0 {
		s.predictedOnce(t, c, found[0].ID, len(frames))
	}
	if s.video {
		if meta.Size != 30 {
			t.Errorf("task %s has %d frames", name, meta.Size)
		}
		return // the embedded server decodes none
	}
	for i, frame := range frames {
		if original(t, c, found[0].ID, i) != s.sums[frame] {
			t.Errorf("task %s: frame %d is not %s", name, i, frame)
		}
	}
}

// predictedOnce fails unless each prediction is in a task once. What a person drew is not counted.
func (s *site) predictedOnce(t testing.TB, c *cvat.Client, task, frames int) {
	t.Helper()
	have, err := c.Annotations(context.Background(), task)
	must(t, err)
	times := map[string]int{}
	for _, shape := range have.Shapes {
		if shape.Source == "auto" {
			times[fmt.Sprint(shape.Frame, shape.Points)]++
		}
	}
	if len(times) != frames*s.predicted {
		t.Errorf("task %d has %d predictions, wanted %d", task, len(times), frames*s.predicted)
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("task %d has prediction %s %d times", task, what, n)
		}
	}
}

func (s *site) client(t testing.TB) *cvat.Client {
	t.Helper()
	c, err := cvat.New(cvat.Options{BaseURL: s.url, Organization: s.org, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(s.token)}})
	must(t, err)
	return c
}

func original(t testing.TB, c *cvat.Client, task, frame int) (sum [sha256.Size]byte) {
	t.Helper()
	r, err := c.Frame(context.Background(), task, frame)
	must(t, err)
	h := sha256.New()
	_, err = io.Copy(h, r)
	must(t, errors.Join(err, r.Close()))
	h.Sum(sum[:0])
	return sum
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
