package bag

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
)

var waysOfWriting = map[string]struct {
	file   string
	format bagtest.Format
}{
	"bag":              {"a.bag", bagtest.Format{ChunkSize: 64 << 10}},
	"bag, lz4":         {"a.bag", bagtest.Format{ChunkSize: 64 << 10, Compression: "lz4"}},
	"mcap":             {"a.mcap", bagtest.Format{ChunkSize: 64 << 10}},
	"mcap, zstd":       {"a.mcap", bagtest.Format{ChunkSize: 64 << 10, Compression: "zstd"}},
	"mcap, lz4, large": {"a.mcap", bagtest.Format{ChunkSize: 300 << 10, Compression: "lz4"}},
	"mcap, no chunks":  {"a.mcap", bagtest.Format{NoChunks: true}},
	"db3":              {"a", bagtest.Format{}},
	"db3, by message":  {"a", bagtest.Format{Compression: "message"}},
}

// messagesFor writes messages of 1 byte to most, a third of which compress well.
func messagesFor(t *testing.T, file string, f bagtest.Format, count, most int) (path string, list []written) {
	rng := rand.New(rand.NewPCG(5, 5))
	topics := []bagtest.Topic{cameraCDR, motorCDR}
	if strings.HasSuffix(file, ".bag") {
		topics = []bagtest.Topic{cameraROS1, motorROS1}
	}
	for i := range count {
		size := 1 + rng.IntN(most)
		if i%10 == 0 {
			size = most
		}
		data := append(noise(rng, size-size/3), make([]byte, size/3)...)
		list = append(list, written{topics[i%2], int64(i/2) * 1e6, data})
	}
	return write(t, filepath.Join(t.TempDir(), file), f, list), list
}

// Readers of one recording, some of whom give up in the middle, hold no more bytes together than the
// budget and one message, and with hardly any memory they wait for each other, but not for ever.
func TestReadersTogetherStayWithinTheBudget(t *testing.T) {
	const most = 100_000
	for name, c := range waysOfWriting {
		for _, limit := range []int64{1, 64 << 10, 2 << 20} {
			t.Run(fmt.Sprintf("%s in %d bytes", name, limit), func(t *testing.T) {
				path, list := messagesFor(t, c.file, c.format, 40, most)
				t.Parallel()
				budget := memory.New(limit)
				b := open(t, path, Options{Memory: budget, Workers: 3, TempDir: t.TempDir()})
				entries, want := index(t, b), ordered(list)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // far more than it takes; its end is the failure
				defer cancel()
				var group sync.WaitGroup
				for n := range 6 {
					group.Go(func() { readSome(ctx, t, b, entries, want, n) })
				}
				group.Wait()
				if err := ctx.Err(); err != nil {
					t.Error(err)
				}
				largest := memory.Round(most + headRoom)
				if got := budget.Most(); limit > 1<<20 && got > limit+largest {
					t.Errorf("%d bytes at once, where %d and one message of %d may be", got, limit, largest)
				}
				if n := budget.Held(); n != 0 {
					t.Errorf("%d bytes were not given back", n)
				}
			})
		}
	}
}

// readSome reads all in order, gives up in the middle, or reads one by one.
func readSome(ctx context.Context, t *testing.T, b *Bag, entries []Entry, want []said, n int) {
	if n%3 == 2 {
		for i, e := range entries {
			data, err := b.Read(ctx, e)
			if err != nil || sum(data) != want[i].Sum {
				t.Errorf("message %d by itself: another one, or %v", i, err)
			}
		}
		return
	}
	i, stop := 0, errors.New("given up")
	err := b.Messages(ctx, entries, func(e Entry, data []byte) error {
		if sum(data) != want[i].Sum {
			t.Errorf("message %d is another one", i)
		}
		if i++; n%3 == 1 && i == len(entries)/2 {
			return stop
		}
		return nil
	})
	if n%3 == 0 && (err != nil || i != len(entries)) || n%3 == 1 && err != stop {
		t.Errorf("%d messages of %d, %v", i, len(entries), err)
	}
}

// Messages that are larger than the budget are read all the same, of all readers by one at a time.
func TestMessagesLargerThanTheBudgetAreReadByOneReaderAtATime(t *testing.T) {
	for name, c := range waysOfWriting {
		t.Run(name, func(t *testing.T) {
			const limit, large = 1 << 20, 3 << 20
			camera := cameraCDR
			if strings.HasSuffix(c.file, ".bag") {
				camera = cameraROS1
			}
			rng := rand.New(rand.NewPCG(6, 6))
			var list []written
			for i := range 4 {
				list = append(list, written{camera, int64(i), append(noise(rng, limit/4), make([]byte, large-limit/4)...)})
			}
			path := write(t, filepath.Join(t.TempDir(), c.file), c.format, list)
			t.Parallel()
			budget := memory.New(limit)
			b := open(t, path, Options{Memory: budget, TempDir: t.TempDir()})
			entries, want := index(t, b), ordered(list)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // far more than it takes; its end is the failure
			defer cancel()
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { readSome(ctx, t, b, entries, want, 0) })
			}
			group.Wait()
			most := limit + memory.Round(large+headRoom)
			if c.format.Compression != "" {
				most += memory.Round(large + headRoom) // it is unpacked by itself, or a chunk with it to a file, through a window of that size
			}
			if got := budget.Most(); got > most {
				t.Errorf("%d bytes at once, where %d may be", got, most)
			}
		})
	}
}

func TestWhatIsTooLargeIsRefusedWithItsSizeAndTheMemoryThatReadsIt(t *testing.T) {
	for name, c := range waysOfWriting {
		t.Run(name, func(t *testing.T) {
			path, _ := messagesFor(t, c.file, c.format, 2, 6<<20)
			b, err := openPath(t.Context(), path, Options{MaxChunk: 1 << 20, Memory: memory.New(1 << 20)})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			_, err = b.Read(t.Context(), index(t, b)[0])
			if err == nil || !regexp.MustCompile(`(chunk|message) of [4-6]\d{6} bytes is larger than 1048576, the most that is read`).MatchString(err.Error()) {
				t.Errorf("error %v", err)
			}
			if h := diag.HintOf(err); h.Action != diag.HintMoreMemory || !regexp.MustCompile(`^[4-7]MiB$`).MatchString(h.Args[0]) {
				t.Errorf("hint %v", h)
			}
			lost := 0
			if err := b.Messages(t.Context(), index(t, b), func(Entry, []byte) error { return nil }); err != nil {
				t.Fatal(err)
			}
			for _, w := range b.Warnings() {
				if lost += int(w.Messages); w.Hint.Action != diag.HintMoreMemory {
					t.Errorf("warning %+v", w)
				}
			}
			if lost != 2 {
				t.Errorf("%d messages are counted as lost, of 2", lost)
			}
		})
	}
	if o := (Options{Memory: memory.New(4 << 30)}).withDefaults(); o.MaxChunk != 4<<30 {
		t.Errorf("with 4 GiB of memory, at most %d bytes are read", o.MaxChunk)
	}
}
