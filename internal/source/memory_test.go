package source

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/memory"
)

// Four cameras of an industrial resolution, measured at once as apply does, took as much memory as four
// tasks with four readers each have messages: 3.4 GiB of 20-megapixel images in one recording.
func TestRawImagesOfSeveralCamerasStayWithinTheBudget(t *testing.T) {
	const width, height, cameras = 512, 512, 4
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
	}{
		"plain": {"run.bag", bagtest.Format{}}, "lz4": {"run.bag", bagtest.Format{Compression: "lz4"}},
		"no chunks": {"run.mcap", bagtest.Format{NoChunks: true}}, "zstd": {"run.mcap", bagtest.Format{Compression: "zstd"}},
	} {
		for _, limit := range []int64{1 << 20, 4 << 20, 16 << 20} {
			t.Run(fmt.Sprintf("%s in %d MiB", name, limit>>20), func(t *testing.T) {
				t.Parallel()
				var topics []bagtest.Topic
				lines := "cameras: ["
				for i := range cameras {
					topics = append(topics, topic(fmt.Sprintf("/cam%d/image_raw", i), "sensor_msgs/Image"))
					lines += fmt.Sprintf("{name: cam%d}, ", i)
				}
				image := bayer16(width, height)
				root := t.TempDir()
				record(t, filepath.Join(root, c.file), c.format, topics, image, image, image)
				budget := memory.New(limit)
				tasks, problems := Scan(t.Context(), parse(t, lines+"]\ntask: {name: \"{camera}_{bag}\"}\nbags: [{path: "+c.file+"}]"), Options{Root: root, Memory: budget, TempDir: t.TempDir()})
				if len(tasks) != cameras || len(problems) > 0 {
					t.Fatalf("%d tasks, %v", len(tasks), problems)
				}
				var group sync.WaitGroup
				for _, task := range tasks {
					group.Go(func() {
						frames, problems := Measure(t.Context(), task)
						if len(frames) != 3 || len(problems) > 0 || frames[0].Width != width {
							t.Errorf("%d frames, %v", len(frames), problems)
						}
					})
				}
				group.Wait()
				message := memory.Round(int64(len(image)) + 1<<10)
				if c.format.Compression != "" && limit < 8*message {
					message *= 2 // and the chunk that it is alone in, which is unpacked to a file
				}
				if most := budget.Most(); most > limit+message || budget.Held() > 0 {
					t.Errorf("%d bytes at once, where %d may be, and %d still", most, limit+message, budget.Held())
				}
			})
		}
	}
}

// bayer16 is what follows the header of a ROS 1 sensor_msgs/Image with two bytes a pixel.
func bayer16(width, height int) []byte {
	b := rawImage("bayer_rggb16", width, height, 2*width*height)
	b[8+4+len("bayer_rggb16")+1] = byte(2 * width) // the bytes of a row
	b[8+4+len("bayer_rggb16")+2] = byte(2 * width >> 8)
	for i := range b[len(b)-2*width*height:] {
		b[len(b)-1-i] = byte(i * i >> 3)
	}
	return b
}
