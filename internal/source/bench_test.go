package source

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkScan lists 500 bags of 100 files each, and prints its time as a multiple of
// that of find on the same tree.
func BenchmarkScan(b *testing.B) {
	root := b.TempDir()
	for i := range 500 {
		dir := filepath.Join(root, fmt.Sprintf("2026-03-04_%04d", i))
		check(b, os.Mkdir(dir, 0o777))
		for k := range 50 {
			for _, camera := range []string{"jai_cam", "realsenseD435"} {
				name := fmt.Sprintf("%s_17000000%03d00000000.jpg", camera, k)
				check(b, os.WriteFile(filepath.Join(dir, name), nil, 0o666))
			}
		}
	}
	m := parse(b, twoCameras+`bags: [{path: "2026-*/"}]`)
	b.ReportAllocs()
	var scanning, finding time.Duration
	for b.Loop() {
		begun := time.Now()
		if tasks, _ := Scan(context.Background(), m, Options{Root: root}); len(tasks) != 1000 {
			b.Fatalf("%d tasks", len(tasks))
		}
		middle := time.Now()
		check(b, exec.Command("sh", "-c", `find "$0" -type f | wc -l`, root).Run())
		scanning += middle.Sub(begun)
		finding += time.Since(middle)
	}
	b.ReportMetric(float64(scanning)/float64(finding), "x-find")
}

// BenchmarkMeasure reads 64 MiB in frames of 1 MiB.
func BenchmarkMeasure(b *testing.B) {
	root := tree(b, "x/")
	content := append(jpegImage(b), make([]byte, 1<<20)...)
	for i := range 64 {
		check(b, os.WriteFile(filepath.Join(root, fmt.Sprintf("x/%02d.jpg", i)), content, 0o666))
	}
	tasks, _ := Scan(context.Background(), parse(b, "bags: [{path: x}]"), Options{Root: root})
	b.SetBytes(int64(64 * len(content)))
	for b.Loop() {
		if _, problems := Measure(context.Background(), tasks[0]); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
