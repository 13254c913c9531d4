package planner_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A bag grows ten times, and each time a run is killed at another of its requests: in the end every frame is
// in exactly one task, whatever the runs before left.
func TestABagThatGrewTenTimesBetweenKillsIsWholeInItsParts(t *testing.T) {
	t.Parallel()
	for name, task := range map[string]string{
		"grow":              "task: {grow: part}",
		"grow, at most 4":   "task: {grow: part, max_frames: 4}",
		"grow, every third": "task: {grow: part, max_frames: 2}\ncameras: [{name: cam, files: ['**'], frames: {every: 3}}]",
	} {
		for _, answered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answered %v", name, answered), func(t *testing.T) {
				t.Parallel()
				d := newDataset(t, task)
				srv := cvattest.Start(t)
				frames := 0
				for growth := range 10 {
					for range 1 + growth%4 {
						d.write(t, fmt.Sprintf("run_1/cam_%04d.png", frames), picture(t, frames))
						frames++
					}
					d.applyKilled(t, srv, 1+growth*3, answered)
				}
				d.applyAll(t, srv)
				d.wantEachFrameOnce(t, srv)
			})
		}
	}
}

// A killer ends a run at its nth request: it is not sent, or its answer is lost.
type killer struct {
	next     http.RoundTripper
	left     atomic.Int32
	answered bool
	kill     context.CancelFunc
}

var errKilled = errors.New("killed")

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	left := k.left.Add(-1)
	if left > 0 {
		return k.next.RoundTrip(r)
	}
	if left == 0 && k.answered {
		if answer, err := k.next.RoundTrip(r); err == nil {
			answer.Body.Close()
		}
	}
	k.kill()
	return nil, errKilled
}

func (d *dataset) applyKilled(t *testing.T, srv *cvattest.Server, request int, answered bool) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	k := &killer{next: srv.Client().Transport, answered: answered, kill: kill}
	k.left.Store(int32(request))
	client := clientOf(t, srv, k)
	p := d.project(t)
	if p.Decide(ctx, client, planner.Options{Upload: true}) != nil {
		return
	}
	apply.Run(ctx, p.Plan, client, apply.Options{Images: p.Images, Parallelism: 1}, nil)
}

// applyAll applies until nothing is left to do.
func (d *dataset) applyAll(t *testing.T, srv *cvattest.Server) {
	t.Helper()
	client := clientOf(t, srv, nil)
	for range 3 {
		p := d.project(t)
		decide(t, p, client, planner.Options{Upload: true})
		if !plan.Count(p.Plan).Changes() {
			if plan.Count(p.Plan).Problems() || plan.Count(p.Plan).Drift > 0 {
				t.Fatal(plan.Count(p.Plan).String())
			}
			return
		}
		if r := apply.Run(t.Context(), p.Plan, client, apply.Options{Images: p.Images}, nil); !r.OK() {
			t.Fatalf("apply: %+v", r)
		}
	}
	t.Fatal("there is always something to do")
}

