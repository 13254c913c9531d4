package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/source/choose"
	"github.com/cvatplan/cvatplan/internal/source/choose/choosetest"
)

// scenes writes pictures into data/run1, in the order of time: "a0 a3 b1" are scenes a, a and b, and how blurred they
// are. The first is number from.
func (s site) scenes(from int, pictures string) {
	s.t.Helper()
	for i, p := range strings.Fields(pictures) {
		s.write(fmt.Sprintf("data/run1/cam_%02d.png", from+i), scenePNG(p))
	}
}

func scenePNG(p string) []byte { return choosetest.PNG(uint64(p[0]), int(p[1]-'0')) }

func emptySite(t *testing.T) site { return site{t, t.TempDir()} }

// chosen are the numbers of the frames that a scan and a choice give of the only task, what it cost, and what was said.
func (s site) chosen(lines string, o Options) (numbers string, looked Looked, said []string) {
	s.t.Helper()
	tasks, problems := Scan(s.t.Context(), s.manifest(lines), o)
	if len(tasks) != 1 {
		s.t.Fatalf("%d tasks, %v", len(tasks), problems)
	}
	task := tasks[0]
	said = texts(s.dir, append(problems, task.Problems...))
	if len(task.Problems) == 0 {
		chosen, cost, found := task.Choose(s.t.Context())
		task, looked = chosen, cost
		said = append(said, texts(s.dir, found)...)
	}
	for i := range said {
		said[i] = strings.ReplaceAll(said[i], "ROOT/", "")
	}
	return numbersOf(task), looked, said
}

func numbersOf(task Task) string {
	var all []string
	for _, name := range task.Frames() {
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		all = append(all, strings.TrimPrefix(strings.TrimPrefix(base, "cam_"), "0"))
	}
	return strings.Join(all, " ")
}

func chooses(frames string) string {
	return "cameras: [{name: cam, frames: {" + frames + "}}]\nbags: [{path: run1, index: index.jsonl}]"
}

func TestFramesAreChosenByWhatTheyShow(t *testing.T) {
	tests := map[string]struct {
		frames, scenes, want string
		images               int // that are decoded
	}{
		"distinct":           {"distinct: 6", "a0 a0 a3 b0 b0 a0", "0 3 5", 6},
		"sharpest":           {"sharpest_of: 3", "a2 a0 a1 b5 b2 b2 c0", "1 4 6", 7},
		"sharpest, distinct": {"sharpest_of: 2, distinct: 6", "a2 a1 a0 a3 b3 b1", "1 5", 6},
		"after every":        {"every: 2, distinct: 6", "a0 b0 a0 b0 c0 d0", "0 4", 3},
		"after start, stop":  {"start: 1, stop: 3, sharpest_of: 3", "a0 a5 a1 a5 a0", "2", 3},
		"before limit":       {"distinct: 6, limit: 2", "a0 a0 b0 c0 d0", "0 2", 5},
		"spread":             {"distinct: 6, limit: 2, spread: true", "a0 a0 b0 c0 c0", "0 3", 5},
		"all":                {"sharpest_of: 1, distinct: 0", "a0 a0", "0 1", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := emptySite(t)
			s.scenes(0, tt.scenes)
			got, looked, said := s.chosen(strings.Replace(chooses(tt.frames), ", index: index.jsonl", "", 1), Options{})
			if got != tt.want || looked.Images != tt.images || len(said) > 0 {
				t.Errorf("%q after %d images, want %q after %d: %v", got, looked.Images, tt.want, tt.images, said)
			}
		})
	}
}

// A bag of many images of which three are wanted is not decoded whole while they are found.
func TestNoMoreIsDecodedOnceThereAreEnough(t *testing.T) {
	s := emptySite(t)
	file := scenePNG("a0")
	for i := range 300 {
		s.write(fmt.Sprintf("data/run1/cam_%04d.png", i), file)
	}
	s.write("data/run1/cam_0007.png", scenePNG("b0"))
	_, looked, _ := s.chosen("bags: [{path: run1, frames: {distinct: 6, limit: 3}}]", Options{})
	if looked.Images != window {
		t.Errorf("%d images were decoded, want %d", looked.Images, window)
	}
}

