package survey

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
)

// said are problems as a test compares them, without the directory.
func said(dir string, problems []diag.Diagnostic) []string {
	var all []string
	for _, p := range problems {
		all = append(all, fmt.Sprintf("%s: %s", p.Severity, strings.ReplaceAll(p.Text, dir+string(filepath.Separator), "")))
	}
	return all
}

func TestADraftSaysOfEachThingThatItLeavesWhy(t *testing.T) {
	page, err := os.ReadFile("testdata/field/08-init-silent-or-aborts/data/run2.bag")
	check(t, err)
	tests := map[string]struct {
		sample string
		files  map[string]string // besides, by path
		images int
		want   []string
	}{
		"a pointer, a page, an empty file": {
			sample: "08-init-silent-or-aborts/data", images: 4, want: []string{
				"warning: run2.bag is left out: not a recording: an HTML page, as a download gives that needed a login",
				"warning: run3.mcap is left out: a Git LFS pointer, not the recording",
				"warning: run4.bag is left out: it is empty (0 bytes)",
			},
		},
		"a rosbag2 of pointers": {
			sample: "08-init-silent-or-aborts/data2", images: 6, want: []string{
				"warning: b/run is left out: one_missing.mcap is a Git LFS pointer, not the recording",
			},
		},
		"only video": {
			sample: "b22-init-theora-only", files: map[string]string{"a/1.jpg": ""}, images: 1, want: []string{
				"warning: theoraonly.mcap: /usb_cam/image_raw/theora left out: it holds video, which is not read",
			},
		},
		"zeros, images that CVAT does not take, other files": {
			files: map[string]string{"a/1.jpg": "", "b/1.heic": "", "notes.txt": "n", "c.bag": "\x00\x00\x00", "d.db3": string(page)}, images: 1, want: []string{
				"warning: c.bag is left out: not a recording: it begins with zeros only, as a file does whose copy was interrupted",
				"warning: d.db3 is left out: not a recording: an HTML page, as a download gives that needed a login",
				"warning: 1 file in 1 bag left out: CVAT takes no such images as 001/b/1.heic",
			},
		},
		"too deep": {
			sample: "b19-init-empty-camera-name", files: map[string]string{"a/b/c/d/e.bag": ""}, images: 2,
			want: []string{"note: a/b/c/d is not looked into: bags are looked for 3 directories deep"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.sample != "" {
				check(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata/field", tt.sample))))
			}
			for at, content := range tt.files {
				check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, at)), 0o777))
				check(t, os.WriteFile(filepath.Join(dir, at), []byte(content), 0o666))
			}
			got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
			check(t, err)
			if got.Images != tt.images {
				t.Errorf("%d images, want %d:\n%s", got.Images, tt.images, got.Text)
			}
			list := got.Problems[:min(len(got.Problems), len(tt.want))]
			if diff := cmp.Diff(tt.want, said(dir, list)); diff != "" {
				t.Errorf("(-want +got):\n%s%q", diff, said(dir, got.Problems))
			}
		})
	}
}

func TestADraftOfNothingThatCanBeReadSaysWhy(t *testing.T) {
	got, err := Draft(t.Context(), "cvatplan.yaml", "", "testdata/field/b22-init-theora-only", "none")
	if err == nil || len(got.Problems) != 2 || got.Problems[0].Code != diag.CodeUnsupportedEncoding {
		t.Errorf("%v, %v", err, got.Problems)
	}
}

// Whatever topics are called: each image topic becomes a camera with a valid name.
func TestCamerasHaveValidNamesWhateverTopicsAreCalled(t *testing.T) {
	long := strings.Repeat("/a_long_name", 25)
	tests := map[string][]string{
		"no name": {"/compressed"}, "a slash": {"/"}, "no name, and depth": {"/compressed", "/compressedDepth"},
		"300 characters": {long}, "two of 300": {long + "/left", long + "/right", "/x" + long},
		"one component of 300": {"/" + strings.Repeat("x", 300), "/cam/image_raw/compressed"},
		"equal but for image":  {"/a/image", "/a/image_raw", "/a/image_color", "/a"},
		"globs":                {"/cam[0]/image_raw", "/cam{1}/image", "/c*/image", "/c?/image", "/cam0/image"},
		"other signs":          {"/ cam /image", "/c\\d/image", "/a:b/image", "/a\nc/image", "/\u202ex/image", "/日本/image", "/true/image", "/~/image"},
		"a sole sign":          {"/\n"},
		"double slashes":       {"//cam//image_raw", "cam2", "cam2/"},
	}
	for name, topics := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := bagtest.Create(filepath.Join(dir, "a.mcap"), bagtest.Format{})
			check(t, err)
			for i, topic := range topics {
				ns := int64(1700000000+i) * 1e9
				check(t, w.Write(bagtest.Topic{Name: topic, Type: "sensor_msgs/Image", Encoding: "ros1"}, ns, grey(ns)))
			}
			check(t, w.Close())
			got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
			check(t, err)
			if got.Images != len(topics) || got.Tasks != len(topics) || got.Cameras != len(topics) {
				t.Errorf("%d images in %d tasks of %d cameras, want %d\n%s%v", got.Images, got.Tasks, got.Cameras, len(topics), got.Text, got.Problems)
			}
			for _, p := range got.Problems {
				if p.Severity > diag.Note {
					t.Errorf("its first plan says: %s", p.Text)
				}
			}
		})
	}
}

