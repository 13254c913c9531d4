package choose

import (
	"image"
	"image/color"
)

// A grey gives an image's shades, row by row.
type grey struct {
	width, height int
	scale         int // of shades to 8 bits: 1, or 257 of 16-bit samples
	row           func(dst []uint16, y int)
}

func newGrey(img image.Image) grey {
	b := img.Bounds()
	g := grey{width: b.Dx(), height: b.Dy(), scale: 1}
	switch m := img.(type) {
	case *image.Gray:
		g.row = shadesOf(m.Pix, m.Stride)
	case *image.YCbCr:
		g.row = shadesOf(m.Y, m.YStride)
	case *image.NYCbCrA:
		g.row = shadesOf(m.Y, m.YStride)
	case *image.NRGBA:
		g.row = bytesOf(m.Pix, m.Stride, 4, rgb8)
	case *image.RGBA:
		g.row = bytesOf(m.Pix, m.Stride, 4, rgb8)
	case *image.Paletted:
		g.row = paletted(m)
	case *image.Gray16:
		g.scale, g.row = 257, bytesOf(m.Pix, m.Stride, 2, word)
	case *image.NRGBA64:
		g.scale, g.row = 257, bytesOf(m.Pix, m.Stride, 8, rgb16)
	case *image.RGBA64:
		g.scale, g.row = 257, bytesOf(m.Pix, m.Stride, 8, rgb16)
	default:
		g.row = func(dst []uint16, y int) {
			for x := range dst {
				dst[x] = shade(img.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
	return g
}

// shadesOf reads rows of shades of a byte each.
func shadesOf(pix []byte, stride int) func([]uint16, int) {
	return func(dst []uint16, y int) {
		for x, v := range pix[y*stride:][:len(dst)] {
			dst[x] = uint16(v)
		}
	}
}

// bytesOf reads rows of pixels of so many bytes each. Decoders give pictures whose first pixel is the first of pix.
func bytesOf(pix []byte, stride, size int, shade func([]byte) uint16) func([]uint16, int) {
	return func(dst []uint16, y int) {
		row := pix[y*stride:]
		for x := range dst {
			dst[x] = shade(row[x*size : x*size+size])
		}
	}
}

func rgb8(p []byte) uint16 { return luma8(uint32(p[0]), uint32(p[1]), uint32(p[2])) }

func luma8(r, g, b uint32) uint16 { return uint16((19595*r + 38470*g + 7471*b + 1<<15) >> 16) }

func rgb16(p []byte) uint16 {
	return uint16((19595*uint64(word(p)) + 38470*uint64(word(p[2:])) + 7471*uint64(word(p[4:])) + 1<<15) >> 16)
}

func word(p []byte) uint16 { return uint16(p[0])<<8 | uint16(p[1]) }

func paletted(m *image.Paletted) func([]uint16, int) {
	var shades [256]uint16
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		shades[i] = shade(c)
	}
	return bytesOf(m.Pix, m.Stride, 1, func(p []byte) uint16 { return shades[p[0]] })
}

// shade is the luma of a colour of 8 bits, as it is without its alpha.
func shade(c color.Color) uint16 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return luma8(uint32(n.R), uint32(n.G), uint32(n.B))
}
