package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
)

// images writes files of the given content and gives the one task that they make.
func images(t *testing.T, lines string, content map[string][]byte) (root string, task Task) {
	t.Helper()
	root = tree(t, "x/")
	for name, b := range content {
		check(t, os.WriteFile(filepath.Join(root, "x", name), b, 0o666))
	}
	tasks, problems := Scan(context.Background(), parse(t, lines+"\nbags: [{path: x}]"), Options{Root: root})
	if len(tasks) != 1 || len(problems)+len(tasks[0].Problems) > 0 {
		t.Fatalf("%d tasks, %v", len(tasks), problems)
	}
	return root, tasks[0]
}

type measured struct {
	Name, Sum     string
	Size          int64
	CRC           uint32
	Width, Height int
}

func results(t *testing.T, frames []Frame) []measured {
	t.Helper()
	var all []measured
	for _, f := range frames {
		all = append(all, measured{f.Name, fmt.Sprintf("%x", f.Sum), f.Size, f.CRC, f.Width, f.Height})
		r, err := f.Open()
		check(t, err)
		b, err := io.ReadAll(r)
		check(t, err)
		check(t, r.Close())
		if sha256.Sum256(b) != f.Sum {
			t.Errorf("%s opens as something else", f.Name)
		}
	}
	return all
}

func measurement(name string, b []byte, width, height int) measured {
	return measured{name, fmt.Sprintf("%x", sha256.Sum256(b)), int64(len(b)), crc32.ChecksumIEEE(b), width, height}
}

func TestMeasureGivesEachFrameInOrder(t *testing.T) {
	j, p := jpegImage(t), pngImage(t)
	turned := rotated(j)
	_, task := images(t, "", map[string][]byte{"1.jpg": j, "2.png": p, "10.jpg": turned})
	frames, problems := Measure(context.Background(), task)
	want := []measured{measurement("x/1.jpg", j, 8, 6), measurement("x/2.png", p, 8, 6), measurement("x/10.jpg", turned, 6, 8)}
	if diff := cmp.Diff(want, results(t, frames)); diff != "" || len(problems) > 0 {
		t.Error(diff, problems)
	}
	size, err := Bytes(context.Background(), task)
	if want := int64(len(j) + len(p) + len(turned)); size != want || err != nil {
		t.Errorf("Bytes: %d, %v; want %d", size, err, want)
	}
}

func TestMeasureNamesEachBadFile(t *testing.T) {
	j := jpegImage(t)
	root, task := images(t, "", map[string][]byte{
		"1.jpg": j, "2.jpg": nil, "3.jpg": j[:90], "4.jpg": []byte("hello"), "5.jp2": []byte("\x00\x00\x00\x0cjP  "),
		"6.jpg": []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), "7.jpg": j,
	})
	check(t, os.Mkdir(filepath.Join(root, ".git"), 0o777))
	check(t, os.Remove(filepath.Join(root, "x/7.jpg")))
	want := []string{
		"error: ROOT/x/2.jpg: empty (0 bytes) | copy it again or remove it, or set frames.bad: skip",
		"error: ROOT/x/3.jpg: truncated: the JPEG header is cut off | repair or remove it, or set frames.bad: skip",
		`error: ROOT/x/4.jpg: not an image: text | remove it, or set frames.bad: skip`,
		"warning: ROOT/x/5.jp2: JPEG 2000 is not checked here, and may fail in CVAT",
		"error: ROOT/x/6.jpg: a Git LFS pointer, not the image | git -C ROOT lfs pull --include='x/**'",
		"error: ROOT/x/7.jpg: it is gone since the bag was listed",
	}
	_, problems := Measure(context.Background(), task)
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error("Measure:", diff)
	}
	checked, problems := CheckHeaders(context.Background(), task)
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error("CheckHeaders:", diff)
	}
	if n := len(checked.Desired().Problems); n != 5 || len(task.Problems) != 0 {
		t.Errorf("%d problems block the task, want 5; the one given has %d", n, len(task.Problems))
	}
}

// A size tells of an empty file, and asks what a small one is: both block a plan that reads no image.
func TestAPlanBlocksWhatIsEmptyOrAPointer(t *testing.T) {
	pointer := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
	for content, want := range map[string]diag.Code{"": diag.CodeEmptyImage, string(pointer): diag.CodeLFSPointer} {
		_, task := images(t, "", map[string][]byte{"1.jpg": jpegImage(t), "2.jpg": []byte(content)})
		var p diag.Diagnostic
		if _, err := Bytes(context.Background(), task); !errors.As(err, &p) || p.Code != want {
			t.Errorf("%.9q: %v", content, err)
		}
	}
	_, task := images(t, `cameras: [{name: c, files: ["*"], frames: {bad: skip}}]`, map[string][]byte{"1.jpg": jpegImage(t), "2.jpg": nil})
	if _, err := Bytes(context.Background(), task); err != nil {
		t.Errorf("bad: skip: %v", err)
	}
}

func TestManyFaultsOfAKindAreCounted(t *testing.T) {
	content := map[string][]byte{}
	for i := range 12 {
		content[fmt.Sprintf("%d.jpg", i)] = nil
	}
	_, task := images(t, "", content)
	_, problems := Measure(context.Background(), task)
	if len(problems) != mostAlike || !strings.HasSuffix(problems[mostAlike-1].Text, "(and 7 more like this)") {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1].Text)
	}
}

