package imageheader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// webpHeader judges a WebP as libwebp's demuxer does, whole, which Pillow asks: chunks that fill the file, and a picture of
// the size that the header says. Then the first picture is decoded.
func webpHeader(r *io.SectionReader) (Header, outline, error) {
	w := webpWalk{r: r}
	err := w.walk()
	if err == nil && int64(w.width)*int64(w.height) <= maxPixels {
		err = w.first.decode(r)
	}
	return Header{Width: w.width, Height: w.height}, outline{orientation: w.orientation}, err
}

// A webpWalk is the place in a file that is walked through.
type webpWalk struct {
	outline
	r       *io.SectionReader
	at, end int64 // of what is to come; of the file, as it says itself

	flags    byte
	frames   int
	animated int  // headers of an animation
	layered  bool // transparency of its own counts: else it is passed over
	first    webpPixels
}

// The flags of an extended file.
const (
	webpAnimation = 0x02
	webpEXIF      = 0x08
	webpAlpha     = 0x10
	webpFlags     = 0x3e // all that there are
)

const (
	maxWebPChunks = 1 << 20
	maxWebPArea   = 1 << 32 // pixels
)

var errWebPChunks = errors.New("its chunks do not fill it")

func (w *webpWalk) walk() error {
	head := make([]byte, 20)
	if err := readFullAt(w.r, head, 0); err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	w.at, w.end = 12, size+8
	switch {
	case size < 8:
		return fmt.Errorf("it says that it has %d bytes", w.end)
	case w.end > w.r.Size():
		return fmt.Errorf("it has %d bytes of %d: %w", w.r.Size(), w.end, io.ErrUnexpectedEOF)
	}
	switch name := string(head[12:16]); name {
	case "VP8 ", "VP8L":
		f, err := w.picture()
		w.width, w.height = f.width, f.height
		return err
	case "VP8X":
		return w.extendedFile()
	default:
		return fmt.Errorf("it begins with a chunk %q", name)
	}
}

// A webpChunk is a chunk's head; bytes are those of its contents, with what fills them up.
type webpChunk struct {
	name  string
	size  int64 // as it says
	bytes int64
	data  []byte // the first ones
}

// chunk reads the next chunk's head, and passes over that.
func (w *webpWalk) chunk() (webpChunk, error) {
	if w.end-w.at < 8 {
		return webpChunk{}, errWebPChunks
	}
	head := make([]byte, min(8+24, w.end-w.at))
	if err := readFullAt(w.r, head, w.at); err != nil {
		return webpChunk{}, err
	}
	n := int64(binary.LittleEndian.Uint32(head[4:]))
	c := webpChunk{name: string(head[:4]), size: n, bytes: n + n&1}
	w.at += 8
	if c.bytes > w.end-w.at {
		return c, errWebPChunks
	}
	c.data = head[8:][:min(n, int64(len(head)-8))]
	return c, nil
}

// extendedFile walks through one that says beforehand what is in it.
func (w *webpWalk) extendedFile() error {
	x, err := w.chunk()
	switch {
	case err != nil:
		return err
	case x.size != 10:
		return fmt.Errorf("chunk VP8X has %d bytes and not 10", x.size)
	}
	w.flags = x.data[0]
	w.layered = w.flags&(webpAlpha|webpAnimation) != 0
	w.width, w.height = 1+uint24(x.data[4:]), 1+uint24(x.data[7:])
	if w.flags&^webpFlags != 0 {
		return fmt.Errorf("its flags are %#x", w.flags)
	}
	if int64(w.width)*int64(w.height) >= maxWebPArea {
		return nil // too many pixels, which is said elsewhere
	}
	w.at += x.bytes
	for n := 0; n == 0 || w.at < w.end; n++ {
		if n == maxWebPChunks {
			return errors.New("it has too many chunks")
		}
		if err := w.part(); err != nil {
			return err
		}
	}
	if w.frames == 0 {
		return errors.New("it has no picture")
	}
	return nil
}

