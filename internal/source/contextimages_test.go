package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestOnlyTheLastDotOfAFramesNameBecomesAnUnderscore(t *testing.T) {
	for frame, want := range map[string]string{
		"a.jpg":             "related_images/a_jpg/left.png",
		"a.b.JPG":           "related_images/a.b_JPG/left.png",
		"run 7/x/ä_b.c.png": "run 7/x/related_images/ä_b.c_png/left.png",
	} {
		if got := contextPath(frame, "left.png"); got != want {
			t.Errorf("%s: %s, want %s", frame, got, want)
		}
	}
}

// shade is a JPEG of one grey, so that an image tells what it is of.
func shade(t testing.TB, grey int) []byte {
	img := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range img.Pix {
		img.SetGray(i%16, i/16, color.Gray{Y: uint8(grey)})
	}
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

const start = int64(1_700_000_000_000_000_000)

// A sight is one message of a topic: when it was seen, and when it was received, in ms after the start.
type sight struct {
	topic         string
	seen, arrived int64
	grey          int
}

// rig records sights, in the order in which they are received.
func rig(t *testing.T, file string, f bagtest.Format, sights []sight) {
	t.Helper()
	w, err := bagtest.Create(file, f)
	check(t, err)
	for _, s := range sights {
		check(t, w.Write(topic(s.topic, compressedImage), start+s.arrived*1e6, stamped(start+s.seen*1e6, shade(t, s.grey))))
	}
	check(t, w.Close())
}

// Front sees every 100 ms. Left is 10 ms late, once by as much as it is early, and arrives out of order; what it saw at
// 200 ms is lost. Thermal has another name, and looks seldom.
var sights = []sight{
	{"/front/compressed", 0, 5, 1}, {"/left/compressed", 10, 15, 11}, {"/thermal/image_raw/compressed", 0, 20, 21},
	{"/front/compressed", 100, 105, 2}, {"/left/compressed", 310, 115, 13}, {"/left/compressed", 90, 120, 12}, {"/left/compressed", 110, 125, 14},
	{"/front/compressed", 200, 205, 3}, {"/front/compressed", 300, 305, 4},
}

const rigged = "cameras:\n- name: front\n  context: [{camera: left, within: 20ms}, {topics: [/thermal/image_raw/compressed], within: 60ms}]\n- left\nbags: [{path: run*, cameras: [front]"

// shown is what CVAT shows next to each frame: the greys by the names of context images.
func shown(t *testing.T, task Task) []string {
	t.Helper()
	frames, problems := Measure(context.Background(), task)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	greys := map[[32]byte]int{}
	for _, s := range sights {
		greys[sha256.Sum256(shade(t, s.grey))] = s.grey
	}
	var all []string
	for _, f := range frames {
		stamp, _ := stampOf(f.Name)
		said := strconv.FormatInt((stamp-start)/1e6, 10)
		for _, c := range f.Context {
			folder, file := path.Split(c.Name)
			if want := contextPath(f.Name, ""); folder != want {
				t.Errorf("%s lies in %s, want %s", file, folder, want)
			}
			said += " " + file + "=" + strconv.Itoa(greys[c.Sum])
		}
		all = append(all, said)
	}
	return all
}

func TestEachFrameGetsTheNearestImagesOfOtherTopics(t *testing.T) {
	byHeader := []string{"0 left.jpg=11 thermal.jpg=21", "100 left.jpg=12", "200", "300 left.jpg=13"}
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
		more   string // of the manifest
		want   []string
	}{
		"bag":       {"run.bag", bagtest.Format{}, "}]", byHeader},
		"mcap":      {"run.mcap", bagtest.Format{Compression: "zstd", ChunkSize: 2048}, "}]", byHeader},
		"db3":       {"run", bagtest.Format{}, "}]", byHeader},
		"unindexed": {"run.bag", bagtest.Format{NoIndex: true}, "}]", byHeader},
		"selected":  {"run.mcap", bagtest.Format{}, ", frames: {start: 1, every: 2}}]", []string{"100 left.jpg=12", "300 left.jpg=13"}},
		// by the times of receipt, left is 10 ms late, then 10, 15 and 20 ms, and thermal 15
		"log": {"run.mcap", bagtest.Format{}, ", frames: {stamp: log}}]", []string{"5 left.jpg=11 thermal.jpg=21", "105 left.jpg=13", "205", "305"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			rig(t, filepath.Join(root, c.file), c.format, sights)
			tasks, problems := Scan(context.Background(), parse(t, rigged+c.more), Options{Root: root})
			if len(tasks) != 1 || len(tasks[0].Problems) > 0 {
				t.Fatal(tasks, problems)
			}
			for _, p := range problems {
				if p.Code == diag.CodeUnclaimedTopics {
					t.Error(p) // it is taken
				}
			}
			if diff := cmp.Diff(c.want, shown(t, tasks[0])); diff != "" {
				t.Error(diff)
			}
			counts := make([]int, len(c.want))
			for i, w := range c.want {
				counts[i] = strings.Count(w, "=")
			}
			if diff := cmp.Diff(counts, tasks[0].Desired().Related); diff != "" {
				t.Error(diff)
			}
			check(t, tasks[0].Close())
		})
	}
}

