package rosimage

import (
	"io"
	"testing"
)

// BenchmarkCloudToPCD is a scan of a lidar with 128 rings.
func BenchmarkCloudToPCD(b *testing.B) {
	const points = 128 * 1024
	fields := append([]rosField{{"ring", 16, 4, 1}, {"intensity", 12, 7, 1}}, xyz...)
	msg := rosCloud{height: 128, width: 1024, fields: fields, pointStep: 26, rowStep: 26 * 1024, data: make([]byte, 26*points)}.bytes()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		m, err := Decode(ROS1, PointCloud2, msg)
		if err == nil {
			_, err = Encode(io.Discard, m, Options{})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
