package api

import (
	"image"
	"image/color"
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
