package bag

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/memory"
)

// A chunk of 24 MB, read with a budget of 8 MiB, is what it is with any other.
func TestAChunkLargerThanTheMemoryIsReadFromATemporaryFile(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var list []written
	for i := range 60 {
		list = append(list, written{cameraCDR, int64(i/2) * 1e9, append(noise(rng, 200_000), make([]byte, 200_000)...)})
	}
	for name, f := range map[string]struct {
		file   string
		format bagtest.Format
	}{
		"zstd": {"a.mcap", bagtest.Format{Compression: "zstd"}}, "lz4": {"a.mcap", bagtest.Format{Compression: "lz4"}},
		"plain": {"a.mcap", bagtest.Format{}}, "zstd, no index": {"a.mcap", bagtest.Format{Compression: "zstd", NoIndex: true, NoMessages: true}},
		"bag, lz4": {"a.bag", bagtest.Format{Compression: "lz4"}},
	} {
		t.Run(name, func(t *testing.T) {
			f.format.ChunkSize = 1 << 30
			messages := list
			if filepath.Ext(f.file) == ".bag" {
				messages = nil
				for _, m := range list {
					messages = append(messages, written{cameraROS1, m.log, m.data})
				}
			}
			temp := t.TempDir()
			path := write(t, filepath.Join(t.TempDir(), f.file), f.format, messages)
			budget := memory.New(8 << 20)
			b := open(t, path, Options{Memory: budget, TempDir: temp, Strict: true})
			before := allocatedBytes()
			if diff := gocmp.Diff(ordered(messages), readAll(t, b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := allocatedBytes() - before; n > 60<<20 {
				t.Errorf("%d bytes were allocated for a file of %d", n, 24<<20)
			}
			if left, err := os.ReadDir(temp); runtime.GOOS == "linux" && len(left) > 0 || err != nil {
				t.Errorf("%v, %v", left, err)
			}
			if budget.Held() != 0 {
				t.Error("not all of the memory was given back")
			}
		})
	}
}

func TestAReaderThatGivesUpWhileAChunkIsUnpackedTakesItFromNoOther(t *testing.T) {
	const limit = 1 << 20
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 1 << 30, Compression: "lz4"},
		[]written{{cameraCDR, 1, noise(rand.New(rand.NewPCG(7, 7)), 2*limit)}})
	budget := memory.New(limit)
	b := open(t, path, Options{Memory: budget, TempDir: t.TempDir()})
	chunk := b.parts[0].(*chunked)
	waits := func(n int) bool {
		chunk.spills.mu.Lock()
		defer chunk.spills.mu.Unlock()
		return len(chunk.spills.list) == 1 && chunk.spills.list[0].users == n
	}
	all, err := budget.Wait(t.Context(), memory.One(limit))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	ready := func(ctx context.Context, given chan<- error) {
		release, err := chunk.ready(ctx, 0)
		if err == nil {
			release()
		}
		given <- err
	}
	go ready(ctx, first)
	for !waits(1) {
		runtime.Gosched()
	}
	go ready(t.Context(), second)
	for !waits(2) {
		runtime.Gosched()
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	all.Done(nil)
	if err := <-second; err != nil {
		t.Error(err)
	}
}
