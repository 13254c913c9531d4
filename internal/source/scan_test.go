package source

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const twoCameras = "cameras: [{name: jai_cam}, {name: realsenseD435}]\n"

// A scanTest is a tree, the manifest's lines about it, and all that Scan says.
type scanTest struct {
	files []string
	lines string
	want  scanned
}

func scanAll(t *testing.T, tests map[string]scanTest) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := scan(t, tree(t, tt.files...), tt.lines)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A tasksTest is one of a manifest without problems.
type tasksTest struct {
	files []string
	lines string
	want  []taskView
}

func scanTasks(t *testing.T, tests map[string]tasksTest) {
	t.Helper()
	all := make(map[string]scanTest, len(tests))
	for name, tt := range tests {
		all[name] = scanTest{tt.files, tt.lines, scanned{Tasks: tt.want}}
	}
	scanAll(t, all)
}

func TestABagSeenByACameraIsATask(t *testing.T) {
	scanTasks(t, map[string]tasksTest{
		"sequence numbers": {
			files: []string{"2026-03-04/jai_cam_10.jpg", "2026-03-04/jai_cam_9.jpg", "2026-03-04/realsenseD435_1.png"},
			lines: twoCameras + `bags: [{path: "2026-*/"}]`,
			want: []taskView{
				{Name: "jai_cam_2026-03-04", Frames: "2026-03-04/jai_cam_9.jpg 2026-03-04/jai_cam_10.jpg"},
				{Name: "realsenseD435_2026-03-04", Frames: "2026-03-04/realsenseD435_1.png"},
			},
		},
		"a directory for each camera, below others": {
			files: []string{"a/run/jai_cam/color/1.png", "a/run/realsenseD435/1.png", "a/run/realsenseD435/0.png"},
			lines: twoCameras + `bags: [{path: a/run}]`,
			want: []taskView{
				{Name: "jai_cam_run", Frames: "run/jai_cam/color/1.png"},
				{Name: "realsenseD435_run", Frames: "run/realsenseD435/0.png run/realsenseD435/1.png"},
			},
		},
		"no cameras: the bag is one task": {
			files: []string{"x/1.jpg", "x/cam/2.JPG", "x/notes.txt"},
			lines: `bags: [{path: "*"}]`,
			want:  []taskView{{Name: "x", Frames: "x/1.jpg x/cam/2.JPG"}},
		},
		"a bag asks for one camera only": {
			files: []string{"x/jai_cam_1.jpg", "x/realsenseD435_1.jpg", "y/jai_cam_1.jpg", "y/realsenseD435_1.jpg"},
			lines: twoCameras + `bags: [{path: x}, {path: y, cameras: [jai_cam]}]`,
			want: []taskView{
				{Name: "jai_cam_x", Frames: "x/jai_cam_1.jpg"}, {Name: "realsenseD435_x", Frames: "x/realsenseD435_1.jpg"},
				{Name: "jai_cam_y", Frames: "y/jai_cam_1.jpg"},
			},
		},
		"exclude": {
			files: []string{"2026-03-01/1.jpg", "2026-03-04/1.jpg", "old/2026-03-05/1.jpg", "a/old/2026-03-06/1.jpg"},
			lines: `bags: [{path: "**/2026-*/", exclude: ["2026-03-0[1-3]/", old/]}]`,
			want:  []taskView{{Name: "2026-03-04", Frames: "2026-03-04/1.jpg"}},
		},
		"several entries match one bag: later ones override": {
			files: []string{"2026-03/1.jpg", "2026-11/1.jpg"},
			lines: `bags: [{path: "2026-*/"}, {path: "2026-1[12]/", task: {name: "late_{bag}"}}]`,
			want:  []taskView{{Name: "2026-03", Frames: "2026-03/1.jpg"}, {Name: "late_2026-11", Frames: "2026-11/1.jpg"}},
		},
		"a slash asks for directories only": {
			files: []string{"run/1.jpg", "run.txt"},
			lines: `bags: [{path: "run*/"}]`,
			want:  []taskView{{Name: "run", Frames: "run/1.jpg"}},
		},
		"hidden directories are no bags": {
			files: []string{"run/1.jpg", ".git/1.jpg"},
			lines: `bags: [{path: "*/"}]`,
			want:  []taskView{{Name: "run", Frames: "run/1.jpg"}},
		},
	})
}

