package api

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // a format that Go can read
	"image/jpeg"
	"image/png"
	"runtime"
	"sync"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	_ "golang.org/x/image/bmp" // another
	"golang.org/x/image/draw"
	"golang.org/x/image/tiff"
	_ "golang.org/x/image/webp" // and one more
)

// A drawing says how an image is drawn again: always upright.
type drawing struct {
	orientation int    // the image's, by EXIF
	longest     int    // pixels of the longer side at most; 0 is any
	ctype       string // image/png, image/tiff, or else a JPEG
	quality     int    // of the JPEG
}

// large images are drawn one at a time.
const large = 16 << 20 // pixels

var drawingLarge sync.Mutex

// redraw draws an image again, and returns its type.
//
// An image that a list of frames described smaller than it is gets no larger than an import
// would have let it be, and large ones are drawn one at a time: one of Pillow's limit takes
// 700 MiB. Pillow keeps at most 4 bytes of a pixel and Go up to 8, so that those of 8 count twice.
func redraw(raw []byte, d drawing) (body []byte, ctype string, err error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, "", err
	}
	pixels := int64(size.Width) * int64(size.Height)
	if pixels > storage.MaxPixels {
		return nil, "", fmt.Errorf("%d × %d pixels are more than %d", size.Width, size.Height, storage.MaxPixels)
	}
	if each := pixelBytes(size.ColorModel); pixels*each > storage.MaxPixels*4 {
		return nil, "", fmt.Errorf("%d × %d pixels of %d bytes are more than %d", size.Width, size.Height, each, storage.MaxPixels*4)
	}
	if pixels > large {
		drawingLarge.Lock()
		defer drawingLarge.Unlock()
		defer runtime.GC() // else the next one finds this one's pixels still there
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, "", err
	}
	img = upright(img, d.orientation)
	if d.longest > 0 {
		img = shrink(img, d.longest)
	}
	var b bytes.Buffer
	switch d.ctype {
	case "image/png":
		err = png.Encode(&b, img)
	case "image/tiff":
		err = tiff.Encode(&b, img, nil)
	default:
		d.ctype = "image/jpeg"
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: d.quality})
	}
	return b.Bytes(), d.ctype, err
}

// pixelBytes is what Go's decoders keep of a pixel.
func pixelBytes(model color.Model) int64 {
	switch model {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	return 4
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