func (d *dataset) wantEachFrameOnce(t *testing.T, srv *cvattest.Server) {
	t.Helper()
	var want, got []string
	for _, task := range d.project(t).Tasks {
		for _, name := range task.Frames() {
			want = append(want, path.Base(name))
		}
	}
	for _, frames := range framesOf(t, srv) {
		got = append(got, frames...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frames of all tasks: %s", diff)
	}
}

// framesOf are the names of the frames of each task on the server.
func framesOf(t *testing.T, srv *cvattest.Server) map[string][]string {
	t.Helper()
	client := clientOf(t, srv, nil)
	tasks, err := client.ListTasks(t.Context(), cvat.TaskFilter{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, task := range tasks {
		if task.Size == 0 {
			continue
		}
		meta, err := client.DataMeta(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		if all[task.Name] != nil {
			t.Errorf("two tasks are called %s", task.Name)
		}
		for _, f := range meta.Frames {
			all[task.Name] = append(all[task.Name], path.Base(f.Name))
		}
	}
	return all
}

func clientOf(t *testing.T, srv *cvattest.Server, through http.RoundTripper) *cvat.Client {
	t.Helper()
	client, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}, Transport: through})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// What a part holds is read from the server: parts of other sizes than max_frames stay as they are, a part
// that is gone is made again of its frames, and what came to the bag is the next part.
func TestPartsAreWhatTheServerHas(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "task: {max_frames: 2, grow: part}")
	srv := cvattest.Start(t)
	client := clientOf(t, srv, nil)
	add := func(names ...string) {
		for i, name := range names {
			d.write(t, "run_1/"+name, picture(t, len(name)+i*7+int(name[0])))
		}
	}
	wantTasks := func(want map[string][]string) {
		t.Helper()
		d.applyAll(t, srv)
		if diff := cmp.Diff(want, framesOf(t, srv)); diff != "" {
			t.Error(diff)
		}
	}
	add("b.png", "d.png", "f.png")
	wantTasks(map[string][]string{"run_1": {"b.png", "d.png"}, "run_1_part2": {"f.png"}})

	add("a.png", "e.png", "g.png") // some of them before frames that are there
	wantTasks(map[string][]string{"run_1": {"b.png", "d.png"}, "run_1_part2": {"f.png"}, "run_1_part3": {"a.png", "e.png"}, "run_1_part4": {"g.png"}})

	d.more = "task: {max_frames: 3, grow: part}"
	add("h.png")
	deleteTask(t, client, "run_1_part2")
	wantTasks(map[string][]string{"run_1": {"b.png", "d.png"}, "run_1_part2": {"f.png", "h.png"}, "run_1_part3": {"a.png", "e.png"}, "run_1_part4": {"g.png"}})

	d.remove(t, "run_1/e.png")
	p := d.project(t)
	decide(t, p, client, planner.Options{Upload: true})
	wantActions(t, p.Plan, "drift run_1_part3", "no-op run_1", "no-op run_1_part2", "no-op run_1_part4")
	if got := p.Plan.Changes[0].Extra; !slices.Equal(got, []string{"run_1/e.png"}) {
		t.Errorf("no longer in the bag: %q", got)
	}
}

func deleteTask(t *testing.T, client *cvat.Client, name string) {
	t.Helper()
	tasks, err := client.ListTasks(t.Context(), cvat.TaskFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if task.Name == name {
			if err := client.DeleteTask(t.Context(), task.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Without grow, max_frames cuts a bag in the same places however far a run came, and a bag that grew is drift.
func TestABagIsCutInTheSamePlaces(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "task: {name: '{bag}-{part:02}', max_frames: 2}", "run_1/a.png", "run_1/b.png", "run_1/c.png", "run_1/d.png", "run_1/e.png")
	srv := cvattest.Start(t)
	client := clientOf(t, srv, nil)
	p := d.project(t)
	decide(t, p, client, planner.Options{Upload: true, Target: []string{"run_1-02"}})
	apply.Run(t.Context(), p.Plan, client, apply.Options{Images: p.Images}, nil)
	p = d.project(t)
	decide(t, p, client, planner.Options{CheckFrames: true})
	wantActions(t, p.Plan, "create run_1-01", "create run_1-03", "no-op run_1-02")
	d.applyAll(t, srv)
	want := map[string][]string{"run_1-01": {"a.png", "b.png"}, "run_1-02": {"c.png", "d.png"}, "run_1-03": {"e.png"}}
	if diff := cmp.Diff(want, framesOf(t, srv)); diff != "" {
		t.Error(diff)
	}
	d.write(t, "run_1/f.png", picture(t, 99))
	p = d.project(t)
	decide(t, p, client, planner.Options{})
	wantActions(t, p.Plan, "drift run_1-03", "no-op run_1-01", "no-op run_1-02")
}

// Counts tell of settled parts: only tasks of bags that have other counts than the server are asked for
// their frames, once each.
func TestAPlanAsksForTheFramesOfGrownBagsAlone(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "task: {max_frames: 2, grow: part}")
	const bags = 10
	for i := range bags {
		for k := range 3 {
			d.write(t, fmt.Sprintf("run_%d/%d.png", i, k), picture(t, i*3+k))
		}
	}
	srv := cvattest.Start(t)
	d.applyAll(t, srv)
	for _, grown := range []string{"run_7/3.png", "run_9/3.png"} {
		d.write(t, grown, picture(t, 1000))
	}
	before := len(srv.Seen())
	p := d.project(t)
	decide(t, p, clientOf(t, srv, nil), planner.Options{})
	asked := 0
	for _, r := range srv.Seen()[before:] {
		if strings.HasSuffix(r.Path, "/data/meta") {
			asked++
		}
	}
	if n := plan.Count(p.Plan); asked != 4 || n.Create != 2 || n.NoOp != 2*bags {
		t.Errorf("%d tasks were asked for their frames: %+v", asked, n)
	}
}

// Bags in parts that have not grown cost the listing of their tasks, and nothing more, however many they are
// (10,000 were tried: at most 53 requests).
func TestAPlanOfManySettledPartsAsksForNoFrames(t *testing.T) {
	t.Parallel()
	const bags = 600
	srv := cvattest.Start(t)
	id, err := srv.Sandbox.SeedProject(t.Context(), "Orchard", "apple")
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	var tasks []api.SeedTask
	for i := range bags {
		for k := range 3 {
			fmt.Fprintf(&lines, `{"task":"run_%d","name":"run_%d/%d.png","frame":%d,"bag":"run_%d","path":"%d.png","size":9,"sha256":"%064x"}`+"\n", i, i, k, k, i, k, k)
		}
		name := fmt.Sprintf("run_%d", i)
		tasks = append(tasks, api.SeedTask{Name: name, Frames: []string{"0.png", "1.png"}}, api.SeedTask{Name: name + "_part2", Frames: []string{"2.png"}})
	}
	if err := srv.Sandbox.SeedTasks(t.Context(), id, tasks); err != nil {
		t.Fatal(err)
	}
	d := newDataset(t, "task: {max_frames: 2, grow: part}")
	d.writeManifest(t, "all.jsonl", lines.String())
	p := d.projectIn(t, "cvatplan.yaml", strings.Replace(d.text("{path: 'run_*', index: all.jsonl}", d.more), ", labels: [apple]", "", 1))
	decide(t, p, clientOf(t, srv, nil), planner.Options{})
	if n := plan.Count(p.Plan); n.NoOp != 2*bags || n.Changes() {
		t.Errorf("%+v", n)
	}
	for _, r := range srv.Seen() {
		if strings.HasSuffix(r.Path, "/data/meta") {
			t.Fatalf("%s was asked for", r.Path)
		}
	}
	if got := len(srv.Seen()); got > 2+2*bags/400+1 {
		t.Errorf("%d requests", got)
	}
}

// What every: takes of a bag in parts is what it takes of the whole bag.
func TestSelectionIsAnchoredAtTheBagsStart(t *testing.T) {
	t.Parallel()
	const cameras = "\ncameras: [{name: cam, files: ['**'], frames: {every: 5}}]"
	d := newDataset(t, "task: {grow: part, max_frames: 3}"+cameras)
	srv := cvattest.Start(t)
	frames := 0
	for _, grown := range []int{7, 1, 12, 4, 9} {
		for range grown {
			d.write(t, fmt.Sprintf("run_1/cam_%04d.png", frames), picture(t, frames))
			frames++
		}
		d.applyAll(t, srv)
	}
	var want []string
	for i := 0; i < frames; i += 5 {
		want = append(want, fmt.Sprintf("cam_%04d.png", i))
	}
	var got []string
	for _, f := range framesOf(t, srv) {
		got = append(got, f...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Selections that take other frames of a bag that grew are refused.
func TestGrowthGoesWithSelectionsThatDoNotShift(t *testing.T) {
	t.Parallel()
	for what, more := range map[string]string{
		"spread": "task: {grow: part}\ncameras: [{name: cam, files: ['**'], frames: {limit: 3, spread: true}}]",
		"random": "task: {grow: part, sorting_method: random}",
		"digits": "task: {grow: part, name: '{bag}{part}'}",
	} {
		t.Run(what, func(t *testing.T) {
			d := newDataset(t, more, "run_1/a.png", "run_1/b.png")
			p := d.project(t)
			decide(t, p, newServer(t), planner.Options{})
			if n := plan.Count(p.Plan); n.Blocked != 1 || n.Create != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// Two runs that saw the bag at different times meet at the first name that both want.
func TestRunsThatSawOtherPartsGiveNoFrameTwice(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "task: {grow: part, max_frames: 3}", "run_1/a.png", "run_1/b.png")
	srv := cvattest.Start(t)
	client := clientOf(t, srv, nil)
	early := d.project(t)
	decide(t, early, client, planner.Options{Upload: true})
	for i, name := range []string{"c", "d", "e", "f", "g"} {
		d.write(t, "run_1/"+name+".png", picture(t, 50+i))
	}
	late := d.project(t)
	decide(t, late, client, planner.Options{Upload: true})
	wantActions(t, late.Plan, "create run_1", "create run_1_part2", "create run_1_part3")
	for _, p := range []*planner.Project{early, late} {
		apply.Run(t.Context(), p.Plan, client, apply.Options{Images: p.Images}, nil)
	}
	if got := framesOf(t, srv); len(got) != 1 {
		t.Errorf("the later run made parts next to one that it had planned otherwise: %v", got)
	}
	d.applyAll(t, srv)
	d.wantEachFrameOnce(t, srv)
}

// A recording grows as its files do: a recorder's file gets its final name, a file gets longer, a directory
// gets one more split. What was planned before stays, and the new messages are the next part.
func TestARecordingThatGrewIsInParts(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]func(t *testing.T, d *dataset, messages int){
		"a .bag.active that became .bag": func(t *testing.T, d *dataset, messages int) {
			if messages == 3 {
				d.record(t, "run_1.bag.active", bagtest.Format{NoIndex: true}, messages)
				return
			}
			os.Remove(filepath.Join(d.dir, "data", "run_1.bag.active"))
			d.record(t, "run_1.bag", bagtest.Format{}, messages)
		},
		"an .mcap that grew": func(t *testing.T, d *dataset, messages int) {
			d.record(t, "run_1.mcap", bagtest.Format{NoIndex: messages == 3}, messages)
		},
		"a rosbag2 with one more split": func(t *testing.T, d *dataset, messages int) {
			os.RemoveAll(filepath.Join(d.dir, "data", "run_1"))
			d.record(t, "run_1", bagtest.Format{Split: 3}, messages)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDataset(t, "task: {grow: part}\ncameras: [cam]")
			srv := cvattest.Start(t)
			for _, messages := range []int{3, 5, 9} {
				record(t, d, messages)
				d.applyAll(t, srv)
			}
			d.wantEachFrameOnce(t, srv)
			sizes := map[string]int{}
			for task, frames := range framesOf(t, srv) {
				sizes[task] = len(frames)
			}
			if diff := cmp.Diff(map[string]int{"cam_run_1": 3, "cam_run_1_part2": 2, "cam_run_1_part3": 4}, sizes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// record writes a recording of so many compressed images.
func (d *dataset) record(t *testing.T, name string, f bagtest.Format, messages int) {
	t.Helper()
	file := filepath.Join(d.dir, "data", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	w, err := bagtest.Create(file, f)
	if err != nil {
		t.Fatal(err)
	}
	topic := bagtest.Topic{Name: "/cam/compressed", Type: "sensor_msgs/CompressedImage", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}
	if f.Split > 0 {
		topic.Type, topic.Encoding = "sensor_msgs/msg/CompressedImage", "cdr"
	}
	for i := range messages {
		seconds := uint32(1700000000 + i)
		if err := w.Write(topic, int64(seconds)*1e9, compressedImage(f.Split > 0, seconds, picture(t, i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// compressedImage is a sensor_msgs/CompressedImage of ROS 1, or in CDR.
func compressedImage(cdr bool, seconds uint32, png []byte) []byte {
	little := binary.LittleEndian
	var b []byte
	text := func(s string) {
		if cdr {
			s += "\x00"
			for len(b)%4 != 0 {
				b = append(b, 0)
			}
		}
		b = append(little.AppendUint32(b, uint32(len(s))), s...)
	}
	if cdr {
		b = append(b, 0, 1, 0, 0)
	} else {
		b = little.AppendUint32(b, 0) // seq
	}
	b = little.AppendUint32(b, seconds)
	b = little.AppendUint32(b, 0)
	text("cam")
	text("png")
	for cdr && len(b)%4 != 0 {
		b = append(b, 0)
	}
	return append(little.AppendUint32(b, uint32(len(png))), png...)
}

// An empty leftover next to a part, whichever was made first, takes no frame from it or from the next.
func TestALeftoverNextToAPartHoldsNoFrames(t *testing.T) {
	d := newDataset(t, "task: {grow: part}", "run_1/a.png", "run_1/b.png", "run_1/c.png")
	srv := cvattest.Start(t)
	id, err := srv.Sandbox.SeedProject(t.Context(), "Orchard", "apple")
	if err != nil {
		t.Fatal(err)
	}
	err = srv.Sandbox.SeedTasks(t.Context(), id, []api.SeedTask{
		{Name: "run_1", BugTracker: plan.Marker(strings.Repeat("ab", 32))}, {Name: "run_1", Frames: []string{"run_1/a.png", "run_1/b.png"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := d.project(t)
	decide(t, p, clientOf(t, srv, nil), planner.Options{Upload: true})
	wantActions(t, p.Plan, "create run_1_part2", "resume run_1")
	d.applyAll(t, srv)
	d.wantEachFrameOnce(t, srv)
}

// A part whose name somebody else's task has stops those after it: which frames they hold is not known.
func TestAPartIsNotBegunBeforeTheOneBeforeIt(t *testing.T) {
	d := newDataset(t, "task: {grow: part, max_frames: 1}", "run_1/a.png", "run_1/b.png", "run_1/c.png")
	srv := cvattest.Start(t)
	client := clientOf(t, srv, nil)
	p := d.project(t)
	decide(t, p, client, planner.Options{Upload: true, Target: []string{"run_1"}})
	apply.Run(t.Context(), p.Plan, client, apply.Options{Images: p.Images}, nil)
	p = d.project(t)
	decide(t, p, client, planner.Options{Upload: true})
	wantActions(t, p.Plan, "create run_1_part2", "create run_1_part3", "no-op run_1")
	if _, err := client.CreateTask(t.Context(), cvat.NewTask{Name: "run_1_part2", ProjectID: p.Actual.Scope.ProjectID}); err != nil {
		t.Fatal(err)
	}
	r := apply.Run(t.Context(), p.Plan, client, apply.Options{Images: p.Images}, nil)
	got := r.Tasks[1]
	if r.Tasks[0].Outcome != apply.Refused || got.Outcome != apply.Failed || !got.Retryable || got.Reason.Code != diag.CodeEarlierPart {
		t.Errorf("%+v", r.Tasks)
	}
	if len(framesOf(t, srv)) != 1 {
		t.Error("a later part was made")
	}
}

// Predictions of a bag are given to the part that holds their frame.
func TestPredictionsGoToThePartOfTheirFrame(t *testing.T) {
	t.Parallel()
	d := newDataset(t, "task: {max_frames: 2, annotations: {file: found.json, format: coco}}", "run_1/a.png", "run_1/b.png", "run_1/c.png")
	var images, boxes []string
	for i, name := range []string{"a", "b", "c"} {
		images = append(images, fmt.Sprintf(`{"id": %d, "file_name": "run_1/%s.png", "width": 8, "height": 8}`, i, name))
		boxes = append(boxes, fmt.Sprintf(`{"id": %d, "image_id": %d, "category_id": 1, "bbox": [1, 1, 3, 3], "score": 0.9}`, i, i))
	}
	d.writeManifest(t, "found.json", fmt.Sprintf(`{"images": [%s], "annotations": [%s], "categories": [{"id": 1, "name": "apple"}]}`, strings.Join(images, ", "), strings.Join(boxes, ", ")))
	p := d.project(t)
	decide(t, p, newServer(t), planner.Options{})
	wantActions(t, p.Plan, "create run_1", "create run_1_part2")
	for i, want := range []int{2, 1} {
		if got := p.Plan.Changes[i].Desired.Annotations; got == nil || len(got.Labels) != 1 || got.Labels[0].Count != want {
			t.Errorf("%s is given %+v, want %d apples", p.Plan.Changes[i].Task, got, want)
		}
	}
}