func TestFramesHaveTheirNamesAndTheirOrder(t *testing.T) {
	scanTasks(t, map[string]tasksTest{
		"names from templates": {
			files: []string{"field/20260304_a/jai_cam_7.jpg"},
			lines: "cameras: [{name: jai_cam}]\n" + `task: {name: " {parent}_{bag}_{date}_{camera} ", frame_name: "{date}/{rel}/{camera}-{index:03}.{ext}"}` + "\n" + `bags: [{path: "*/*/"}]`,
			want:  []taskView{{Name: "field_20260304_a_2026-03-04_jai_cam", Frames: "2026-03-04/field/20260304_a/jai_cam-000.jpg"}},
		},
		"stamps in names": {
			files: []string{"x/cam_1700000000200000000.jpg", "x/cam_1700000000100000000.jpg"},
			lines: `task: {frame_name: "{stamp_ns}_{index}.{ext}"}` + "\nbags: [{path: x}]",
			want:  []taskView{{Name: "x", Frames: "1700000000100000000_0.jpg 1700000000200000000_1.jpg"}},
		},
		"the index counts all frames, selected or not": {
			files: []string{"x/1.jpg", "x/2.jpg", "x/3.jpg"},
			lines: `task: {frame_name: "{index:02}.{ext}"}` + "\nbags: [{path: x, frames: {every: 2}}]",
			want:  []taskView{{Name: "x", Frames: "00.jpg 02.jpg"}},
		},
		"predefined order is that of time": {
			files: []string{"x/b_1700000000.5.png", "x/a_1700000000.25.png"},
			lines: "task: {sorting_method: predefined}\nbags: [{path: x}]",
			want:  []taskView{{Name: "x", Frames: "x/a_1700000000.25.png x/b_1700000000.5.png"}},
		},
		"lexicographical order is that of bytes": {
			files: []string{"x/10.jpg", "x/9.jpg", "x/Z.jpg", "x/a.jpg"},
			lines: "task: {sorting_method: lexicographical}\nbags: [{path: x}]",
			want:  []taskView{{Name: "x", Frames: "x/10.jpg x/9.jpg x/Z.jpg x/a.jpg"}},
		},
		"links keep their own names, wherever they lead": {
			files: []string{"elsewhere/other.jpg", "elsewhere/d/2.jpg", "x/1.jpg -> ../elsewhere/other.jpg", "x/d -> ../elsewhere/d"},
			lines: "bags: [{path: x}]",
			want:  []taskView{{Name: "x", Frames: "x/1.jpg x/d/2.jpg"}},
		},
		"names become NFC": {
			files: []string{"cafe\u0301/e\u0301.jpg"},
			lines: `bags: [{path: "*/"}]`,
			want:  []taskView{{Name: "café", Frames: "café/é.jpg"}},
		},
		"the root itself as a bag": {
			files: []string{"1.jpg"},
			lines: `task: {name: fixed, frame_name: "{path}"}` + "\nbags: [{path: .}]",
			want:  []taskView{{Name: "fixed", Frames: "1.jpg"}},
		},
	})
}

