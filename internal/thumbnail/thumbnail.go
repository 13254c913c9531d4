// Package thumbnail makes small JPEGs of frames, for the contact sheets of a plan.
//
// [JPEG] reads what CVAT takes as an image and Go can decode: JPEG, PNG, GIF, BMP,
// TIFF and WebP. It shows a frame as annotators will see it: turned as its EXIF
// orientation says, 16-bit greys (depth) stretched to their brightest value.
// Frames are files of strangers: a decoder that panics is an error, and an image
// that would take gigabytes of memory is refused by its header.
package thumbnail

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	"image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Size is the longer side of a thumbnail, at most, in pixels.
const Size = 160

// What a thumbnail may cost: the bytes that are read, and the pixels that are
// decoded, at up to 8 bytes each.
const (
	maxBytes  = 128 << 20
	maxPixels = 64 << 20
)

// quality keeps a thumbnail near 5 kB, so that a page of thousands can be opened.
const quality = 75

// JPEG reads an image and returns it as a JPEG of at most [Size] pixels a side. An
// image that is smaller is not made larger.
func JPEG(r io.Reader) (_ []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decoder failed: %v", p)
		}
	}()
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("more than %d MiB, too large for a thumbnail", maxBytes>>20)
	}
	src, err := decode(data)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, shrink(turned(stretched(src), orientation(data))), &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

func decode(data []byte) (image.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("%d × %d pixels, too large for a thumbnail", c.Width, c.Height)
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	return src, err
}

// stretched makes 16-bit greys visible: depth in millimetres uses the lowest of
// 65,536 shades. The brightest becomes white, as CVAT shows them.
func stretched(src image.Image) image.Image {
	grey, ok := src.(*image.Gray16)
	if !ok {
		return src
	}
	b := grey.Bounds()
	brightest := uint32(1)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			brightest = max(brightest, uint32(grey.Gray16At(x, y).Y))
		}
	}
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.SetGray(x, y, color.Gray{Y: uint8(uint32(grey.Gray16At(x, y).Y) * 255 / brightest)})
		}
	}
	return out
}

// shrink scales in two steps, a fast one to four times the size and a fine one, so
// that a photograph of 20 megapixels costs little. What is transparent becomes white.
func shrink(src image.Image) image.Image {
	w, h := fit(src.Bounds().Dx(), src.Bounds().Dy(), Size)
	if fw, fh := fit(src.Bounds().Dx(), src.Bounds().Dy(), 4*Size); fw < src.Bounds().Dx() || fh < src.Bounds().Dy() {
		src = scaled(src, fw, fh, draw.ApproxBiLinear)
	}
	return scaled(src, w, h, draw.CatmullRom)
}

func scaled(src image.Image, w, h int, s draw.Scaler) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	s.Scale(out, out.Bounds(), src, src.Bounds(), draw.Over, nil)
	return out
}

// fit keeps the shape within size × size, and never enlarges.
func fit(w, h, size int) (int, int) {
	longer := max(w, h)
	if longer <= size {
		return w, h
	}
	return max(1, w*size/longer), max(1, h*size/longer)
}