// grey is a ROS 1 sensor_msgs/Image of one pixel.
func grey(ns int64) []byte {
	b := make([]byte, 16) // seq, stamp, frame_id
	for i, n := range []uint32{uint32(ns / 1e9), uint32(ns % 1e9)} {
		b[4+4*i], b[5+4*i], b[6+4*i], b[7+4*i] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	}
	b = append(b, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0)
	b = append(b, "mono8"...)
	return append(b, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7)
}

// Images and recordings in one directory are both there, each as a bag of its own.
func TestADraftTakesImagesAndTheRecordingNextToThem(t *testing.T) {
	dir := t.TempDir()
	check(t, os.CopyFS(dir, os.DirFS("../source/testdata/field/04-images-next-to-a-recording")))
	got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "https://cvat.example.com", filepath.Join(dir, "imgmeta2"))
	check(t, err)
	for _, want := range []string{"  url: \"https://cvat.example.com\"\n", "  - path: \"imgmeta2/\"", "    exclude: [\"*.mcap\"]", "  - path: \"imgmeta2/imu.mcap\""} {
		if !strings.Contains(string(got.Text), want) {
			t.Errorf("%s is not in\n%s", want, got.Text)
		}
	}
	for _, p := range got.Problems {
		if p.Severity > diag.Note && p.Code != diag.CodeNoImages {
			t.Errorf("its first plan says: %s", p.Text)
		}
	}
}

// A recording that lies there twice is drafted once, and separate recordings as a glob of files.
func TestADraftOfRecordingsIsAGlobOfFiles(t *testing.T) {
	mcap, err := os.ReadFile("testdata/field/08-init-silent-or-aborts/data/run1.mcap")
	check(t, err)
	tests := map[string]struct {
		files []string
		want  string
		bags  int
	}{
		"separate files":      {[]string{"a.mcap", "b.mcap"}, `path: "*.mcap"`, 2},
		"not numbered from 0": {[]string{"run_1.mcap", "run_2.mcap"}, `path: "*.mcap"`, 2},
		"numbered, at a time": {[]string{"day/run_0.mcap", "day/run_1.mcap", "day/run_2.mcap"}, `path: "*.mcap"`, 3},
		"copies":              {[]string{"a.mcap", "a - Copy.mcap", "b.mcap", "b (copy).mcap"}, `path: "*.mcap"`, 2},
		"of a directory":      {[]string{"day/a.mcap", "day/c.mcap", "day/b.mcap"}, `path: "*.mcap"`, 3},
		"twice":               {[]string{"a.mcap", "a.mcap.zstd", "b.mcap"}, `path: "*.mcap"`, 2},
		"the same bytes":      {[]string{"a.mcap", "backup of a.mcap", "b.mcap"}, `path: "*.mcap"`, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range tt.files {
				check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o777))
				data := bytes.Clone(mcap)
				distinct(data, f)
				check(t, os.WriteFile(filepath.Join(dir, f), data, 0o666))
			}
			got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
			check(t, err)
			if !strings.Contains(string(got.Text), tt.want) || got.Bags != tt.bags || got.Tasks != tt.bags {
				t.Errorf("%d bags, %d tasks\n%s%v", got.Bags, got.Tasks, got.Text, got.Problems)
			}
		})
	}
}

// distinct makes a recording another file than those whose names end otherwise: a letter of an MCAP's profile, and of what
// fills up a bag's header.
func distinct(data []byte, name string) {
	stem, _, _ := strings.Cut(filepath.Base(name), ".")
	stem = strings.TrimSuffix(strings.TrimSuffix(stem, " - Copy"), " (copy)")
	at := 8 + 9 + 4
	if filepath.Ext(name) == ".bag" {
		at = 4090
	}
	data[at] = stem[len(stem)-1]
}