// Whatever else runs, and however little memory there is, the choice is the same.
func TestTheChoiceIsTheSameAtAnyParallelism(t *testing.T) {
	s := emptySite(t)
	random := rand.New(rand.NewPCG(4, 4))
	for i := range 30 {
		s.write(fmt.Sprintf("data/run1/cam_%02d.png", i), choosetest.PNG(random.Uint64N(4), random.IntN(6)))
	}
	var want string
	for _, cores := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(cores)
		for _, limit := range []int64{1, 256 << 20} {
			got, _, said := s.chosen("bags: [{path: run1, frames: {sharpest_of: 3, distinct: 6}}]", Options{Memory: memory.New(limit)})
			if want == "" {
				want = got
			}
			if got != want || got == "" || len(said) > 0 {
				t.Errorf("on %d cores with %d bytes: %s, want %s; %v", cores, limit, got, want, said)
			}
		}
		runtime.GOMAXPROCS(before)
	}
}

// raw is a ROS 1 sensor_msgs/Image after its header, of a picture in one of several encodings.
func raw(encoding, scene string) []byte {
	m := choosetest.Picture(uint64(scene[0]), int(scene[1]-'0'))
	le := binary.LittleEndian
	size := map[string]int{"mono8": 1, "bgr8": 3, "rgba8": 4, "mono16": 2, "yuyv": 2, "16UC1": 2, "32FC1": 4, "rgba16": 8}[encoding]
	width, height := m.Rect.Dx(), m.Rect.Dy()
	b := le.AppendUint32(le.AppendUint32(nil, uint32(height)), uint32(width))
	b = append(le.AppendUint32(b, uint32(len(encoding))), encoding...)
	b = le.AppendUint32(append(b, 0), uint32(size*width))
	b = le.AppendUint32(b, uint32(size*width*height))
	for _, v := range m.Pix {
		switch encoding {
		case "mono16", "16UC1":
			b = le.AppendUint16(b, uint16(v)*200)
		case "32FC1":
			b = binary.LittleEndian.AppendUint32(b, 0x3f800000+uint32(v)<<15) // 1 to 2 metres
		case "yuyv":
			b = append(b, v, 128)
		case "rgba16":
			b = append(b, 0, v, 0, v, 0, v, 0, 0xff)
		default:
			b = append(b, bytes.Repeat([]byte{v}, size)...)
		}
	}
	return b
}

func TestFramesOfRecordingsAreChosenInEveryEncoding(t *testing.T) {
	scenes := strings.Fields("a2 a0 b3 b1 b4 b2 c1 c0")
	payloads := map[string]func(string) []byte{
		"jpeg": func(s string) []byte {
			var b bytes.Buffer
			check(t, jpeg.Encode(&b, choosetest.Picture(uint64(s[0]), int(s[1]-'0')), &jpeg.Options{Quality: 95}))
			return b.Bytes()
		},
		"png": scenePNG,
	}
	for _, encoding := range []string{"mono8", "bgr8", "rgba8", "mono16", "yuyv", "16UC1", "32FC1", "rgba16"} {
		payloads[encoding] = func(s string) []byte { return raw(encoding, s) }
	}
	for name, payload := range payloads {
		for _, memoryLimit := range []int64{1, 64 << 20} {
			root := t.TempDir()
			w, err := bagtest.Create(filepath.Join(root, "run.bag"), bagtest.Format{})
			check(t, err)
			at := topic("/cam/image_raw", "sensor_msgs/Image")
			for i, scene := range scenes {
				ns := start + int64(len(scenes)-i)*1e9 // headers run backwards: it is the times of receipt that count
				message := append(header(ns), payload(scene)...)
				if name == "jpeg" || name == "png" {
					at, message = topic("/cam/image_raw", compressedImage), stamped(ns, payload(scene))
				}
				check(t, w.Write(at, start+int64(i)*1e9, message))
			}
			check(t, w.Close())
			tasks, problems := Scan(t.Context(), parse(t, "cameras: [{name: cam, frames: {sharpest_of: 2, distinct: 6}}]\nbags: [run.bag]"), Options{Root: root, Memory: memory.New(memoryLimit)})
			if len(tasks) != 1 || len(tasks[0].Problems) > 0 {
				t.Fatal(name, problems, tasks)
			}
			chosen, looked, found := tasks[0].Choose(t.Context())
			var got []string
			err = Origins(t.Context(), chosen, func(r index.Record) error { got = append(got, fmt.Sprint(*r.Message)); return nil })
			check(t, err)
			if diff := cmp.Diff([]string{"7", "3", "1"}, got); diff != "" || looked.Images != len(scenes) || len(found) > 0 {
				t.Errorf("%s with %d bytes of memory: %s%v %v", name, memoryLimit, diff, looked, found)
			}
			check(t, chosen.Close())
		}
	}
}

