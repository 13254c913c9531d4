package apply_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// picture is a small real image that no other seed gives.
func picture(t *testing.T, seed int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16, 12))
	for i := range 16 * 12 {
		img.Set(i%16, i/16, color.RGBA{uint8(i * seed), uint8(seed), uint8(i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A dataset is what a manifest would ask for: tasks, and their frames' bytes by name.
type dataset struct {
	tasks    map[string][]string
	bytes    map[string][]byte
	settings manifest.Settings
}

func someImages(t *testing.T, tasks, frames int) *dataset {
	d := &dataset{tasks: map[string][]string{}, bytes: map[string][]byte{}}
	for i := range tasks {
		task := fmt.Sprintf("jai_cam_run_%02d", i)
		for k := range frames {
			name := fmt.Sprintf("run_%02d/sub dir/frame_%03d.png", i, k)
			d.tasks[task] = append(d.tasks[task], name)
			d.bytes[name] = picture(t, 100*i+k+1)
		}
	}
	return d
}

func (d *dataset) zip(frames []string) *archive.Zip {
	entries := make([]archive.Entry, len(frames))
	for i, name := range frames {
		data := d.bytes[name]
		entries[i] = archive.Entry{
			Name: name, Size: int64(len(data)), CRC: crc32.ChecksumIEEE(data), Sum: sha256.Sum256(data), Width: 16, Height: 12,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		}
	}
	return archive.New(entries)
}

func (d *dataset) desired() []plan.Desired {
	var want []plan.Desired
	for name, frames := range d.tasks {
		want = append(want, plan.Desired{Task: name, Frames: frames, Bytes: 1000, Settings: d.settings})
	}
	return want
}

func client(t *testing.T, srv *cvattest.Server, version string) *cvat.Client {
	t.Helper()
	c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: credentials(srv, version)})
	if err != nil {
		t.Fatal(err)
	}
	if version < "2.48" { // knows no access tokens
		if err := c.Login(t.Context(), sandbox.Username, cvat.NewSecret(sandbox.Password)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func credentials(srv *cvattest.Server, version string) cvat.Credentials {
	if version < "2.48" {
		return cvat.Credentials{}
	}
	return cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}
}

func (d *dataset) plan(t *testing.T, c *cvat.Client, o plan.Options) plan.Plan {
	t.Helper()
	yes := true
	o.Project = manifest.Project{Name: "Orchard", Create: &yes, Labels: []manifest.Label{{Name: "apple"}, {Name: "leaf", Type: "polygon"}}}
	want := d.desired()
	have, err := observe.Project(t.Context(), c, observe.Want{Project: o.Project, Tasks: want}, observe.Options{CheckFrames: o.CheckFrames})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range have.NeedsHash(want, o) {
		for i := range want {
			if want[i].Task == name {
				want[i].Hash = d.zip(want[i].Frames).Hash()
			}
		}
	}
	return plan.Diff(want, have, o)
}

func (d *dataset) apply(t *testing.T, c *cvat.Client, p plan.Plan) apply.Result {
	t.Helper()
	return d.applyWith(t, c, p, apply.Options{})
}

// whole checks names, order and bytes of every frame on the server, and that there is nothing to do.
func (d *dataset) whole(t *testing.T, c *cvat.Client) {
	t.Helper()
	p := d.plan(t, c, plan.Options{CheckFrames: true})
	if plan.Count(p).Changes() || plan.Count(p).Problems() || plan.Count(p).NoOp != len(d.tasks) || len(p.Notes) != 0 {
		t.Errorf("%s %+v %+v", plan.Count(p).String(), p.Project, p.Notes)
	}
	for _, change := range p.Changes {
		for i, name := range d.tasks[change.Task] {
			if got := original(t, c, change.ID, i); !bytes.Equal(got, d.bytes[name]) {
				t.Errorf("%s: frame %d is not %s", change.Task, i, name)
			}
		}
	}
}

func original(t *testing.T, c *cvat.Client, id, frame int) []byte {
	t.Helper()
	r, err := c.Frame(t.Context(), id, frame)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheMainJobOnEveryGenerationOfServers(t *testing.T) {
	for _, version := range []string{"2.39.0", "2.42.0", "2.54.1", "2.73.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t, cvattest.Version(version))
			c := client(t, srv, version)
			d := someImages(t, 4, 7)
			d.settings.SegmentSize, d.settings.Overlap = ptr(3), ptr(1)
			if r := d.apply(t, c, d.plan(t, c, plan.Options{})); !r.OK() || apply.Count(r).Done != 4 {
				t.Fatalf("%+v", r)
			}
			d.whole(t, c)
			srv.Forget()
			if r := d.apply(t, c, d.plan(t, c, plan.Options{})); !r.OK() || apply.Count(r).Unchanged != 4 {
				t.Errorf("%+v", r)
			}
			if n := srv.Count(cvattest.Rule{Writes: true}); n != 0 {
				t.Errorf("the second apply wrote: %v", srv.Seen())
			}
		})
	}
}

func TestPredefinedKeepsAnOrderThatNoSortingGives(t *testing.T) {
	srv := cvattest.Start(t)
	c := client(t, srv, "2.73.0")
	d := someImages(t, 1, 5)
	for task, frames := range d.tasks {
		d.tasks[task] = []string{frames[3], frames[0], frames[4], frames[2], frames[1]}
	}
	d.settings.SortingMethod = ptr("predefined")
	if r := d.apply(t, c, d.plan(t, c, plan.Options{})); !r.OK() {
		t.Fatalf("%+v", r)
	}
	d.whole(t, c)
}

func TestACreationThatBecomesVisibleLateIsNoSecondTask(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	c := client(t, srv, "2.73.0")
	d := someImages(t, 1, 3)
	p := d.plan(t, c, plan.Options{})
	hold := srv.HoldCreation()
	first := make(chan apply.Result, 1)
	go func() { first <- d.apply(t, c, p) }()
	hold.Wait(t)
	if r := d.apply(t, c, d.plan(t, c, plan.Options{})); !r.OK() {
		t.Errorf("the run that met no task: %+v", r)
	}
	hold.Release()
	if r := <-first; !r.OK() {
		t.Errorf("the run whose task came late: %+v", r)
	}
	d.whole(t, c)
	tasks, err := c.ListTasks(t.Context(), cvat.TaskFilter{})
	if err != nil || len(tasks) != 1 {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
}

func TestAnImageThatTheServerCannotReadFailsItsTaskInItsWords(t *testing.T) {
	t.Parallel() // it waits until the import has been quiet for a while
	srv := cvattest.Start(t)
	c := client(t, srv, "2.73.0")
	d := someImages(t, 2, 3)
	d.bytes["run_00/sub dir/frame_001.png"] = []byte("no image at all")
	r := d.apply(t, c, d.plan(t, c, plan.Options{}))
	bad, good := r.Tasks[0], r.Tasks[1]
	if good.Outcome != apply.Done || bad.Outcome != apply.Failed || bad.Retryable || !strings.Contains(fmt.Sprint(bad.Err), "failed to parse image file") {
		t.Fatalf("%+v", r)
	}
	d.bytes["run_00/sub dir/frame_001.png"] = picture(t, 77)
	p := d.plan(t, c, plan.Options{})
	if diff := cmp.Diff(plan.Replace, p.Changes[0].Action); diff != "" {
		t.Fatal(diff)
	}
	if r := d.apply(t, c, p); apply.Count(r).Refused != 1 {
		t.Errorf("without leave: %+v", r)
	}
	if r := d.apply(t, c, d.plan(t, c, plan.Options{ReplaceEmpty: true})); !r.OK() {
		t.Errorf("with leave: %+v", r)
	}
	d.whole(t, c)
}

func ptr[T any](v T) *T { return &v }

func TestPlanSendsNothingButGET(t *testing.T) {
	srv := cvattest.Start(t)
	c := client(t, srv, "2.73.0")
	d := someImages(t, 3, 2)
	d.apply(t, c, d.plan(t, c, plan.Options{}))
	d.tasks["new"] = []string{"run_00/sub dir/frame_000.png"}
	srv.Forget()
	d.plan(t, c, plan.Options{CheckFrames: true})
	seen := srv.Seen()
	for _, r := range seen {
		if r.Method != "GET" {
			t.Error(r)
		}
	}
	if frames := srv.Count(cvattest.Rule{Path: "/api/tasks/*/data/meta"}); len(seen)-frames > 1+4 { // ceil(3/400)+5, one of which asks for the version
		t.Errorf("%d requests: %v", len(seen)-frames, seen)
	}
}