// Topics of every encoding: those that are read, and why the others are not.
func TestTopicsOfEveryEncodingAreUsableOrSayWhyNot(t *testing.T) {
	tests := map[string]struct {
		topics int
		want   map[string]string // by topic: what its problem begins with
	}{
		"b01-realsense-sdk-yuyv/rs_yuyv.bag": {3, nil},
		"12-encodings-not-read/enc_all.bag": {49, map[string]string{
			"/e/32FC3": `encoding "32FC3" is not supported`, "/e/32FC4": `encoding "32FC4" is not supported`, "/e/32SC1": `encoding "32SC1" is not supported`,
			"/e/8SC1": `encoding "8SC1" is not supported`, "/e/RGB888": `encoding "RGB888" is not supported`, "/e/W10": `encoding "W10" is not supported`,
			"/e/bayer_rggb12": `encoding "bayer_rggb12" is not supported`, "/e/mono12": `encoding "mono12" is not supported`,
			"/e/empty": "damaged image message: it names no encoding", "/e/mjpeg": "damaged image message: the payload is not an image: it begins with",
		}},
		"13-misleading-messages/comp_all.bag": {30, map[string]string{
			"/c/avif": `encoding avif (format "avif") is not supported`, "/c/bmp": `encoding bmp (format "bmp") is not supported`, "/c/gif": `encoding gif (format "gif") is not supported`,
			"/c/h264": "no frame can be shown: 2 messages without a picture", "/c/hevc": "no frame can be shown: 2 messages without a picture", // start codes alone
			"/c/jp2": `encoding jpeg 2000 (format "jpeg2000") is not supported`, "/c/jxl": `encoding jpeg xl (format "jxl") is not supported`,
			"/c/jpgtrunc": "truncated: the JPEG header is cut off",
			"/c/junk":     `damaged image message: the payload is not an image: it begins with "hello world,"`, "/c/zero": "damaged image message: the payload is empty",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := Look(t.Context(), recorded(t, name), Options{})
			check(t, err)
			got := make(map[string]string)
			images := 0
			for _, topic := range b.Topics {
				if !topic.Image {
					continue
				}
				images++
				if p := topic.Pixels.Problem; p != nil {
					got[topic.Name] = p.Error()
				} else if topic.Pixels.Width == 0 || topic.Pixels.Height == 0 || topic.Camera == "" {
					t.Errorf("%s: %+v", topic.Name, topic)
				}
			}
			if images != tt.topics || len(got) != len(tt.want) {
				t.Errorf("%d image topics, want %d; with problems: %q", images, tt.topics, got)
			}
			for topic, want := range tt.want {
				if !strings.HasPrefix(got[topic], want) {
					t.Errorf("%s: %q, want %q", topic, got[topic], want)
				}
			}
		})
	}
}

