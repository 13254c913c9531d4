package bag

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// counting counts how often each chunk is unpacked.
type counting struct {
	reader
	mu     sync.Mutex
	chunks map[int32]int
}

func (c *counting) chunk(ctx context.Context, n int32, buf []byte) ([]byte, error) {
	c.mu.Lock()
	c.chunks[n]++
	c.mu.Unlock()
	return c.reader.chunk(ctx, n, buf)
}

func TestMessagesUnpacksEachChunkOnce(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 400)
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 20 << 10, Compression: "lz4"}, list)
	b := open(t, path, Options{Workers: 4})
	c := &counting{reader: b.parts[0], chunks: map[int32]int{}}
	b.parts[0] = c
	if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for n, times := range c.chunks {
		if times != 1 {
			t.Errorf("chunk %d was unpacked %d times", n, times)
		}
	}
	if len(c.chunks) < 50 {
		t.Errorf("only %d chunks", len(c.chunks))
	}
}

// Entries in any order are given in that order, even if no memory holds all
// the chunks that are open at a time.
func TestAnyOrderOfEntriesIsKeptWithinTheBudget(t *testing.T) {
	var list []written
	for i := range 40 {
		data := bytes.Repeat([]byte{byte(i)}, 1<<20)
		list = append(list, written{motorCDR, int64(i), data[:10]}, written{cameraCDR, int64(i), data})
	}
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 1 << 20, Compression: "zstd"}, list)
	for _, workers := range []int{1, 2, 7} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			b := open(t, path, Options{Workers: workers})
			entries := index(t, b)
			rand.New(rand.NewPCG(3, 3)).Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
			units, of := b.divide(entries, -1)
			if held := mostHeld(units, of); held > budget+1<<20+1<<10 {
				t.Errorf("%d bytes are open at a time", held)
			}
			i := 0
			err := b.Messages(context.Background(), entries, func(e Entry, data []byte) error {
				want := entries[i]
				want.PublishNS = e.PublishNS
				if e != want || data[0] != byte(e.LogNS) {
					t.Errorf("message %d is %v of %d bytes that begin with %d, want %v", i, e, len(data), data[0], want)
				}
				i++
				return nil
			})
			if err != nil || i != len(entries) {
				t.Errorf("%d messages, error %v", i, err)
			}
		})
	}
}

// mostHeld is what the units that are in use at a time cost at most.
func mostHeld(units []*unit, of []int) (most int64) {
	var held int64
	for i, n := range of {
		u := units[n]
		if u.entries[0] == i {
			held += u.cost
		}
		most = max(most, held)
		if u.entries[len(u.entries)-1] == i {
			held -= u.cost
		}
	}
	return most
}

func TestReadingEndsWithItsCaller(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 400)
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 20 << 10, Compression: "lz4"}, list)
	b := open(t, path, Options{})
	entries := index(t, b)

	enough := errors.New("enough")
	n := 0
	err := b.Messages(context.Background(), entries, func(Entry, []byte) error {
		if n++; n == 10 {
			return enough
		}
		return nil
	})
	if err != enough || n != 10 {
		t.Errorf("%d messages, error %v", n, err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	err = b.Messages(ctx, entries, func(Entry, []byte) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := b.Index(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: Index: error %v", err)
	}
	if _, err := openPath(ctx, path, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: Open: error %v", err)
	}
}

func TestReadHeadAndHeadsAgreeWithMessages(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
	}{
		"plain":      {"a.mcap", bagtest.Format{ChunkSize: 20 << 10}},
		"lz4":        {"a.mcap", bagtest.Format{ChunkSize: 20 << 10, Compression: "lz4"}},
		"no chunks":  {"a.mcap", bagtest.Format{NoChunks: true}},
		"database":   {"a", bagtest.Format{}},
		"by message": {"a", bagtest.Format{Compression: "message"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, write(t, filepath.Join(t.TempDir(), c.file), c.format, drive(cameraCDR, motorCDR, 80)), Options{})
			entries := index(t, b)
			var whole, heads [][]byte
			collect := func(to *[][]byte) func(Entry, []byte) error {
				return func(_ Entry, data []byte) error { *to = append(*to, bytes.Clone(data)); return nil }
			}
			if err := errors.Join(b.Messages(ctx, entries, collect(&whole)), b.Heads(ctx, entries, 30, collect(&heads))); err != nil {
				t.Fatal(err)
			}
			for i, e := range entries {
				want := whole[i][:min(30, len(whole[i]))]
				read, err1 := b.Read(ctx, e)
				head, err2 := b.Head(ctx, e, 30)
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(read, whole[i]) || !bytes.Equal(head, want) || !bytes.Equal(heads[i], want) {
					t.Errorf("message %d of %d bytes: Read %d, Head %d, Heads %d bytes", i, len(whole[i]), len(read), len(head), len(heads[i]))
				}
			}
		})
	}
}

// Memory goes from one large message to the next, and several are read ahead: none may be written over before it is
// delivered, whether it was read where it lies or unpacked by itself.
func TestLargeMessagesKeepTheirBytesWhileOthersAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
		noise  int
		zeros  int
	}{
		"by message": {"a", bagtest.Format{Compression: "message"}, runSize * 5 / 4, 2 * runSize},
		"database":   {"a", bagtest.Format{}, bigGuess + 1, 0},
		"no chunks":  {"a.mcap", bagtest.Format{NoChunks: true}, bigGuess + 1, 0},
		"plain":      {"a.mcap", bagtest.Format{}, bigGuess + 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(7, 7))
			var list []written
			messages := 12
			if testing.Short() {
				messages = 6 // more than are read ahead
			}
			for i := range messages {
				list = append(list, written{cameraCDR, int64(i) * 1e9, append(noise(rng, c.noise), make([]byte, c.zeros)...)})
			}
			b := open(t, write(t, filepath.Join(t.TempDir(), c.file), c.format, list), Options{Workers: 4})
			entries, want, n := index(t, b), ordered(list), 0
			for range 3 {
				err := b.Messages(t.Context(), entries, func(e Entry, data []byte) error {
					if i := n % len(list); sum(data) != want[i].Sum {
						t.Errorf("message %d is another one", i)
					}
					n++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if n != 3*len(list) {
				t.Errorf("%d messages", n)
			}
		})
	}
}

// Two cameras that are uploaded at once read from one bag.
func TestReadMayBeCalledFromSeveralGoroutines(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 100)
	b := open(t, write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 20 << 10, Compression: "zstd"}, list), Options{})
	entries := index(t, b)
	want := ordered(list)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := n; i < len(entries); i += 2 {
				data, err := b.Read(context.Background(), entries[i])
				if err != nil || sum(data) != want[i].Sum {
					t.Errorf("message %d: error %v", i, err)
				}
			}
		})
	}
	group.Wait()
}

func TestSeqCountsATopicsMessages(t *testing.T) {
	b := open(t, filepath.Join(fixtures, "ros1", "odd_times.bag"), Options{})
	var seq []int
	var times []int64
	for _, e := range index(t, b) {
		seq, times = append(seq, e.Seq), append(times, e.LogNS)
	}
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; !slices.Equal(seq, want) || !slices.IsSorted(times) {
		t.Errorf("Seq %v, times %v", seq, times)
	}
}

func TestPublishTimesComeWithTheMessage(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 20)
	b := open(t, write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{}, list), Options{})
	err := b.Messages(context.Background(), index(t, b), func(e Entry, _ []byte) error {
		if e.PublishNS != e.LogNS-1 {
			t.Errorf("published %d, received %d", e.PublishNS, e.LogNS)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