// What a recording's message shows is what the file shows that is made of it, to the last bit.
func TestAMessageLooksLikeItsFile(t *testing.T) {
	for _, encoding := range []string{"mono8", "bgr8", "rgba8", "mono16", "yuyv", "16UC1", "32FC1", "rgba16"} {
		root := t.TempDir()
		record(t, filepath.Join(root, "run.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam", "sensor_msgs/Image")}, raw(encoding, "a1"))
		tasks, problems := Scan(t.Context(), parse(t, "bags: [{path: run.bag, frames: {distinct: 1}}]"), Options{Root: root})
		if len(tasks) != 1 || len(tasks[0].Problems) > 0 {
			t.Fatal(encoding, problems)
		}
		j := judging{task: tasks[0], choice: tasks[0].frames.choice, looks: make([]choose.Look, 1), report: make([]diag.Diagnostic, 1)}
		j.look(t.Context(), 0, 1)
		r, err := tasks[0].Open(t.Context(), 0)
		check(t, err)
		var file bytes.Buffer
		_, err = file.ReadFrom(r)
		check(t, err)
		img, err := choose.Decode(bytes.NewReader(file.Bytes()), int64(file.Len()))
		check(t, err)
		if want := choose.Of(img); j.looks[0] != want || want.Sharpness == 0 {
			t.Errorf("%s: the message %+v, the file %+v", encoding, j.looks[0], want)
		}
	}
}

const keptChoice = "sharpest_of: 2, distinct: 6"

// After an index was written nothing is decoded, whatever has become of the pixels, and whichever version of the
// algorithms comes.
func TestAnIndexKeepsWhatWasChosen(t *testing.T) {
	s := emptySite(t)
	s.scenes(0, "a3 a0 a1 a2 b5 b0 b0 b1")
	s.list(s.manifest(chooses(keptChoice)))
	records := s.records()
	if len(records) != 2 || records[0].ChosenBy != "laplacian/1 dhash64/1" || records[0].Judged != 8 || records[0].Selection != "sharpest_of=2 distinct=6" {
		t.Fatalf("%+v", records)
	}
	for i := range 8 {
		if i != 1 && i != 5 { // those that are chosen have sizes and sums to be compared
			s.write(fmt.Sprintf("data/run1/cam_%02d.png", i), []byte("no image"))
		}
	}
	for _, version := range []string{"laplacian/1 dhash64/1", "laplacian/9 phash/2"} {
		b, err := os.ReadFile(filepath.Join(s.dir, "index.jsonl"))
		check(t, err)
		s.write("index.jsonl", bytes.ReplaceAll(b, []byte("laplacian/1 dhash64/1"), []byte(version)))
		for _, only := range []bool{false, true} {
			got, looked, said := s.chosen(chooses(keptChoice), Options{IndexOnly: only})
			if got != "1 5" || looked.Images > 0 || len(said) > 0 {
				t.Errorf("%s, %v: %q after %d images: %v", version, only, got, looked.Images, said)
			}
		}
		s.list(s.manifest(chooses(keptChoice))) // written again it says the same
		if r := s.records(); len(r) != 2 || r[1].ChosenBy != version {
			t.Errorf("%s became %+v", version, r)
		}
	}
	s.remove("data/run1")
	if got, _, said := s.chosen(chooses(keptChoice), Options{IndexOnly: true}); got != "1 5" {
		t.Errorf("without the images: %q, %v", got, said)
	}
}

// What does not say which frames there are to choose from changes no choice.
func TestOtherSettingsLeaveTheChoiceAlone(t *testing.T) {
	s := emptySite(t)
	s.scenes(0, "a3 a0 b0 b1")
	s.list(s.manifest(chooses(keptChoice)))
	lines := strings.Replace(chooses(keptChoice), "index: ", `task: {frame_name: "x/{path}"}, index: `, 1)
	got, looked, said := s.chosen(lines, Options{})
	want := []string{"warning: index index.jsonl is stale: of task cam_run1 it lacks 2 frames, such as x/cam_01.png, and has 2 that are no longer there, such as run1/cam_01.png | cvatplan frames --renew cvatplan.yaml"}
	if diff := cmp.Diff(want, said); got != "1 2" || looked.Images > 0 || diff != "" {
		t.Errorf("%q after %d images %s", got, looked.Images, diff)
	}
}

