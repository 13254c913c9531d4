package source

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/store/storetest"
)

// farAway serves files as objects of a bucket, and gives its root.
func farAway(t *testing.T, files map[string]string) (*storetest.Bucket, string) {
	t.Helper()
	b := &storetest.Bucket{Objects: map[string][]byte{}}
	for key, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		b.Objects[key] = data
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return b, "s3://lab"
}

// drive is a recording of so many images of 100 to 200 kB, received 100 ms after their stamps.
func drive(t *testing.T, file string, f bagtest.Format, images int) {
	t.Helper()
	w, err := bagtest.Create(file, f)
	check(t, err)
	noise := image.NewGray(image.Rect(0, 0, 480, 320))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.SetGray(i%480, i/480, color.Gray{Y: uint8(r.IntN(256))})
	}
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, noise, &jpeg.Options{Quality: 95}))
	for i := range images {
		stamp := int64(1_700_000_000_000_000_000) + int64(i)*1e8
		check(t, w.Write(topic("/front/compressed", compressedImage), stamp+5e7, stamped(stamp, b.Bytes())))
	}
	check(t, w.Close())
}

// A plan needs how many frames there are, and no message: of a recording of 10 GB it must not read more
// than 100 MB of summary and index.
func TestAPlanOverAnotherMachinesStoreReadsNoMessages(t *testing.T) {
	for name, tt := range map[string]struct {
		file   string
		format bagtest.Format
		first  int64   // bytes that the first message costs, whose format is looked at
		most   float64 // of the rest, in percent of the file
	}{
		"mcap":            {"run.mcap", bagtest.Format{ChunkSize: 4 << 20}, 32 << 10, 1},
		"mcap compressed": {"run.mcap", bagtest.Format{ChunkSize: 4 << 20, Compression: "zstd"}, 9 << 19, 1},
		"bag":             {"run.bag", bagtest.Format{}, 32 << 10, 3},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), tt.file)
			drive(t, file, tt.format, 300)
			bucket, root := farAway(t, map[string]string{"data/" + tt.file: file})
			m := parse(t, "cameras: [front]\nbags: [data/*]")
			tasks, problems := Scan(context.Background(), m, Options{Root: root})
			if len(tasks) != 1 || len(problems) > 0 || len(tasks[0].Problems) > 0 || len(tasks[0].Frames()) != 300 {
				t.Fatalf("%v, %v", tasks, problems)
			}
			if size, err := Bytes(context.Background(), tasks[0]); size != -1 || err != nil {
				t.Errorf("%d bytes, %v", size, err)
			}
			size := int64(len(bucket.Objects["data/"+tt.file]))
			_, read := bucket.Seen()
			t.Logf("%d of %d bytes", read, size)
			if share := 100 * float64(read-tt.first) / float64(size); share > tt.most {
				t.Errorf("%d of %d bytes were read: %.2f %%", read, size, share)
			}
			exact, problems := tasks[0].Exact(context.Background())
			if len(problems) > 0 || !strings.Contains(exact.Frames()[0], "1700000000000000000") || slices.Equal(exact.Frames(), tasks[0].Frames()) {
				t.Errorf("%q, %v", exact.Frames()[0], problems)
			}
			check(t, exact.Close())
		})
	}
}

func TestARecordingWithoutAnIndexIsReadWholeOnlyWithLeave(t *testing.T) {
	for name, tt := range map[string]struct {
		file   string
		format bagtest.Format
		said   string
	}{
		"mcap": {"run.mcap", bagtest.Format{NoIndex: true}, "run.mcap has no index: it would be read whole, "},
		"bag":  {"run.bag", bagtest.Format{NoIndex: true}, "run.bag has no index: it would be read whole, "},
		"db3":  {"run", bagtest.Format{}, "is a database, whose pages are in no order: it would be read whole, "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			drive(t, filepath.Join(dir, tt.file), tt.format, 20)
			files := map[string]string{}
			check(t, filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
				if rel, _ := filepath.Rel(dir, file); err == nil && !d.IsDir() {
					files["data/"+filepath.ToSlash(rel)] = file
				}
				return err
			}))
			_, root := farAway(t, files)
			m := parse(t, "cameras: [front]\nbags: [data/*]")
			tasks, problems := Scan(context.Background(), m, Options{Root: root})
			if len(tasks) != 1 || len(tasks[0].Problems) != 1 || tasks[0].Problems[0].Code != diag.CodeReadWhole || !strings.Contains(tasks[0].Problems[0].Text, tt.said) {
				t.Fatalf("%+v, %v", tasks, problems)
			}
			tasks, problems = Scan(context.Background(), m, Options{Root: root, ReadWhole: true, TempDir: t.TempDir()})
			if len(tasks) != 1 || len(tasks[0].Problems) > 0 || len(tasks[0].Frames()) != 20 || tasks[0].Provisional() {
				t.Fatalf("%+v, %v", tasks, problems)
			}
			frames, problems := Measure(context.Background(), tasks[0])
			if len(frames) != 20 || len(problems) > 0 {
				t.Errorf("%d frames, %v", len(frames), problems)
			}
			check(t, tasks[0].Close())
		})
	}
}
