package source

import (
	"context"
	"crypto/sha256"
	"io"
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

// drive is a recording of so many images of 150 kB, of which no two are alike, received 50 ms after their stamps.
func drive(t *testing.T, file string, f bagtest.Format, images int) {
	t.Helper()
	w, err := bagtest.Create(file, f)
	check(t, err)
	noise := rand.NewChaCha8([32]byte{1})
	for i := range images {
		stamp := int64(1_700_000_000_000_000_000) + int64(i)*1e8
		picture := append(jpegImage(t), make([]byte, 150_000)...) // what follows a picture's end is left alone
		_, _ = noise.Read(picture[len(picture)-150_000:])
		check(t, w.Write(topic("/front/compressed", compressedImage), stamp+5e7, stamped(stamp, picture)))
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
		"mcap compressed": {"run.mcap", bagtest.Format{ChunkSize: 4 << 20, Compression: "zstd"}, 9 << 19, 1}, // one chunk of 11
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
			if size < 44e6 {
				t.Fatalf("%d bytes: there is too little of it to tell", size)
			}
			_, read := bucket.Seen()
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

// What is sent of a recording on another machine is fetched once, whatever else is in its chunks: of chunks that are not
// compressed the wanted messages alone, of the others twice each chunk that holds some, once for the stamps.
func TestWhatIsSentIsFetchedOnce(t *testing.T) {
	const images, payload, other = 20, 100_000, 300_000
	for name, tt := range map[string]struct {
		file   string
		format bagtest.Format
		most   int64 // bytes
	}{
		"mcap":                 {"run.mcap", bagtest.Format{}, images * payload * 115 / 100},
		"mcap of large chunks": {"run.mcap", bagtest.Format{ChunkSize: 4 << 20}, images * payload * 115 / 100},
		"bag":                  {"run.bag", bagtest.Format{}, images * payload * 115 / 100},
		// Each chunk once for the stamps in its messages, and again where it is no longer in memory; the first by the plan, too.
		"mcap compressed":         {"run.mcap", bagtest.Format{Compression: "zstd"}, (2*images + 1) * (payload + other) * 105 / 100},
		"mcap, little next to it": {"run.mcap", bagtest.Format{ChunkSize: 1 << 20}, images * payload * 115 / 100},
	} {
		t.Run(name, func(t *testing.T) {
			extra := other
			if name == "mcap, little next to it" {
				extra = 1000
			}
			file := filepath.Join(t.TempDir(), tt.file)
			w, err := bagtest.Create(file, tt.format)
			check(t, err)
			noise := rand.NewChaCha8([32]byte{1})
			for i := range int64(images) {
				stamp := 1_700_000_000_000_000_000 + i*1e8
				picture, cloud := append(jpegImage(t), make([]byte, payload)...), make([]byte, extra)
				_, _ = noise.Read(picture[len(picture)-payload:])
				_, _ = noise.Read(cloud)
				check(t, w.Write(topic("/front/compressed", compressedImage), stamp, stamped(stamp, picture)))
				check(t, w.Write(topic("/points", "velodyne_msgs/VelodyneScan"), stamp+1, cloud))
			}
			check(t, w.Close())
			bucket, root := farAway(t, map[string]string{tt.file: file})
			tasks, problems := Scan(context.Background(), parse(t, "cameras: [front]\nbags: ["+tt.file+"]"), Options{Root: root, TempDir: t.TempDir()})
			if len(tasks) != 1 || len(problems) > 0 {
				t.Fatalf("%v, %v", tasks, problems)
			}
			exact, problems := tasks[0].Exact(context.Background())
			frames, more := Measure(context.Background(), exact)
			if len(frames) != images || len(problems)+len(more) > 0 {
				t.Fatalf("%d frames, %v, %v", len(frames), problems, more)
			}
			for _, f := range frames {
				r, err := f.Open()
				check(t, err)
				got, err := io.ReadAll(r)
				check(t, err)
				check(t, r.Close())
				if sha256.Sum256(got) != f.Sum {
					t.Errorf("%s is not what was measured", f.Name)
				}
			}
			requests, read := bucket.Seen()
			t.Logf("%d requests, %d bytes for %d", requests, read, images*payload)
			if read > tt.most {
				t.Errorf("%d bytes were read for %d that are sent", read, images*payload)
			}
			check(t, exact.Close())
		})
	}
}

// Recordings as long as real ones, in chunks as recorders make them: what of a file grows with its length is its index, and of
// that only small parts are read. A camera of 5 to 25 images a second together with other topics of 200 and 50 messages a second.
func TestAPlanReadsLittleOfTenGigabytes(t *testing.T) {
	for name, tt := range map[string]struct {
		file   string
		chunk  int     // bytes
		most   float64 // percent of the file that is read
		length int64   // bytes
	}{
		"rosbag2":        {"run.mcap", 768 << 10, 1, 10e9},
		"1 MiB":          {"run.mcap", 1 << 20, 1, 1e9},
		"4 MiB":          {"run.mcap", 4 << 20, 1, 1e9},
		"a large image":  {"run.mcap", 6 << 20, 1, 1e9},
		"bag":            {"run.bag", 768 << 10, 3, 10e9},
		"bag of 256 KiB": {"run.bag", 256 << 10, 3, 5e9}, // more messages than are kept in memory
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				tt.length = 2e8
			}
			images := max(1, min(tt.chunk>>18, 12))
			file := filepath.Join(t.TempDir(), tt.file)
			r := bagtest.Sparse{Chunks: int(tt.length) / tt.chunk, Start: 1_700_000_000_000_000_000, Topics: []bagtest.SparseTopic{
				{Topic: topic("/front/compressed", compressedImage), Messages: images, Size: tt.chunk/images - 20<<10, First: stamped(1_700_000_000_000_000_000, jpegImage(t))},
				{Topic: topic("/imu", "sensor_msgs/Imu"), Messages: 100, Size: 330},
				{Topic: topic("/tf", "tf2_msgs/TFMessage"), Messages: 25, Size: 200},
			}}
			check(t, r.Create(file))
			info, err := os.Stat(file)
			check(t, err)
			bucket := &storetest.Bucket{Files: map[string]string{tt.file: file}}
			server := httptest.NewServer(bucket)
			defer server.Close()
			tasks, problems := Scan(context.Background(), parse(t, "cameras: [front]\nbags: ["+tt.file+"]"), Options{Root: server.URL})
			if len(tasks) != 1 || len(problems) > 0 || len(tasks[0].Problems) > 0 || len(tasks[0].Frames()) != r.Chunks*images {
				t.Fatalf("%v, %v", tasks, problems)
			}
			requests, read := bucket.Seen()
			share := 100 * float64(read) / float64(info.Size())
			t.Logf("%d bytes in %d chunks: %d requests, %d bytes, %.3f %%", info.Size(), r.Chunks, requests, read, share)
			if share > tt.most || float64(requests) > 2.7*float64(r.Chunks) {
				t.Errorf("%d bytes in %d chunks: %d requests, %d bytes were read, %.3f %%", info.Size(), r.Chunks, requests, read, share)
			}
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