func (s site) records() (list []index.Record) {
	s.t.Helper()
	f, err := os.Open(filepath.Join(s.dir, "index.jsonl"))
	check(s.t, err)
	defer f.Close()
	check(s.t, index.Read(f, func(r index.Record) error { list = append(list, r); return nil }))
	return list
}

func TestOfABagThatGrewOnlyNewFramesAreJudged(t *testing.T) {
	tests := map[string]struct {
		frames, grow, before, after string
		first, then                 string
		images                      int // decoded then, the last chosen one with them
		said                        string
	}{
		"distinct":             {"distinct: 6", "", "a0 a0 b0", "b0 c0", "0 2", "0 2 4", 3, "2 frames came that it did not choose from"},
		"groups":               {"sharpest_of: 2", "", "a0 a1 b1 b0", "c3 c1", "0 3", "0 3 5", 3, "2 frames came that it did not choose from"},
		"a group that is full": {"sharpest_of: 3", "", "a1 a0 a2 b3", "b0 b0 c0", "1 3", "1 3 6", 2, "1 frame came that it did not choose from"},
		"a group that waits":   {"sharpest_of: 3", "part", "a1 a0 a2 b3", "b0 b1 c0", "1", "1 4", 4, "3 frames came that it did not choose from"},
		"nothing to judge yet": {"sharpest_of: 3", "part", "a1 a0 a2 b3", "b0", "1", "1", 0, ""},
		"enough":               {"distinct: 6, limit: 2", "", "a0 b0", "c0", "0 1", "0 1", 0, ""},
		"limit":                {"distinct: 6, limit: 3", "", "a0 b0", "c0 d0", "0 1", "0 1 2", 3, "2 frames came that it did not choose from"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := emptySite(t)
			lines := chooses(tt.frames)
			if tt.grow != "" {
				lines += "\ntask: {grow: " + tt.grow + "}"
			}
			s.scenes(0, tt.before)
			s.list(s.manifest(lines))
			if got, looked, said := s.chosen(lines, Options{}); got != tt.first || looked.Images > 0 || len(said) > 0 {
				t.Errorf("first %q, want %q; %v", got, tt.first, said)
			}
			s.scenes(len(strings.Fields(tt.before)), tt.after)
			var want []string
			if tt.said != "" {
				want = []string{"warning: index index.jsonl is stale: of task cam_run1 " + tt.said + " | cvatplan frames --renew cvatplan.yaml"}
			}
			got, looked, said := s.chosen(lines, Options{})
			if diff := cmp.Diff(want, said); got != tt.then || looked.Images != tt.images || diff != "" {
				t.Errorf("then %q after %d images, want %q after %d%s", got, looked.Images, tt.then, tt.images, diff)
			}
			if _, looked, said := s.chosen(lines, Options{IndexOnly: true}); looked.Images > 0 || len(said) != len(want) {
				t.Errorf("with the index alone %d images were decoded: %v", looked.Images, said)
			}
			s.list(s.manifest(lines))
			if got, looked, said := s.chosen(lines, Options{IndexOnly: true}); got != tt.then || looked.Images > 0 || len(said) > 0 {
				t.Errorf("written again %q, want %q; %v", got, tt.then, said)
			}
		})
	}
}

func TestAnIndexOfAnotherChoiceIsSaid(t *testing.T) {
	s := emptySite(t)
	s.scenes(0, "a0 a3 b0 b3")
	s.list(s.manifest(chooses("distinct: 6")))
	said := "index index.jsonl is stale: of task cam_run1 its frames were taken with distinct=6, and the manifest says distinct=7 | cvatplan frames --renew cvatplan.yaml"
	got, looked, warned := s.chosen(chooses("distinct: 7"), Options{})
	if diff := cmp.Diff([]string{"warning: " + said}, warned); got != "0 2" || looked.Images != 4 || diff != "" {
		t.Errorf("%q after %d images%s", got, looked.Images, diff)
	}
	_, looked, blocked := s.chosen(chooses("distinct: 7"), Options{IndexOnly: true})
	if diff := cmp.Diff([]string{"error: " + said}, blocked); looked.Images > 0 || diff != "" {
		t.Errorf("%d images%s", looked.Images, diff)
	}
	s.remove("data/run1/cam_02.png")
	got, looked, warned = s.chosen(chooses("distinct: 6"), Options{})
	want := []string{"warning: index index.jsonl is stale: of task cam_run1 it has 1 frame that is no longer there, such as cam_02.png | cvatplan frames --renew cvatplan.yaml"}
	if diff := cmp.Diff(want, warned); got != "0" || looked.Images > 0 || diff != "" {
		t.Errorf("one gone: %q after %d images%s", got, looked.Images, diff)
	}
}

