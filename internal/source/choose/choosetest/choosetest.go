// Package choosetest draws pictures for tests of frames that are chosen by what they show.
package choosetest

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
)

// Picture is a small grey picture of a scene: those of one scene share their hash, whatever their blur, and those of
// two differ in a third of its bits or more. The less the blur, from 0 on, the sharper it is.
func Picture(scene uint64, blur int) *image.Gray {
	const width, height, cell = 72, 64, 8
	random := rand.New(rand.NewPCG(scene, scene))
	var shades [height / cell][width / cell]uint8
	for y := range shades {
		for x := range shades[y] {
			shades[y][x] = uint8(64 + random.IntN(128))
		}
	}
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		x, y := i%width, i/width
		detail := 60 / (1 + blur)
		if (x+y)%2 == 0 {
			detail = -detail
		}
		m.Pix[i] = uint8(int(shades[y/cell][x/cell]) + detail)
	}
	return m
}

// PNG is such a picture as a file.
func PNG(scene uint64, blur int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, Picture(scene, blur)); err != nil {
		panic(err) // a buffer takes all
	}
	return b.Bytes()
}
