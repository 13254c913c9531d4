package sandbox

import (
	"bytes"
	"image"
	_ "image/gif" // the formats that Go can draw
	"image/jpeg"
	_ "image/png"

	"golang.org/x/image/draw"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// redraw makes a JPEG of an image, upright, and no larger than longest if that is above
// zero.
func redraw(raw []byte, orientation, quality, longest int) ([]byte, error) {
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	img = upright(img, orientation)
	if longest > 0 {
		img = shrink(img, longest)
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// upright turns and mirrors an image as its EXIF orientation says.
func upright(img image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation > 4 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := origin(orientation, x, y, w, h)
			out.Set(x, y, img.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}

// origin is where the pixel at x, y of the upright image, w by h, was before.
func origin(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, w - 1 - x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return h - 1 - y, x
	}
	return x, y
}

func shrink(img image.Image, longest int) image.Image {
	b := img.Bounds()
	side := max(b.Dx(), b.Dy())
	if side <= longest {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*longest/side), max(1, b.Dy()*longest/side)))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}