func TestWhatCannotBeJudgedIsNamed(t *testing.T) {
	tests := map[string]struct {
		frames, name string
		content      []byte
		want         string
		said         []string
	}{
		"damaged":             {"distinct: 6", "cam_01.png", damagedPNG(), "0 1 2", []string{"error: data/run1/cam_01.png: its pixels are damaged: png: invalid format: bad filter type | set frames.bad: skip to leave it out"}},
		"damaged, left out":   {"distinct: 6, bad: skip", "cam_01.png", damagedPNG(), "0 2", []string{"note: data/run1/cam_01.png: its pixels are damaged: png: invalid format: bad filter type; left out"}},
		"no image":            {"distinct: 6", "cam_01.png", []byte("<html>"), "0 1 2", []string{"error: data/run1/cam_01.png: not an image: an HTML page, as a download gives that needed a login | remove it, or set frames.bad: skip"}},
		"another format":      {"sharpest_of: 2", "cam_01.pgm", []byte("P5\n2 2\n255\n\x00\x01\x02\x03"), "0 1 2", []string{"error: data/run1/cam_01.pgm: PNM is not decoded here, so frames: sharpest_of cannot judge it | convert it to JPEG or PNG, or choose by every: alone"}},
		"that is not skipped": {"sharpest_of: 2, distinct: 1, bad: skip", "cam_01.pgm", []byte("P5\n2 2\n255\n\x00\x01\x02\x03"), "0 1 2", []string{"error: data/run1/cam_01.pgm: PNM is not decoded here, so frames: sharpest_of and distinct cannot judge it | convert it to JPEG or PNG, or choose by every: alone"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := emptySite(t)
			s.scenes(0, "a0")
			s.scenes(2, "b0")
			s.write("data/run1/"+tt.name, tt.content)
			got, _, said := s.chosen("cameras: [{name: cam, frames: {"+tt.frames+"}}]\nbags: [run1]", Options{})
			if diff := cmp.Diff(tt.said, said); got != tt.want || diff != "" {
				t.Errorf("%q, want %q%s", got, tt.want, diff)
			}
		})
	}
}

func damagedPNG() []byte {
	b := scenePNG("a1")
	b[len(b)/2] ^= 0xff
	return b
}

// With grow: part a bag that has fewer frames than a group is left alone.
func TestABagWithoutAFullGroupWaits(t *testing.T) {
	s := emptySite(t)
	s.scenes(0, "a0 a1")
	tasks, said := s.scan(s.manifest("bags: [{path: run1, frames: {sharpest_of: 3}, task: {grow: part}}]"))
	if len(said) > 0 || tasks[0].Deferred != "bag run1 has 2 frames so far, and frames: sharpest_of: 3 with grow: part waits for as many" {
		t.Errorf("%q, %v", tasks[0].Deferred, said)
	}
}