func TestAnEntryThatGivesNothingSaysWhy(t *testing.T) {
	scanAll(t, map[string]scanTest{
		"a glob that matches nothing": {
			files: []string{"2025-03-04/1.jpg"},
			lines: `bags: [{path: "2026-*/"}]`,
			want:  scanned{Problems: []string{`error: "2026-*/" matches nothing in ROOT | ROOT holds 1 entry: 2025-03-04`}},
		},
		"a name that is nearly there": {
			files: []string{"data/run7/1.jpg", "data/run70/1.jpg"},
			lines: `bags: [{path: data/Run7-}]`,
			want:  scanned{Problems: []string{`error: "data/Run7-" matches nothing in ROOT | did you mean "data/run7"?`}},
		},
		"nothing like it": {
			files: []string{"a/1.jpg", "b/1.jpg", "c/1.jpg", "d/1.jpg"},
			lines: `bags: [{path: "2026-*/"}]`,
			want:  scanned{Problems: []string{`error: "2026-*/" matches nothing in ROOT | ROOT holds 4 entries: a, b, c, …`}},
		},
		"optional": {
			lines: `bags: [{path: "2026-*/", optional: true}]`,
		},
		"all excluded": {
			files: []string{"a/1.jpg"},
			lines: `bags: [{path: "*/", exclude: [a]}]`,
			want:  scanned{Problems: []string{`error: exclude: leaves none of the 1 bag that "*/" matches`}},
		},
		"a file that is no bag": {
			files: []string{"a.txt"},
			lines: `bags: [{path: a.txt}]`,
			want:  scanned{Problems: []string{`error: "a.txt" matches nothing that is a bag, only 1 other file | a bag is a directory of images, or a .bag, .mcap or .db3 file`}},
		},
		"a named bag that is empty blocks its tasks": {
			files: []string{"x/"},
			lines: twoCameras + `bags: [{path: x}]`,
			want: scanned{
				Tasks: []taskView{
					{Name: "jai_cam_x", Problems: []string{"error: bag x is empty"}},
					{Name: "realsenseD435_x", Problems: []string{"error: bag x is empty"}},
				},
				Problems: []string{
					"error: camera jai_cam has no images in any bag (1 looked at) | check the camera's name, or give it files: globs",
					"error: camera realsenseD435 has no images in any bag (1 looked at) | check the camera's name, or give it files: globs",
				},
			},
		},
		"a bag that a glob finds may be empty": {
			files: []string{"x/notes.txt", "y/1.jpg"},
			lines: `bags: [{path: "*/"}]`,
			want: scanned{
				Tasks:    []taskView{{Name: "y", Frames: "y/1.jpg"}},
				Problems: []string{"warning: bag x has no images, only 1 other file"},
			},
		},
	})
}

func TestWhatNoCameraOrSeveralTakeIsSaid(t *testing.T) {
	scanAll(t, map[string]scanTest{
		"one bag without a camera is a note, and so is what nobody takes": {
			files: []string{"x/jai_cam_1.jpg", "x/other_1.jpg", "y/jai_cam_1.jpg", "y/realsenseD435_1.jpg"},
			lines: twoCameras + `bags: [{path: "*/"}]`,
			want: scanned{
				Tasks: []taskView{
					{Name: "jai_cam_x", Frames: "x/jai_cam_1.jpg"},
					{Name: "jai_cam_y", Frames: "y/jai_cam_1.jpg"}, {Name: "realsenseD435_y", Frames: "y/realsenseD435_1.jpg"},
				},
				Problems: []string{
					"note: no camera takes 1 image in 1 bag, such as x/other_1.jpg",
					"note: 1 bag is without images of camera realsenseD435, such as x",
				},
			},
		},
		"a camera without images anywhere": {
			files: []string{"x/jai_cam_1.jpg", "x/realsenseD405_1.jpg"},
			lines: twoCameras + `bags: [{path: "*/"}]`,
			want: scanned{
				Tasks: []taskView{{Name: "jai_cam_x", Frames: "x/jai_cam_1.jpg"}},
				Problems: []string{
					"error: camera realsenseD435 has no images in any bag (1 looked at) | did you mean realsenseD405, as in x/realsenseD405_1.jpg?",
					"note: no camera takes 1 image in 1 bag, such as x/realsenseD405_1.jpg",
				},
			},
		},
		"a camera that is probably two": {
			files: []string{"x/jai_cam_1.jpg", "x/jai_cam_depth_1.png", "x/jai_cam_depth_2.png"},
			lines: "cameras: [{name: jai_cam}]\nbags: [{path: x}]",
			want: scanned{
				Tasks:    []taskView{{Name: "jai_cam_x", Frames: "x/jai_cam_1.jpg x/jai_cam_depth_1.png x/jai_cam_depth_2.png"}},
				Problems: []string{"note: camera jai_cam takes images of several kinds: jai_cam (1), jai_cam_depth (2) | if they are cameras of their own, name them under cameras: too; the longer name wins"},
			},
		},
		"images that CVAT does not take": {
			files: []string{"x/1.jpg", "x/2.heic", "x/3.svg"},
			lines: "bags: [{path: x}]",
			want: scanned{
				Tasks:    []taskView{{Name: "x", Frames: "x/1.jpg"}},
				Problems: []string{"warning: 2 files in 1 bag left out: CVAT takes no such images as x/2.heic | convert them to PNG or JPEG"},
			},
		},
		"two globs fit one file": {
			files: []string{"x/l1.jpg", "x/r1.jpg"},
			lines: "cameras: [{name: l, files: [\"*1.jpg\"]}, {name: r, files: [\"r*\"]}]\nbags: [{path: x}]",
			want: scanned{Tasks: []taskView{
				{Name: "l_x", Frames: "x/l1.jpg", Problems: []string{"error: ROOT/x/r1.jpg fits files: of both l and r | make the globs narrower"}},
				{Name: "r_x", Problems: []string{"error: ROOT/x/r1.jpg fits files: of both l and r | make the globs narrower"}},
			}},
		},
	})
}

