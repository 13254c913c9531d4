package source

import (
	"context"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// BenchmarkEqualStamps scans recordings of 5,000 to 40,000 messages that share one stamp, and prints the slope of time
// over messages in a doubly logarithmic plot: 1 is linear, 2 quadratic.
func BenchmarkEqualStamps(b *testing.B) {
	slope(b, "", func(int) (int64, []byte) { return 1700000000e9, jpegImage(b) })
}

// BenchmarkUndecodableMessages does the same with a good message and others that are none, which are left out.
func BenchmarkUndecodableMessages(b *testing.B) {
	slope(b, ", frames: {bad: skip}", func(i int) (int64, []byte) {
		if i == 0 {
			return 1700000000e9, jpegImage(b)
		}
		return 1700000000e9 + int64(i)*1e6, []byte("no image")
	})
}

// slope times a scan with a look at all headers, over doubling numbers of messages.
func slope(b *testing.B, settings string, message func(i int) (stamp int64, payload []byte)) {
	sizes := []int{5_000, 10_000, 20_000, 40_000}
	m := parse(b, "cameras: [{name: cam"+settings+"}]\nbags: [{path: run.bag}]")
	roots := make([]string, len(sizes))
	for k, n := range sizes {
		roots[k] = b.TempDir()
		w, err := bagtest.Create(filepath.Join(roots[k], "run.bag"), bagtest.Format{})
		check(b, err)
		for i := range n {
			stamp, payload := message(i)
			check(b, w.Write(topic("/cam/compressed", compressedImage), 1700000000e9+int64(i)*1e6, stamped(stamp, payload)))
		}
		check(b, w.Close())
	}
	spent := make([]time.Duration, len(sizes))
	for b.Loop() {
		for k, root := range roots {
			begun := time.Now()
			tasks, _ := Scan(context.Background(), m, Options{Root: root})
			if len(tasks) != 1 {
				b.Fatalf("%d tasks", len(tasks))
			}
			CheckHeaders(context.Background(), tasks[0])
			spent[k] += time.Since(begun)
		}
	}
	b.ReportMetric(fitted(sizes, spent), "slope")
}

// fitted is the slope of the line that fits the logarithms best.
func fitted(sizes []int, spent []time.Duration) float64 {
	var x, y, xx, xy float64
	n := float64(len(sizes))
	for i, size := range sizes {
		lx, ly := math.Log(float64(size)), math.Log(float64(spent[i]))
		x, y, xx, xy = x+lx, y+ly, xx+lx*lx, xy+lx*ly
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
