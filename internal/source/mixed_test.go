package source

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A directory of images and recordings gives the one of them that has something for the manifest, and
// says what it leaves; where both have, neither is guessed.
func TestImagesBesideARecordingAreNeverDroppedInSilence(t *testing.T) {
	const (
		telemetry = "testdata/field/04-images-next-to-a-recording/mix/telemetry.mcap"
		images    = "testdata/field/04-images-next-to-a-recording/imgmeta2/imu.mcap" // 4 of them
		ros1      = fixtures + "/ros1/odd_times.bag"
		database  = fixtures + "/ros2/db3_none/db3_none.db3"
		metadata  = fixtures + "/ros2/db3_none/metadata.yaml"
		pointer   = "../../internal/source/testdata/field/02-split-lfs-pointer/run/one_missing_1.mcap"
	)
	tests := map[string]struct {
		files  map[string]string // what is copied to where
		lines  string            // of the manifest; empty: the directory is the bag
		frames int
		want   []string
	}{
		"cameras next to telemetry": {
			files:  map[string]string{"run/cam0/1.jpg": "", "run/cam0/2.jpg": "", "run/gps.mcap": telemetry},
			frames: 2, want: []string{"note: taken: 2 images of 1 bag; not taken: 1 recording, such as run/gps.mcap"},
		},
		"a photo next to a rosbag2": {
			files:  map[string]string{"run/preview.jpg": "", "run/db3_none.db3": database, "run/metadata.yaml": metadata},
			frames: 60, want: []string{"note: taken: 60 image messages of 1 bag; not taken: 1 image file, such as run/preview.jpg", "note: of topics that hold the same images one is taken, in 1 task, such as /realsenseD435/color/image_raw/compressed, not /realsenseD435/color/image_raw (30 messages each)"},
		},
		"cameras next to a rosbag2 of telemetry": {
			files:  map[string]string{"run/1.jpg": "", "run/run_7.mcap": telemetry, "run/metadata.yaml": "testdata/field/10-rosbag2-file-renamed/run/metadata.yaml"},
			frames: 1, want: []string{"note: taken: 1 image of 1 bag; not taken: 1 recording, such as run/run_7.mcap"},
		},
		"a photo next to a bag": {
			files: map[string]string{"run/photo.png": "", "run/a.bag": ros1},
			want:  []string{`error: bag run holds 1 image and 1 recording (a.bag with 12 image messages), and nothing says which is meant | for the images write exclude: ["*.bag"] on the bag; for recordings path: "run/a.bag"`},
		},
		"a photo next to an MCAP": {
			files: map[string]string{"run/photo.png": "", "run/a.mcap": images},
			want:  []string{`error: bag run holds 1 image and 1 recording (a.mcap with 4 image messages), and nothing says which is meant | for the images write exclude: ["*.mcap"] on the bag; for recordings path: "run/a.mcap"`},
		},
		"a photo next to a pointer": {
			files: map[string]string{"run/photo.png": "", "run/a.mcap": pointer},
			want:  []string{`error: bag run holds 1 image and 1 recording (a.mcap: a Git LFS pointer, not the recording), and nothing says which is meant | for the images write exclude: ["*.mcap"] on the bag; for recordings path: "run/a.mcap"`},
		},
		"next to what is not a recording": {
			files:  map[string]string{"run/photo.png": "", "run/a.mcap": "", "run/b.bag": ""},
			frames: 1, want: []string{"note: taken: 1 image of 1 bag; not taken: 2 recordings, such as run/a.mcap"},
		},
		"several recordings": {
			files: map[string]string{"run/photo.png": "", "run/a.mcap": telemetry, "run/b.mcap": images},
			want:  []string{`error: bag run holds 1 image and 2 recordings (b.mcap with 4 image messages), and nothing says which is meant | for the images write exclude: ["*.mcap"] on the bag; for recordings path: "run/*.mcap"`},
		},
		"a recording in a directory below": {
			files: map[string]string{"run/cam0/1.jpg": "", "run/raw/a.mcap": images},
			want:  []string{`error: bag run holds 1 image and 1 recording (raw/a.mcap with 4 image messages), and nothing says which is meant | for the images write exclude: ["*.mcap"] on the bag; for recordings path: "run/raw/a.mcap"`},
		},
		"telemetry in a directory below": {
			files:  map[string]string{"run/cam0/1.jpg": "", "run/raw/a.mcap": telemetry},
			frames: 1, want: []string{"note: taken: 1 image of 1 bag; not taken: 1 recording, such as run/raw/a.mcap"},
		},
		"a recording below is left out on purpose": {
			files:  map[string]string{"run/cam0/1.jpg": "", "run/raw/a.mcap": images},
			lines:  `bags: [{path: run/, exclude: ["*.mcap"]}]`,
			frames: 1,
		},
		"both are wanted": {
			files:  map[string]string{"run/photo.png": "", "run/a.mcap": images},
			lines:  `bags: [{path: "*/", exclude: ["*.mcap"]}, {path: "run/*.mcap"}]`,
			frames: 5,
		},
		"a video next to cameras": {
			files:  map[string]string{"run/cam0/1.jpg": "", "run/cam0/2.jpg": "", "run/cam0.mp4": "", "run/raw/b.avi": ""},
			frames: 2, want: []string{"note: taken: 2 images of 1 bag; not taken: 2 videos, such as run/cam0.mp4"},
		},
		"a video next to a rosbag2": {
			files:  map[string]string{"run/preview.mp4": "", "run/run_7.mcap": images, "run/metadata.yaml": "testdata/field/10-rosbag2-file-renamed/run/metadata.yaml"},
			frames: 4, want: []string{"warning: bag run is damaged: run_7.mcap is taken for renamed_file.mcap, which metadata.yaml names, 1 time", "note: taken: 1 recording; not taken: 1 video, such as run/preview.mp4"},
		},
		"videos that are left out on purpose, or bags": {
			files:  map[string]string{"run/cam0/1.jpg": "", "run/a.mp4": "", "run/b.avi": ""},
			lines:  `bags: [{path: run/, exclude: ["*.mp4"]}, "run/b.avi"]`,
			frames: 1, want: []string{"error: ROOT/run/b.avi: empty (0 bytes) | look whether a player shows it, fetch it again, or leave it out by exclude:"},
		},
		"no camera takes the images": {
			files:  map[string]string{"run/photo.png": "", "run/a.mcap": images},
			lines:  "cameras: [{name: cam}]\nbags: [run/]",
			frames: 4, want: []string{"note: taken: 4 image messages of 1 bag; not taken: 1 image file, such as run/photo.png"},
		},
		"no camera takes the messages": {
			files:  map[string]string{"run/photo.png": "", "run/a.mcap": images},
			lines:  "cameras: [{name: photo}]\nbags: [run/]",
			frames: 1, want: []string{"note: taken: 1 image of 1 bag; not taken: 1 recording, such as run/a.mcap"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for to, from := range tt.files {
				var data []byte
				if from != "" {
					var err error
					data, err = os.ReadFile(from)
					check(t, err)
				}
				check(t, os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o777))
				check(t, os.WriteFile(filepath.Join(root, to), data, 0o666))
			}
			lines := tt.lines
			if lines == "" {
				lines = "bags: [run/]"
			}
			frames, problems := problemsOf(t, root, lines, false)
			if diff := cmp.Diff(tt.want, problems); diff != "" || frames != tt.frames {
				t.Errorf("%d frames, want %d; problems (-want +got):\n%s", frames, tt.frames, diff)
			}
		})
	}
}

