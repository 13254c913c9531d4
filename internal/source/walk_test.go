package source

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestFoldersOfSystemsHoldNoFrames(t *testing.T) {
	folders := []string{
		"@eaDir", "#recycle", "#snapshot", "@Recycle", "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "lost+found",
		"__MACOSX", ".thumbnails", ".Trash-1000", "~snapshot", ".@__thumb", "@Transcode", "trashbox", "Recycled", "FOUND.000", "node_modules",
	}
	files := []string{"syno/IMG_0000.JPG", "syno/IMG_0001.JPG", "syno/cam/2.JPG", "syno/._1.jpg", "syno/.DS_Store"}
	for _, f := range folders {
		files = append(files, "syno/"+f+"/IMG_0000.JPG/THUMB.jpg", f+"/old.jpg")
	}
	got := scan(t, tree(t, files...), `bags: [{path: "*/"}]`)
	want := scanned{
		Tasks: []taskView{{Name: "syno", Frames: "syno/cam/2.JPG syno/IMG_0000.JPG syno/IMG_0001.JPG"}},
		Problems: []string{
			"note: left out: 15 system folders that bags: matches, such as #recycle",
			"note: left out: 19 hidden files or system folders, such as syno/#recycle",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersOfSystemsNextToARecordingAreCounted(t *testing.T) {
	root := tree(t, "run/@eaDir/old.mcap")
	w, err := bagtest.Create(filepath.Join(root, "run/run.mcap"), bagtest.Format{})
	check(t, err)
	check(t, w.Write(topic("/front/compressed", compressedImage), 1e18, stamped(1e18, jpegImage(t))))
	check(t, w.Close())
	got := scan(t, root, `bags: ["*/"]`)
	want := []string{"note: left out: 1 hidden file or system folder, such as run/@eaDir"}
	if diff := cmp.Diff(want, got.Problems); diff != "" || len(got.Tasks) != 1 {
		t.Error(diff, got.Tasks)
	}
}

func TestFramesThatDifferInTheirExtensionOnlyAreNoted(t *testing.T) {
	got := scan(t, tree(t, "x/image1.jpg", "x/image1.png", "x/image2.jpg", "x/image2.jpeg", "x/image3.png"), `bags: [{path: x}]`)
	want := []string{"note: task x: x/image1.jpg and x/image1.png differ in their extension only (and 1 more); CVAT's exports take them for one"}
	if diff := cmp.Diff(want, got.Problems); diff != "" || len(got.Tasks) != 1 || len(got.Tasks[0].Problems) > 0 {
		t.Error(diff, got.Tasks)
	}
}

// So they are where the server reads them by itself, and where an index alone is left of them.
func TestFramesThatDifferInTheirExtensionOnlyAreNotedWhereverTheyAre(t *testing.T) {
	const want = "x/image1.jpg and x/image1.png differ in their extension only"
	at := func(context.Context, string) (store.Store, error) {
		return &store.Served{Root: "cloud:1", Names: &bucketNames{keys: []string{"x/image1.jpg", "x/image1.png"}}, At: store.Place{Storage: 1}}, nil
	}
	_, problems := Scan(context.Background(), parse(t, "root: cloud:1\nbags: [x]"), Options{Root: "cloud:1", At: at})
	if len(problems) != 1 || !strings.Contains(problems[0].Text, want) {
		t.Errorf("cloud: %v", problems)
	}
	s := newSite(t)
	for _, name := range []string{"image1.jpg", "image1.png"} {
		s.write("data/x/"+name, jpegImage(t))
	}
	m := s.manifest("bags: [{path: x, index: index.jsonl}]")
	s.list(m)
	s.remove("data/x")
	if _, said := s.scan(m); !strings.Contains(strings.Join(said, "\n"), want) {
		t.Errorf("index alone: %v", said)
	}
}

// Nine folders that each link to all others were 9! paths, sixteen levels of two links 65,536.
func TestFoldersLinkedInAWebAreListedOnceEach(t *testing.T) {
	var web, levels []string
	for i := range 9 {
		web = append(web, fmt.Sprintf("web/d%d/%d.jpg", i, i))
		for k := range 9 {
			web = append(web, fmt.Sprintf("web/d%d/to%d -> ../d%d", i, k, k))
		}
	}
	for i := range 16 {
		levels = append(levels, fmt.Sprintf("levels/l%d/%d.jpg", i, i),
			fmt.Sprintf("levels/l%d/a -> ../l%d", i, i+1), fmt.Sprintf("levels/l%d/b -> ../l%d", i, i+1))
	}
	levels = append(levels, "levels/l16/16.jpg")
	root := tree(t, append(web, levels...)...)
	for dir, want := range map[string]int{"web": 9, "levels": 17, "levels/l0": 17} {
		c, err := list(context.Background(), store.At(root), dir)
		if err != nil || len(c.images) != want {
			t.Errorf("%s: %d images, want %d (%v)", dir, len(c.images), want, err)
		}
		for _, p := range c.problems {
			if p.Severity == diag.Error || p.Code != diag.CodeLinkLoop {
				t.Errorf("%s: %+v", dir, p)
			}
		}
	}
}

// A directory has its own place before that of a link to it, whatever the links are called.
func TestALinkTakesNoImageFromItsDirectory(t *testing.T) {
	s := scan(t, tree(t, "x/m/1.jpg", "x/a -> m", "x/z -> m", "far/2.jpg", "x/far -> ../far"), `bags: [{path: x}]`)
	if len(s.Tasks) != 1 || s.Tasks[0].Frames != "x/far/2.jpg x/m/1.jpg" {
		t.Errorf("%+v", s.Tasks)
	}
}

// Camera B was created with 0 frames, and its import failed at every run.
func TestAFolderLinkedIntoItselfMakesNoTask(t *testing.T) {
	s := scan(t, tree(t, "x/A_1.jpg", "x/sub -> ."), "cameras: [{name: A}, {name: B}]\nbags: [{path: x}]")
	if len(s.Tasks) != 1 || s.Tasks[0].Name != "A_x" {
		t.Errorf("%+v", s.Tasks)
	}
	if all := strings.Join(s.Problems, "\n"); !strings.Contains(all, "camera B has no images in any bag") || !strings.Contains(all, "leads back") {
		t.Error(all)
	}
}

func TestNoTaskHasNoFrames(t *testing.T) {
	tasks := []Task{{Name: "t"}}
	blockEmpty(tasks)
	if len(tasks[0].Problems) != 1 || tasks[0].Problems[0].Severity != diag.Error {
		t.Errorf("%+v", tasks[0].Problems)
	}
	if _, problems := Measure(context.Background(), Task{Name: "t"}); len(problems) != 1 || problems[0].Severity != diag.Error {
		t.Errorf("%+v", problems)
	}
}

// What was met in a bag is about no camera: each tells it alike, so that it is said once.
func TestWhatWasMetInABagIsTheSameForAllItsCameras(t *testing.T) {
	root := tree(t, "x/left_1.jpg")
	check(t, os.Symlink(".", filepath.Join(root, "x", "again")))
	_, problems := Scan(t.Context(), parse(t, "cameras: [{name: left}, {name: right}]\nbags: [x]"), Options{Root: root})
	places := map[manifest.Position]int{}
	for _, p := range problems {
		if p.Code == diag.CodeLinkLoop {
			places[p.Pos]++
		}
	}
	if len(places) != 1 || places[manifest.Position{}] > 0 {
		t.Errorf("%v: %q", places, texts(root, problems))
	}
}

// looped are the names of a share in which a holds three links back to itself, deep seven directories in each other, and chain nine
// that hold nothing else; CVAT tells of no links.
type looped struct{ asked *int }

func (l looped) List(_ context.Context, dir string) ([]store.Name, error) {
	*l.asked++
	if strings.HasPrefix(dir, "deep") {
		depth := strings.Count(dir, "/")
		return []store.Name{{Name: fmt.Sprint(depth, ".jpg")}, {Name: "a", IsDir: depth < 6}}, nil
	}
	if depth, below := strings.CutPrefix(dir, "chain"); below {
		if strings.Count(depth, "/") == 9 {
			return []store.Name{{Name: "0.jpg"}}, nil
		}
		return []store.Name{{Name: "a", IsDir: true}}, nil
	}
	return []store.Name{{Name: "0.jpg"}, {Name: "x", IsDir: true}, {Name: "y", IsDir: true}, {Name: "z", IsDir: true}}, nil
}

func (looped) Stat(context.Context, string) (bool, error) { return true, nil }

func (looped) Listed(context.Context, string, string, int) ([]store.Name, error) {
	return nil, fs.ErrNotExist
}

func TestLinksOfAShareThatLeadBackEndTheWalk(t *testing.T) {
	asked := 0
	s := &store.Served{Root: "share:/", Names: looped{&asked}, At: store.Place{Share: true}}
	got, err := list(t.Context(), s, "a")
	if err != nil || len(got.problems) != 1 || got.problems[0].Code != diag.CodeLinkLoop || got.problems[0].Severity != diag.Error || asked > 10 {
		t.Errorf("%d directories were listed: %+v, %v", asked, got.problems, err)
	}
	if got, _ := list(t.Context(), s, "deep"); len(got.images) != 7 || len(got.problems) > 0 {
		t.Errorf("directories of one name that hold other files: %+v", got)
	}
	if got, _ := list(t.Context(), s, "chain"); len(got.images) != 1 || len(got.problems) > 0 {
		t.Errorf("directories of one name that hold nothing else: %+v", got)
	}
}
