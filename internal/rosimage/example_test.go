package rosimage_test

import (
	"bytes"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// A message becomes a file: as it is where it holds one, else encoded.
func ExampleEncode() {
	msg := []byte("\x07\x00\x00\x00" + "\x05\x00\x00\x00\x00\x00\x00\x00" + "\x03\x00\x00\x00cam" + // header: seq, stamp, frame_id
		"\x01\x00\x00\x00" + "\x02\x00\x00\x00" + "\x05\x00\x00\x00mono8" + "\x00" + "\x02\x00\x00\x00" + // height, width, encoding, is_bigendian, step
		"\x02\x00\x00\x00" + "\x10\x20") // data
	kind, _ := rosimage.Known("sensor_msgs/Image")
	m, err := rosimage.Decode(rosimage.ROS1, kind, msg)
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if data, ext, ok := m.Passthrough(rosimage.Options{}); ok {
		fmt.Println("pass", len(data), "bytes of", ext)
	} else if ext, err := rosimage.Encode(&file, m, rosimage.Options{}); err == nil {
		fmt.Println(m.FrameID, m.StampNS, m.Seq, m.Encoding, m.Width, m.Height, "as", ext)
	}
	// Output: cam 5000000000 7 mono8 2 1 as png
}
