package source

import (
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/memory"
)

// Uploads read their images little by little, as fast as these are sent: those of several tasks, some larger than the
// budget, are not all in memory, nobody waits for another, and each image is whole; also where no temporary file can be written.
func TestImagesThatAreBeingSentStayWithinTheBudget(t *testing.T) {
	const limit, cameras = 1 << 20, 4
	var images [][]byte
	for i, size := range []int{200_000, 900_000, 1_500_000} {
		noise := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(noise)
		images = append(images, slices.Concat(jpegImage(t), noise, []byte("\xff\xd9")))
	}
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
		full   bool // the disk, for temporary files
	}{
		"plain": {"run.bag", bagtest.Format{}, false}, "lz4": {"run.bag", bagtest.Format{Compression: "lz4", ChunkSize: 300_000}, false},
		"no chunks": {"run.mcap", bagtest.Format{NoChunks: true}, false}, "without room on the disk": {"run.bag", bagtest.Format{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var topics []bagtest.Topic
			lines := "cameras: ["
			for i := range cameras {
				topics = append(topics, topic(fmt.Sprintf("/cam%d/compressed", i), compressedImage))
				lines += fmt.Sprintf("{name: cam%d}, ", i)
			}
			root := t.TempDir()
			record(t, filepath.Join(root, c.file), c.format, topics, images...)
			budget, temp := memory.New(limit), t.TempDir()
			if c.full {
				temp = filepath.Join(temp, "missing") // it takes no byte, as a full one does
			}
			tasks, problems := Scan(t.Context(), parse(t, lines+"]\ntask: {name: \"{camera}_{bag}\"}\nbags: [{path: "+c.file+"}]"), Options{Root: root, Memory: budget, TempDir: temp})
			if len(tasks) != cameras || len(problems) > 0 {
				t.Fatalf("%d tasks, %v", len(tasks), problems)
			}
			before := heapInUse()
			var sent []sending
			for _, task := range tasks {
				frames, problems := Measure(t.Context(), task)
				if len(frames) != len(images) || len(problems) > 0 {
					t.Fatalf("%d frames, %v", len(frames), problems)
				}
				for _, f := range frames {
					r, err := f.Open()
					check(t, err)
					sent = append(sent, sending{f, r, crc32.NewIEEE()})
				}
			}
			largest := memory.Round(1_600_000)
			if grown := heapInUse() - before; grown > limit+2*largest+4<<20 {
				t.Errorf("with all images open, %d bytes more are in use", grown)
			}
			for left := len(sent); left > 0; {
				left = 0
				for i := range sent {
					if sent[i].some(t) {
						left++
					}
				}
			}
			if most := budget.Most(); most > limit+2*largest || budget.Held() > 0 {
				t.Errorf("%d bytes at once, where %d may be, and %d still", most, limit+2*largest, budget.Held())
			}
		})
	}
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A sending is an image that is sent.
type sending struct {
	frame Frame
	r     io.ReadCloser
	sum   hash.Hash32
}

// some sends a piece; false says that all was sent.
func (s *sending) some(t *testing.T) bool {
	t.Helper()
	if s.r == nil {
		return false
	}
	_, err := io.CopyN(s.sum, s.r, 32<<10)
	if err == nil {
		return true
	}
	if err != io.EOF || s.sum.Sum32() != s.frame.CRC {
		t.Errorf("%s: %v, CRC %x, was %x", s.frame.Name, err, s.sum.Sum32(), s.frame.CRC)
	}
	check(t, s.r.Close())
	s.r = nil
	return false
}
