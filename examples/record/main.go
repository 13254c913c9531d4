// Command record makes the recordings of examples/bags out of the images of
// examples/quickstart: two days in the orchard, the first as a ROS 1 bag, the second as
// an MCAP file of ROS 2 messages. Besides the two cameras' JPEGs they hold raw depth
// images, and a topic without images. Each run writes the same messages.
//
//	go run ./examples/record examples/quickstart/data examples/bags/data
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// A camera is what one topic holds.
type camera struct {
	name, topic, frame string
	period             time.Duration
	delay              time.Duration // from the shot to the recorder
}

var cameras = []camera{
	{"jai_cam", "/jai_cam/image_raw/compressed", "jai_cam_optical", 100 * time.Millisecond, 12345678},
	{"realsenseD435", "/realsenseD435/color/image_raw/compressed", "realsenseD435_color_optical", 66666667, 40000001},
}

const (
	depthTopic = "/realsenseD435/depth/image_rect_raw"
	depthFrame = "realsenseD435_depth_optical"
	rowTopic   = "/row"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: record IMAGES DIR")
	}
	if err := record(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// record writes both recordings.
func record(images, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	first := time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)
	return errors.Join(
		day(filepath.Join(images, "2026-03-04"), filepath.Join(dir, "row7_2026-03-04.bag"), bagtest.Format{Compression: "lz4", ChunkSize: 64 << 10}, ros1{}, first),
		day(filepath.Join(images, "2026-03-05"), filepath.Join(dir, "row7_2026-03-05.mcap"), bagtest.Format{Compression: "zstd", ChunkSize: 64 << 10}, cdr{}, first.AddDate(0, 0, 1)),
	)
}

// A message is one that is to be recorded.
type message struct {
	topic bagtest.Topic
	log   int64
	data  []byte
}

// day records one day's images, in the order in which the recorder received them.
func day(images, path string, format bagtest.Format, wire wire, start time.Time) error {
	messages, err := messagesOf(images, wire, start)
	if err != nil {
		return err
	}
	w, err := bagtest.Create(path, format)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := w.Write(m.topic, m.log, m.data); err != nil {
			return err
		}
	}
	return w.Close()
}

func messagesOf(images string, wire wire, start time.Time) ([]message, error) {
	var all []message
	for _, c := range cameras {
		files, err := filepath.Glob(filepath.Join(images, c.name+"_*.jpg"))
		if err != nil || len(files) == 0 {
			return nil, errors.Join(err, fmt.Errorf("no images of %s in %s", c.name, images))
		}
		for i, file := range files {
			jpeg, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			h := header{uint32(i), start.Add(time.Duration(i) * c.period).UnixNano(), c.frame}
			all = append(all, message{wire.topic(c.topic, compressedImage), h.stamp + int64(c.delay), wire.compressed(h, "jpeg", jpeg)})
			if c.name == "realsenseD435" {
				h.frame = depthFrame
				all = append(all, message{wire.topic(depthTopic, rawImage), h.stamp + int64(c.delay) + 500_000, wire.raw(h, "16UC1", depthWidth, depthHeight, 2*depthWidth, depth(i))})
			}
		}
	}
	all = append(all, message{wire.topic(rowTopic, text), start.UnixNano() + 1, wire.text("row 7, westward")})
	slices.SortStableFunc(all, func(a, b message) int { return int(a.log - b.log) })
	return all, nil
}
