package prediction

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Each task is given the same of a file that is about many as if every thing of the file were placed in it.
func TestOneFileOfManyTasksIsPlacedInEachAsAWhole(t *testing.T) {
	for format, write := range map[Format]func(t *testing.T, rng *rand.Rand) string{COCO: randomCOCO, JSONL: randomLines, YOLO: randomTexts} {
		t.Run(string(format), func(t *testing.T) {
			for seed := range uint64(30) {
				rng := rand.New(rand.NewPCG(seed, 1))
				f := read(t, write(t, rng), format)
				everything := Found{Items: allItems(t, f.File)}
				for _, target := range randomTargets(rng) {
					want, _ := everything.Place(target)
					if diff := cmp.Diff(want, f.Place(target), cmpopts.IgnoreUnexported(Unplaced{})); diff != "" {
						t.Fatalf("seed %d, frames %+v, scores from %v:\n%s", seed, target.Frames, target.MinScore, diff)
					}
				}
			}
		})
	}
}

// allItems are all that a file says, in its order.
func allItems(t *testing.T, f *File) []Item {
	t.Helper()
	var items []Item
	from, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	for _, r := range f.rows {
		text, err := from.read(f, r)
		if err != nil {
			t.Fatal(err)
		}
		of, err := f.decode(f, r, text)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, of...)
	}
	return items
}

// Names of images of some bags, with and without directories before them.
var manyImages = []string{
	"run1/a.jpg", "run1/b.jpg", "a.jpg", "b.jpg", "run2/a.jpg", "/data/run2/a.jpg", `C:\data\run1\b.jpg`, "./run1/cam/a.jpg", "cam/a.jpg", "c.jpg", "run3/c.jpg", "x/", "",
}

func randomTargets(rng *rand.Rand) []Target {
	var all []Target
	for range 6 {
		target := Target{MinScore: []float64{0, 0, 0.25, 0.5, 1}[rng.IntN(5)]}
		for _, name := range []string{"run1/a.jpg", "run1/b.jpg", "run1/cam/a.jpg", "run2/a.jpg", "a.jpg", "b.jpg", "run3/c.jpg", "data/c.jpg"} {
			switch rng.IntN(4) {
			case 0:
				target.Frames = append(target.Frames, Frame{Name: name})
			case 1:
				target.Frames = append(target.Frames, Frame{Name: name, Width: 100, Height: 80, Elsewhere: rng.IntN(3) == 0})
			}
		}
		if rng.IntN(2) == 0 {
			target.Labels = labels
		}
		all = append(all, target)
	}
	return all
}