func TestAnEndedContextEndsTheChoice(t *testing.T) {
	s := emptySite(t)
	s.scenes(0, "a0 b0 c0")
	tasks, _ := s.scan(s.manifest("bags: [{path: run1, frames: {distinct: 1}}]"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if task, _, found := tasks[0].Choose(ctx); !task.Undecided() || len(found) > 0 || len(task.Problems) > 0 {
		t.Errorf("%v, %v", task.Frames(), found)
	}
}

// BenchmarkChoose chooses of 24 JPEGs of 1280 x 960, and prints its time as a multiple of that of reading them alone.
func BenchmarkChoose(b *testing.B) {
	root := tree(b, "x/")
	var content bytes.Buffer
	check(b, jpeg.Encode(&content, large(1280, 960), nil))
	for i := range 24 {
		check(b, os.WriteFile(filepath.Join(root, fmt.Sprintf("x/%02d.jpg", i)), content.Bytes(), 0o666))
	}
	tasks, _ := Scan(context.Background(), parse(b, "bags: [{path: x, frames: {sharpest_of: 4, distinct: 6}}]"), Options{Root: root})
	b.SetBytes(int64(24 * content.Len()))
	var choosing, reading time.Duration
	for b.Loop() {
		begun := time.Now()
		if chosen, _, problems := tasks[0].Choose(context.Background()); len(problems) > 0 || len(chosen.Frames()) != 1 {
			b.Fatal(problems)
		}
		middle := time.Now()
		if _, problems := Measure(context.Background(), tasks[0]); len(problems) > 0 {
			b.Fatal(problems)
		}
		choosing += middle.Sub(begun)
		reading += time.Since(middle)
	}
	b.ReportMetric(float64(choosing)/float64(reading), "x-reading")
}

func large(width, height int) image.Image {
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = uint8(i * i >> 9)
	}
	return m
}

// Of images on another machine each is fetched once, in few requests; with an index none is.
func TestChoosingOnAnotherMachineFetchesEachImageOnce(t *testing.T) {
	const images = 8
	s := emptySite(t)
	files, size := map[string]string{}, int64(0)
	for i := range images {
		var b bytes.Buffer
		check(t, jpeg.Encode(&b, large(640+i, 480), nil))
		name := fmt.Sprintf("data/run1/cam_%02d.jpg", i)
		s.write(name, b.Bytes())
		files[name] = filepath.Join(s.dir, name)
		size += int64(b.Len())
	}
	s.list(s.manifest(chooses("distinct: 1, sharpest_of: 2")))
	bucket, root := farAway(t, files)
	lines := strings.Replace(chooses("distinct: 1, sharpest_of: 2"), "{path: run1", "{root: "+root+"/data, path: run1", 1)
	if _, looked, said := s.chosen(lines, Options{}); looked.Images > 0 || len(said) > 0 {
		t.Errorf("with an index %d images were decoded: %v", looked.Images, said)
	}
	listing, _ := bucket.Seen()
	s.remove("index.jsonl")
	_, looked, _ := s.chosen(lines, Options{})
	requests, sent := bucket.Seen()
	t.Logf("%d requests, %d bytes; then %d of %d images and %d bytes", listing, sent, requests-listing, images, size)
	if looked.Images != images || looked.Bytes != size {
		t.Errorf("%+v of %d images", looked, images)
	}
	if most := listing + images*6; requests-listing > most {
		t.Errorf("%d requests, want at most %d", requests-listing, most)
	}
	if sent > size+size/4+1<<16 {
		t.Errorf("%d bytes were sent of %d", sent, size)
	}
}

// However many cores decode, they share the budget: what is granted at once never exceeds it.
func TestChoosingStaysWithinTheBudget(t *testing.T) {
	const limit = 16 << 20
	root := t.TempDir()
	drive(t, filepath.Join(root, "run.bag"), bagtest.Format{}, 12)
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, large(480, 320), nil))
	check(t, os.Mkdir(filepath.Join(root, "dir"), 0o777))
	for i := range 12 {
		check(t, os.WriteFile(filepath.Join(root, fmt.Sprintf("dir/front_%02d.jpg", i)), b.Bytes(), 0o666))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, bag := range []string{"run.bag", "dir"} {
		budget := memory.New(limit)
		tasks, problems := Scan(t.Context(), parse(t, "cameras: [{name: front, frames: {distinct: 1}}]\nbags: ["+bag+"]"), Options{Root: root, Memory: budget})
		if len(tasks) != 1 || len(problems) > 0 || len(tasks[0].Problems) > 0 {
			t.Fatal(bag, problems, tasks)
		}
		chosen, looked, found := tasks[0].Choose(t.Context())
		if looked.Images != 12 || len(chosen.Frames()) != 1 || len(found) > 0 {
			t.Errorf("%s: %+v, %v, %v", bag, looked, chosen.Frames(), found)
		}
		check(t, chosen.Close())
		if most := budget.Most(); most > limit || most < 16*480*320 {
			t.Errorf("%s: %d bytes were granted at once, of %d", bag, most, limit)
		}
		if held := budget.Held(); held != 0 {
			t.Errorf("%s: %d bytes are not given back", bag, held)
		}
	}
}
