package api

import (
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestEachOrientationComesBackUpright(t *testing.T) {
	want := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		want.Set(i%3, i/3, color.RGBA{byte(i * 40), 0, 0, 255})
	}
	for o := 1; o <= 8; o++ {
		w, h := 3, 2
		if o > 4 {
			w, h = 2, 3
		}
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range 2 {
			for x := range 3 {
				sx, sy := origin(o, x, y, 3, 2)
				stored.Set(sx, sy, want.At(x, y))
			}
		}
		got := upright(stored, o)
		for y := range 2 {
			for x := range 3 {
				if got.At(x, y) != want.At(x, y) {
					t.Errorf("orientation %d: pixel %d,%d is %v, want %v", o, x, y, got.At(x, y), want.At(x, y))
				}
			}
		}
	}
}

// An image of 1.4 MB took 3.2 GB: each of its pixels has 8 bytes once it is decoded.
func TestTheBytesOfDecodedPixelsAreBounded(t *testing.T) {
	for side, want := range map[uint32]bool{13377: true, 9000: false} {
		ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), side), side)
		ihdr = append(ihdr, 16, 6, 0, 0, 0) // 16 bits, colours and transparency
		file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
		file = binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(ihdr))
		if _, _, err := redraw(file, drawing{}); err == nil || strings.Contains(err.Error(), "of 8 bytes are more than") != want {
			t.Errorf("%d x %d: %v", side, side, err)
		}
	}
}