func TestThePlanCountsContextImagesAndTheirBytes(t *testing.T) {
	root := t.TempDir()
	rig(t, filepath.Join(root, "run.mcap"), bagtest.Format{}, sights)
	tasks, _ := Scan(context.Background(), parse(t, rigged+"}]"), Options{Root: root})
	want := []plan.Context{{Name: "left", Frames: 3, Images: 3, Worst: 10 * time.Millisecond}, {Name: "thermal", Frames: 1, Images: 1}}
	if diff := cmp.Diff(want, tasks[0].Desired().Context); diff != "" {
		t.Error(diff)
	}
	frames, _ := Measure(context.Background(), tasks[0])
	if diff := cmp.Diff(want, tasks[0].Covered(frames)); diff != "" {
		t.Error(diff)
	}
	frames[0].Context = nil // as if they could not be used
	if left := tasks[0].Covered(frames)[0]; left.Frames != 2 || left.Images != 2 {
		t.Errorf("%+v", left)
	}
	frames, _ = Measure(context.Background(), tasks[0])
	var total int64
	for _, f := range frames {
		total += f.Size
		for _, c := range f.Context {
			total += c.Size
		}
	}
	if size, err := Bytes(context.Background(), tasks[0]); size != total || err != nil {
		t.Errorf("Bytes: %d, %v; want %d", size, err, total)
	}
	check(t, tasks[0].Close())
}

// photos are files of an image each.
func photos(t *testing.T, paths ...string) (root string) {
	t.Helper()
	s := site{t: t, dir: t.TempDir()}
	for i, p := range paths {
		s.write(p, shade(t, 10+i))
	}
	return s.dir
}

func TestImagesInRelatedFoldersAreTakenAsCVATTakesThem(t *testing.T) {
	root := photos(t, "run/a.b.jpg", "run/c.jpg", "run/d/c.jpg", "run/left.jpg",
		"run/related_images/a.b_jpg/left.png", "run/related_images/a.b_jpg/right.jpg", "run/d/related_images/c_jpg/left.jpg",
		"run/related_images/a_b_jpg/no.png", "run/related_images/loose.png", "run/related_images/c_jpg/sub/no.png",
		"run/related_images/d/c_jpg/no.png", "run/related_images/c_jpg/notes.txt")
	tasks, problems := Scan(context.Background(), parse(t, "bags: [run]"), Options{Root: root})
	want := []string{"note: left out: 4 images below related_images where CVAT finds no frame for them, such as run/related_images/a_b_jpg/no.png"}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
	frames, problems := Measure(context.Background(), tasks[0])
	var got []string
	for _, f := range frames {
		got = append(got, f.Name)
		for _, c := range f.Context {
			got = append(got, c.Name)
		}
	}
	list := []string{
		"run/a.b.jpg", "run/related_images/a.b_jpg/left.png", "run/related_images/a.b_jpg/right.jpg",
		"run/c.jpg", "run/d/c.jpg", "run/d/related_images/c_jpg/left.jpg", "run/left.jpg",
	}
	if diff := cmp.Diff(list, got); diff != "" || len(problems) > 0 {
		t.Error(diff, problems)
	}
	if said := tasks[0].Desired().Context[0].Covers(4); said != "2 of 4 frames with 3 images of related_images" {
		t.Error(said)
	}
}

