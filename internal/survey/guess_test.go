package survey

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/google/go-cmp/cmp"
)

func TestAGuessFindsBagsAndCameras(t *testing.T) {
	tests := map[string]struct {
		files, paths []string
		want         Guess
	}{
		"days of sequences": {
			files: []string{"data/2026-03-04/jai_cam_1.jpg", "data/2026-03-04/realsenseD435_1.jpg", "data/2026-03-05/jai_cam_1.jpg", "data/2026-03-05/notes.txt"},
			paths: []string{"data"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "*/", Count: 2}}, Images: 3, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 2, Bags: 2}, {Name: "realsenseD435", Images: 1, Bags: 1}}},
		},
		"one day": {
			files: []string{"data/2026-03-04/jai_cam_1700000000000000000.jpg", "data/2026-03-04/jai_cam_depth_1700000000000000000.png"},
			paths: []string{"data/2026-03-04"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "2026-03-04/", Count: 1}}, Images: 2, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 1, Bags: 1}, {Name: "jai_cam_depth", Images: 1, Bags: 1}}},
		},
		"a directory for each camera": {
			files: []string{"run/jai_cam/color/0001.png", "run/jai_cam/color/0002.png", "run/left/frame0001.png"},
			paths: []string{"run"},
			want: Guess{Root: ".", Bags: []GuessBag{{Path: "run/", Count: 1}}, Images: 3, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 2, Bags: 1}, {Name: "left", Images: 1, Bags: 1}}},
		},
		"numbered cameras": {
			files: []string{"run/cam_0/1.png", "run/cam_1/1.png"},
			paths: []string{"run"},
			want: Guess{Root: ".", Bags: []GuessBag{{Path: "run/", Count: 1}}, Images: 2, Cameras: []GuessCamera{
				{Name: "cam_0", Images: 1, Bags: 1}, {Name: "cam_1", Images: 1, Bags: 1}}},
		},
		"runs with a directory for each camera": {
			files: []string{"run_1/left/1.png", "run_1/right/1.png", "run_2/left/1.png", "docs/readme.txt"},
			paths: []string{"."},
			want: Guess{Root: ".", Bags: []GuessBag{{Path: "run_*/", Count: 2}}, Images: 3, Cameras: []GuessCamera{
				{Name: "left", Images: 2, Bags: 2}, {Name: "right", Images: 1, Bags: 1}}},
		},
		"fields of days": {
			files: []string{"data/field_a/2026-03-04/cam_1.jpg", "data/field_b/2026-03-04/cam_1.jpg"},
			paths: []string{"data"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "field_a/2026-03-04/", Count: 1}, {Path: "field_b/2026-03-04/", Count: 1}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"no names: no cameras": {
			files: []string{"x/IMG_0001.JPG", "x/0002.jpg", "x/frame_3.png"},
			paths: []string{"x"},
			want:  Guess{Root: ".", Bags: []GuessBag{{Path: "x/", Count: 1}}, Images: 3},
		},
		"the days of a month, and those to come": {
			files: []string{"data/2026-03-04/cam_1.jpg", "data/2026-03-05/cam_1.jpg", "data/2026-04-01/cam_1.jpg"},
			paths: []string{"data/2026-03-04", "data/2026-03-05"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "2026-03-*/", Count: 2}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"some of the days, by a glob": {
			files: []string{"data/2026-03-04/cam_1.jpg", "data/2026-03-05/cam_1.jpg", "data/2026-03-10/cam_1.jpg"},
			paths: []string{"data/2026-03-04", "data/2026-03-05"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "2026-03-0*/", Count: 2}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"some of the days, that no glob tells from the rest": {
			files: []string{"data/2026-03-04/cam_1.jpg", "data/2026-03-05/cam_1.jpg", "data/2026-03-06/cam_1.jpg"},
			paths: []string{"data/2026-03-04", "data/2026-03-06"},
			want: Guess{Root: "data", Bags: []GuessBag{{Path: "2026-03-04/", Count: 1}, {Path: "2026-03-06/", Count: 1}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"cameras after the number, with a stamp before": {
			files: []string{"d/2026-03-04/0000_jai_cam.jpg", "d/2026-03-04/0001_jai_cam.jpg", "d/2026-03-04/0000_realsenseD435.jpg", "d/2026-03-05/20260305T120000Z_0000_jai_cam.jpg"},
			paths: []string{"d"},
			want: Guess{Root: "d", Bags: []GuessBag{{Path: "*/", Count: 2}}, Images: 4, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 3, Bags: 2}, {Name: "realsenseD435", Images: 1, Bags: 1}}},
		},
		"names of frames are no cameras": {
			files: []string{"x/apple.jpg", "x/pear.jpg", "x/plum.jpg", "x/fig.jpg", "x/quince.jpg"},
			paths: []string{"x"},
			want:  Guess{Root: ".", Bags: []GuessBag{{Path: "x/", Count: 1}}, Images: 5},
		},
		"rows of days of cameras": {
			files: []string{"o/orchard_row1/2026-03-04/cam0/1.png", "o/orchard_row1/2026-03-04/cam1/1.png", "o/orchard_row2/2026-03-04/cam0/1.png"},
			paths: []string{"o"},
			want: Guess{Root: "o", Bags: []GuessBag{{Path: "orchard_row1/2026-03-04/", Count: 1}, {Path: "orchard_row2/2026-03-04/", Count: 1}}, Images: 3,
				Cameras: []GuessCamera{{Name: "cam0", Images: 2, Bags: 2}, {Name: "cam1", Images: 1, Bags: 1}}},
		},
		"rows of cameras": {
			files: []string{"o/row1/cam0/1.png", "o/row2/cam0/1.png"},
			paths: []string{"o"},
			want:  Guess{Root: "o", Bags: []GuessBag{{Path: "*/", Count: 2}}, Images: 2, Cameras: []GuessCamera{{Name: "cam0", Images: 2, Bags: 2}}},
		},
		"days of recordings' directories next to a flat one": {
			files: []string{"o/day1/rosbag_1/jai_cam/rgb/1.png", "o/day1/rosbag_1/jai_cam/depth/1.png", "o/day1/rosbag_2/jai_cam/rgb/1.png", "o/flat/0001.jpg"},
			paths: []string{"o"},
			want: Guess{Root: "o", Bags: []GuessBag{{Path: "day1/*/", Count: 2}, {Path: "flat/", Count: 1, Bare: true}}, Images: 4, Left: 1,
				Cameras: []GuessCamera{{Name: "jai_cam", Images: 3, Bags: 2}}},
		},
		"a stereo camera's sides": {
			files: []string{"o/run_1/zed/left/1.png", "o/run_1/zed/right/1.png"},
			paths: []string{"o"},
			want: Guess{Root: "o", Bags: []GuessBag{{Path: "run_1/", Count: 1}}, Images: 2, Cameras: []GuessCamera{
				{Name: "left", Images: 1, Bags: 1}, {Name: "right", Images: 1, Bags: 1}}},
		},
		"a name that is a glob": {
			files: []string{"a[1]/cam_1.jpg"},
			paths: []string{"a[1]"},
			want:  Guess{Root: ".", Bags: []GuessBag{{Path: `a\[1]/`, Count: 1}}, Images: 1, Cameras: []GuessCamera{{Name: "cam", Images: 1, Bags: 1}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := tree(t, tt.files...)
			var paths []string
			for _, p := range tt.paths {
				paths = append(paths, filepath.Join(root, p))
			}
			got, err := GuessAt(context.Background(), paths...)
			check(t, err)
			if got.Root, err = filepath.Rel(root, got.Root); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAGuessFindsRecordings(t *testing.T) {
	got, err := GuessAt(context.Background(), filepath.Join(fixtures, "ros1"))
	check(t, err)
	if got.Root != filepath.Join(fixtures, "ros1") || len(got.Bags) != 1 || got.Bags[0].Path != "*.bag" {
		t.Errorf("%+v", got.Bags)
	}
	got, err = GuessAt(context.Background(), filepath.Join(fixtures, "mcap/ros2_two_cams_none.mcap"), filepath.Join(fixtures, "ros2"))
	check(t, err)
	want := Guess{Root: fixtures, Bags: []GuessBag{{Path: "mcap/ros2_two_cams_none.mcap", Count: 1}, {Path: "ros2/*/", Count: 5}}, Images: 360, Cameras: []GuessCamera{
		{Name: "jai_cam", Images: 180, Bags: 6}, {Name: "realsenseD435", Images: 180, Bags: 6},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is guessed must plan as it is.
func TestAGuessScansWithoutProblems(t *testing.T) {
	root := tree(t, "2026-03-04/jai_cam_1.jpg", "2026-03-04/realsenseD435/0001.jpg", "2026-03-05/jai_cam_1.jpg", "2026-03-05/realsenseD435/1.jpg")
	g, err := GuessAt(context.Background(), root)
	check(t, err)
	var lines strings.Builder
	for _, c := range g.Cameras {
		lines.WriteString("- {name: " + c.Name + "}\n")
	}
	m, err := manifest.Parse("cvatplan.yaml", []byte("version: 1\nserver: {url: https://cvat.example.com}\nproject: {name: p}\ncameras:\n"+
		lines.String()+"bags: [{path: \""+g.Bags[0].Path+"\"}]"))
	check(t, err)
	tasks, problems := source.Scan(context.Background(), m, source.Options{Root: g.Root})
	if len(tasks) != 4 || len(problems) > 0 {
		t.Errorf("%+v, %v", tasks, problems)
	}
}

func TestAGuessAtNothingIsAnError(t *testing.T) {
	root := tree(t, "docs/readme.txt")
	for _, p := range []string{root, filepath.Join(root, "docs/readme.txt"), filepath.Join(root, "none")} {
		if g, err := GuessAt(context.Background(), p); err == nil {
			t.Errorf("%s: %+v", p, g)
		}
	}
}

// tree makes files in a new directory; "a -> b" makes a symbolic link.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, p := range paths {
		at, target, isLink := strings.Cut(p, " -> ")
		full := filepath.Join(root, at)
		check(t, os.MkdirAll(filepath.Dir(full), 0o777))
		if isLink {
			check(t, os.Symlink(target, full))
			continue
		}
		check(t, os.WriteFile(full, []byte(at), 0o666))
	}
	return root
}
