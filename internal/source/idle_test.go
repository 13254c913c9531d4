package source

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A slip in skip: or exclude: lets a task be created that nobody wants, without a word.
func TestWhatFitsNothingIsSaid(t *testing.T) {
	files := []string{"2026-03-04/1.jpg", "2026-03-05/1.jpg", "2026-03-06.dvc", "notes.txt"}
	tests := map[string]struct {
		lines string
		want  []string
	}{
		"a name to skip": {
			`bags: [{path: "2026-*/"}]` + "\nskip: [{task: 2026-03-40}, {task: 2026-03-05}, {task: '2026-03-*'}]",
			[]string{`warning: skip: "2026-03-40" fits no task of the manifest | did you mean 2026-03-04?`},
		},
		"a glob to skip": {
			`bags: [{path: "2026-*/"}]` + "\nskip: [{task: 'left_*'}]",
			[]string{`warning: skip: "left_*" fits no task of the manifest | leave it out, or correct it`},
		},
		"globs to exclude": {
			`bags: [{path: "*", exclude: [2026-04-05, "2026-03-05/", notes.txt, 2026-03-06]}]`,
			[]string{`warning: exclude: "2026-04-05" leaves out nothing that "*" matches | leave it out, or correct it`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := tree(t, files...)
			_, problems := Scan(context.Background(), parse(t, tt.lines), Options{Root: root})
			if diff := cmp.Diff(tt.want, texts(root, problems)); diff != "" {
				t.Error(diff)
			}
			for _, p := range problems {
				if p.Pos.Line == 0 {
					t.Errorf("no place for %q", p.Text)
				}
			}
		})
	}
}

func TestRecordingsDeepInABagOfImagesAreLeftOutToo(t *testing.T) {
	root := tree(t, "2026-03-04/1.jpg", "2026-03-05/1.jpg", "2026-03-05/a/b/gps.mcap")
	_, problems := Scan(context.Background(), parse(t, `bags: [{path: "2026-*/", exclude: ["*.mcap", "*.bag"]}]`), Options{Root: root})
	want := []string{`warning: exclude: "*.bag" leaves out nothing that "2026-*/" matches | leave it out, or correct it`}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
}

func TestUnsettledBagsAreCounted(t *testing.T) {
	root, now := tree(t, "a/1.jpg", "b/1.jpg", "c/1.jpg"), time.Now()
	check(t, os.Chtimes(filepath.Join(root, "c/1.jpg"), now, now.Add(-time.Hour)))
	_, problems := Scan(context.Background(), parse(t, `bags: [{path: "*/", settle: 10m}]`), Options{Root: root, Now: now})
	want := []string{"note: 2 bags are left alone, such as a: a file there is younger than settle: 10m | plan again in 10m, or write settle: 0s on bags that are complete"}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
}
