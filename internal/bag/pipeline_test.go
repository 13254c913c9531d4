package bag

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// Two chunks that overlap in time nearly fill the budget, and between their messages stand
// others that lie plain in the file: these must not wait for the chunks, nor the chunks for them.
func TestPlainMessagesBetweenThoseOfOpenChunksAreRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for i, f := range []bagtest.Format{
		{Compression: "zstd", ChunkSize: 1 << 30}, {Compression: "zstd", ChunkSize: 1 << 30}, {NoChunks: true},
	} {
		size := []int{budget * 49 / 100 / 10, budget * 49 / 100 / 10, runSize * 9 / 10}[i]
		var list []written
		for n := range 10 {
			list = append(list, written{cameraCDR, int64(10*n + i), noise(rng, size)})
		}
		write(t, filepath.Join(dir, "run_"+string(rune('0'+i))+".mcap"), f, list)
	}
	metadata := "rosbag2_bagfile_information: {relative_file_paths: [run_0.mcap, run_1.mcap, run_2.mcap]}"
	if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(metadata), 0o666); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, Options{Workers: 2})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // far more than it takes; its end is the failure
	defer cancel()
	n := 0
	err := b.Messages(ctx, index(t, b), func(Entry, []byte) error { n++; return nil })
	if n != 30 || err != nil {
		t.Errorf("%d messages of 30, %v", n, err)
	}
}