func TestWhatIsNotHereIsNamed(t *testing.T) {
	scanAll(t, map[string]scanTest{
		"a broken link blocks the camera that would take it": {
			files: []string{"x/jai_cam_1.jpg", "x/jai_cam_2.jpg -> gone.jpg", "x/realsenseD435_1.jpg", "x/readme -> gone"},
			lines: twoCameras + "bags: [{path: x}]",
			want: scanned{Tasks: []taskView{
				{Name: "jai_cam_x", Frames: "x/jai_cam_1.jpg", Problems: []string{"error: ROOT/x/jai_cam_2.jpg: broken symbolic link to gone.jpg"}},
				{Name: "realsenseD435_x", Frames: "x/realsenseD435_1.jpg"},
			}},
		},
		"git-annex content that is not here": {
			files: []string{"x/1.jpg -> ../.git/annex/objects/aa/bb/1.jpg"},
			lines: "bags: [{path: x}]",
			want: scanned{Tasks: []taskView{{Name: "x", Problems: []string{
				"error: ROOT/x/1.jpg: its content is not here: a git-annex link | git annex get ROOT/x/1.jpg",
			}}}},
		},
		"a link that leads in a circle": {
			files: []string{"x/1.jpg", "x/a/loop -> ../../x"},
			lines: "bags: [{path: x}]",
			want: scanned{
				Tasks:    []taskView{{Name: "x", Frames: "x/1.jpg"}},
				Problems: []string{"warning: ROOT/x/a/loop: the link leads back to a directory that holds it, and is not followed"},
			},
		},
		"an image of which only DVC's stub is here": {
			files: []string{"x/1.jpg", "x/2.jpg.dvc", "x/1.jpg.dvc", "x/model.bin.dvc"},
			lines: "bags: [{path: x}]",
			want: scanned{Tasks: []taskView{{Name: "x", Frames: "x/1.jpg", Problems: []string{
				"error: ROOT/x/2.jpg: it is not here, only its DVC stub | dvc pull ROOT/x/2.jpg.dvc",
			}}}},
		},
		"a bag of which only DVC's stub is here": {
			files: []string{"2026-03-04/1.jpg", "2026-03-05.dvc"},
			lines: `bags: [{path: "2026-*/"}]`,
			want: scanned{Tasks: []taskView{
				{Name: "2026-03-04", Frames: "2026-03-04/1.jpg"},
				{Name: "2026-03-05", Problems: []string{"error: bag 2026-03-05 is not here, only its DVC stub 2026-03-05.dvc | dvc pull ROOT/2026-03-05.dvc"}},
			}},
		},
	})
}