func TestWhatIsInARelatedFolderBelongsToTheFrameOfItsName(t *testing.T) {
	for at, want := range map[string]string{
		"related_images/a_jpg/left.png":         "a.jpg",
		"d/e/related_images/a.b_c_png/left.png": "d/e/a.b_c.png",
		"d/related_images/x_pcd/left.png":       "d/pointcloud/x.pcd",
		"related_images/left.png":               "",
		"related_images/a_jpg/b/left.png":       "",
		"related_images/a/left.png":             "",
	} {
		if owner, ok := relatedTo(at); owner != want || ok != (want != "") {
			t.Errorf("%s: %q, %t; want %q", at, owner, ok, want)
		}
	}
}

// A frame may be called otherwise than its file: its context images go with the frame.
func TestImagesInRelatedFoldersFollowTheFramesName(t *testing.T) {
	root := photos(t, "run/a.jpg", "run/related_images/a_jpg/left.png")
	tasks, _ := Scan(context.Background(), parse(t, "bags: [{path: run, task: {frame_name: \"x/{bag}-{name}.v2.{ext}\"}}]"), Options{Root: root})
	frames, problems := Measure(context.Background(), tasks[0])
	if len(problems) > 0 || frames[0].Context[0].Name != "x/related_images/run-a.v2_jpg/left.png" {
		t.Error(frames, problems)
	}
}

// CVAT would fail the import of a point cloud whose context images it does not find.
func TestCloudsWithImagesInRelatedFoldersKeepTheirFolder(t *testing.T) {
	root := tree(t, "run/pointcloud/1.pcd", "run/related_images/1_pcd/left.png")
	for name, blocks := range map[string]bool{"{bag}/{path}": false, "{bag}-x/pointcloud/{name}.{ext}": false, "{bag}-{name}.{ext}": true, "my{path}": true} {
		got := scan(t, root, "cameras: [{name: lidar, kind: pointcloud, files: [\"**\"]}]\nbags: [{path: run, task: {frame_name: \""+name+"\"}}]")
		if blocked := strings.Contains(strings.Join(got.Tasks[0].Problems, "\n"), "in a folder pointcloud alone"); blocked != blocks {
			t.Errorf("frame_name %s: %q", name, got.Tasks[0].Problems)
		}
	}
}

func TestTwoContextImagesOfOneNameBlockTheTask(t *testing.T) {
	root := tree(t, "run/front_1700000000000000000.jpg", "run/left_1700000000000000000.jpg", "run/related_images/front_1700000000000000000_jpg/left.png")
	got := scan(t, root, "cameras:\n- {name: front, context: [left]}\n- left\nbags: [{path: run, cameras: [front]}]")
	want := []string{"error: frame run/front_1700000000000000000.jpg has two context images that CVAT calls left.jpg: left.jpg and left.png"}
	if diff := cmp.Diff(want, got.Tasks[0].Problems); diff != "" {
		t.Error(diff)
	}
}

func TestNamesThatCVATDoesNotTakeBlock(t *testing.T) {
	root := photos(t, "run/front_1700000000000000000.jpg", "run/left_1700000000000000000.jpg")
	for name, blocks := range map[string]bool{strings.Repeat("ä", 120): false, strings.Repeat("ä", 128): true, "__MACOSX": true} {
		got := scan(t, root, "cameras: [{name: front, context: [{files: [left*], name: "+name+"}]}]\nbags: [run]")
		if blocked := len(got.Tasks[0].Problems) > 0; blocked != blocks {
			t.Errorf("%d bytes: %q", len(name), got.Tasks[0].Problems)
		}
	}
}

func TestFilesOfNoOneCameraAreNobodysContext(t *testing.T) {
	root := photos(t, "run/front_1700000000000000000.jpg", "run/side_1700000000000000000.jpg")
	got := scan(t, root, "cameras:\n- {name: front, context: [left]}\n- {name: left, files: [side*]}\n- {name: right, files: [side*]}\nbags: [{path: run, cameras: [front]}]")
	want := []string{"error: context left: ROOT/run/side_1700000000000000000.jpg fits files: of both left and right | make the globs narrower"}
	if diff := cmp.Diff(want, got.Tasks[0].Problems); diff != "" {
		t.Error(diff)
	}
}

