package survey

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/video"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestADraftIsAsItWas(t *testing.T) {
	tests := map[string]struct {
		files, paths []string // from a directory; a file that ends in .bag or .mcap is a recording
		file         string   // of the manifest
		want         Drafted  // without its text
	}{
		"days": {
			files: []string{"orchard/data/2026-03-04/jai_cam_1.jpg", "orchard/data/2026-03-04/realsenseD435_1.jpg", "orchard/data/2026-03-05/jai_cam_1.jpg"},
			paths: []string{"orchard/data"}, file: "orchard/cvatplan.yaml",
			want: Drafted{Bags: 2, Cameras: 2, Tasks: 3, Images: 3},
		},
		"recordings": {
			files: []string{"run7.bag", "run8.mcap"}, paths: []string{"run7.bag", "run8.mcap"}, file: "cvatplan.yaml",
			want: Drafted{Bags: 2, Cameras: 2, Tasks: 4, Images: 120},
		},
		"no_cameras": {
			files: []string{"x/0001.png", "x/0002.png"}, paths: []string{"x"}, file: "manifests/x.yaml",
			want: Drafted{Bags: 1, Tasks: 1, Images: 2},
		},
		"same_names": {
			files: []string{"a/run/cam_1.jpg", "b/run/cam_1.jpg"}, paths: []string{"a/run", "b/run"}, file: "cvatplan.yaml",
			want: Drafted{Bags: 2, Cameras: 1, Tasks: 2, Images: 2},
		},
		"bare_bag": {
			files: []string{"day1/rosbag_1/jai_cam/rgb/1.png", "day1/rosbag_2/jai_cam/rgb/1.png", "flat/0001.jpg"},
			paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Cameras: 1, Tasks: 2, Images: 2},
		},
		"odd_names": {
			files: []string{"on/a [1]: #x/true_1.jpg", "on/a [1]: #x/ü \"q\"_1.jpg"}, paths: []string{"on/a [1]: #x"}, file: "cvatplan.yaml",
			want: Drafted{Bags: 1, Cameras: 2, Tasks: 2, Images: 2},
		},
		"videos_flat": {
			files: []string{"clips/walk.mp4", "clips/GX010001.MP4", "clips/GX020001.MP4"}, paths: []string{"clips"}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Tasks: 3, Images: 90},
		},
		"videos_by_day": {
			files: []string{"2026-03-04/GX010001.MP4", "2026-03-04/GX020001.MP4", "2026-03-05/GX010001.MP4", "2026-03-06/GX010007.MP4", "2026-03-06/GX010007.LRV"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 4, Tasks: 4, Images: 120},
		},
		"videos_of_cameras": {
			files: []string{"front_20260304.mp4", "left_20260304.mp4", "front_20260305.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Cameras: 2, Tasks: 3, Images: 90},
		},
		"videos_in_directories_of_cameras": {
			files: []string{"front/run7.mp4", "left/run7.MP4", "left/run8.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Cameras: 2, Tasks: 3, Images: 90},
		},
		"videos_by_day_and_camera": {
			files: []string{"day1/front.mp4", "day1/rear.mp4", "day2/front.mp4", "notes/readme.txt"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Cameras: 2, Tasks: 3, Images: 90},
		},
		"videos_by_weekday_and_camera": {
			files: []string{"monday/front.mp4", "monday/rear.mp4", "tuesday/front.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Cameras: 2, Tasks: 3, Images: 90},
		},
		"videos_of_two_places": { // names that nothing tells of: clips
			files: []string{"walk.mp4", "drive.mp4", "run7.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 3, Tasks: 3, Images: 90},
		},
		"videos_next_to_images": {
			files: []string{"run7/cam_1.jpg", "run7/cam_2.jpg", "run7/preview.mp4", "walk.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 2, Cameras: 2, Tasks: 2, Images: 32},
		},
		"videos_next_to_recordings": {
			files: []string{"run7.bag", "run7.mp4", "run8.bag", "run8.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 4, Cameras: 3, Tasks: 6, Images: 180},
		},
		"videos_of_which_one_is_cut_off": {
			files: []string{"a.mp4", "b.mp4", "cut.mp4"}, paths: []string{"."}, file: "cvatplan.yaml",
			want: Drafted{Bags: 2, Tasks: 2, Images: 60},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "site")
			for _, f := range tt.files {
				fixture := map[string]string{".bag": "ros1/two_cams_none.bag", ".mcap": "mcap/ros2_two_cams_zstd.mcap"}[filepath.Ext(f)]
				content := []byte{0} // of an image, which no draft opens
				if video.Named(f) {
					name := "h264_b.mp4"
					if filepath.Base(f) == "cut.mp4" {
						name = "cut.mp4"
					}
					var err error
					content, err = os.ReadFile(filepath.Join(testdata, "../../video/testdata", name))
					check(t, err)
				}
				if fixture != "" {
					var err error
					content, err = os.ReadFile(filepath.Join(fixtures, fixture))
					check(t, err)
					distinct(content, f)
				}
				check(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o777))
				check(t, os.WriteFile(filepath.Join(dir, f), content, 0o666))
			}
			t.Chdir(dir)
			got, err := Draft(t.Context(), tt.file, "", tt.paths...)
			check(t, err)
			golden(t, name+".yaml", got.Text)
			for _, p := range got.Problems {
				if p.Severity > diag.Note && p.Code != diag.CodeNoImages && p.Code != diag.CodeBadVideo {
					t.Errorf("its first plan says: %s", p.Text)
				}
			}
			if word := map[bool]string{true: "frame", false: "image"}[strings.HasPrefix(name, "videos_") && !strings.Contains(name, "next_to")]; !strings.Contains(got.Counted, word) {
				t.Errorf("counted as %q, not as %ss", got.Counted, word)
			}
			got.Text, got.Counted, got.Problems = nil, "", nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(testdata, name)
	if *update {
		check(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; if it is meant, go test ./internal/survey -update):\n%s", name, diff)
	}
}

// testdata stays where it is when a test changes the directory.
var testdata = func() string {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		panic(err)
	}
	return dir
}()

func TestADraftOfNothingIsAnError(t *testing.T) {
	if d, err := Draft(t.Context(), "cvatplan.yaml", "", t.TempDir()); err == nil {
		t.Errorf("%s", d.Text)
	}
}

// Names of files may be longer than a camera's may be: then no camera is guessed from them.
func TestLongNamesGiveAManifestAllTheSame(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("k", 240) + ".png"
	for _, f := range []string{"day1/front/1.png", "day2/" + long} {
		check(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o777))
		check(t, os.WriteFile(filepath.Join(dir, f), []byte{0}, 0o666))
	}
	for root, cameras := range map[string]int{".": 1, "day2": 0} {
		got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", filepath.Join(dir, root))
		check(t, err)
		if got.Cameras != cameras || got.Images != 1 {
			t.Errorf("%s: %d cameras, %d images", root, got.Cameras, got.Images)
		}
	}
}

func TestADirectoryThatCannotBeReadIsReportedOnce(t *testing.T) {
	dir := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(dir, "day", "cam"), 0o777))
	check(t, os.WriteFile(filepath.Join(dir, "day", "cam", "1.png"), []byte{0}, 0o666))
	check(t, os.Mkdir(filepath.Join(dir, "locked"), 0))
	if _, err := os.ReadDir(filepath.Join(dir, "locked")); err == nil {
		t.Skip("a user who may read everything")
	}
	got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", dir)
	check(t, err)
	if len(got.Problems) != 1 || !strings.Contains(got.Problems[0].Text, "locked") {
		t.Errorf("%v", got.Problems)
	}
}

func TestOddNamesAreLeftOutWithAWarning(t *testing.T) {
	for name, odd := range map[string]string{"newline": "a\nb_1.jpg", "backslash": `a\b_1.jpg`, "escape": "a\x1b[31mb_1.jpg", "direction": "a\u202eb_1.jpg"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range []string{"cam_1.jpg", "cam_2.jpg", odd} {
				check(t, os.MkdirAll(filepath.Join(dir, "run"), 0o777))
				check(t, os.WriteFile(filepath.Join(dir, "run", f), nil, 0o666))
			}
			got, err := Draft(t.Context(), filepath.Join(dir, "cvatplan.yaml"), "", filepath.Join(dir, "run"))
			check(t, err)
			if got.Cameras != 1 || got.Images != 2 {
				t.Errorf("%d cameras, %d images", got.Cameras, got.Images)
			}
			want := "no bag or camera is guessed from " + strconv.Quote(filepath.Join(dir, "run", odd))
			if len(got.Problems) == 0 || got.Problems[0].Severity != diag.Warning || got.Problems[0].Text != want {
				t.Errorf("%+v", got.Problems)
			}
		})
	}
}