func TestNamesAndSelectionsThatCannotBeBlockTheirTasks(t *testing.T) {
	scanAll(t, map[string]scanTest{
		"two tasks of one name, by Unicode too": {
			files: []string{"a/caf\u00e9/1.jpg", "b/cafe\u0301/1.jpg"},
			lines: `bags: [{path: "*/*/"}]`,
			want: scanned{Tasks: []taskView{
				{Name: "café", Frames: "café/1.jpg", Problems: []string{"error: bag a/café and bag b/cafe\u0301 would both be task café | let task.name say more, for example \"{parent}_{bag}\""}},
				{Name: "café", Frames: "café/1.jpg", Problems: []string{"error: bag a/café and bag b/cafe\u0301 would both be task café | let task.name say more, for example \"{parent}_{bag}\""}},
			}},
		},
		"two frames of one name, by Unicode too": {
			files: []string{"x/\u00e9.jpg", "x/e\u0301.jpg"},
			lines: `bags: [{path: x}]`,
			want: scanned{Tasks: []taskView{{Name: "x", Frames: "x/é.jpg x/é.jpg", Problems: []string{
				`error: "ROOT/x/e\u0301.jpg" and "ROOT/x/\u00e9.jpg" would both be frame x/é.jpg | rename one of the files: their names differ in the Unicode form only, which nobody sees`,
			}}}},
		},
		"a template that makes frames alike": {
			files: []string{"x/a/1.jpg", "x/b/1.jpg"},
			lines: `task: {frame_name: "{name}.{ext}"}` + "\nbags: [{path: x}]",
			want: scanned{Tasks: []taskView{{Name: "x", Frames: "1.jpg 1.jpg", Problems: []string{
				"error: ROOT/x/a/1.jpg and ROOT/x/b/1.jpg would both be frame 1.jpg | let frame_name say more, for example \"{bag}/{path}\"",
			}}}},
		},
		"no date in the bag's name": {
			files: []string{"x/1.jpg"},
			lines: `task: {name: "{date}"}` + "\nbags: [{path: x}]",
			want: scanned{Tasks: []taskView{{Name: "x", Frames: "x/1.jpg", Problems: []string{
				"error: bag x: {date} has no value for bag x: neither its name nor a directory above it holds a date | change task.name, or the bag's name",
			}}}},
		},
		"a selection by time of names without": {
			files: []string{"x/1.jpg"},
			lines: "bags: [{path: x, frames: {every_seconds: 1}}]",
			want: scanned{Tasks: []taskView{{Name: "x", Problems: []string{
				"error: frames.every_seconds: no time stamps in the names of bag x, such as 1.jpg | select by every: or by frame numbers, or name files after their time, as jai_cam_1700000000000000000.jpg",
			}}}},
		},
		"a selection that leaves nothing": {
			files: []string{"x/1.jpg", "x/2.jpg"},
			lines: "bags: [{path: x, frames: {start: 5}}]",
			want: scanned{Tasks: []taskView{{Name: "x", Problems: []string{
				"error: frames: leaves none of the 2 frames of bag x | look at frames: in the manifest",
			}}}},
		},
	})
}

func TestARootThatIsNotThereIsAnError(t *testing.T) {
	got := scan(t, "/nonexistent/data", "bags: [{path: x}]")
	want := []string{"error: root ROOT, where bag paths begin: no such file or directory | correct root: in the manifest, or use --root DIR or CVATPLAN_ROOT"}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Error(diff)
	}
}

func TestSettleHoldsABagWhileItsNewestFileIsYoung(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	root := tree(t, "old/1.jpg", "young/1.jpg", "young/2.jpg")
	for file, age := range map[string]time.Duration{"old/1.jpg": time.Hour, "young/1.jpg": time.Hour, "young/2.jpg": 3 * time.Minute} {
		check(t, os.Chtimes(filepath.Join(root, file), now, now.Add(-age)))
	}
	tasks, _ := Scan(context.Background(), parse(t, `bags: [{path: "*/", settle: 10m}]`), Options{Root: root, Now: now})
	got := map[string]string{}
	for _, task := range tasks {
		got[task.Name] = task.Deferred
	}
	want := map[string]string{"old": "", "young": "bag young has a file that is only 3m old; settle: 10m"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEqualTreesGiveEqualScans(t *testing.T) {
	var files []string
	for _, bag := range []string{"c", "a", "b"} {
		for _, f := range []string{"jai_cam_2.jpg", "jai_cam_1.jpg", "realsenseD435_1.jpg", "left_1.jpg"} {
			files = append(files, bag+"/"+f)
		}
	}
	lines := twoCameras + `bags: [{path: "*/"}]`
	first := scan(t, tree(t, files...), lines)
	for range 5 {
		if diff := cmp.Diff(first, scan(t, tree(t, shuffled(files)...), lines)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestAnEndedContextEndsTheScan(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tasks, _ := Scan(ctx, parse(t, "bags: [{path: x}]"), Options{Root: tree(t, "x/1.jpg")})
	if len(tasks) != 0 {
		t.Errorf("got %d tasks", len(tasks))
	}
}

func shuffled(names []string) []string {
	names = slices.Clone(names)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	return names
}