func randomCOCO(t *testing.T, rng *rand.Rand) string {
	var f struct {
		Info        any   `json:"info"`
		Annotations []any `json:"annotations"`
		Images      []any `json:"images"`
		Categories  []any `json:"categories"`
	}
	f.Info = map[string]any{"text": `"]}, [{\`, "n": []any{1.5e3, nil, map[string]any{}, []any{}}}
	for i, name := range manyImages {
		image := map[string]any{"id": i, "file_name": name}
		if rng.IntN(3) == 0 {
			image["width"], image["height"] = 100, 80
		}
		f.Images = append(f.Images, image)
	}
	for i, name := range []string{"car", "box", "thing"} {
		f.Categories = append(f.Categories, map[string]any{"id": i, "name": name})
	}
	for range rng.IntN(40) {
		a := map[string]any{"image_id": rng.IntN(len(manyImages)), "category_id": rng.IntN(3)}
		if rng.IntN(4) > 0 {
			a["bbox"] = []int{rng.IntN(50), rng.IntN(40), rng.IntN(3), rng.IntN(60)}
		}
		if rng.IntN(2) == 0 {
			a["score"] = []float64{-1, 0, 0.25, 0.5, 0.75, 1}[rng.IntN(6)]
		}
		f.Annotations = append(f.Annotations, a)
	}
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return writtenFile(t, string(text))
}

func randomLines(t *testing.T, rng *rand.Rand) string {
	var b strings.Builder
	b.WriteString(byteOrderMark)
	for range rng.IntN(30) {
		var shapes []string
		for range rng.IntN(3) {
			shapes = append(shapes, fmt.Sprintf(`{"type": "rectangle", "label": "car", "points": [%d, 1, 9, 9], "score": %v}`, rng.IntN(20), float64(rng.IntN(5))/4))
		}
		fmt.Fprintf(&b, `{"name": %q, "shapes": [%s], "tags": [%s]}`+"\n\n", manyImages[rng.IntN(10)], strings.Join(shapes, ", "), []string{"", "1", "1, 2"}[rng.IntN(3)])
	}
	return writtenFile(t, strings.TrimSuffix(b.String(), "\n"))
}

func writtenFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "found")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func randomTexts(t *testing.T, rng *rand.Rand) string {
	files := map[string]string{}
	for _, name := range []string{"run1/a", "run1/b", "a", "b", "run2/a", "cam/a", "run3/c"} {
		var lines []string
		for range rng.IntN(4) {
			lines = append(lines, fmt.Sprintf("%d 0.5 0.5 0.%d 0.2 %v", rng.IntN(3), rng.IntN(3), float64(rng.IntN(5))/4))
		}
		files[name+".txt"] = strings.Join(lines, "\n")
	}
	return yoloDirectory(t, "names: [car, box]", files)
}

// A task is given what its plan said, or nothing.
func TestAFileThatChangesAfterItWasReadIsNotPlaced(t *testing.T) {
	file := writtenFile(t, `{"name": "a.jpg", "shapes": [{"type": "rectangle", "label": "car", "points": [1, 1, 9, 9]}]}`)
	lines := read(t, file, JSONL)
	dir := yoloDirectory(t, "names: [car]", map[string]string{"a.txt": "0 0.5 0.5 0.2 0.2"})
	texts := read(t, dir, YOLO)
	for path, text := range map[string]string{file: `{"name": "a.jpg", "shapes": [{"type": "rectangle", "label": "car", "points": [2, 1, 99, 9]}]}`, filepath.Join(dir, "a.txt"): "0 0.5 0.5 0.2 0.3"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []reading{lines, texts} {
		if placed, err := f.File.Place(Target{Frames: frames}); !errors.Is(err, errChanged) {
			t.Errorf("%+v, %v", placed, err)
		}
	}
}

// What a file of predictions takes of memory grows with its lines, and by far less than they are long.
func TestAFileOfManyPredictionsIsNotHeldInMemory(t *testing.T) {
	const rows = 20_000
	for format, write := range manyWritten {
		file := filepath.Join(t.TempDir(), "found")
		size := write(t, file, rows)
		before := heap()
		f := read(t, file, format)
		held := heap() - before
		if held > size/2 {
			t.Errorf("%s: %d bytes are held of %d", format, held, size)
		}
		if n := len(f.Place(Target{Frames: []Frame{{Name: "bag0/000007.jpg"}}}).Annotations.Shapes); n != 10 {
			t.Errorf("%s: %d shapes are placed", format, n)
		}
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// manyWritten writes so many boxes, ten an image, 500 images a bag.
var manyWritten = map[Format]func(tb testing.TB, file string, rows int) (size int64){
	COCO: func(tb testing.TB, file string, rows int) int64 {
		return writeMany(tb, file, func(w io.Writer) {
			io.WriteString(w, `{"categories": [{"id": 1, "name": "car"}], "images": [`)
			for i := range rows / 10 {
				fmt.Fprintf(w, `%s{"id": %d, "file_name": "bag%d/%06d.jpg", "width": 1920, "height": 1080}`, comma(i), i, i/500, i)
			}
			io.WriteString(w, "],\n\"annotations\": [")
			for i := range rows {
				fmt.Fprintf(w, `%s{"id": %d, "image_id": %d, "category_id": 1, "bbox": [%d.25, 100.125, 50.5, 60.75], "area": 3067.875, "iscrowd": 0, "segmentation": [], "score": 0.%d}`, comma(i), i, i/10, i%1000, 100+i%900)
			}
			io.WriteString(w, "]}\n")
		})
	},
	JSONL: func(tb testing.TB, file string, rows int) int64 {
		return writeMany(tb, file, func(w io.Writer) {
			for i := range rows / 10 {
				fmt.Fprintf(w, `{"name": "bag%d/%06d.jpg", "width": 1920, "height": 1080, "shapes": [`, i/500, i)
				for k := range 10 {
					fmt.Fprintf(w, `%s{"type": "rectangle", "label": "car", "points": [%d.25, 100.125, 1050.5, 160.75], "score": 0.%d}`, comma(k), (10*i+k)%1000, 100+i%900)
				}
				io.WriteString(w, "]}\n")
			}
		})
	},
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

func writeMany(tb testing.TB, file string, write func(io.Writer)) int64 {
	tb.Helper()
	out, err := os.Create(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()
	write(out)
	info, err := out.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// BenchmarkOpen reads files of doubling sizes and prints what each row takes of time and of memory once it was read.
//
//	go test ./internal/prediction -run - -bench Open -benchtime 1x
func BenchmarkOpen(b *testing.B) {
	for format, write := range manyWritten {
		for _, rows := range []int{125_000, 250_000, 500_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", format, rows), func(b *testing.B) {
				file := filepath.Join(b.TempDir(), "found")
				size := write(b, file, rows)
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				var f *File
				b.ResetTimer()
				for b.Loop() {
					var err error
					if f, err = Open(file, format); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
				b.ReportMetric(float64(size)/float64(rows), "file-B/row")
				b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(rows), "held-B/row")
				b.ReportMetric((float64(after.HeapSys)-float64(before.HeapSys))/float64(rows), "heap-B/row")
				runtime.KeepAlive(f)
			})
		}
	}
}
