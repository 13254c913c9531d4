package survey

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

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
		"odd_names": {
			files: []string{"on/a [1]: #x/true_1.jpg", "on/a [1]: #x/ü \"q\"_1.jpg"}, paths: []string{"on/a [1]: #x"}, file: "cvatplan.yaml",
			want: Drafted{Bags: 1, Cameras: 2, Tasks: 2, Images: 2},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "site")
			for _, f := range tt.files {
				fixture := map[string]string{".bag": "ros1/two_cams_none.bag", ".mcap": "mcap/ros2_two_cams_zstd.mcap"}[filepath.Ext(f)]
				var content []byte
				if fixture != "" {
					var err error
					content, err = os.ReadFile(filepath.Join(fixtures, fixture))
					check(t, err)
				}
				check(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o777))
				check(t, os.WriteFile(filepath.Join(dir, f), content, 0o666))
			}
			t.Chdir(dir)
			got, err := Draft(t.Context(), tt.file, tt.paths...)
			check(t, err)
			golden(t, name+".yaml", got.Text)
			for _, p := range got.Problems {
				if p.Severity > source.Note {
					t.Errorf("its first plan says: %s", p.Text)
				}
			}
			got.Text, got.Problems = nil, nil
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
		t.Errorf("%s (-want +got; if it is meant, go test ./pkg/survey -update):\n%s", name, diff)
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
	if d, err := Draft(t.Context(), "cvatplan.yaml", t.TempDir()); err == nil {
		t.Errorf("%s", d.Text)
	}
}
