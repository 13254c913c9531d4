package rosimage

import (
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"sync"
)

// jpegBuffers keeps the pixels that image/jpeg wants whole.
var jpegBuffers = sync.Pool{New: func() any { return new(jpegBuffer) }}

type jpegBuffer struct{ pix, row []byte }

// maxJPEG is the largest width or height that the format can say.
const maxJPEG = 1<<16 - 1

// writeJPEG writes p to w, with 8 bits of each sample and no alpha.
func writeJPEG(w io.Writer, p *picture, quality int) error {
	if p.width > maxJPEG || p.height > maxJPEG {
		return fmt.Errorf("%d x %d pixels are more than the %d of a JPEG; encode them as png", p.width, p.height, maxJPEG)
	}
	b := jpegBuffers.Get().(*jpegBuffer)
	defer jpegBuffers.Put(b)
	return jpeg.Encode(w, b.image(p), &jpeg.Options{Quality: quality})
}

// image fills one of the two layouts that image/jpeg is fast with.
func (b *jpegBuffer) image(p *picture) image.Image {
	rect := image.Rect(0, 0, p.width, p.height)
	size := 4
	if p.channels == 1 {
		size = 1
	}
	stride := size * p.width
	b.pix = slices.Grow(b.pix[:0], stride*p.height)[:stride*p.height]
	b.row = slices.Grow(b.row[:0], p.stride())[:p.stride()]
	for y := range p.height {
		p.row(b.row, y)
		spread(b.pix[y*stride:][:stride], eightBits(b.row, p.bits), size, p.channels)
	}
	if size == 1 {
		return &image.Gray{Pix: b.pix, Stride: stride, Rect: rect}
	}
	return &image.RGBA{Pix: b.pix, Stride: stride, Rect: rect}
}

// spread copies pixels of n bytes to where each has size of them.
func spread(dst, src []byte, size, n int) {
	if size == n {
		copy(dst, src)
		return
	}
	for len(src) >= n && len(dst) >= size {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[1], src[2], 0xff
		dst, src = dst[size:], src[n:]
	}
}

// eightBits scales 16-bit samples down in place.
func eightBits(row []byte, bits int) []byte {
	if bits == 8 {
		return row
	}
	n := len(row) / 2
	for i := range n {
		v := uint32(row[2*i])<<8 | uint32(row[2*i+1])
		row[i] = byte((v*255 + 32767) / 65535)
	}
	return row[:n]
}