// part is the next chunk of an extended file.
func (w *webpWalk) part() error {
	before := w.at
	c, err := w.chunk()
	if err != nil {
		return err
	}
	switch c.name {
	case "VP8X":
		return errors.New("it has two chunks VP8X")
	case "ALPH", "VP8 ", "VP8L":
		if w.animated > 0 || w.flags&webpAnimation != 0 {
			return errors.New("it is an animation, and a picture is outside of its frames")
		}
		w.at = before
		return w.still()
	case "ANIM":
		if c.bytes < 6 {
			return errors.New("the head of its animation is too short")
		}
		w.animated++
	case "ANMF":
		return w.frame(c)
	case "EXIF":
		if w.flags&webpEXIF != 0 && c.bytes < maxMetadata && w.orientation == 0 {
			data := make([]byte, c.bytes)
			if err := readFullAt(w.r, data, w.at); err != nil {
				return err
			}
			if err := w.exif(data); err != nil {
				return err
			}
		}
	}
	w.at += c.bytes
	return nil
}

// still is the only picture.
func (w *webpWalk) still() error {
	f, err := w.picture()
	switch {
	case err != nil:
		return err
	case w.frames > 0:
		return errors.New("it has two pictures")
	case f.width != w.width || f.height != w.height:
		return fmt.Errorf("its picture has %d x %d pixels of %d x %d", f.width, f.height, w.width, w.height)
	}
	w.frames++
	return nil
}

// frame is one of an animation.
func (w *webpWalk) frame(c webpChunk) error {
	switch {
	case w.animated == 0:
		return errors.New("a frame is before the head of its animation")
	case len(c.data) < 16:
		return errors.New("the head of a frame is too short")
	}
	x, y := 2*uint24(c.data), 2*uint24(c.data[3:])
	w.at += 16
	begin, most := w.at, c.bytes-16
	if most < 8 {
		return errors.New("a frame has no picture")
	}
	f, err := w.picture()
	switch {
	case err != nil:
		return err
	case f.absent:
		return nil // what is there in its place is another chunk
	case w.at-begin > most:
		return errors.New("a frame's picture is longer than the frame")
	case w.flags&webpAnimation != 0 && (x+f.width > w.width || y+f.height > w.height):
		return errors.New("a frame is out of place")
	}
	if w.flags&webpAnimation != 0 {
		w.frames++
	}
	return nil
}

// A webpPicture is the size of one.
type webpPicture struct {
	width, height int
	absent        bool // there is none, nor anything of one
}

// picture passes over the chunks of one picture: its transparency may come before it.
func (w *webpWalk) picture() (f webpPicture, err error) {
	alpha, image := false, false
	for {
		before := w.at
		c, err := w.chunk()
		if err != nil {
			return f, err
		}
		switch {
		case c.name == "ALPH" && !alpha:
			if alpha = true; image && w.layered {
				return f, errors.New("transparency is behind its picture")
			}
			if w.layered && w.first.picture.name == "" {
				w.first.alpha, w.first.alphaAt = c, w.at
			}
		case c.name == "VP8L" && alpha:
			return f, errors.New("it is transparent in two ways")
		case (c.name == "VP8 " || c.name == "VP8L") && !image:
			image = true
			if f, err = c.picture(); err != nil {
				return f, err
			}
			if w.first.picture.name == "" {
				w.first.picture, w.first.at, w.first.size = c, w.at, f
			}
		default:
			w.at, f.absent = before, !image
			return f, onlyTransparent(alpha && !image)
		}
		if w.at += c.bytes; w.at == w.end {
			f.absent = !image
			return f, onlyTransparent(alpha && !image)
		}
	}
}

func onlyTransparent(is bool) error {
	if is {
		return errors.New("it has transparency and no picture")
	}
	return nil
}

// picture reads the head of a lossy or a lossless picture.
func (c webpChunk) picture() (webpPicture, error) {
	b, le := c.data, binary.LittleEndian
	if c.name == "VP8L" {
		if len(b) < 5 || b[0] != 0x2f || b[4]>>5 != 0 {
			return webpPicture{}, errors.New("its lossless picture has no head")
		}
		bits := le.Uint32(b[1:])
		return webpPicture{width: 1 + int(bits&0x3fff), height: 1 + int(bits>>14&0x3fff)}, nil
	}
	if len(b) < 10 || string(b[3:6]) != "\x9d\x01\x2a" {
		return webpPicture{}, errors.New("its picture has no head")
	}
	bits := uint24(b)
	key, profile, shown, first := bits&1 == 0, bits>>1&7, bits>>4&1 == 1, int64(bits>>5)
	f := webpPicture{width: int(le.Uint16(b[6:]) & 0x3fff), height: int(le.Uint16(b[8:]) & 0x3fff)}
	if !key || profile > 3 || !shown || first >= c.bytes || f.width == 0 || f.height == 0 {
		return f, errors.New("the head of its picture is damaged")
	}
	return f, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