// Of one recording that lies there twice, globs take one file; a path takes what it names.
func TestGlobsTakeOneFileOfARecording(t *testing.T) {
	mcap, err := os.ReadFile("testdata/field/04-images-next-to-a-recording/imgmeta2/imu.mcap")
	check(t, err)
	ros1, err := os.ReadFile("../bag/testdata/field/first_empty.mcap")
	check(t, err)
	another := bytes.Clone(mcap)
	another[8+9+4]++ // its profile
	tests := map[string]struct {
		files []string
		lines string
		tasks int
		want  []string
	}{
		"forms":             {[]string{"a.mcap", "a.db3", "b.mcap"}, `bags: ["*"]`, 2, []string{"note: left out: 1 recording of which another file is there, such as a.db3 (a.mcap is taken)"}},
		"in several globs":  {[]string{"a.mcap", "a.mcap.zstd"}, `bags: ["*.mcap", "*.zstd"]`, 1, []string{"note: left out: 1 recording of which another file is there, such as a.mcap.zstd (a.mcap is taken)"}},
		"reindexed":         {[]string{"d/a.bag", "d/a.orig.bag"}, `bags: ["d/*.bag"]`, 1, []string{"note: left out: 1 recording of which another file is there, such as d/a.orig.bag (a.bag is taken)"}},
		"under other names": {[]string{"a.mcap", "backup.mcap", "d/a.mcap"}, `bags: ["*.mcap", "d/*.mcap"]`, 2, []string{"note: left out: 1 recording of which another file is there, such as backup.mcap (a.mcap is taken)"}},
		"both are named":    {[]string{"a.mcap", "backup.mcap"}, `bags: [a.mcap, backup.mcap]`, 2, nil},
		"named by its path": {[]string{"a.bag", "a.orig.bag"}, `bags: [a.bag, a.orig.bag]`, 2, nil},
		"one is named":      {[]string{"a.bag", "a.orig.bag", "a (copy).bag"}, `bags: [a.orig.bag, "*.bag"]`, 1, []string{"note: left out: 2 recordings of which another file is there, such as a (copy).bag (a.orig.bag is taken)"}},
		"the only one":      {[]string{"a.orig.bag"}, `bags: ["*.bag"]`, 1, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, f := range tt.files {
				data := mcap
				switch {
				case filepath.Ext(f) == ".bag":
					data = ros1
				case f == "b.mcap":
					data = another
				}
				check(t, os.MkdirAll(filepath.Dir(filepath.Join(root, f)), 0o777))
				check(t, os.WriteFile(filepath.Join(root, f), data, 0o666))
			}
			tasks, problems := Scan(t.Context(), parse(t, tt.lines), Options{Root: root})
			if diff := cmp.Diff(tt.want, texts(root, problems)); diff != "" || len(tasks) != tt.tasks {
				t.Errorf("%d tasks, want %d; problems (-want +got):\n%s", len(tasks), tt.tasks, diff)
			}
		})
	}
}