// recorded is a sample, unpacked if it is stored so.
func recorded(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("testdata/field", filepath.FromSlash(name))
	f, err := os.Open(path + ".gz")
	if err != nil {
		return path
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	check(t, err)
	data, err := io.ReadAll(unpacked)
	check(t, err)
	out := filepath.Join(t.TempDir(), filepath.Base(path))
	check(t, os.WriteFile(out, data, 0o666))
	return out
}

// What a rosbag2 lacks is named, and so is what lies in its files' place.
func TestARosbag2SaysWhatItLacks(t *testing.T) {
	for dir, want := range map[string]string{
		"01-split-missing":         "one_missing_1.mcap: is missing",
		"02-split-lfs-pointer":     "one_missing_1.mcap: is a Git LFS pointer, not the recording; fetch the file with git lfs pull",
		"10-rosbag2-file-renamed":  "run_7.mcap: is taken for renamed_file.mcap, which metadata.yaml names",
		"18-split-not-in-metadata": "one_missing_1.mcap: is not named by metadata.yaml and left out",
	} {
		b := look(t, "../source/testdata/field/"+dir+"/run")
		if b.Messages != 4 || len(b.Notes) != 1 || !strings.HasSuffix(b.Notes[0], want) {
			t.Errorf("%s: %d messages, %q", dir, b.Messages, b.Notes)
		}
	}
	_, err := Look(t.Context(), "testdata/field/08-init-silent-or-aborts/data/run3.mcap", Options{})
	if err == nil || !strings.HasSuffix(err.Error(), ": not a recording: a Git LFS pointer; fetch the file with git lfs pull") {
		t.Error(err)
	}
}

// Bags of one name that are no twins are tasks of different names.
func TestADraftsTasksHaveNamesOfTheirOwn(t *testing.T) {
	for name, tt := range map[string]struct {
		files []string
		task  string
	}{
		"by their directories": {[]string{"a/run.bag", "b/run.bag"}, `"{camera}_{parent}_{bag}"`},
		"by their extensions":  {[]string{"run.bag", "run.mcap"}, `"{camera}_{rel}"`},
		"deeper down":          {[]string{"x/a/run.bag", "y/a/run.bag"}, `"{camera}_{rel}"`},
		"by nothing more":      {[]string{"run1.bag", "run2.bag"}, `"{camera}_{bag}"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i, file := range tt.files {
				check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o777))
				topics := map[string][]byte{"/cam/compressed": compressed(fmt.Sprint("\xff\xd8", i))}
				if i == 0 { // what has the same topics, counts and times is a twin
					topics["/odom"] = nil
				}
				record(t, filepath.Join(dir, file), topics)
			}
			got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
			check(t, err)
			if !strings.Contains(string(got.Text), "  name: "+tt.task) || got.Tasks != 2 || strings.Contains(fmt.Sprint(said(dir, got.Problems)), "would both be task") {
				t.Errorf("%d tasks, %q\n%s", got.Tasks, said(dir, got.Problems), got.Text)
			}
		})
	}
}

// A recording that was damaged beyond use is not reported as one without images.
func TestADraftTellsDamageFromNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.mcap")
	record(t, filepath.Join(dir, "odom.bag"), map[string][]byte{"/odom": nil})
	record(t, filepath.Join(dir, "good.bag"), map[string][]byte{"/cam/compressed": compressed("\xff\xd8")})
	w, err := bagtest.Create(path, bagtest.Format{Compression: "zstd"})
	check(t, err)
	check(t, w.Write(bagtest.Topic{Name: "/cam/compressed", Type: compressedImage, Encoding: "ros1"}, 1_700_000_000e9, compressed("\xff\xd8")))
	check(t, w.Close())
	content, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, bytes.ReplaceAll(content, []byte("zstd"), []byte("zzzz")), 0o666))
	got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
	check(t, err)
	all := strings.Join(said(dir, got.Problems), "\n")
	for _, want := range []string{
		"note: odom.bag is left out: it has no image topics with messages",
		"warning: run.mcap is left out: no message can be read: ",
		`unknown compression "zzzz"`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

// What a draft leaves out of a bag of images is really there, however deep.
func TestADraftsOwnExcludesAreNotIdle(t *testing.T) {
	dir := t.TempDir()
	check(t, os.CopyFS(dir, os.DirFS("testdata/field/08-init-silent-or-aborts/data2")))
	got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
	check(t, err)
	if all := strings.Join(said(dir, got.Problems), "\n"); !strings.Contains(string(got.Text), "exclude: [") || strings.Contains(all, "leaves out nothing") {
		t.Errorf("%s\n%s", all, got.Text)
	}
}

// A link that leads nowhere is no reason for silence.
func TestADraftNamesLinksToRecordingsThatAreElsewhere(t *testing.T) {
	dir := t.TempDir()
	record(t, filepath.Join(dir, "good.bag"), map[string][]byte{"/cam/compressed": compressed("\xff\xd8")})
	check(t, os.Symlink(".git/annex/objects/xx/yy/k/k", filepath.Join(dir, "annex.bag")))
	check(t, os.Symlink("/nowhere/x.mcap", filepath.Join(dir, "broken.mcap")))
	for _, name := range []string{"far.bag.dvc", "good.bag.dvc", "day1.dvc"} { // the second one's bag is here
		check(t, os.WriteFile(filepath.Join(dir, name), []byte("outs:\n- md5: 00\n  path: x\n"), 0o666))
	}
	got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
	check(t, err)
	want := []string{
		"warning: day1 is left out: only its DVC stub is here",
		"warning: far.bag is left out: only its DVC stub is here",
		"warning: annex.bag is left out: its content is not here: a git-annex link",
		"warning: broken.mcap is left out: broken symbolic link to /nowhere/x.mcap",
	}
	if diff := cmp.Diff(want, said(dir, got.Problems)[:4]); diff != "" {
		t.Error(diff)
	}
	if _, err := Look(t.Context(), filepath.Join(dir, "annex.bag"), Options{}); err == nil || !strings.HasSuffix(err.Error(), "annex.bag: its content is not here: a git-annex link") {
		t.Error(err)
	}
}