// What frames.bad: skip drops must be dropped alike by the plan's look at the headers
// and by the reading before the upload, or the task would look drifted for ever.
func TestBadFramesAreSkippedAlikeByPlanAndUpload(t *testing.T) {
	j := jpegImage(t)
	root, task := images(t, "cameras: [{name: x, files: [\"*\"], frames: {bad: skip}}]", map[string][]byte{"1.jpg": j, "2.jpg": nil, "3.jpg": j[:90], "4.jpg": j})
	if !task.SkipsBad() {
		t.Fatal("SkipsBad() = false")
	}
	want := []string{"x/1.jpg", "x/4.jpg"}
	notes := []string{
		"note: ROOT/x/2.jpg: empty (0 bytes); left out",
		"note: ROOT/x/3.jpg: truncated: the JPEG header is cut off; left out",
	}
	checked, problems := CheckHeaders(context.Background(), task)
	if diff := cmp.Diff(want, checked.Desired().Frames); diff != "" {
		t.Error("CheckHeaders:", diff)
	}
	if diff := cmp.Diff(notes, texts(root, problems)); diff != "" {
		t.Error("CheckHeaders:", diff)
	}
	for name, task := range map[string]Task{"as scanned": task, "checked": checked} {
		frames, _ := Measure(context.Background(), task)
		var got []string
		for _, m := range results(t, frames) {
			got = append(got, m.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSkippingNeverHidesWhatIsElsewhere(t *testing.T) {
	j := jpegImage(t)
	root, task := images(t, "cameras: [{name: x, files: [\"*\"], frames: {bad: skip}}]", map[string][]byte{
		"1.jpg": j, "2.jpg": []byte("version https://git-lfs.github.com/spec/v1\n"), "3.jpg": j,
	})
	check(t, os.Remove(filepath.Join(root, "x/3.jpg")))
	_, problems := Measure(context.Background(), task)
	var codes []string
	for _, p := range problems {
		codes = append(codes, fmt.Sprint(p.Severity, " ", p.Code))
	}
	if diff := cmp.Diff([]string{"error lfs_pointer", "error vanished"}, codes); diff != "" {
		t.Error(diff)
	}
}

func TestSkippingAllIsAnError(t *testing.T) {
	root, task := images(t, "cameras: [{name: x, files: [\"*\"], frames: {bad: skip}}]", map[string][]byte{"1.jpg": nil})
	checked, problems := CheckHeaders(context.Background(), task)
	want := []string{"note: ROOT/x/1.jpg: empty (0 bytes); left out", "error: x_x: none of its 1 images can be used"}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" || len(checked.Problems) != 1 {
		t.Error(diff, checked.Problems)
	}
}

// The order file of sorting_method predefined holds each frame's size.
func TestPredefinedOrderNeedsEachSize(t *testing.T) {
	root, task := images(t, "task: {sorting_method: predefined}", map[string][]byte{"1.jp2": []byte("\x00\x00\x00\x0cjP  ")})
	_, problems := Measure(context.Background(), task)
	want := []string{"error: ROOT/x/1.jp2: the size of a JPEG 2000 image, which sorting_method predefined needs, is not known here | use sorting_method: natural, or convert the image to PNG"}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
}

// A fakeSource gives what a test says; messages of recordings are read through the same.
type fakeSource struct {
	content []byte
	err     error
}

func (f fakeSource) Open(context.Context, int) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(f.content))), f.err
}
func (f fakeSource) Size(context.Context, int) (int64, error) { return int64(len(f.content)), f.err }
func (f fakeSource) Where(int) string                         { return "run7.bag /jai_cam message 3" }
func (f fakeSource) Origin(int) index.Record                  { return index.Record{} }
func (f fakeSource) Paths() []string                          { return nil }
func (f fakeSource) Only([]int) frame.Source                  { return f }
func (f fakeSource) Video() frame.Video                       { return nil }
func (f fakeSource) Close() error                             { return nil }
func (f fakeSource) Each(_ context.Context, _ frame.Part, visit func(int, frame.Opened, error)) []diag.Diagnostic {
	visit(0, frame.OpenedBytes(f.content), f.err)
	return nil
}

func TestAFrameNeedsNoFile(t *testing.T) {
	j := jpegImage(t)
	task := Task{Name: "t", frames: frames{names: []string{"run7/1.jpg"}, source: fakeSource{content: j}}}
	frames, problems := Measure(context.Background(), task)
	if diff := cmp.Diff([]measured{measurement("run7/1.jpg", j, 8, 6)}, results(t, frames)); diff != "" || len(problems) > 0 {
		t.Error(diff, problems)
	}
}

func TestWhyAFrameCannotBeReadIsSaid(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"permission": {&fs.PathError{Op: "open", Path: "p", Err: fs.ErrPermission}, "error: run7.bag /jai_cam message 3: permission denied | chmod +r 'run7.bag /jai_cam message 3'"},
		"I/O":        {&fs.PathError{Op: "open", Path: "p", Err: syscall.EIO}, "error: run7.bag /jai_cam message 3: input/output error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			task := Task{Name: "t", frames: frames{names: []string{"1.jpg"}, source: fakeSource{err: tt.err}}}
			_, problems := Measure(context.Background(), task)
			if diff := cmp.Diff([]string{tt.want}, texts("ROOT", problems)); diff != "" {
				t.Error(diff)
			}
			if _, err := Bytes(context.Background(), task); err == nil {
				t.Error("Bytes finds no fault")
			}
		})
	}
}

func TestAnEndedContextEndsMeasure(t *testing.T) {
	_, task := images(t, "", map[string][]byte{"1.jpg": jpegImage(t)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	frames, problems := Measure(ctx, task)
	if frames != nil || len(problems) != 1 || problems[0].Severity != diag.Error {
		t.Errorf("%v, %v", frames, problems)
	}
	if _, err := Bytes(ctx, task); !errors.Is(err, context.Canceled) {
		t.Errorf("Bytes: %v", err)
	}
	if checked, _ := CheckHeaders(ctx, task); len(checked.Problems) > 0 {
		t.Errorf("CheckHeaders: %v", checked.Problems)
	}
}