// A video has no images that could lie next to a frame.
func TestAVideoTopicIsNoContext(t *testing.T) {
	le := binary.LittleEndian
	packet := []byte{0, 0, 0, 1, 0x65, 0x88}
	image := append(le.AppendUint32(header(start), 4), "h264"...)
	image = append(le.AppendUint32(image, uint32(len(packet))), packet...)
	video := append(le.AppendUint32(header(start)[4:], uint32(len(packet))), packet...) // the header without its seq
	video = append(le.AppendUint32(video, 4), "h264"...)
	for kind, message := range map[string][]byte{compressedImage: image, "foxglove_msgs/CompressedVideo": video} {
		t.Run(kind, func(t *testing.T) {
			root := t.TempDir()
			w, err := bagtest.Create(filepath.Join(root, "run.mcap"), bagtest.Format{})
			check(t, err)
			check(t, w.Write(topic("/front/compressed", compressedImage), start, stamped(start, shade(t, 1))))
			check(t, w.Write(topic("/left/compressed", kind), start, message))
			check(t, w.Close())
			got := scan(t, root, rigged+"}]")
			if len(got.Tasks) != 1 || len(got.Tasks[0].Problems) != 1 || !strings.Contains(got.Tasks[0].Problems[0], "of topic /left/compressed is not read") || len(got.Problems) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestAPartHasTheContextImagesOfItsFrames(t *testing.T) {
	root := t.TempDir()
	rig(t, filepath.Join(root, "run.mcap"), bagtest.Format{}, sights)
	tasks, _ := Scan(context.Background(), parse(t, rigged+", task: {max_frames: 2}}]"), Options{Root: root})
	if diff := cmp.Diff([]string{"200", "300 left.jpg=13"}, shown(t, tasks[0].Part(2, []int{2, 3}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"0 left.jpg=11 thermal.jpg=21", "100 left.jpg=12"}, shown(t, tasks[0].Part(1, []int{0, 1}))); diff != "" {
		t.Error(diff)
	}
	check(t, tasks[0].Close())
}

// A plan over another machine's store reads no messages, so it does not know what is nearest; apply reports what is sent.
func TestContextImagesOfAnotherMachinesRecordingAreFoundWhenItIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.mcap")
	rig(t, file, bagtest.Format{}, sights)
	_, root := farAway(t, map[string]string{"run.mcap": file})
	tasks, problems := Scan(context.Background(), parse(t, rigged+"}]"), Options{Root: root})
	if d := tasks[0].Desired(); len(problems) > 0 || d.Related != nil || d.Context[1].Covers(4) != "thermal: known once the messages are read" {
		t.Fatalf("%v, %+v", problems, d)
	}
	exact, problems := tasks[0].Exact(context.Background())
	if diff := cmp.Diff([]string{"0 left.jpg=11 thermal.jpg=21", "100 left.jpg=12", "200", "300 left.jpg=13"}, shown(t, exact)); diff != "" || len(problems) > 0 {
		t.Error(diff, problems)
	}
	check(t, exact.Close())
}

func TestFilesWithoutTimesArePairedByNumber(t *testing.T) {
	tests := map[string]struct {
		files []string
		want  string // each frame and its context image, or what blocks the task
	}{
		"equal names":         {[]string{"front/1.png", "front/2.png", "left/2.png"}, "1- 2=left/2.png"},
		"zeros before":        {[]string{"front/000.png", "front/0010.png", "left/0.png", "left/10.png"}, "000=left/0.png 0010=left/10.png"},
		"cameras in names":    {[]string{"front_7.png", "front_8.png", "left_7.jpg"}, "front_7=left_7.jpg front_8-"},
		"cameras at the end":  {[]string{"7_front.png", "8_front.png", "8_left.jpg"}, "7_front- 8_front=8_left.jpg"},
		"no numbers":          {[]string{"front/a.png", "front/b.png", "left/b.jpg"}, "a- b=left/b.jpg"},
		"dates":               {[]string{"front/20260304_120001.png", "left/20260304_120001.png"}, "20260304_120001=left/20260304_120001.png"},
		"dots and blanks":     {[]string{"front/a 1.b.2.png", "left/ä 1.b.2.png"}, "a 1.b.2=left/ä 1.b.2.png"},
		"beyond 64 bits":      {[]string{"front/100000000000000000000000000000000000001.png", "left/0100000000000000000000000000000000000001.png"}, "100000000000000000000000000000000000001=left/0100000000000000000000000000000000000001.png"},
		"one number twice":    {[]string{"front/1.png", "left/1.png", "left/01.png"}, "in the names of its images, and two of them have one number: left/01.png and left/1.png"},
		"frames twice":        {[]string{"a/front/1.png", "b/front/1.png", "left/1.png"}, "in the names of camera front, and two of them have one number: a/front/1.png and b/front/1.png"},
		"times on one side":   {[]string{"front/1.png", "left/1700000000000000000.png"}, "no time stamps in the names of camera front"},
		"times on the others": {[]string{"front/1700000000000000000.png", "left/1.png"}, "no time stamps in the names of its images"},
		"none":                {[]string{"front/1.png", "left/2.png"}, "1-; task front_run: no frame has an image of left with the number that is in its name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var files []string
			for _, f := range tt.files {
				files = append(files, "run/"+f)
			}
			root := tree(t, files...)
			tasks, problems := Scan(context.Background(), parse(t, "cameras: [{name: front, context: [left]}, left]\nbags: [{path: run, cameras: [front]}]"), Options{Root: root})
			task := tasks[0]
			if len(task.Problems) > 0 {
				if got := task.Problems[0].Text; !strings.Contains(got, tt.want) {
					t.Errorf("%s, want %s", got, tt.want)
				}
				return
			}
			var all []string
			s := task.frames.context[0]
			for i := range task.frames.names {
				said := trimExtension(path.Base(task.frames.names[i])) + "-"
				for _, u := range s.uses {
					if u.frame == i {
						said = strings.TrimSuffix(said, "-") + "=" + s.source.Origin(u.image).Path
					}
				}
				all = append(all, said)
			}
			got := strings.Join(all, " ")
			for _, p := range problems {
				got += "; " + p.Text
			}
			if got != tt.want || !task.Desired().Context[0].ByNumber {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestACamerasOwnNumberIsNotItsFramesNumber(t *testing.T) {
	for _, tt := range []struct{ path, camera, want string }{
		{"0/000010.png", "0", "10"}, {"1/000112.png", "1", "112"}, {"0_0010.png", "0", "10"}, {"0010_0.png", "0", "10"}, {"0/0.png", "0", "0"},
		{"cam0_12.png", "cam0", "12"}, {"12-cam0.png", "cam0", "12"}, {"cam01_7.png", "cam0", "7"}, {"image_02_0005.png", "image_02", "5"},
		{"front.png", "front", "=front"}, {"7.png", "", "7"},
	} {
		if got := numberOf(tt.path, tt.camera); got != tt.want {
			t.Errorf("%s of camera %s: %s, want %s", tt.path, tt.camera, got, tt.want)
		}
	}
}

// CVAT 2.73 brings frames of 16 bits to the range of 8, and cuts context images off.
func TestContextImagesThatCVATShowsWhiteAreWarnedOf(t *testing.T) {
	root := t.TempDir()
	for i, picture := range []image.Image{image.NewGray16(image.Rect(0, 0, 4, 3)), image.NewGray(image.Rect(0, 0, 4, 3)), image.NewRGBA64(image.Rect(0, 0, 4, 3))} {
		var b bytes.Buffer
		check(t, png.Encode(&b, picture))
		for camera, data := range map[string][]byte{"hot": b.Bytes(), "front": pngImage(t)} {
			file := filepath.Join(root, "run", camera, fmt.Sprintf("%d.png", i))
			check(t, os.MkdirAll(filepath.Dir(file), 0o755))
			check(t, os.WriteFile(file, data, 0o644))
		}
	}
	tasks, _ := Scan(t.Context(), parse(t, "cameras: [{name: front, context: [hot]}, hot]\nbags: [run]"), Options{Root: root})
	for _, task := range tasks {
		_, problems := Measure(t.Context(), task)
		said := strings.Join(texts(root, problems), "\n")
		if warned := strings.HasPrefix(said, "warning: context hot: 1 image is grey in 16 bits, of which CVAT shows all above 255 as white"); warned != (task.Camera == "front") || !warned && said != "" {
			t.Errorf("%s: %s", task.Name, said)
		}
	}
}
