package source

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

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
			want: Guess{Root: "data", Bags: []GuessBag{{"*/", 2}}, Images: 3, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 2, Bags: 2}, {Name: "realsenseD435", Images: 1, Bags: 1}}},
		},
		"one day": {
			files: []string{"data/2026-03-04/jai_cam_1700000000000000000.jpg", "data/2026-03-04/jai_cam_depth_1700000000000000000.png"},
			paths: []string{"data/2026-03-04"},
			want: Guess{Root: "data", Bags: []GuessBag{{"2026-03-04/", 1}}, Images: 2, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 1, Bags: 1}, {Name: "jai_cam_depth", Images: 1, Bags: 1}}},
		},
		"a directory for each camera": {
			files: []string{"run/jai_cam/color/0001.png", "run/jai_cam/color/0002.png", "run/left/frame0001.png"},
			paths: []string{"run"},
			want: Guess{Root: ".", Bags: []GuessBag{{"run/", 1}}, Images: 3, Cameras: []GuessCamera{
				{Name: "jai_cam", Images: 2, Bags: 1}, {Name: "left", Images: 1, Bags: 1}}},
		},
		"numbered cameras": {
			files: []string{"run/cam_0/1.png", "run/cam_1/1.png"},
			paths: []string{"run"},
			want: Guess{Root: ".", Bags: []GuessBag{{"run/", 1}}, Images: 2, Cameras: []GuessCamera{
				{Name: "cam_0", Images: 1, Bags: 1}, {Name: "cam_1", Images: 1, Bags: 1}}},
		},
		"runs with a directory for each camera": {
			files: []string{"run_1/left/1.png", "run_1/right/1.png", "run_2/left/1.png", "docs/readme.txt"},
			paths: []string{"."},
			want: Guess{Root: ".", Bags: []GuessBag{{"run_*/", 2}}, Images: 3, Cameras: []GuessCamera{
				{Name: "left", Images: 2, Bags: 2}, {Name: "right", Images: 1, Bags: 1}}},
		},
		"fields of days": {
			files: []string{"data/field_a/2026-03-04/cam_1.jpg", "data/field_b/2026-03-04/cam_1.jpg"},
			paths: []string{"data"},
			want: Guess{Root: "data", Bags: []GuessBag{{"field_a/2026-03-04/", 1}, {"field_b/2026-03-04/", 1}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"no names: no cameras": {
			files: []string{"x/IMG_0001.JPG", "x/0002.jpg", "x/frame_3.png"},
			paths: []string{"x"},
			want:  Guess{Root: ".", Bags: []GuessBag{{"x/", 1}}, Images: 3},
		},
		"some of the days, by a glob": {
			files: []string{"data/2026-03-04/cam_1.jpg", "data/2026-03-05/cam_1.jpg", "data/2026-04-01/cam_1.jpg"},
			paths: []string{"data/2026-03-04", "data/2026-03-05"},
			want: Guess{Root: "data", Bags: []GuessBag{{"2026-03-0*/", 2}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"some of the days, that no glob tells from the rest": {
			files: []string{"data/2026-03-04/cam_1.jpg", "data/2026-03-05/cam_1.jpg", "data/2026-03-06/cam_1.jpg"},
			paths: []string{"data/2026-03-04", "data/2026-03-06"},
			want: Guess{Root: "data", Bags: []GuessBag{{"2026-03-04/", 1}, {"2026-03-06/", 1}}, Images: 2,
				Cameras: []GuessCamera{{Name: "cam", Images: 2, Bags: 2}}},
		},
		"a name that is a glob": {
			files: []string{"a[1]/cam_1.jpg"},
			paths: []string{"a[1]"},
			want:  Guess{Root: ".", Bags: []GuessBag{{`a\[1]/`, 1}}, Images: 1, Cameras: []GuessCamera{{Name: "cam", Images: 1, Bags: 1}}},
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
	want := Guess{Root: fixtures, Bags: []GuessBag{{"mcap/ros2_two_cams_none.mcap", 1}, {"ros2/*/", 5}}, Images: 360, Cameras: []GuessCamera{
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
	s := scan(t, g.Root, "cameras:\n"+lines.String()+"bags: [{path: \""+g.Bags[0].Path+"\"}]")
	if len(s.Tasks) != 4 || len(s.Problems) > 0 {
		t.Errorf("%+v", s)
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
